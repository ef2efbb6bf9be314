"""How this process talks to S3 for objects: one obstore client per bucket, one pool of threads, one error table."""

import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from rasterloom.adapters.object_keys import check_nameable
from rasterloom.domain.errors import (
    ObjectChangedError,
    ObjectExistsError,
    ObjectMissingError,
    ObjectUnreadableError,
    RasterloomError,
    UnavailableError,
)
from rasterloom.domain.objects import ObjectRef

if TYPE_CHECKING:
    from obstore.store import S3Config

MAX_THREADS: Final = 128
"""More only buys handshakes: S3 itself gives about 5,500 reads a second per prefix."""

FAILURES: Final = (BaseError, OSError, ValueError, RasterloomError)
"""What a call of obstore raises: its own errors, Python's for files and values, and ours for a key it cannot name."""

_STATUS = re.compile(r"non-2xx status code: (\d{3})")
_CODE = re.compile(r"non-2xx status code: \d{3}[^<]*(?:<\?xml[^>]*>\s*)?<Error>\s*<Code>([\w.]+)</Code>")
_EMPTY_RANGE = 416
_BAD_REQUEST = 400
_ELSEWHERE: Final = frozenset({"AuthorizationHeaderMalformed", "IllegalLocationConstraintException"})
"""How S3 says, in the place of a redirect, that a request was signed for another region than the bucket's."""
_ARCHIVED: Final = "InvalidObjectState"
_PASSING: Final = frozenset(
    {
        "ExpiredToken",
        "InvalidToken",
        "KMS.ThrottlingException",
        "RequestTimeout",
        "SlowDown",
        "ThrottlingException",
        "TokenRefreshRequired",
    }
)
"""Codes of a 400 that is not about the object: the same request may succeed later."""


@cache
def pool() -> ThreadPoolExecutor:
    """The one pool of this process; threads are made as they are needed and kept."""
    return ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="s3")


def endpoint(environment: Mapping[str, str] = os.environ) -> str | None:
    """S3's address where it is not AWS's own, as botocore reads it."""
    return environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or None


def anywhere(_: ObjectRef) -> bool:
    """Let every object through: for our own bucket, whose keys no caller names."""
    return True


@dataclass(slots=True)
class ObjectStores:
    """Clients by bucket. Credentials come from the environment, session token included.

    Retries and time-outs are short: whoever asked is waiting, or the queue will ask again. Pauses between tries are
    obstore's own: random, and longer each time.
    """

    regions: Mapping[str, str] = field(default_factory=dict)
    """Region by bucket, where it is not the function's own."""
    timeout: timedelta = timedelta(seconds=5)
    """For one request, its body included."""
    allows: Callable[[ObjectRef], bool] = anywhere
    """Whether an object may be read at all, whoever asks."""
    _stores: dict[str, S3Store] = field(default_factory=dict, init=False, repr=False)

    def of(self, ref: ObjectRef) -> S3Store:
        """The client of the bucket that holds this object.

        Raises:
            ObjectUnreadableError: The object cannot be named safely, or lies where nothing may be read.
        """
        self.require(ref)
        return self._stores.setdefault(ref.bucket, self._stores.get(ref.bucket) or self._open(ref.bucket))

    def require(self, ref: ObjectRef) -> None:
        """Let an object through that may be read, by us or by GDAL; nothing is asked of S3.

        Raises:
            ObjectUnreadableError: The object cannot be named safely, or lies where nothing may be read.
        """
        check_nameable(ref)
        if not self.allows(ref):
            raise ObjectUnreadableError(
                ref.uri,
                f"{ref.uri} lies outside of what this deployment may read",
                actual="an object that the allow list does not name",
                hint="Have whoever runs this deployment name its place in SourceAllowList, or copy it to one that is.",
            )

    def _open(self, bucket: str) -> S3Store:
        region = self.regions.get(bucket) or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        address = endpoint()
        config: S3Config = {"region": region or "us-east-1", "virtual_hosted_style_request": False}
        if address:
            config["endpoint"] = address
        return S3Store(
            bucket,
            config=config,
            client_options={
                "allow_http": bool(address and address.startswith("http://")),
                "connect_timeout": timedelta(seconds=2),
                "timeout": self.timeout,
            },
            retry_config={"max_retries": 3, "retry_timeout": 2 * self.timeout},
        )


def is_empty_range(error: Exception) -> bool:
    """Whether S3 said that the object ends before the range begins."""
    return isinstance(error, BaseError) and _status(error) == _EMPTY_RANGE


def is_unexplained(error: Exception) -> bool:
    """Whether S3 refused a HEAD with a 400, whose reason is in a body that only the answer to a GET has."""
    return isinstance(error, BaseError) and _status(error) == _BAD_REQUEST and _code(error) is None


def is_broken_off(error: Exception) -> bool:
    """Whether the connection broke before an answer came, so that S3 may have carried the request out, or not.

    Only the text tells; a key in it is percent-encoded, and so has no space.
    """
    return isinstance(error, BaseError) and "kind: Interrupted" in str(error)


def domain_error(error: Exception, ref: ObjectRef, *, expected_etag: str = "") -> RasterloomError:
    """What an error of obstore means; the only place that knows."""
    known: RasterloomError
    match error:
        case RasterloomError():
            known = error
        case FileNotFoundError():
            known = ObjectMissingError(ref.uri)
        case PermissionDeniedError() | UnauthenticatedError():
            known = _archived(ref) if _code(error) == _ARCHIVED else _forbidden(error, ref)
        case PreconditionError():
            known = ObjectChangedError(ref.uri, expected_etag, "another")
        case AlreadyExistsError():
            known = ObjectExistsError(ref.uri)
        case ValueError():
            known = ObjectUnreadableError(ref.uri, f"{ref.uri} cannot be named: {str(error).splitlines()[0]}")
        case _:
            known = _unanswered(error, ref)
    return known


def _forbidden(error: Exception, ref: ObjectRef) -> ObjectUnreadableError:
    return ObjectUnreadableError(
        ref.uri,
        f"{ref.uri} may not be read: S3 answers {_status(error)}",
        actual=f"S3 answers {_status(error)}",
        hint="Have whoever runs this deployment allow it to read the object: its bucket's policy refuses that.",
    )


def _archived(ref: ObjectRef) -> ObjectUnreadableError:
    return ObjectUnreadableError(
        ref.uri,
        f"{ref.uri} lies in an archive, from which nothing can be read before it is restored",
        actual="an object of an archive's storage class",
        hint="Restore it and copy it to a storage class that is read at once: what is restored goes away again.",
    )


def _unanswered(error: Exception, ref: ObjectRef) -> RasterloomError:
    """An error that obstore itself has no type for: only its text tells more."""
    code, status = _code(error), _status(error)
    if "Received redirect" in str(error) or code in _ELSEWHERE:
        return ObjectUnreadableError(
            ref.uri,
            f"{ref.uri} lies in another region: name the region of {ref.bucket} in the allow list",
            actual="an object in another region",
            hint="Have whoever runs this deployment name the bucket's region in SourceAllowList.",
        )
    if status == _BAD_REQUEST and code is not None and code not in _PASSING:
        return ObjectUnreadableError(
            ref.uri,
            f"{ref.uri} cannot be read: S3 answers {code}",
            actual=f"S3 answers {code}",
            hint="Have S3 encrypt it with a key of its own or of KMS that is enabled: what asks for a caller's key, "
            "nobody who opens the VRT can read.",
        )
    return UnavailableError("S3", "no answer" if status is None else f"it answers {status}")


def _code(error: Exception) -> str | None:
    """S3's own word for an error, at the beginning of the answer's body; a HEAD's answer has none."""
    found = _CODE.search(str(error))
    return found.group(1) if found else None


def _status(error: Exception) -> int | None:
    """HTTP status in an error's text, its only place; the key in that text is percent-encoded and cannot forge it."""
    found = _STATUS.search(str(error))
    return int(found.group(1)) if found else None
