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

_ARRAYS: Final = ((324, 325), (273, 279))
"""Tags of the offsets and byte counts of tiles, and of strips."""
TILE_ARRAYS: Final = frozenset(tag for pair in _ARRAYS for tag in pair)
"""GDAL reads these with pixels, not with the header."""
_TILE_WIDTH: Final = 322

_UNSIGNED: Final = {3: "H", 4: "I", 16: "Q"}
"""Types that an offset or a byte count may have, as `struct` spells them."""
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
    pixels_end: int
    """Byte after the last tile or strip, of those whose place lies within the bytes given; 0 where none does."""


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
    end, tiled, pixels_end = len(data[:16]), False, 0
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
        pixels_end = max(pixels_end, _pixels_end(layout, data, offset))
        seen.add(offset)
        (offset,) = layout.unpack(layout.pointer, data, after - layout.size(layout.pointer))
    return Extent(end, tiled, pixels_end)


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
    for entry in _entries(layout, data, offset):
        is_outside = entry.where != entry.position and entry.tag not in TILE_ARRAYS
        yield entry.tag, entry.where + entry.length if is_outside else 0


class _Entry(NamedTuple):
    tag: int
    kind: int
    values: int
    """How many."""
    length: int
    """Bytes of all its values."""
    position: int
    """Where it holds its values, or a pointer to them."""
    where: int
    """Where its values are."""


def _entries(layout: _Layout, data: bytes, offset: int) -> Iterator[_Entry]:
    """Every entry of a directory that lies in the data."""
    (entries,) = layout.unpack(layout.count, data, offset)
    start, step, inline = offset + layout.size(layout.count), layout.size(layout.entry), layout.size(layout.pointer)
    for begin in range(start, start + entries * step, step):
        tag, kind, count = layout.unpack(layout.entry, data, begin)
        length, position = _SIZES.get(kind, 1) * count, begin + step - inline
        where = position if length <= inline else layout.unpack(layout.pointer, data, position)[0]
        yield _Entry(tag, kind, count, length, position, where)


def _pixels_end(layout: _Layout, data: bytes, offset: int) -> int:
    """Byte after the last tile or strip of one directory, if it tells in these bytes where they are; otherwise 0."""
    entries = {entry.tag: entry for entry in _entries(layout, data, offset)}
    for offsets_tag, counts_tag in _ARRAYS:
        if offsets_tag in entries and counts_tag in entries:
            places = zip(
                _numbers(layout, data, entries[offsets_tag]), _numbers(layout, data, entries[counts_tag]), strict=False
            )
            return max((place + count for place, count in places), default=0)
    return 0


def _numbers(layout: _Layout, data: bytes, entry: _Entry) -> tuple[int, ...]:
    """Values of an entry; none where they lie beyond the data, so what a hostile count can cost is bounded by it."""
    if entry.kind not in _UNSIGNED or entry.where + entry.length > len(data):
        return ()
    return layout.unpack(f"{entry.values}{_UNSIGNED[entry.kind]}", data, entry.where)
