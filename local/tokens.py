"""Tokens for development: a signing key kept in `.local/`, its public JWK, and the claims that the API reads."""

import base64
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.paths import LOCAL

ALGORITHM = "RS256"
AUDIENCE = "rasterloom-local"
LIFETIME_SECONDS = 8 * 3600
KEY_FILE = LOCAL / "issuer" / "key.pem"

_KEY_BITS = 2048
_PUBLIC_EXPONENT = 65537


def _create(file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=_KEY_BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as output:
        output.write(pem)
    # The first of two that start at once keeps its key; a link never replaces a file.
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def signing_key(file: Path | None = None) -> rsa.RSAPrivateKey:
    """The issuer's private key, made on first use, readable by its owner only.

    Args:
        file: Where it is kept; `KEY_FILE` if not given.

    Raises:
        TypeError: The file holds another kind of key.
    """
    file = file or KEY_FILE
    if not file.exists():
        _create(file)
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{file}: expected an RSA private key; found {type(key).__name__}")
    return key


def public_jwk(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """The public key as a JWK; its `kid` is the thumbprint of RFC 7638."""
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    required = {name: jwk[name] for name in ("e", "kty", "n")}
    canonical = json.dumps(required, sort_keys=True, separators=(",", ":")).encode()
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
    return required | {"kid": thumbprint, "use": "sig", "alg": ALGORITHM}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a token is for.

    Attributes:
        subject: The token's `sub`; its `name` is made from it.
        permissions: For example `upload`.
        groups: Groups that restricted datasets name.
    """

    subject: str
    permissions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def mint(issuer: str, caller: Caller, *, audience: str = AUDIENCE, lifetime: int = LIFETIME_SECONDS) -> str:
    """Sign a token.

    Args:
        issuer: Its `iss`.
        caller: Its subject, permissions and groups.
        audience: Its `aud`.
        lifetime: Seconds until it expires; negative for one that already has.
    """
    key = signing_key()
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": caller.subject,
        "name": caller.subject.title(),
        "iat": min(now, now + lifetime),
        "exp": now + lifetime,
        "permissions": list(caller.permissions),
        "groups": list(caller.groups),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": public_jwk(key)["kid"]})
