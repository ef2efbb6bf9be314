"""Headers that are alike: they say the same in every byte that GDAL reads of them, but for where the raster lies.

Two headers are alike if they are equal up to the end of what GDAL reads to open a file, the lists of tiles left out,
which it reads with pixels, and the two numbers left out that say where the corner is. Only a header is like another one
of which no byte is part of two things. So whoever follows the directories of a header like one that was followed before
comes to the same places: what the directories say lies in bytes that are equal.
"""

import hashlib
from collections import deque
from typing import Final, NamedTuple

from rasterloom.adapters.tiff_extent import Extent, header_extent
from rasterloom.adapters.tiff_tiles import last_byte


class Followed(NamedTuple):
    """What the first bytes of a file say of its header."""

    extent: Extent
    likeness: bytes | None
    """The same for all headers that are alike; None for one that is like no other, or reaches beyond the bytes."""


_latest: Final[deque[Followed]] = deque(maxlen=1)
"""The header that was followed last. Threads may replace it at any time: each holds on to the one that it has seen."""


def followed(data: bytes) -> Followed:
    """As `header_extent`, of which this is a short way where a header is like the one before.

    Raises:
        NotTiffError: As `header_extent` has it.
    """
    for latest in tuple(_latest):
        if latest.likeness == _likeness(data, latest.extent):
            return latest._replace(extent=latest.extent._replace(pixels_end=last_byte(data, latest.extent.tiles)))
    extent = header_extent(data)
    found = Followed(extent, _likeness(data, extent))
    if found.likeness is not None:
        _latest.append(found)
    return found


def _likeness(data: bytes, extent: Extent) -> bytes | None:
    """A digest of all that GDAL reads to open the file, without where it lies and without the lists of tiles."""
    if extent.corner is None or extent.end > len(data):
        return None
    read = bytearray(data[: extent.end])
    for start, end in (*extent.lists, (extent.corner.start, extent.corner.end)):
        width = min(end, len(read)) - start
        if width > 0:
            read[start : start + width] = bytes(width)
    return hashlib.sha256(read).digest()
