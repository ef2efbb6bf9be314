"""The synthetic COGs that other tests rely on have the properties that were asked for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal
from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate

from tests.support.cogs import GDAL_TYPES, make_cog, ramp

RAINBOW = [(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 128)]


def read(dataset: Any, band: int, dtype: str) -> np.ndarray[Any, np.dtype[Any]]:
    data = dataset.GetRasterBand(band).ReadRaster()
    return np.frombuffer(data, dtype).reshape(dataset.RasterYSize, dataset.RasterXSize)


def test_default_is_a_valid_cog_on_the_grid_asked_for(tmp_path: Path) -> None:
    path = make_cog(tmp_path / "deep" / "a.tif", width=300, height=200, origin=(100.0, 900.0), resolution=(2.0, 3.0))
    errors = validate(str(path), full_check=True)[1]
    dataset = gdal.Open(str(path))
    assert errors == []
    assert (dataset.RasterXSize, dataset.RasterYSize) == (300, 200)
    assert dataset.GetGeoTransform() == (100.0, 2.0, 0.0, 900.0, 0.0, -3.0)
    assert dataset.GetSpatialRef().GetAuthorityCode(None) == "32632"
    assert dataset.GetRasterBand(1).GetOverviewCount() == 2
    assert dataset.GetRasterBand(1).GetBlockSize() == [128, 128]


@pytest.mark.parametrize("dtype", GDAL_TYPES)
def test_every_data_type_keeps_its_pixels(tmp_path: Path, dtype: str) -> None:
    dataset = gdal.Open(
        str(make_cog(tmp_path / "a.tif", dtype=dtype, bands=2, fill=lambda b, r, c: b * 90 + r - c % 9))
    )
    rows, columns = np.arange(48).reshape(-1, 1), np.arange(64).reshape(1, -1)
    expected = (90 + rows - columns % 9).astype(dtype)
    assert dataset.GetRasterBand(2).DataType == GDAL_TYPES[dtype]
    np.testing.assert_array_equal(read(dataset, 2, dtype), expected)


def test_fill_takes_a_scalar_an_array_or_the_ramp(tmp_path: Path) -> None:
    array = np.arange(2 * 4 * 5, dtype="int16").reshape(2, 4, 5)
    by_array = gdal.Open(str(make_cog(tmp_path / "a.tif", width=5, height=4, bands=2, dtype="int16", fill=array)))
    by_scalar = gdal.Open(str(make_cog(tmp_path / "b.tif", width=5, height=4, fill=7)))
    by_ramp = gdal.Open(str(make_cog(tmp_path / "c.tif", width=5, height=4)))
    np.testing.assert_array_equal(read(by_array, 2, "int16"), array[1])
    assert set(read(by_scalar, 1, "uint8").flat) == {7}
    expected = ramp(0, np.arange(4).reshape(-1, 1), np.arange(5).reshape(1, -1))
    np.testing.assert_array_equal(read(by_ramp, 1, "uint8"), expected)


def test_band_properties_are_those_asked_for(tmp_path: Path) -> None:
    path = make_cog(
        tmp_path / "a.tif",
        bands=2,
        dtype="int16",
        nodata=-9999,
        scale=(0.5, 0.25),
        offset=10.0,
        color_interp=("Red", "NIR"),
        descriptions=("red", "near infrared"),
        metadata={"SENSOR": "none"},
    )
    dataset = gdal.Open(str(path))
    band = dataset.GetRasterBand(2)
    assert (band.GetNoDataValue(), band.GetScale(), band.GetOffset()) == (-9999, 0.25, 10.0)
    assert gdal.GetColorInterpretationName(band.GetColorInterpretation()) == "NIR"
    assert (band.GetDescription(), band.GetMetadataItem("SENSOR")) == ("near infrared", "none")
    assert dataset.GetRasterBand(1).GetScale() == 0.5


def test_palette_and_mask_are_inside_the_file(tmp_path: Path) -> None:
    path = make_cog(
        tmp_path / "a.tif", color_table=RAINBOW, fill=1, mask=lambda _band, _rows, columns: (columns > 9) * 255
    )
    dataset = gdal.Open(str(path))
    band = dataset.GetRasterBand(1)
    shown = np.frombuffer(band.GetMaskBand().ReadRaster(), "uint8").reshape(48, 64)
    assert band.GetColorTable().GetColorEntry(2)[:3] == RAINBOW[2][:3]
    assert band.GetMaskFlags() == gdal.GMF_PER_DATASET
    assert not shown[:, :10].any()
    assert (shown[:, 10:] == 255).all()
    assert [item.name for item in tmp_path.iterdir()] == ["a.tif"]


def test_no_crs_no_geotransform_rotation_and_south_up(tmp_path: Path) -> None:
    bare = gdal.Open(str(make_cog(tmp_path / "a.tif", crs=None, origin=None)))
    rotated = gdal.Open(str(make_cog(tmp_path / "b.tif", rotation=30.0)))
    south_up = gdal.Open(str(make_cog(tmp_path / "c.tif", resolution=(10.0, -10.0))))
    assert bare.GetSpatialRef() is None
    assert bare.GetGeoTransform(can_return_null=True) is None
    assert rotated.GetGeoTransform()[2] == pytest.approx(5.0)
    assert rotated.GetGeoTransform()[4] == pytest.approx(5.0)
    assert south_up.GetGeoTransform()[5] == 10.0


@pytest.mark.parametrize(("asked", "found"), [(0, 0), (1, 1), (3, 3)])
def test_overview_count_is_the_one_asked_for(tmp_path: Path, asked: int, found: int) -> None:
    dataset = gdal.Open(str(make_cog(tmp_path / "a.tif", width=300, height=300, overviews=asked)))
    assert dataset.GetRasterBand(1).GetOverviewCount() == found


def test_plain_geotiff_is_striped(tmp_path: Path) -> None:
    dataset = gdal.Open(str(make_cog(tmp_path / "a.tif", width=600, height=600, cog=False)))
    assert dataset.GetRasterBand(1).GetBlockSize()[0] == 600
