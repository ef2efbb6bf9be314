"""Bearer tokens: what holds, and every way in which one may not."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rasterloom.adapters.issuer_keys import IssuerKeys, require_safe_url
from rasterloom.adapters.tokens_jwt import JwtVerifier
from rasterloom.domain.access import Principal
from rasterloom.domain.errors import UnauthenticatedError, UnavailableError

ISSUER = "https://issuer.example/pool"
DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
KEYS = "https://keys.example/jwks"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_jwk(name: str, **changes: Any) -> dict[str, Any]:
    document = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key(name).public_key(), as_dict=True)
    return {**document, "kid": name, "use": "sig", "alg": "RS256", **changes}


def ec_jwk(**changes: Any) -> dict[str, Any]:
    document = jwt.algorithms.ECAlgorithm.to_jwk(ec_key().public_key(), as_dict=True)
    return {**document, "kid": "ec", "use": "sig", "alg": "ES256", **changes}


@dataclass
class Issuer:
    """Two documents on the web, and how often each was read."""

    documents: dict[str, Any] = field(
        default_factory=lambda: {
            DISCOVERY: {"issuer": ISSUER, "jwks_uri": KEYS},
            KEYS: {"keys": [rsa_jwk("one"), ec_jwk()]},
        }
    )
    reads: list[str] = field(default_factory=list)
    now: float = 1000.0

    def fetch(self, url: str) -> bytes:
        self.reads.append(url)
        document = self.documents[url]
        if isinstance(document, Exception):
            raise document
        return document if isinstance(document, bytes) else json.dumps(document).encode()

    def verifier(self, *audiences: str) -> JwtVerifier:
        keys = IssuerKeys(ISSUER, self.fetch, lambda: self.now)
        return JwtVerifier(ISSUER, frozenset(audiences or ("rasterloom",)), keys)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": ISSUER, "aud": "rasterloom", "sub": "alice", "iat": now - 10, "exp": now + 600, **changes}
    return {name: value for name, value in made.items() if value is not ...}


def token(key: Any = None, kid: str | None = "one", algorithm: str = "RS256", **changes: Any) -> str:
    headers = {"kid": kid} if kid else {}
    return jwt.encode(claims(**changes), key or rsa_key("one"), algorithm=algorithm, headers=headers)


def encoded(document: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def refused(verify: JwtVerifier, text: str) -> str:
    with pytest.raises(UnauthenticatedError) as caught:
        verify(text)
    assert caught.value.data == {"presented": True}
    return caught.value.message


def test_a_token_that_holds_says_who_calls(issuer: Issuer) -> None:
    sent = token(name="Alice", groups=["survey"], permissions=["upload"])
    assert issuer.verifier()(sent) == Principal("alice", "Alice", frozenset({"survey"}), frozenset({"upload"}))


def test_the_keys_are_read_once(issuer: Issuer) -> None:
    verify = issuer.verifier()
    for _ in range(3):
        verify(token())
    assert issuer.reads == [DISCOVERY, KEYS]


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_rsa_may_sign(issuer: Issuer, algorithm: str) -> None:
    assert issuer.verifier()(token(algorithm=algorithm)).subject == "alice"


def test_elliptic_curves_may_sign(issuer: Issuer) -> None:
    assert issuer.verifier()(token(ec_key(), kid="ec", algorithm="ES256")).subject == "alice"


NOW = int(time.time())


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": ...},
        {"aud": "other"},
        {"aud": ...},
        {"aud": []},
        {"aud": ["other", 7]},
        {"aud": {"rasterloom": True}},
        {"aud": ..., "client_id": "rasterloom"},
        {"aud": ..., "client_id": "other", "token_use": "access"},
        {"aud": "other", "client_id": "rasterloom", "token_use": "access"},
        {"sub": ...},
        {"sub": ""},
        {"sub": "  "},
        {"sub": 7},
        {"sub": "a\nb"},
        {"sub": "x" * 256},
        {"sub": "\N{LINEAR B SYLLABLE B008 A}" * 251},
        {"exp": ...},
        {"exp": "soon"},
        {"exp": NOW - 3600, "iat": ...},
        {"iat": ...},
        {"iat": NOW + 3600},
        {"nbf": NOW + 3600},
        {"permissions": {"upload": True}},
        {"permissions": [["upload"]]},
        {"groups": 7},
        {"scope": 7},
    ],
)
def test_a_claim_that_does_not_hold_refuses_the_token(issuer: Issuer, changes: dict[str, Any]) -> None:
    sent = raw_token(claims(**changes))
    assert refused(issuer.verifier(), sent) in {"The bearer token is not valid", "The bearer token has expired"}


def raw_token(payload: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    """Sign anything at all: PyJWT refuses to encode some of what an attacker sends."""
    signed = f"{encoded(header or {'alg': 'RS256', 'kid': 'one'})}.{encoded(payload)}"
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(signed.encode(), rsa_key("one"))
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_a_token_signed_by_hand_holds(issuer: Issuer) -> None:
    assert issuer.verifier()(raw_token(claims())).subject == "alice"


@pytest.mark.parametrize(("seconds_ago", "holds"), [(20, True), (40, False)])
def test_clocks_may_differ_by_thirty_seconds(issuer: Issuer, seconds_ago: int, *, holds: bool) -> None:
    sent = token(exp=int(time.time()) - seconds_ago, iat=int(time.time()) - 600)
    if holds:
        assert issuer.verifier()(sent).subject == "alice"
    else:
        assert refused(issuer.verifier(), sent) == "The bearer token has expired"


class TestForgery:
    """Tokens that the issuer did not sign."""

    def pem(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return rsa_key("one").public_key().public_bytes(serialization.Encoding.PEM, form)

    @pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE"])
    def test_algorithm_none(self, issuer: Issuer, name: str) -> None:
        for signature in ("", "AAAA"):
            refused(issuer.verifier(), f"{encoded({'alg': name, 'kid': 'one'})}.{encoded(claims())}.{signature}")

    def test_hmac_with_the_public_key_as_secret(self, issuer: Issuer) -> None:
        signed = f"{encoded({'alg': 'HS256', 'kid': 'one', 'typ': 'JWT'})}.{encoded(claims())}"
        digest = hmac.new(self.pem(), signed.encode(), hashlib.sha256).digest()
        refused(issuer.verifier(), f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")

    def test_another_key_under_a_known_id(self, issuer: Issuer) -> None:
        refused(issuer.verifier(), token(rsa_key("forged")))

    def test_an_algorithm_of_another_kind_of_key(self, issuer: Issuer) -> None:
        refused(issuer.verifier(), token(kid="ec"))
        refused(issuer.verifier(), token(ec_key(), kid="one", algorithm="ES256"))

    def test_an_algorithm_that_is_not_on_the_list(self, issuer: Issuer) -> None:
        refused(issuer.verifier(), token(algorithm="PS256"))

    def test_a_key_that_the_token_brings_along(self, issuer: Issuer) -> None:
        header = {"alg": "RS256", "kid": "mine", "jwk": rsa_jwk("forged"), "jku": "https://evil.example/jwks"}
        refused(issuer.verifier(), jwt.encode(claims(), rsa_key("forged"), "RS256", headers=header))
        assert set(issuer.reads) == {DISCOVERY, KEYS}

    def test_a_symmetric_key_in_the_key_set_is_not_used(self, issuer: Issuer) -> None:
        secret = b"a secret of thirty-two bytes, no less"
        document = {"kty": "oct", "k": base64.urlsafe_b64encode(secret).decode(), "kid": "oct", "alg": "HS256"}
        issuer.documents[KEYS]["keys"].append(document)
        refused(issuer.verifier(), jwt.encode(claims(), secret, "HS256", headers={"kid": "oct"}))

    def test_a_key_that_is_for_encryption_is_not_used(self, issuer: Issuer) -> None:
        issuer.documents[KEYS] = {"keys": [rsa_jwk("one", use="enc")]}
        refused(issuer.verifier(), token())

    def test_claims_that_were_changed_after_signing(self, issuer: Issuer) -> None:
        header, _, signature = token().split(".")
        refused(issuer.verifier(), f"{header}.{encoded(claims(sub='root', permissions=['admin']))}.{signature}")

    @pytest.mark.parametrize(
        "text",
        ["", ".", "..", "a.b.c", "🗝.🗝.🗝", "a" * 20_000, "null.null.null", f"{encoded({'alg': 'RS256'})}.e30.AA"]
        + [f"{encoded({'alg': 'RS256', 'kid': kid})}.e30.AA" for kid in (None, 7, ["one"], {"a": 1})],
    )
    def test_text_that_is_no_token(self, issuer: Issuer, text: str) -> None:
        refused(issuer.verifier(), text)

    def test_critical_extensions_that_are_not_understood(self, issuer: Issuer) -> None:
        refused(issuer.verifier(), raw_token(claims(), {"alg": "RS256", "kid": "one", "crit": ["exp"], "exp": 1}))


@pytest.mark.parametrize(
    ("changes", "permissions"),
    [
        ({}, set()),
        ({"permissions": ["upload", "admin"]}, {"upload", "admin"}),
        ({"permissions": "upload admin"}, {"upload", "admin"}),
        ({"permissions": ["rasterloom/upload"]}, {"upload"}),
        ({"scope": "openid rasterloom/upload"}, {"upload"}),
        ({"scope": "upload admin other/admin"}, set()),
        ({"permissions": ["fly"]}, set()),
        ({"roles": ["admin"]}, set()),
    ],
)
def test_permissions_come_from_claims(issuer: Issuer, changes: dict[str, Any], permissions: set[str]) -> None:
    assert issuer.verifier()(token(**changes)).permissions == permissions


def test_groups_come_from_either_claim(issuer: Issuer) -> None:
    sent = raw_token(claims(**{"groups": ["a", "b"], "cognito:groups": ["b", "c"]}))
    assert issuer.verifier()(sent).groups == {"a", "b", "c"}


def test_a_group_that_no_dataset_can_be_for_is_as_good_as_none(issuer: Issuer) -> None:
    assert issuer.verifier()(raw_token(claims(groups=["a" * 128, "b" * 129]))).groups == {"a" * 128}


@pytest.mark.parametrize(
    ("changes", "name"),
    [({}, "alice"), ({"email": "a@b.c"}, "a@b.c"), ({"name": "", "username": "al"}, "al"), ({"name": 7}, "alice")],
)
def test_a_name_is_found_for_people(issuer: Issuer, changes: dict[str, Any], name: str) -> None:
    assert issuer.verifier()(token(**changes)).name == name


@pytest.mark.parametrize(
    "changes",
    [{"aud": ["other", "rasterloom"]}, {"aud": "second"}, {"aud": ..., "client_id": "second", "token_use": "access"}],
)
def test_an_audience_may_be_one_of_several(issuer: Issuer, changes: dict[str, Any]) -> None:
    assert issuer.verifier("rasterloom", "second")(token(**changes)).subject == "alice"


class TestIssuer:
    """What is asked of the issuer, and what happens when it does not answer."""

    def test_a_new_key_is_found_once_the_pause_is_over(self, issuer: Issuer) -> None:
        verify = issuer.verifier()
        verify(token())
        issuer.documents[KEYS]["keys"].append(rsa_jwk("two"))
        issuer.now += 31
        assert verify(token(rsa_key("two"), kid="two")).subject == "alice"

    def test_forged_key_ids_do_not_flood_the_issuer(self, issuer: Issuer) -> None:
        verify = issuer.verifier()
        for number in range(50):
            refused(verify, token(kid=f"forged-{number}"))
            issuer.now += 0.5
        assert issuer.reads == [DISCOVERY, KEYS]

    def test_a_key_that_was_withdrawn_ends_within_an_hour(self, issuer: Issuer) -> None:
        verify = issuer.verifier()
        verify(token())
        issuer.documents[KEYS] = {"keys": [ec_jwk()]}
        issuer.now += 3600
        refused(verify, token())

    @pytest.mark.parametrize("url", [DISCOVERY, KEYS])
    def test_without_the_issuer_nothing_can_be_decided(self, issuer: Issuer, url: str) -> None:
        issuer.documents[url] = TimeoutError("too slow")
        with pytest.raises(UnavailableError):
            issuer.verifier()(token())

    @pytest.mark.parametrize(
        ("url", "document"),
        [
            (DISCOVERY, b"<html>"),
            (DISCOVERY, []),
            (DISCOVERY, {"issuer": "https://other.example", "jwks_uri": KEYS}),
            (DISCOVERY, {"issuer": ISSUER}),
            (DISCOVERY, {"issuer": ISSUER, "jwks_uri": "http://keys.example/jwks"}),
            (DISCOVERY, {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}),
            (DISCOVERY, {"issuer": ISSUER, "jwks_uri": 7}),
            (KEYS, {}),
            (KEYS, {"keys": 7}),
            (KEYS, {"keys": ["one"]}),
        ],
    )
    def test_documents_that_are_wrong_are_no_keys(self, issuer: Issuer, url: str, document: Any) -> None:
        issuer.documents[url] = document
        with pytest.raises(UnavailableError):
            issuer.verifier()(token())

    def test_keys_that_are_known_hold_while_the_issuer_is_away(self, issuer: Issuer) -> None:
        verify = issuer.verifier()
        verify(token())
        issuer.documents[DISCOVERY] = ConnectionRefusedError("gone")
        issuer.now += 7200
        assert verify(token()).subject == "alice"
        with pytest.raises(UnavailableError):
            verify(token(kid="unknown"))

    def test_an_issuer_that_comes_back_is_asked_again(self, issuer: Issuer) -> None:
        verify = issuer.verifier()
        discovery, issuer.documents[DISCOVERY] = issuer.documents[DISCOVERY], TimeoutError("slow")
        for _ in range(2):
            with pytest.raises(UnavailableError):
                verify(token())
        assert issuer.reads == [DISCOVERY]
        issuer.documents[DISCOVERY] = discovery
        issuer.now += 1
        assert verify(token()).subject == "alice"


@pytest.mark.parametrize(
    "url", ["https://issuer.example", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"]
)
def test_issuers_that_nobody_in_between_can_play(url: str) -> None:
    require_safe_url(url, "TOKEN_ISSUER")


@pytest.mark.parametrize(
    "url", ["", "http://issuer.example", "http://127.0.0.1.evil.example", "ftp://x", "https://", "x"]
)
def test_issuers_that_could_be_played_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="TOKEN_ISSUER"):
        require_safe_url(url, "TOKEN_ISSUER")


def test_without_an_audience_nothing_is_verified(issuer: Issuer) -> None:
    with pytest.raises(ValueError, match="TOKEN_AUDIENCE"):
        JwtVerifier(ISSUER, frozenset(), IssuerKeys(ISSUER, issuer.fetch))


def test_only_a_small_200_is_read(serve: Callable[[int, bytes], str]) -> None:
    from rasterloom.adapters.issuer_keys import fetch

    assert fetch(serve(200, b"{}")) == b"{}"
    for status, body in ((404, b"{}"), (302, b""), (200, b"x" * 300_000)):
        with pytest.raises(OSError, match=str(status)):
            fetch(serve(status, body))
    with pytest.raises(OSError, match="does not answer"):
        fetch("http://127.0.0.1:1/")


@pytest.fixture
def serve() -> Any:
    """Start servers on loopback that give one answer each."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    servers: list[ThreadingHTTPServer] = []

    def start(status: int, body: bytes) -> str:
        class Once(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Once)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
