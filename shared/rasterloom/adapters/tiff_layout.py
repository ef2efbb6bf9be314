"""Whether a GeoTIFF's bytes lie as those of a Cloud-Optimized GeoTIFF, judged by offsets as `rio cogeo validate` does.

Directories first, from the finest image to the coarsest, then pixels, from the coarsest to the finest: so one request
brings the whole header, and the next one an overview.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from rasterloom.adapters.tiff_extent import Directory
from rasterloom.domain.raster import LayoutFault

LATEST_DIRECTORY: Final = 300
"""Last byte at which a COG's first directory begins: only GDAL's own note about the layout comes before it."""
LARGE: Final = 512
"""Pixels of a side from which an image has to be tiled."""
_NOTE: Final = (b"GDAL_STRUCTURAL_METADATA_SIZE=", b"KNOWN_INCOMPATIBLE_EDITION=YES")
"""How GDAL's note begins, and what it says of a COG that was changed."""


def image_directories(directories: Sequence[Directory]) -> tuple[Directory, ...]:
    """The image itself and its overviews, without masks, finest first as the file has them."""
    return (*directories[:1], *(each for each in directories[1:] if each.is_overview))


def layout_faults(data: bytes, images: Sequence[Directory], places: Sequence[int | None]) -> tuple[LayoutFault, ...]:
    """Everything that is wrong with the layout; what is true of a COG that GDAL wrote gives none.

    Args:
        data: The file's first bytes.
        images: From `image_directories`; at least one.
        places: The first byte of each image's first tile that is there; None where all are empty, or it is not known.
    """
    return tuple(_faults(data, images, [place for place in places if place is not None]))


def _faults(data: bytes, images: Sequence[Directory], places: Sequence[int]) -> Iterator[LayoutFault]:
    note, edited = _NOTE
    if images[0].offset > LATEST_DIRECTORY:
        yield LayoutFault.MAIN_DIRECTORY_LATE
    head = data[:LATEST_DIRECTORY]
    if note in head and edited in head:
        yield LayoutFault.EDITED
    if any(later.offset < former.offset for former, later in pairwise(images)):
        yield LayoutFault.DIRECTORIES_UNSORTED
    if any(later.width >= former.width and later.height >= former.height for former, later in pairwise(images)):
        yield LayoutFault.OVERVIEWS_UNSORTED
    if places and places[-1] < images[-1].offset:
        yield LayoutFault.DATA_BEFORE_DIRECTORIES
    if any(former < later for former, later in pairwise(places)):
        yield LayoutFault.DATA_UNSORTED
    if any(not image.tiled and max(image.width, image.height) > LARGE for image in images[1:]):
        yield LayoutFault.OVERVIEW_UNTILED
