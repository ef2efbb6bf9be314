"""A mould of headers of one kind: a header that fits says the same as the one it was made of, and is read in one go.

Following directories entry by entry, and telling a header's kind, takes as long as fetching it does. In a header of the
same kind, `tiff_kind` would find each entry of each directory as it was in the one before, but for pointers and for the
lengths of texts. So a directory is compared as a whole, with these masked, and only these are read. A header in which
anything else is not as it was does not fit, and is followed the long way.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from rasterloom.adapters.tiff_extent import Corner, Directory, Extent
from rasterloom.adapters.tiff_texts import Text, Value, values_alike
from rasterloom.adapters.tiff_tiles import TileArray, Tiles, last_byte

TIE_STARTS: Final = 24
"""Bytes of a tie point before x and y: the place in the image that it is about."""

type Span = tuple[int, int]
"""First byte in the file, and byte after the last."""


class Page(NamedTuple):
    """One directory."""

    length: int
    """Bytes."""
    mask: int
    """All of its bytes as one number, where the bits that may differ are 0."""
    kept: int
    """What the others are."""
    moving: struct.Struct
    """Reads how many values there are, and where, of each entry whose values lie outside; then where the next directory
    is."""
    sizes: tuple[int, ...]
    """Bytes of one value of each of these entries."""
    inside: tuple[int, ...]
    """Bytes from its beginning to each list of tiles that lies in it: a list of one."""


class Piece(NamedTuple):
    """Bytes outside of directories that are the same in each header that fits."""

    outside: int
    """Which entry's values, of all that lie outside, in the order of the directories."""
    start: int
    end: int
    """Bytes from where these values begin."""


def held(data: bytes, pieces: Iterable[Piece], begins: Sequence[int]) -> bytes:
    """What pieces hold, one after the other.

    Args:
        data: A file's first bytes.
        pieces: Which ones.
        begins: Where the values of each entry begin that lie outside.
    """
    return b"".join([data[begins[which] + start : begins[which] + end] for which, start, end in pieces])


class Fitting(NamedTuple):
    """What a header says that fits."""

    extent: Extent
    values: tuple[Value, ...]
    """Of texts, as `tiff_kind.Kind` has them."""


class _Found(NamedTuple):
    """Where the parts of a header are."""

    directories: list[Span]
    outside: list[Span]
    """Values of entries, in the order of the directories."""
    inside: list[int]
    """Lists of tiles that lie in directories."""


class Mould(NamedTuple):
    """What headers of one kind have in common."""

    preface: bytes
    """All before the first directory."""
    pages: tuple[Page, ...]
    pieces: tuple[Piece, ...]
    kept: bytes
    """What these pieces hold, one after the other."""
    texts: tuple[tuple[int, int, Text], ...]
    """Each that is cut: which of the values outside it is, its tag, and how it was cut."""
    read: tuple[int, ...]
    """Values outside that GDAL reads with the directories: all but lists of tiles."""
    lists: Mapping[int, int]
    """Of a list of tiles in the header that this was made of: which it is of those found outside and inside."""
    corner: tuple[int, int, str]
    """Which of the values outside are the tie point and the pixel's size; two numbers, as `struct` spells them."""
    room: int
    """Bytes of values that lie in their entry and not outside."""
    extent: Extent
    """Of the header that this was made of."""

    def fit(self, data: bytes) -> Fitting | None:
        """What a header says; None where it does not fit.

        Args:
            data: A file's first bytes.

        Raises:
            NotTiffError: Its directories share their lists of tiles.
        """
        found = self._found(data)
        if found is None:
            return None
        end = max([end for _, end in found.directories] + [found.outside[each][1] for each in self.read])
        if end > len(data) or not self._are_apart(found) or not self._is_kept(data, found.outside):
            return None
        values = list[Value]()
        for which, tag, text in self.texts:
            begin, after = found.outside[which]
            own = values_alike(tag, text, data[begin:after]) if after - begin > self.room else None
            if own is None:
                return None
            values += own
        return Fitting(self._extent(data, end, found), tuple(values))

    def _found(self, data: bytes) -> _Found | None:
        """Follow the directories; None where one of them does not fit."""
        offset = len(self.preface)
        if not data.startswith(self.preface):
            return None
        found = _Found([], [], [])
        for page in self.pages:
            end = offset + page.length
            if end > len(data) or int.from_bytes(data[offset:end]) & page.mask != page.kept:
                return None
            found.directories.append((offset, end))
            *pairs, after = page.moving.unpack_from(data, offset)
            counts, starts = pairs[::2], pairs[1::2]
            spans = zip(counts, starts, page.sizes, strict=True)
            found.outside.extend([(start, start + count * size) for count, start, size in spans])
            found.inside.extend([offset + each for each in page.inside])
            offset = after
        return found

    def _are_apart(self, found: _Found) -> bool:
        """Whether no byte is part of two things, the preface among them."""
        parts = sorted([(0, len(self.preface)), *found.directories, *found.outside])
        edges = list(chain.from_iterable(parts))
        return edges == sorted(edges)

    def _is_kept(self, data: bytes, outside: Sequence[Span]) -> bool:
        """Whether all values are the same that belong to the kind."""
        return self.kept == held(data, self.pieces, [start for start, _ in outside])

    def _extent(self, data: bytes, end: int, found: _Found) -> Extent:
        """The extent of the header that this was made of, where this one has its parts."""
        old = self.extent
        begins = [start for start, _ in found.outside] + found.inside
        moved = {start: begins[which] for start, which in self.lists.items()}

        def there(array: TileArray) -> TileArray:
            return TileArray(moved[array.start], array.length, array.form)

        directories = tuple(
            [
                Directory(
                    offset, each.width, each.height, each.tiled, each.is_overview, each.places and there(each.places)
                )
                for (offset, _), each in zip(found.directories, old.directories, strict=True)
            ]
        )
        tiles = tuple([Tiles(there(places), there(sizes)) for places, sizes in old.tiles])
        lists = tuple([(moved[start], moved[start] + after - start) for start, after in old.lists])
        tie, pixel, form = self.corner
        corner = Corner(begins[tie] + TIE_STARTS, form, begins[pixel])
        return Extent(end, old.tiled, last_byte(data, tiles), directories, lists, tiles, corner)
