"""The signing keys of one OIDC issuer, by discovery (OpenID Connect Discovery 1.0, section 4), kept for a while.

Asking is bounded: a key that is not known makes us ask again, but a flood of forged key ids does not make a flood of
requests. While the issuer does not answer, keys that are known go on holding.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import jwt

from rasterloom.domain.errors import UnavailableError

KEEP_SECONDS: Final = 3600.0
"""After this, keys are asked for again, so that one that was withdrawn ends."""

COOLDOWN_SECONDS: Final = 30.0
"""Shortest time between two requests for keys, once there are some."""

FIRST_COOLDOWN_SECONDS: Final = 1.0
"""Shortest time between two requests while there are none."""

MAX_DOCUMENT_BYTES: Final = 256 * 1024

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SERVICE: Final = "The issuer of tokens"

type Fetch = Callable[[str], bytes]

logger = logging.getLogger(__name__)


class IssuerKeys:
    """Keys by id."""

    def __init__(self, issuer: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep the issuer's name; nothing is fetched before a key is needed.

        Args:
            issuer: As tokens name it.
            fetch: Reads the document at a URL, or raises `OSError`.
            clock: Seconds that never run backwards.

        Raises:
            ValueError: The issuer could be impersonated: it is neither HTTPS nor on loopback.
        """
        require_safe_url(issuer, "TOKEN_ISSUER")
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._failure: str | None = None

    def find(self, key_id: object) -> jwt.PyJWK | None:
        """The key with this id; None if the issuer has none such.

        Raises:
            UnavailableError: The key is not known and the issuer does not answer.
        """
        if not isinstance(key_id, str):
            return None
        with self._lock:
            if self._is_due(key_id):
                self._refresh()
            key = self._keys.get(key_id)
            if key is None and self._failure is not None:
                raise UnavailableError(_SERVICE, self._failure)
            return key

    def _is_due(self, key_id: str) -> bool:
        now = self._clock()
        cooldown = FIRST_COOLDOWN_SECONDS if self._fetched_at is None else COOLDOWN_SECONDS
        if self._asked_at is not None and now - self._asked_at < cooldown:
            return False
        is_old = self._fetched_at is None or now - self._fetched_at >= KEEP_SECONDS
        return is_old or key_id not in self._keys

    def _refresh(self) -> None:
        self._asked_at = self._clock()
        try:
            self._keys = self._read()
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            logger.warning("the keys of %s cannot be had: %s", self._issuer, error)
            self._failure = type(error).__name__
        else:
            self._fetched_at, self._failure = self._asked_at, None

    def _read(self) -> Mapping[str, jwt.PyJWK]:
        """Both documents, each held against what it has to be."""
        discovery = json.loads(self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"))
        if discovery["issuer"] != self._issuer:
            raise ValueError(f"the discovery document is of {discovery['issuer']!r}, expected {self._issuer!r}")
        address = str(discovery["jwks_uri"])
        require_safe_url(address, "jwks_uri")
        documents = json.loads(self._fetch(address))["keys"]
        return {document["kid"]: key for document in documents if (key := _key(document)) is not None}


def require_safe_url(url: str, name: str) -> None:
    """Let only those URLs through whose answers nobody in between can write.

    Raises:
        ValueError: It is neither HTTPS nor HTTP on loopback.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise ValueError(f"{name} is {url!r}: expected an https:// URL, or http:// on loopback")


def fetch(url: str) -> bytes:
    """Read a small document; no redirect is followed.

    Raises:
        OSError: There is no answer in time, or none that is a small 200.
    """
    import urllib3

    timeout = urllib3.Timeout(connect=2.0, read=3.0)
    try:
        with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
            response = pool.request("GET", url, redirect=False, preload_content=False)
            body: bytes = response.read(MAX_DOCUMENT_BYTES + 1)
            status: int = response.status
            response.close()
    except urllib3.exceptions.HTTPError as error:
        raise OSError(f"{url} does not answer: {type(error).__name__}") from error
    if status != 200 or len(body) > MAX_DOCUMENT_BYTES:  # noqa: PLR2004 - HTTP's own number
        raise OSError(f"{url} answered {status} with {len(body)} bytes or more")
    return body


def _key(document: Any) -> jwt.PyJWK | None:
    """A key that signs; None for any other, for a key set may hold kinds that we do not know."""
    if not isinstance(document, Mapping):
        raise TypeError(f"the key set holds {document!r}, expected an object")
    if document.get("use", "sig") != "sig" or not isinstance(document.get("kid"), str):
        return None
    try:
        return jwt.PyJWK(dict(document))
    except jwt.PyJWTError:
        return None
