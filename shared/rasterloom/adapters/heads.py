"""The first bytes of a COG, fetched once: header, size and ETag from one response."""

from dataclasses import dataclass
from typing import Final

import obstore

from rasterloom.adapters.object_stores import FAILURES, ObjectStores, domain_error, is_empty_range
from rasterloom.adapters.tiff_extent import NotTiffError, header_extent
from rasterloom.domain.errors import ObjectUnreadableError
from rasterloom.domain.objects import ObjectRef, ObjectStat

HEAD_BYTES: Final = 16 * 1024
"""Holds the header of nearly every COG: all its directories come before the first tile array."""
MAX_HEAD_BYTES: Final = 1024 * 1024
"""Room for a palette of 65,536 entries and half a megabyte of metadata."""


@dataclass(frozen=True, slots=True)
class Head:
    """The whole header of one object, and perhaps some bytes after it."""

    data: bytes
    stat: ObjectStat
    tiled: bool


@dataclass(frozen=True, slots=True)
class Heads:
    """Fetches heads: one ranged GET, a second one where the header is longer."""

    stores: ObjectStores

    def read(self, ref: ObjectRef, etag: str | None = None) -> Head:
        """Fetch a head, of exactly this version if an ETag is given.

        Raises:
            ObjectMissingError: There is no such object.
            ObjectChangedError: It is not the one with this ETag, or changed between two requests.
            ObjectUnreadableError: It may not be read, is no TIFF, or its header reaches too far.
        """
        data, stat = self._range(ref, 0, HEAD_BYTES, etag)
        try:
            extent = header_extent(data)
            if extent.end > len(data) < stat.size_bytes:
                data += self._range(ref, len(data), MAX_HEAD_BYTES, stat.etag)[0]
                extent = header_extent(data)
        except NotTiffError as error:
            raise ObjectUnreadableError(ref.uri, f"{ref.uri} cannot be read as a GeoTIFF: {error}") from error
        if extent.end > len(data):
            raise ObjectUnreadableError(ref.uri, _too_far(ref, extent.end, stat.size_bytes))
        if extent.pixels_end > stat.size_bytes:
            message = f"its pixels reach to byte {extent.pixels_end}, the object has {stat.size_bytes} bytes"
            raise ObjectUnreadableError(ref.uri, f"{ref.uri} is truncated: {message}")
        return Head(data, stat, extent.tiled)

    def _range(self, ref: ObjectRef, start: int, end: int, etag: str | None) -> tuple[bytes, ObjectStat]:
        try:
            result = obstore.get(
                self.stores.of(ref), ref.key, options={"range": (start, end), **({"if_match": etag} if etag else {})}
            )
            stat = ObjectStat(result.meta["e_tag"] or "", result.meta["size"])
            return bytes(result.bytes()), stat
        except FAILURES as error:
            if is_empty_range(error):
                raise ObjectUnreadableError(ref.uri, f"{ref.uri} is empty") from error
            raise domain_error(error, ref, expected_etag=etag or "") from error


def _too_far(ref: ObjectRef, end: int, size: int) -> str:
    if end > size:
        return f"{ref.uri} is truncated: its header reaches to byte {end}, the object has {size} bytes"
    return (
        f"{ref.uri} is not a Cloud-Optimized GeoTIFF: its header reaches to byte {end}, "
        f"which is beyond the first {MAX_HEAD_BYTES}; write it again with `gdal_translate -of COG`"
    )
