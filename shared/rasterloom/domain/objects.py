"""Names of objects on S3."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from rasterloom.domain.errors import InvalidUriError

MAX_KEY_BYTES = 1024
"""Longest key that S3 accepts, in bytes of UTF-8."""


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
        bucket = urlsplit(uri[:256]).netloc if uri.startswith("s3://") else ""
        if not bucket:
            raise InvalidUriError(uri, "s3://bucket/key")
        key = uri.removeprefix(f"s3://{bucket}").removeprefix("/")
        if not key:
            raise InvalidUriError(uri, "a bucket and a key")
        return cls(bucket, key)

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
        bucket = urlsplit(uri[:256]).netloc if uri.startswith("s3://") else ""
        if not bucket:
            raise InvalidUriError(uri, "s3://bucket/prefix/")
        prefix = uri.removeprefix(f"s3://{bucket}").removeprefix("/")
        if len(prefix.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
            raise InvalidUriError(f"{uri[:80]}…", f"a prefix of at most {MAX_KEY_BYTES} bytes")
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
