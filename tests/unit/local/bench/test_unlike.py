"""Tiles with statistics of their own."""

from pathlib import Path

import pytest
from osgeo import gdal

from local.bench import unlike
from local.bench.tiles import PIXEL, UNLIKE, corner, key


def test_each_tile_has_pixels_and_statistics_of_its_own_and_is_made_once(tmp_path: Path) -> None:
    unlike.make(3, tmp_path)
    found = [gdal.Open(str(tmp_path / key(number, UNLIKE))) for number in range(3)]
    west, north = corner(2)
    assert found[2].GetGeoTransform() == (west, PIXEL, 0.0, north, 0.0, -PIXEL)
    bands = [dataset.GetRasterBand(1) for dataset in found]
    assert len({band.Checksum() for band in bands}) == 3
    assert len({band.GetMetadataItem("STATISTICS_MEAN") for band in bands}) == 3
    assert len({dataset.GetMetadataItem("TIFFTAG_DATETIME") for dataset in found}) == 3
    written = (tmp_path / key(0, UNLIKE)).stat().st_ino
    unlike.make(4, tmp_path)
    assert (tmp_path / key(0, UNLIKE)).stat().st_ino == written
    assert (tmp_path / key(3, UNLIKE)).exists()


def test_further_tiles_are_copies_that_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlike, "WRITTEN_ALONE", 2)
    unlike.make(4, tmp_path)
    one, copy = (gdal.Open(str(tmp_path / key(number, UNLIKE))) for number in (1, 3))
    west, north = corner(3)
    assert copy.GetGeoTransform() == (west, PIXEL, 0.0, north, 0.0, -PIXEL)
    assert copy.GetRasterBand(1).GetMetadata() == one.GetRasterBand(1).GetMetadata()
