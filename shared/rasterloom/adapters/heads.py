"""The first bytes of a COG, fetched once: header, size and ETag from one response."""

from dataclasses import dataclass
from typing import Final

import obstore

from rasterloom.adapters.object_stores import FAILURES, ObjectStores, domain_error, is_empty_range
from rasterloom.adapters.tiff_alike import followed
from rasterloom.adapters.tiff_extent import Directory, Extent
from rasterloom.adapters.tiff_texts import Value
from rasterloom.adapters.tiff_tiles import NotTiffError
from rasterloom.domain.errors import ObjectUnreadableError
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.ports import Take

HEAD_BYTES: Final = 16 * 1024
"""Holds the header of nearly every COG: all its directories come before the first tile array."""
MAX_HEAD_BYTES: Final = 1024 * 1024
"""Room for a palette of 65,536 entries and half a megabyte of metadata."""

WRITE_AGAIN: Final = (
    "Write it again as a COG, upload that and register it: gdal_translate -of COG -co COMPRESS=DEFLATE in.tif out.tif"
)
UPLOAD_AGAIN: Final = "Upload the whole file again: what lies there is cut off, as an upload that was interrupted is."
NO_GEOTIFF: Final = (
    "Only GeoTIFFs can be registered; make one of what GDAL can read: "
    "gdal_translate -of COG -co COMPRESS=DEFLATE in.ext out.tif"
)


def unpaced() -> None:
    """Wait for nothing."""


@dataclass(frozen=True, slots=True)
class Head:
    """The whole header of one object, and perhaps some bytes after it."""

    data: bytes
    stat: ObjectStat
    extent: Extent
    """As `header_extent` finds it."""
    likeness: bytes | None
    values: tuple[Value, ...]
    """As `tiff_alike.Followed` has both."""

    @property
    def tiled(self) -> bool:
        """Whether the image is tiled."""
        return self.extent.tiled

    @property
    def directories(self) -> tuple[Directory, ...]:
        """Where the image, its overviews and its masks are."""
        return self.extent.directories


@dataclass(frozen=True, slots=True)
class Heads:
    """Fetches heads: one ranged GET, and further ones where the header is longer: hardly ever more than one."""

    stores: ObjectStores

    def read(self, ref: ObjectRef, etag: str | None = None) -> Head:
        """Fetch a head, of exactly this version if an ETag is given.

        Raises:
            ObjectMissingError: There is no such object.
            ObjectChangedError: It is not the one with this ETag, or changed between two requests.
            ObjectUnreadableError: It may not be read, is no TIFF, or its header reaches too far.
        """
        data, stat = self.part(ref, 0, HEAD_BYTES, etag)
        return head_of(ref, data, stat) or self.longer(ref, data, stat)

    def longer(self, ref: ObjectRef, data: bytes, stat: ObjectStat, pace: Take = unpaced) -> Head:
        """Fetch what a head has beyond the first bytes of an object; as `read`, each request at a pace."""
        while (head := head_of(ref, data, stat)) is None:
            pace()
            data += self.part(ref, len(data), reach(data), stat.etag)[0]
        return head

    def part(self, ref: ObjectRef, start: int, end: int, etag: str | None) -> tuple[bytes, ObjectStat]:
        """Fetch the bytes from `start` to before `end`, fewer where the object ends, of this version if one is given.

        Raises:
            ObjectError: As `read` has it.
        """
        try:
            result = obstore.get(
                self.stores.of(ref), ref.key, options={"range": (start, end), **({"if_match": etag} if etag else {})}
            )
            stat = ObjectStat(result.meta["e_tag"] or "", result.meta["size"], result.meta["last_modified"])
            return bytes(result.bytes()), stat
        except FAILURES as error:
            if is_empty_range(error):
                message = f"{ref.uri} is empty"
                raise ObjectUnreadableError(ref.uri, message, actual="no bytes at all", hint=UPLOAD_AGAIN) from error
            raise domain_error(error, ref, expected_etag=etag or "") from error


def head_of(ref: ObjectRef, data: bytes, stat: ObjectStat) -> Head | None:
    """The head that an object's first bytes hold; None where it reaches beyond them, and more may be fetched.

    Raises:
        ObjectUnreadableError: It is no TIFF, its header reaches too far, or its pixels reach beyond its end.
    """
    try:
        found = followed(data)
    except NotTiffError as error:
        message = f"{ref.uri} cannot be read as a GeoTIFF: {error}"
        raise ObjectUnreadableError(ref.uri, message, actual=str(error), hint=NO_GEOTIFF) from error
    extent = found.extent
    if extent.end > len(data):
        if len(data) < min(stat.size_bytes, MAX_HEAD_BYTES):
            return None
        raise _too_far(ref, extent.end, stat.size_bytes)
    if extent.pixels_end > stat.size_bytes:
        raise _truncated(ref, "its pixels reach", extent.pixels_end, stat.size_bytes)
    return Head(data, stat, extent, found.likeness, found.values)


def reach(data: bytes) -> int:
    """Byte before which a header may end that reaches beyond an object's first bytes.

    As far as is known by then, and at least twice as far as was looked: a header that tells of itself piece by piece is
    read with a few requests.

    Raises:
        NotTiffError: As `followed` has it.
    """
    return min(max(followed(data).extent.end, 2 * len(data)), MAX_HEAD_BYTES)


def _too_far(ref: ObjectRef, end: int, size: int) -> ObjectUnreadableError:
    if end > size:
        return _truncated(ref, "its header reaches", end, size)
    words = f"its header reaches to byte {end}, which is beyond the first {MAX_HEAD_BYTES}"
    message = f"{ref.uri} is not a Cloud-Optimized GeoTIFF: {words}; write it again with `gdal_translate -of COG`"
    return ObjectUnreadableError(ref.uri, message, actual=words, hint=WRITE_AGAIN)


def _truncated(ref: ObjectRef, what: str, end: int, size: int) -> ObjectUnreadableError:
    words = f"{what} to byte {end}, the object has {size} bytes"
    return ObjectUnreadableError(ref.uri, f"{ref.uri} is truncated: {words}", actual=words, hint=UPLOAD_AGAIN)
