"""How far the header of a TIFF reaches.

GDAL reads headers; this only follows the chain of directories, to know how many bytes GDAL will need and to refuse
chains that loop or never end before GDAL follows them. Layouts: TIFF 6.0, section 2, and the BigTIFF design.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from rasterloom.adapters.tiff_tiles import NotTiffError, TileArray, Tiles, last_byte

MAX_DIRECTORIES: Final = 128
"""A COG has one per resolution and as many masks: about 20."""
MAX_ENTRIES: Final = 512
"""Tags of one directory; GeoTIFFs have about 20."""

_ARRAYS: Final = ((324, 325), (273, 279))
"""Tags of the offsets and byte counts of tiles, and of strips."""
_TILE_ARRAYS: Final = frozenset(tag for pair in _ARRAYS for tag in pair)
"""GDAL reads these with pixels, not with the header."""
_PIXEL_SCALE: Final = 33550
_TIE_POINTS: Final = 33922
_TRANSFORMATION: Final = 34264
"""What says where a raster lies: GeoTIFF 1.1, section 7.1.2; of the three, a raster has the first two, or the last."""
_DOUBLE: Final = 12
_SUBFILE_TYPE: Final = 254
_IMAGE_WIDTH: Final = 256
_IMAGE_HEIGHT: Final = 257
_TILE_WIDTH: Final = 322
_LOOKED_AT: Final = _TILE_ARRAYS | {
    *(_PIXEL_SCALE, _TIE_POINTS, _TRANSFORMATION),
    *(_SUBFILE_TYPE, _IMAGE_WIDTH, _IMAGE_HEIGHT, _TILE_WIDTH),
}
_REDUCED: Final = 1
_MASK: Final = 4
"""Bits of the subfile type: TIFF 6.0, section 8."""

_UNSIGNED: Final = {3: "H", 4: "I", 16: "Q"}
"""Types that an offset or a byte count may have, as `struct` spells them."""
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of one value by TIFF field type."""


class Directory(NamedTuple):
    """One image, overview or mask, as far as the layout of a COG is about it."""

    offset: int
    """Byte where it begins."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    tiled: bool
    is_overview: bool
    """Whether it is an image of lower resolution, and no mask."""
    places: TileArray | None
    """None where it has no tiles or strips that can be followed."""


class Corner(NamedTuple):
    """Where a file says where its upper left corner lies: two numbers, of a tie point at its first pixel."""

    start: int
    """Byte in the file."""
    form: str
    """Both numbers, as `struct` spells them."""

    @property
    def end(self) -> int:
        """Byte after the two."""
        return self.start + struct.calcsize(self.form)

    def place(self, data: bytes) -> tuple[float, float]:
        """The two numbers, CRS units."""
        x, y = struct.unpack_from(self.form, data, self.start)
        return x, y


class Extent(NamedTuple):
    """What a walk along the directories found."""

    end: int
    """Byte after the last one that is needed, as far as it is known; beyond the bytes given, more may follow."""
    tiled: bool
    """Whether the first directory describes tiles."""
    pixels_end: int
    """Byte after the last tile or strip, of those whose place lies within the bytes given; 0 where none does."""
    directories: tuple[Directory, ...] = ()
    """In the chain's order; the first one is the image itself."""
    lists: tuple[tuple[int, int], ...] = ()
    """First byte, and byte after the last, of each list of tiles or strips."""
    tiles: tuple[Tiles, ...] = ()
    """What each directory says of its tiles or strips, where it says it of both their places and their sizes."""
    corner: Corner | None = None
    """None where its place is not said by a pixel size and one tie point at its first pixel; and where a byte of the
    header is part of two things, or a directory says one thing twice."""


@dataclass(frozen=True, slots=True)
class _Layout:
    order: str
    count: str
    entry: str
    """Tag, type, number of values, and the values or a pointer to them."""
    pointer: str
    begins: int
    """Bytes before anything else, the last of them a pointer to the first directory."""

    def unpack(self, form: str, data: bytes, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(self.order + form, data, offset)

    def size(self, form: str) -> int:
        return struct.calcsize(self.order + form)


class _Entry(NamedTuple):
    tag: int
    kind: int
    values: int
    """How many."""
    length: int
    """Bytes of all its values."""
    where: int
    """Where its values are."""


def header_extent(data: bytes) -> Extent:
    """Follow the directories that lie in the first bytes of a file.

    Raises:
        NotTiffError: This is no TIFF, its directories loop, overlap, or there are too many of them.
    """
    layout, offset = _start(data)
    end = len(data[:16])
    seen: set[int] = set()
    found: list[Directory] = []
    lists: list[tuple[int, int]] = []
    tiles: list[Tiles] = []
    parts: list[tuple[int, int]] = [(0, layout.begins)]
    plain = True
    corner: Corner | None = None
    while offset:
        if offset in seen:
            raise NotTiffError(f"its directories loop back to byte {offset}")
        if len(seen) == MAX_DIRECTORIES:
            raise NotTiffError(f"it has more than {MAX_DIRECTORIES} directories")
        after = _directory_end(layout, data, offset)
        end = max(end, after)
        if after > len(data):
            break
        listed, values, values_end = _entries(layout, data, offset)
        end = max(end, values_end)
        entries = {entry.tag: entry for entry in listed}
        tiles += _tiles(layout, entries)
        lists += [(entry.where, entry.where + entry.length) for entry in listed if entry.tag in _TILE_ARRAYS]
        parts += [(offset, after), *values]
        plain &= len(entries) == len(listed)
        corner = corner if found else _corner(layout, data, entries)
        found.append(_directory(layout, data, offset, entries))
        seen.add(offset)
        (offset,) = layout.unpack(layout.pointer, data, after - layout.size(layout.pointer))
    corner = corner if plain and _are_apart(parts) else None
    tiled = bool(found) and found[0].tiled
    return Extent(end, tiled, last_byte(data, tiles), tuple(found), tuple(lists), tuple(tiles), corner)


def _are_apart(parts: list[tuple[int, int]]) -> bool:
    """Whether no byte is part of two of them."""
    return all(last <= start for (_, last), (start, _) in pairwise(sorted(parts)))


def _start(data: bytes) -> tuple[_Layout, int]:
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if not data or (order is not None and len(data) < 16):  # noqa: PLR2004 - shorter than any header with a directory
        raise NotTiffError(f"it ends after {len(data)} bytes, before a TIFF's first directory")
    if order is None:
        raise NotTiffError(f"it begins with the bytes {data[:4].hex(' ')}{_as_text(data[:4])}, which is no TIFF")
    magic, *big = struct.unpack_from(order + "HHH", data, 2)
    if magic == 42:  # noqa: PLR2004 - TIFF 6.0
        return _Layout(order, "H", "HHII", "I", 8), struct.unpack_from(order + "I", data, 4)[0]
    if [magic, *big] == [43, 8, 0]:
        return _Layout(order, "Q", "HHQQ", "Q", 16), struct.unpack_from(order + "Q", data, 8)[0]
    raise NotTiffError(f"its magic number is {magic}; a TIFF's is 42, a BigTIFF's 43")


def _as_text(data: bytes) -> str:
    """What bytes say, where they are letters that anybody would know them by."""
    return f" ({data.decode('ascii')})" if data.isascii() and data.decode("ascii").isprintable() else ""


def _directory_end(layout: _Layout, data: bytes, offset: int) -> int:
    """Byte after a directory; where its entry count is not there yet, the byte after that count."""
    start = offset + layout.size(layout.count)
    if start > len(data):
        return start
    (entries,) = layout.unpack(layout.count, data, offset)
    if entries > MAX_ENTRIES:
        raise NotTiffError(f"its directory at byte {offset} claims {entries} entries")
    return start + entries * layout.size(layout.entry) + layout.size(layout.pointer)


def _directory(layout: _Layout, data: bytes, offset: int, entries: Mapping[int, _Entry]) -> Directory:
    kind = _number(layout, data, entries.get(_SUBFILE_TYPE))
    array = next((entries[offsets] for offsets, _ in _ARRAYS if offsets in entries), None)
    return Directory(
        offset=offset,
        width=_number(layout, data, entries.get(_IMAGE_WIDTH)),
        height=_number(layout, data, entries.get(_IMAGE_HEIGHT)),
        tiled=_TILE_WIDTH in entries,
        is_overview=bool(kind & _REDUCED) and not kind & _MASK,
        places=None if array is None else _array(layout, array),
    )


def _corner(layout: _Layout, data: bytes, entries: Mapping[int, _Entry]) -> Corner | None:
    """Where the first directory says where it lies, if it does so in the plainest of ways, within these bytes."""
    scale, tie = entries.get(_PIXEL_SCALE), entries.get(_TIE_POINTS)
    if scale is None or tie is None or _TRANSFORMATION in entries or tie.where + tie.length > len(data):
        return None
    if (scale.kind, scale.values, tie.kind, tie.values) != (_DOUBLE, 3, _DOUBLE, 6):
        return None
    column, row, level = layout.unpack("3d", data, tie.where)
    return Corner(tie.where + tie.length // 2, layout.order + "2d") if column == row == level == 0 else None


def _number(layout: _Layout, data: bytes, entry: _Entry | None) -> int:
    """The first value of an entry; 0 where it has none."""
    numbers = () if entry is None or entry.values != 1 else _numbers(layout, data, entry)
    return next(iter(numbers), 0)


def _entries(layout: _Layout, data: bytes, offset: int) -> tuple[list[_Entry], list[tuple[int, int]], int]:
    """The entries of a directory that lies in the data, of those tags that are looked at here.

    Beside them where all values begin and end that lie outside it, whatever their tags; and the byte after the last of
    those that GDAL reads with the directory, 0 where there are none.
    """
    (entries,) = layout.unpack(layout.count, data, offset)
    start, step, inline = offset + layout.size(layout.count), layout.size(layout.entry), layout.size(layout.pointer)
    position = start + step - inline
    found: list[_Entry] = []
    values: list[tuple[int, int]] = []
    end = 0
    for tag, kind, count, pointer in struct.iter_unpack(
        layout.order + layout.entry, data[start : start + entries * step]
    ):
        length = _SIZES.get(kind, 1) * count
        where = position if length <= inline else pointer
        if where != position:
            values.append((where, where + length))
            end = end if tag in _TILE_ARRAYS else max(end, where + length)
        if tag in _LOOKED_AT:
            found.append(_Entry(tag, kind, count, length, where))
        position += step
    return found, values, end


def _tiles(layout: _Layout, entries: Mapping[int, _Entry]) -> tuple[Tiles, ...]:
    """What one directory says of its tiles or else its strips; none where it does not say both things."""
    pair = next((tags for tags in _ARRAYS if all(tag in entries for tag in tags)), ())
    places, sizes = (_array(layout, entries[tag]) for tag in pair) if pair else (None, None)
    return (Tiles(places, sizes),) if places and sizes else ()


def _array(layout: _Layout, entry: _Entry) -> TileArray | None:
    form = _UNSIGNED.get(entry.kind)
    return TileArray(entry.where, entry.length, layout.order + form) if form else None


def _numbers(layout: _Layout, data: bytes, entry: _Entry) -> tuple[int, ...]:
    """Values of an entry; none where they lie beyond the data, so what a hostile count can cost is bounded by it."""
    if entry.kind not in _UNSIGNED or entry.where + entry.length > len(data):
        return ()
    return layout.unpack(f"{entry.values}{_UNSIGNED[entry.kind]}", data, entry.where)
