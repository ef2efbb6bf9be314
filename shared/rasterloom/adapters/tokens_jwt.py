"""The port `TokenVerifier`: JWTs of one OIDC issuer.

Threat: anybody can send any text as a token. Rules, each with a test: only asymmetric algorithms, and only one that
fits the key's own kind; keys only from the issuer's own key set, over TLS; issuer, audience, subject, issue and expiry
must all be there; a refusal never says which of them it was, except that a token has expired.
"""

from collections.abc import Mapping
from typing import Any, Final

import jwt

from rasterloom.adapters.issuer_keys import IssuerKeys
from rasterloom.domain.access import ADMIN, UPLOAD, Principal
from rasterloom.domain.errors import UnauthenticatedError

ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("RS256", "RS384", "RS512"),
    "EC": ("ES256", "ES384", "ES512"),
}
"""What may sign, by the kind of key (`kty`)."""

SKEW_SECONDS: Final = 30
SCOPE_PREFIX: Final = "rasterloom/"
MAX_TOKEN_CHARS: Final = 16_384
MAX_SUBJECT_CHARS: Final = 255
MAX_SUBJECT_BYTES: Final = 500
"""In UTF-8: a partition key of DynamoDB takes 2,048, and that of a caller's idempotency keys has the subject quoted."""
MAX_GROUP_CHARS: Final = 128
"""Of a group that a dataset may be for; a caller may be in others, which mean nothing here."""
MAX_NAME_CHARS: Final = 200

_REQUIRED: Final = ("exp", "iat", "iss", "sub")
_NAME_CLAIMS: Final = ("name", "preferred_username", "username", "cognito:username", "email")
_GROUP_CLAIMS: Final = ("groups", "cognito:groups")


class JwtVerifier:
    """Verifies bearer tokens of one issuer for some audiences."""

    def __init__(self, issuer: str, audiences: frozenset[str], keys: IssuerKeys) -> None:
        """Keep what a token is held against.

        Raises:
            ValueError: No audience is given, so tokens for any other service would do.
        """
        if not audiences:
            raise ValueError("TOKEN_AUDIENCE is empty: expected at least one audience")
        self._issuer = issuer
        self._audiences = audiences
        self._keys = keys

    def __call__(self, token: str) -> Principal:
        """Tell who a bearer token is for.

        Raises:
            UnauthenticatedError: It does not hold.
            UnavailableError: The issuer's keys cannot be had.
        """
        claims = self._verified(token)
        self._require_audience(claims)
        return principal_of(claims)

    def _verified(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that the issuer signed and whose time is now."""
        if len(token) > MAX_TOKEN_CHARS:
            raise _refused()
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys.find(header.get("kid"))
            if key is None or header.get("alg") not in ALGORITHMS.get(key.key_type or "", ()):
                raise _refused()
            return jwt.decode(
                token,
                key.key,
                algorithms=[header["alg"]],
                issuer=self._issuer,
                leeway=SKEW_SECONDS,
                options={"require": list(_REQUIRED), "verify_aud": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise UnauthenticatedError("The bearer token has expired", presented=True) from error
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise _refused() from error

    def _require_audience(self, claims: Mapping[str, Any]) -> None:
        """`aud`, after RFC 7519; Cognito's access tokens have `client_id` in its place."""
        audience = claims.get("aud")
        if audience is None and claims.get("token_use") == "access":
            audience = claims.get("client_id")
        named = audience if isinstance(audience, list) else [audience]
        if not any(isinstance(one, str) and one in self._audiences for one in named):
            raise _refused()


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """Read a caller from the claims of a verified token.

    Raises:
        UnauthenticatedError: A claim is of the wrong kind, so its meaning is not known.
    """
    subject = claims["sub"]
    if not isinstance(subject, str) or not _is_plain(subject) or not _fits(subject):
        raise _refused()
    granted = {word.removeprefix(SCOPE_PREFIX) for word in _words(claims, "permissions")}
    granted |= {word.removeprefix(SCOPE_PREFIX) for word in _words(claims, "scope") if word.startswith(SCOPE_PREFIX)}
    names = (claims.get(name) for name in _NAME_CLAIMS)
    name = next((name for name in names if isinstance(name, str) and name.strip()), subject)
    return Principal(
        subject=subject,
        name=name[:MAX_NAME_CHARS],
        groups=frozenset(
            group for claim in _GROUP_CLAIMS for group in _words(claims, claim) if len(group) <= MAX_GROUP_CHARS
        ),
        permissions=frozenset(granted & {UPLOAD, ADMIN}),
    )


def _words(claims: Mapping[str, Any], name: str) -> list[str]:
    """A claim that is a list of texts, or one text of words."""
    value = claims.get(name)
    if value is None:
        return []
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise _refused()
    return words


def _is_plain(text: str) -> bool:
    return bool(text.strip()) and text.isprintable()


def _fits(subject: str) -> bool:
    return len(subject) <= MAX_SUBJECT_CHARS and len(subject.encode()) <= MAX_SUBJECT_BYTES


def _refused() -> UnauthenticatedError:
    return UnauthenticatedError("The bearer token is not valid", presented=True)
