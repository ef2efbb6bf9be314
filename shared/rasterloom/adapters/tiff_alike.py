"""Headers that are alike: GDAL reads the same of them, but for what each file has of its own.

Two headers are alike if they are of one kind, as `tiff_kind` has it. Those that have no kind are alike if they are
equal up to the end of what GDAL reads to open a file, the lists of tiles left out, which it reads with pixels, and the
numbers left out that say where the corner is and how large a pixel is. Only a header is like another one of which no
byte is part of two things. So whoever follows the directories of a header that is equal to one that was followed before
comes to the same places: what the directories say lies in bytes that are equal.
"""

import hashlib
from collections import deque
from typing import Final, NamedTuple

from rasterloom.adapters.tiff_extent import Extent, header_extent
from rasterloom.adapters.tiff_kind import kind
from rasterloom.adapters.tiff_mould import Mould
from rasterloom.adapters.tiff_moulding import mould
from rasterloom.adapters.tiff_texts import Value
from rasterloom.adapters.tiff_tiles import last_byte


class Followed(NamedTuple):
    """What the first bytes of a file say of its header."""

    extent: Extent
    likeness: bytes | None
    """The same for all headers that are alike; None for one that is like no other, or reaches beyond the bytes."""
    values: tuple[Value, ...] = ()
    """What the header has of its own in texts: as many for each header that is alike, of the same items."""


class _Latest(NamedTuple):
    """The header that was followed last, the long way."""

    found: Followed
    equal: bytes
    """The same for all headers that are equal but for numbers: they have the same extent."""
    mould: Mould | None
    """None until a second header of its kind is met, and where it has no kind."""


_latest: Final[deque[_Latest]] = deque(maxlen=1)
"""Threads may replace it at any time: each holds on to the one that it has seen."""


def followed(data: bytes) -> Followed:
    """As `header_extent`, of which this is a short way where a header is like the one before.

    Raises:
        NotTiffError: As `header_extent` has it.
    """
    latest = next(iter(tuple(_latest)), None)
    return (latest and _short(data, latest)) or _long(data, latest)


def forget() -> None:
    """Forget the header that was followed last."""
    _latest.clear()


def _short(data: bytes, latest: _Latest) -> Followed | None:
    """What a header says that is like the latest; None where it is not seen at once that it is."""
    found, equal, mould = latest
    # One with texts of its own is hardly ever equal to another one.
    if not found.values and equal == _digest(data, found.extent):
        return found._replace(extent=found.extent._replace(pixels_end=last_byte(data, found.extent.tiles)))
    fitting = mould and mould.fit(data)
    return Followed(fitting.extent, found.likeness, fitting.values) if fitting else None


def _long(data: bytes, latest: _Latest | None) -> Followed:
    extent = header_extent(data)
    equal = _digest(data, extent)
    if equal is None:
        return Followed(extent, None)
    told = kind(data, extent)
    found = Followed(extent, told.digest, told.values) if told else Followed(extent, equal)
    is_second = latest is not None and latest.found.likeness == found.likeness
    _latest.append(_Latest(found, equal, mould(data, extent, told.texts) if told and is_second else None))
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
