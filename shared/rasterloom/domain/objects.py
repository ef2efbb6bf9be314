"""Names of objects on S3."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from rasterloom.domain.errors import InvalidUriError

MAX_KEY_BYTES = 1024
"""Longest key that S3 accepts, in bytes of UTF-8."""

_URI: Final = re.compile(r"s3://([A-Za-z0-9._-]{1,255})(?:/(.*))?", re.DOTALL)
"""A bucket, with what any bucket was ever named with, and the rest as it stands: an S3 URI has no other parts."""


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """One object: a bucket and a key, the key exactly as S3 spells it."""

    bucket: str
    key: str

    def __post_init__(self) -> None:
        """Refuse what S3 could not hold."""
        if not self.bucket or not self.key:
            raise InvalidUriError(f"s3://{self.bucket}/{self.key}", "a bucket and a key")
        if len(self.key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
            raise InvalidUriError(f"s3://{self.bucket}/{self.key[:40]}…", f"a key of at most {MAX_KEY_BYTES} bytes")

    @classmethod
    def parse(cls, uri: str) -> Self:
        """Read `s3://bucket/key`; nothing in the key is decoded.

        Raises:
            InvalidUriError: The text is no S3 URI.
        """
        found = _URI.fullmatch(uri)
        if found is None:
            raise InvalidUriError(uri, "s3://bucket/key")
        if not found[2]:
            raise InvalidUriError(uri, "a bucket and a key")
        return cls(found[1], found[2])

    @property
    def uri(self) -> str:
        """The S3 URI."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def vsi_path(self) -> str:
        """GDAL's path of the object."""
        return f"/vsis3/{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class ObjectPrefix:
    """All objects of a bucket whose keys begin alike."""

    bucket: str
    prefix: str
    """May be empty, and need not end with a slash."""

    @classmethod
    def parse(cls, uri: str) -> Self:
        """Read `s3://bucket/prefix`; nothing in the prefix is decoded.

        Raises:
            InvalidUriError: The text is no S3 URI, or its prefix is longer than a key can be.
        """
        found = _URI.fullmatch(uri)
        if found is None:
            raise InvalidUriError(uri, "s3://bucket/prefix/", "a place on S3")
        bucket, prefix = found[1], found[2] or ""
        if len(prefix.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
            raise InvalidUriError(f"{uri[:80]}…", f"a prefix of at most {MAX_KEY_BYTES} bytes", "a place on S3")
        return cls(bucket, prefix)

    @property
    def uri(self) -> str:
        """The S3 URI."""
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """What S3 says of one object at one moment."""

    etag: str
    """As S3 gives it, quotes included."""
    size_bytes: int
    modified_at: datetime | None = field(default=None, compare=False)
    """When it was put there, by S3's clock and to the second; None where nobody asked for it."""
