"""Who gets in: bearer tokens, over HTTP, on the deployed stack."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.state import StackState
from local.tokens import Caller as Subject
from local.tokens import mint, public_jwk, signing_key
from tests.e2e.stack import Caller, caller, creation

PROTECTED = [
    ("POST", "/ingest/raster/register"),
    ("POST", "/ingest/vrt/create"),
    ("GET", "/jobs/8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"),
    ("GET", "/datasets/"),
    ("GET", "/datasets/8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"),
    ("GET", "/datasets/8f14e45f-ceea-467f-9575-2a6f5e0f1c1d/vrt-sources/"),
    ("GET", "/datasets/8f14e45f-ceea-467f-9575-2a6f5e0f1c1d/vrt/status/"),
    ("GET", "/datasets/8f14e45f-ceea-467f-9575-2a6f5e0f1c1d/quicklook"),
    ("GET", "/datasets/8f14e45f-ceea-467f-9575-2a6f5e0f1c1d/download/vrt"),
]


def claims(stack: StackState, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    plain = {"iss": stack.issuer, "aud": stack.audience, "sub": "mallory", "iat": now, "exp": now + 600}
    return {**plain, "permissions": ["upload"], **changes}


def signed(stack: StackState, **changes: Any) -> str:
    """A token by the real key."""
    key = signing_key()
    return jwt.encode(claims(stack, **changes), key, algorithm="RS256", headers={"kid": public_jwk(key)["kid"]})


def unsigned(stack: StackState) -> str:
    parts = [{"alg": "none", "typ": "JWT"}, claims(stack)]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


def by_another_key(stack: StackState) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kid = public_jwk(signing_key())["kid"]
    return jwt.encode(claims(stack), key, algorithm="RS256", headers={"kid": kid})


def by_the_public_key_as_secret(stack: StackState) -> str:
    """The classic confusion: HS256 with the RSA public key as the shared secret."""
    public = signing_key().public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "typ": "JWT", "kid": public_jwk(signing_key())["kid"]}
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims(stack))]
    message = b".".join(encoded)
    signature = hmac.digest(pem, message, "sha256")
    return (message + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def tampered(stack: StackState) -> str:
    header, _, signature = signed(stack).split(".")
    payload = base64.urlsafe_b64encode(json.dumps(claims(stack, sub="alice")).encode()).rstrip(b"=").decode()
    return f"{header}.{payload}.{signature}"


FORGERIES: Mapping[str, Callable[[StackState], str]] = {
    "alg none": unsigned,
    "another key": by_another_key,
    "public key as secret": by_the_public_key_as_secret,
    "tampered payload": tampered,
    "expired": lambda stack: mint(stack.issuer, Subject("mallory"), audience=stack.audience, lifetime=-60),
    "another audience": lambda stack: signed(stack, aud="somebody-else"),
    "another issuer": lambda stack: signed(stack, iss="https://evil.invalid"),
    "not valid yet": lambda stack: signed(stack, nbf=int(time.time()) + 600),
    "no token at all": lambda _stack: "hello",
    "empty": lambda _stack: "",
}


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_without_a_token_every_route_answers_401(stack: StackState, method: str, path: str) -> None:
    body: Any = {} if method == "POST" else None
    answer = Caller(stack, None).request(method, path, body)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_is_not_ours_answers_401(stack: StackState, forgery: str) -> None:
    answer = Caller(stack, FORGERIES[forgery](stack)).get("/datasets/")
    assert answer.status == 401, forgery
    assert answer.json["code"] == "unauthenticated"


def test_a_good_token_gets_in_and_one_without_upload_may_not_write(stack: StackState) -> None:
    reader = caller(stack, permissions=())
    assert reader.get("/datasets/").status == 200
    refused = reader.post("/ingest/vrt/create", creation(["8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"] * 2))
    assert (refused.status, refused.json["detail"]) == (403, "Missing permission: upload")
    assert reader.post("/ingest/raster/register", {"uri": "s3://x/y"}).status == 403


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/docs"])
def test_what_is_public_needs_no_token(stack: StackState, path: str) -> None:
    assert Caller(stack, None).get(path).status == 200


@pytest.mark.parametrize(
    ("method", "path"), [*PROTECTED, ("GET", "/healthz"), ("GET", "/docs"), ("GET", "/openapi.json")]
)
def test_both_ways_of_writing_a_path_answer_alike(stack: StackState, method: str, path: str) -> None:
    body: Any = {} if method == "POST" else None
    answers = [caller(stack, "twin").request(method, each, body) for each in (path.rstrip("/"), path.rstrip("/") + "/")]
    assert answers[0].status == answers[1].status
    assert answers[0].headers["content-type"] == answers[1].headers["content-type"]
