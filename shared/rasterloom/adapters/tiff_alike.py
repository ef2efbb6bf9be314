"""Headers that are alike: GDAL reads the same of them, but for what each file has of its own.

Two headers are alike if they are of one kind, as `tiff_kind` has it. Those that have no kind are alike if they are
equal up to the end of what GDAL reads to open a file, the lists of tiles left out, which it reads with pixels, and the
numbers left out that say where the corner is and how large a pixel is. Only a header is like another one of which no
byte is part of two things. So whoever follows the directories of a header that is equal to one that was followed before
comes to the same places: what the directories say lies in bytes that are equal.
"""

import hashlib
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from rasterloom.adapters.tiff_extent import Extent, header_extent
from rasterloom.adapters.tiff_kind import kind
from rasterloom.adapters.tiff_mould import Mould
from rasterloom.adapters.tiff_moulding import mould_of
from rasterloom.adapters.tiff_texts import Value
from rasterloom.adapters.tiff_tiles import last_byte


class Followed(NamedTuple):
    """What the first bytes of a file say of its header."""

    extent: Extent
    likeness: bytes | None
    """The same for all headers that are alike; None for one that is like no other, or reaches beyond the bytes."""
    values: tuple[Value, ...] = ()
    """What the header has of its own in texts: as many for each header that is alike, of the same items."""


class _Known(NamedTuple):
    """A header that was followed the long way."""

    found: Followed
    equal: bytes
    """The same for all headers that are equal but for numbers: they have the same extent."""
    mould: Mould | None
    """None for the first of its kind, and where it has no kind."""


_known: Final[deque[_Known]] = deque(maxlen=16)
"""The latest last. Threads may add to it at any time: each holds on to those that it has seen."""


def followed(data: bytes) -> Followed:
    """As `header_extent`, of which this is a short way where a header is like one of the latest.

    Raises:
        NotTiffError: As `header_extent` has it.
    """
    known = tuple(_known)
    return _short(data, known) or _long(data, known)


def forget() -> None:
    """Forget all headers."""
    _known.clear()


def _short(data: bytes, known: Sequence[_Known]) -> Followed | None:
    """What a header says that is equal to the latest but for numbers, or fits a mould; None where it is neither."""
    for found, equal, _ in known[-1:]:
        # One with texts of its own is hardly ever equal to another one.
        if not found.values and equal == _digest(data, found.extent):
            return found._replace(extent=found.extent._replace(pixels_end=last_byte(data, found.extent.tiles)))
    for found, _, mould in reversed(known):
        if mould and (fitting := mould.fit(data)):
            return Followed(fitting.extent, found.likeness, fitting.values)
    return None


def _long(data: bytes, known: Sequence[_Known]) -> Followed:
    extent = header_extent(data)
    equal = _digest(data, extent)
    if equal is None:
        return Followed(extent, None)
    told = kind(data, extent)
    found = Followed(extent, told.digest, told.values) if told else Followed(extent, equal)
    is_first = all(each.found.likeness != found.likeness for each in known)
    _known.append(_Known(found, equal, mould_of(data, extent, told.texts) if told and not is_first else None))
    return found


def _digest(data: bytes, extent: Extent) -> bytes | None:
    """Of all that GDAL reads to open the file, without its place, its pixel's size and the lists of tiles."""
    if extent.corner is None or extent.end > len(data):
        return None
    read = bytearray(data[: extent.end])
    for start, end in (*extent.lists, *extent.corner.spans):
        width = min(end, len(read)) - start
        if width > 0:
            read[start : start + width] = bytes(width)
    return hashlib.sha256(read).digest()
