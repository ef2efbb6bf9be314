"""How far the header of a TIFF reaches.

GDAL reads headers; this only follows the chain of directories, to know how many bytes GDAL will need and to refuse
chains that loop or never end before GDAL follows them. Layouts: TIFF 6.0, section 2, and the BigTIFF design.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

MAX_DIRECTORIES: Final = 128
"""A COG has one per resolution and as many masks: about 20."""
MAX_ENTRIES: Final = 512
"""Tags of one directory; GeoTIFFs have about 20."""

TILE_ARRAYS: Final = frozenset({273, 279, 324, 325})
"""Offsets and byte counts of strips and tiles: GDAL reads them with pixels, not with the header."""
_TILE_WIDTH: Final = 322

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of one value by TIFF field type."""


class NotTiffError(ValueError):
    """These bytes do not begin a TIFF, or its directories cannot be followed."""


class Extent(NamedTuple):
    """What a walk along the directories found."""

    end: int
    """Byte after the last one that is needed, as far as it is known; beyond the bytes given, more may follow."""
    tiled: bool
    """Whether the first directory describes tiles."""


@dataclass(frozen=True, slots=True)
class _Layout:
    order: str
    count: str
    entry: str
    pointer: str

    def unpack(self, form: str, data: bytes, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(self.order + form, data, offset)

    def size(self, form: str) -> int:
        return struct.calcsize(self.order + form)


def header_extent(data: bytes) -> Extent:
    """Follow the directories that lie in the first bytes of a file.

    Raises:
        NotTiffError: This is no TIFF, its directories loop, or there are too many of them.
    """
    layout, offset = _start(data)
    end, tiled = len(data[:16]), False
    seen: set[int] = set()
    while offset:
        if offset in seen:
            raise NotTiffError(f"its directories loop back to byte {offset}")
        if len(seen) == MAX_DIRECTORIES:
            raise NotTiffError(f"it has more than {MAX_DIRECTORIES} directories")
        after = _directory_end(layout, data, offset)
        end = max(end, after)
        if after > len(data):
            break
        for tag, value_end in _values(layout, data, offset):
            tiled = tiled or (not seen and tag == _TILE_WIDTH)
            end = max(end, value_end)
        seen.add(offset)
        (offset,) = layout.unpack(layout.pointer, data, after - layout.size(layout.pointer))
    return Extent(end, tiled)


def _start(data: bytes) -> tuple[_Layout, int]:
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 16:  # noqa: PLR2004 - shorter than any header with a directory
        raise NotTiffError(f"it begins with {data[:4]!r}, which is no TIFF")
    magic, *big = struct.unpack_from(order + "HHH", data, 2)
    if magic == 42:  # noqa: PLR2004 - TIFF 6.0
        return _Layout(order, "H", "HHI4x", "I"), struct.unpack_from(order + "I", data, 4)[0]
    if [magic, *big] == [43, 8, 0]:
        return _Layout(order, "Q", "HHQ8x", "Q"), struct.unpack_from(order + "Q", data, 8)[0]
    raise NotTiffError(f"its magic number is {magic}; a TIFF's is 42, a BigTIFF's 43")


def _directory_end(layout: _Layout, data: bytes, offset: int) -> int:
    """Byte after a directory; where its entry count is not there yet, the byte after that count."""
    start = offset + layout.size(layout.count)
    if start > len(data):
        return start
    (entries,) = layout.unpack(layout.count, data, offset)
    if entries > MAX_ENTRIES:
        raise NotTiffError(f"its directory at byte {offset} claims {entries} entries")
    return start + entries * layout.size(layout.entry) + layout.size(layout.pointer)


def _values(layout: _Layout, data: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """Tag, and the byte after its values, of each entry whose values lie outside the directory."""
    (entries,) = layout.unpack(layout.count, data, offset)
    start, step, inline = offset + layout.size(layout.count), layout.size(layout.entry), layout.size(layout.pointer)
    for position in range(start, start + entries * step, step):
        tag, kind, count = layout.unpack(layout.entry, data, position)
        length = _SIZES.get(kind, 1) * count
        if length <= inline or tag in TILE_ARRAYS:
            yield tag, 0
            continue
        (where,) = layout.unpack(layout.pointer, data, position + step - inline)
        yield tag, where + length
