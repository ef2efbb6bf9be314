"""Tokens are verified as any OIDC client would: discovery, key set, signature, claims."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from local import issuer, tokens
from local.emulator import answers
from local.ports import any_free
from local.tokens import Caller


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "KEY_FILE", tmp_path_factory.mktemp("issuer") / "key.pem")
        port = any_free()
        threading.Thread(target=issuer.serve, args=(port,), daemon=True).start()
        while answers(issuer.url(port) + issuer.DISCOVERY_PATH) is None:
            pass
        yield issuer.url(port)


def _verified(url: str, token: str, audience: str = tokens.AUDIENCE) -> dict[str, Any]:
    with urllib.request.urlopen(url + issuer.DISCOVERY_PATH) as answer:  # noqa: S310 -- http on loopback
        discovery = json.load(answer)
    assert discovery["issuer"] == url
    key = jwt.PyJWKClient(discovery["jwks_uri"]).get_signing_key_from_jwt(token)
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=url)
    return claims


def test_a_token_verifies_against_the_published_keys(url: str) -> None:
    claims = _verified(url, tokens.mint(url, Caller("alice", ("upload",), ("survey", "ocean"))))
    assert claims["sub"] == "alice"
    assert claims["permissions"] == ["upload"]
    assert claims["groups"] == ["survey", "ocean"]
    assert claims["exp"] - claims["iat"] == tokens.LIFETIME_SECONDS


def test_an_expired_token_can_be_made_and_is_refused(url: str) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        _verified(url, tokens.mint(url, Caller("alice"), lifetime=-60))


def test_another_audience_is_refused(url: str) -> None:
    with pytest.raises(jwt.InvalidAudienceError):
        _verified(url, tokens.mint(url, Caller("alice"), audience="elsewhere"))


def test_nothing_else_is_served(url: str) -> None:
    assert answers(f"{url}/key.pem") == 404


def test_the_key_is_kept_and_private(tmp_path: Path) -> None:
    file = tmp_path / "issuer" / "key.pem"
    first = tokens.signing_key(file)
    assert tokens.public_jwk(tokens.signing_key(file)) == tokens.public_jwk(first)
    assert file.stat().st_mode & 0o077 == 0
    assert "d" not in tokens.public_jwk(first)
