"""Layouts that are not a COG's; that files of GDAL's are judged as rio-cogeo judges them is proven with those files."""

from __future__ import annotations

import struct

import pytest

from rasterloom.adapters.tiff_extent import Directory, header_extent
from rasterloom.adapters.tiff_layout import image_directories, layout_faults
from rasterloom.adapters.tiff_tiles import TileArray
from rasterloom.domain.raster import LayoutFault

MAIN, HALF, QUARTER = (
    Directory(offset, size, size, tiled=True, is_overview=offset > 192, places=None)
    for offset, size in ((192, 4096), (500, 2048), (800, 1024))
)
COG = (MAIN, HALF, QUARTER)
PLACES = (90_000, 20_000, 5_000)


def faults(*images: Directory, places: tuple[int | None, ...] = PLACES, head: bytes = b"II*\x00") -> list[LayoutFault]:
    return list(layout_faults(head, images, places))


def test_headers_first_and_pixels_from_coarse_to_fine_is_a_cog() -> None:
    assert faults(*COG) == []
    assert faults(*COG, places=(None, 20_000, None)) == [], "empty tiles lie nowhere"
    assert faults(MAIN, places=(5_000,)) == []


@pytest.mark.parametrize(
    ("images", "places", "fault"),
    [
        ((MAIN._replace(offset=301), HALF), (9_000, 5_000), LayoutFault.MAIN_DIRECTORY_LATE),
        ((MAIN, HALF._replace(offset=900), QUARTER), PLACES, LayoutFault.DIRECTORIES_UNSORTED),
        ((MAIN, QUARTER._replace(offset=500), HALF._replace(offset=800)), PLACES, LayoutFault.OVERVIEWS_UNSORTED),
        (COG, (90_000, 20_000, 700), LayoutFault.DATA_BEFORE_DIRECTORIES),
        (COG, (5_000, 20_000, 4_000), LayoutFault.DATA_UNSORTED),
        ((MAIN, HALF._replace(tiled=False), QUARTER), PLACES, LayoutFault.OVERVIEW_UNTILED),
    ],
)
def test_each_fault_is_found_by_itself(
    images: tuple[Directory, ...], places: tuple[int, ...], fault: LayoutFault
) -> None:
    assert faults(*images, places=places) == [fault]


def test_a_cog_that_says_that_it_was_edited_is_none_any_more() -> None:
    note = b"GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\nKNOWN_INCOMPATIBLE_EDITION=YES\n "
    assert faults(*COG, head=b"II*\x00" + note) == [LayoutFault.EDITED]
    assert faults(*COG, head=b"II*\x00" + note.replace(b"YES", b"NO ")) == []
    assert faults(*COG, head=b"II*\x00" + bytes(400) + note) == [], "a note stands at the beginning"


def test_masks_are_no_overviews() -> None:
    def directory(kind: int, after: int) -> bytes:
        entries = [(254, 4, 1, kind), (256, 3, 1, 64), (257, 3, 1, 32), (322, 3, 1, 16), (324, 4, 2, 1_000)]
        return (
            struct.pack("<H", 5)
            + b"".join(struct.pack("<HHII", *entry) for entry in entries)
            + struct.pack("<I", after)
        )

    step = 66
    data = struct.pack("<2sHI", b"II", 42, 8) + b"".join(
        directory(kind, 8 + step * (number + 1) if number < 3 else 0) for number, kind in enumerate((0, 4, 1, 5))
    )
    found = header_extent(data).directories
    assert [each.is_overview for each in found] == [False, False, True, False]
    assert [each.offset for each in image_directories(found)] == [8, 8 + 2 * step]
    assert (found[0].width, found[0].height, found[0].tiled) == (64, 32, True)
    assert found[0].places == TileArray(1_000, 8, "<I")


def test_the_first_tile_is_the_first_that_is_not_empty() -> None:
    array = TileArray(0, 16, "<I")
    assert array.first_place(struct.pack("<4I", 0, 0, 77, 5)) == 77
    assert array.first_place(struct.pack("<2IH", 0, 0, 9)) is None, "what is cut off tells nothing"
