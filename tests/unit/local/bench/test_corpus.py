"""Tiles that differ in where they lie, and in nothing else."""

import struct
from pathlib import Path

import pytest
from osgeo import gdal

from local.bench import corpus
from local.bench.corpus import TiepointError, moved, tiepoint_at
from local.bench.tiles import CORNER, PIXEL, SIDE, corner, key, place


def test_a_moved_file_differs_in_its_corner_alone() -> None:
    data = b"head" + struct.pack("<6d", 0, 0, 0, 10.0, 20.0, 0) + b"tail"
    at = tiepoint_at(data, (10.0, 20.0))
    found = moved(data, at, (30.0, 40.0))
    assert found == b"head" + struct.pack("<6d", 0, 0, 0, 30.0, 40.0, 0) + b"tail"


@pytest.mark.parametrize("often", [0, 2])
def test_a_tie_point_that_is_not_there_once_is_refused(often: int) -> None:
    with pytest.raises(TiepointError, match=f"found {often} times"):
        tiepoint_at(often * struct.pack("<6d", 0, 0, 0, 10.0, 20.0, 0), (10.0, 20.0))


def test_gdal_reads_tiles_where_they_lie_and_they_are_made_once(tmp_path: Path) -> None:
    corpus.make(5, tmp_path)
    for number in range(5):
        dataset = gdal.Open(str(tmp_path / key(number)))
        west, north = corner(number)
        assert dataset.GetGeoTransform() == (west, PIXEL, 0.0, north, 0.0, -PIXEL)
        assert dataset.GetRasterBand(1).GetOverviewCount() == 1
    written = (tmp_path / key(0)).stat().st_ino
    corpus.make(7, tmp_path)
    assert (tmp_path / key(0)).stat().st_ino == written
    assert (tmp_path / key(6)).exists()
    assert len({(tmp_path / key(number)).stat().st_mtime for number in range(7)}) == 7


def test_a_whole_header_is_in_the_first_16_kib(tmp_path: Path) -> None:
    corpus.make(1, tmp_path)
    data = (tmp_path / key(0)).read_bytes()
    assert tiepoint_at(data, CORNER) < 16 * 1024 < len(data)


def test_the_first_tiles_of_any_number_lie_near_one_another_and_none_twice() -> None:
    for count in (16, 64, 256):
        places = [place(number) for number in range(count)]
        assert len(set(places)) == count
        assert max(max(each) for each in places) < 2 * count**0.5
    assert corner(1) == (CORNER[0] + SIDE * PIXEL, CORNER[1])
    assert corner(2) == (CORNER[0], CORNER[1] - SIDE * PIXEL)
