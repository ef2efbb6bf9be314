"""The sample rasters are what their catalogue says, show the right places, and are written once."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal, osr
from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate

from local.samples import Flaw, Grid, Group, Sample, catalogue, write_samples

gdal.UseExceptions()

type Pixels = np.ndarray[Any, np.dtype[Any]]

WHOLE = [sample.name for sample in catalogue(Path()) if sample.flaw is None]
GDAL_TYPES = {"uint8": gdal.GDT_Byte, "float32": gdal.GDT_Float32}


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    shared = tmp_path_factory.getbasetemp().parent / "sample-rasters"
    return {sample.name: sample for sample in write_samples(shared)}


def group(samples: dict[str, Sample], wanted: Group) -> list[Sample]:
    return [sample for sample in samples.values() if sample.group is wanted]


def read(dataset: Any, dtype: str = "uint8") -> Pixels:
    shape = (dataset.RasterCount, dataset.RasterYSize, dataset.RasterXSize)
    return np.frombuffer(dataset.ReadRaster(), dtype).reshape(shape)


def mosaic(members: list[Sample], dtype: str = "uint8") -> Pixels:
    return read(gdal.BuildVRT("", [str(member.path) for member in members], strict=True), dtype)


def at(pixels: Pixels, grid: Grid, x: float, y: float) -> list[int]:
    row, column = int((grid.top - y) / grid.res_y), int((x - grid.left) / grid.res_x)
    return [int(value) for value in pixels[:, row, column]]


def test_twelve_tiles_lie_on_one_grid_and_names_are_unique() -> None:
    planned = catalogue(Path("somewhere"))
    tiles = [sample for sample in planned if sample.group is Group.TILES]
    assert len(tiles) == 12
    assert len({sample.name for sample in planned}) == len({sample.path for sample in planned}) == len(planned)
    assert all(sample.path.parent == Path("somewhere") / sample.group for sample in planned)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_sample_is_a_valid_cog_with_its_catalogued_profile(samples: dict[str, Sample], name: str) -> None:
    profile = samples[name].profile
    assert profile is not None
    dataset = gdal.Open(str(samples[name].path))
    band = dataset.GetRasterBand(1)
    assert validate(str(samples[name].path), full_check=True)[:2] == ([], [])
    assert (dataset.RasterXSize, dataset.RasterYSize) == (profile.grid.width, profile.grid.height)
    assert dataset.GetGeoTransform() == pytest.approx(profile.grid.geotransform, rel=1e-12)
    assert dataset.GetSpatialRef().GetAuthorityCode(None) == str(profile.grid.epsg)
    assert (dataset.RasterCount, band.DataType) == (profile.bands, GDAL_TYPES[profile.dtype])
    assert band.GetNoDataValue() == profile.nodata


@pytest.mark.parametrize(("group_name", "size"), [(Group.TILES, (900, 1200)), (Group.UTM, (600, 500))])
def test_tiles_join_without_gap_or_overlap(
    samples: dict[str, Sample], group_name: Group, size: tuple[int, int]
) -> None:
    members = group(samples, group_name)
    pixels = mosaic(members)
    assert pixels.shape == (3, *size)
    assert sum(read(gdal.Open(str(member.path))).size for member in members) == pixels.size


def test_tiles_show_desert_sea_forest_and_ice_where_they_are(samples: dict[str, Sample]) -> None:
    pixels, grid = mosaic(group(samples, Group.TILES)), Grid(4326, -20, 75, 1 / 15, 1 / 15, 1200, 900)
    sahara, ionian, finland, zemlya = (at(pixels, grid, *place) for place in ((5, 28), (18, 36), (27, 63), (57, 74)))
    assert sahara[0] > sahara[1] > sahara[2] > 60
    assert sahara[0] > 150
    assert ionian[2] > 2 * ionian[0]
    assert finland[1] > finland[2]
    assert max(finland) < 90
    assert min(zemlya) > 180


def test_italy_has_nodata_only_outside_its_footprint(samples: dict[str, Sample]) -> None:
    pixels = mosaic(group(samples, Group.UTM))
    hidden = pixels == 0
    assert (hidden.all(axis=0) == hidden.any(axis=0)).all()
    assert hidden[0, 0, 0]
    assert hidden[0, -1, -1]
    assert 0.05 < hidden[0].mean() < 0.25
    assert not hidden[:, 150:450, 100:400].any()


def test_sicily_is_land_amid_sea_in_utm(samples: dict[str, Sample]) -> None:
    grid, pixels = Grid(32633, 0, 5_200_000, 2000, 2000, 500, 600), mosaic(group(samples, Group.UTM))
    to_utm = osr.CoordinateTransformation(reference(4326), reference(32633))
    sicily, tyrrhenian = (at(pixels, grid, *to_utm.TransformPoint(*place)[:2]) for place in ((14, 37.5), (12, 39.5)))
    assert sicily[0] > sicily[2]
    assert tyrrhenian[2] > 2 * tyrrhenian[0]


def reference(epsg: int) -> Any:
    found = osr.SpatialReference()
    found.ImportFromEPSG(epsg)
    found.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return found


def test_elevation_is_in_metres_with_voids_only_along_the_rivers(samples: dict[str, Sample]) -> None:
    metres = mosaic(group(samples, Group.DEM), "float32")
    known = metres[metres != -9999]
    assert metres.shape == (1, 344, 403)
    assert (known.min(), known.max()) == (255, 1076)
    assert 0 < (metres == -9999).mean() < 0.05


def test_elevation_falls_from_the_ridge_north_west_of_the_fault_to_the_valley_south_east(
    samples: dict[str, Sample],
) -> None:
    metres = np.where((fine := mosaic(group(samples, Group.DEM), "float32")) == -9999, np.nan, fine)[0]
    assert np.nanmean(metres[170:, :200]) > np.nanmean(metres[170:, 300:]) + 150


def test_coarser_elevation_averages_the_finer(samples: dict[str, Sample]) -> None:
    fine = mosaic(group(samples, Group.DEM), "float32")
    coarse = mosaic(group(samples, Group.DEM_COARSER), "float32")
    assert coarse.shape == (1, 172, 201)
    assert coarse[0, 10, 20] == pytest.approx(fine[0, 20:22, 40:42].mean())


def test_bands_share_one_grid_and_differ_in_pixels(samples: dict[str, Sample]) -> None:
    bands = group(samples, Group.BANDS)
    planes = [read(gdal.Open(str(band.path))) for band in bands]
    assert [band.name for band in bands] == ["america_red", "america_green", "america_blue", "america_relief"]
    assert len({band.profile for band in bands}) == 1
    assert len({plane.tobytes() for plane in planes}) == 4


def test_finer_and_coarser_samples_show_the_same_ground_as_the_tiles(samples: dict[str, Sample]) -> None:
    def mean_of(window: tuple[float, float, float, float], members: list[Sample]) -> Pixels:
        whole = gdal.BuildVRT("", [str(member.path) for member in members])
        return read(gdal.Translate("", whole, format="MEM", projWin=window)).mean(axis=(1, 2))

    nile = (26.0, 33.0, 36.0, 25.0)
    from_tiles, from_finer = mean_of(nile, group(samples, Group.TILES)), mean_of(nile, [samples["marble_nile"]])
    np.testing.assert_allclose(from_tiles, from_finer, atol=2)


def test_each_flawed_file_has_its_flaw(samples: dict[str, Sample]) -> None:
    def opened(flaw: Flaw) -> Any:
        return gdal.OpenEx(str(samples[flaw].path), gdal.OF_RASTER, allowed_drivers=["GTiff"])

    assert opened(Flaw.NO_CRS).GetSpatialRef() is None
    assert opened(Flaw.ROTATED).GetGeoTransform()[2] != 0
    assert (striped := opened(Flaw.STRIPED)).GetRasterBand(1).GetBlockSize()[0] == striped.RasterXSize
    assert opened(Flaw.TRUNCATED_PIXELS).RasterXSize == 300
    for flaw in (Flaw.TRUNCATED_HEADER, Flaw.NOT_A_TIFF, Flaw.EMPTY, Flaw.RENAMED_VRT):
        with pytest.raises(RuntimeError):
            opened(flaw)
    with pytest.raises(RuntimeError):
        opened(Flaw.TRUNCATED_PIXELS).ReadRaster()
    assert gdal.Open(str(samples[Flaw.RENAMED_VRT].path)).GetDriver().ShortName == "VRT"


def test_a_complete_folder_is_left_alone_and_an_incomplete_one_is_written_anew_by_a_process_without_gdal(
    samples: dict[str, Sample], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(samples["marble_r0_c0"].path.parents[1], out)
    written = {sample.name: sample.path.stat().st_mtime_ns for sample in catalogue(out)}
    assert {sample.name: sample.path.stat().st_mtime_ns for sample in write_samples(out)} == written
    catalogue(out)[3].path.unlink()
    script = (
        "import sys; from pathlib import Path; from local.samples import write_samples\n"
        "if __name__ == '__main__':\n"
        " write_samples(Path(sys.argv[1])); print('osgeo' in sys.modules)"
    )
    program = tmp_path / "program.py"
    program.write_text(script)
    run = subprocess.run(
        [sys.executable, program, out],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert run.stdout.strip() == "False"
    again = {sample.name: sample.path for sample in catalogue(out)}
    assert all(path.stat().st_mtime_ns > written[name] for name, path in again.items())
    assert all(again[name].read_bytes() == samples[name].path.read_bytes() for name in WHOLE)
