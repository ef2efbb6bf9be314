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
from rasterloom.adapters.tiff_kind import Kind, kind
from rasterloom.adapters.tiff_texts import Value
from rasterloom.adapters.tiff_tiles import last_byte


class Followed(NamedTuple):
    """What the first bytes of a file say of its header."""

    extent: Extent
    likeness: bytes | None
    """The same for all headers that are alike; None for one that is like no other, or reaches beyond the bytes."""
    values: tuple[Value, ...] = ()
    """What the header has of its own in texts: as many for each header that is alike, of the same items."""
    equal: bytes | None = None
    """The same for all headers that are equal but for numbers: they have the same extent."""


_latest: Final[deque[Followed]] = deque(maxlen=1)
"""The header that was followed last. Threads may replace it at any time: each holds on to the one that it has seen."""


def followed(data: bytes) -> Followed:
    """As `header_extent`, of which this is a short way where a header is like the one before.

    Raises:
        NotTiffError: As `header_extent` has it.
    """
    for latest in tuple(_latest):
        if latest.equal == _digest(data, latest.extent):
            return latest._replace(extent=latest.extent._replace(pixels_end=last_byte(data, latest.extent.tiles)))
    extent = header_extent(data)
    equal = _digest(data, extent)
    if equal is None:
        return Followed(extent, None)
    likeness, values = kind(data, extent) or Kind(equal, ())
    found = Followed(extent, likeness, values, equal)
    _latest.append(found)
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
