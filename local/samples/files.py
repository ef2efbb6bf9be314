"""Pixels to GeoTIFF files, by GDAL. Never load this module beside rasterio."""

from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal, osr

from local.samples.catalogue import UTM_COVERAGE, UTM_GRID, UTM_NODATA, Grid, Profile
from local.samples.imagery import Pixels

gdal.UseExceptions()
osr.UseExceptions()

type Dataset = Any
"""An ``osgeo.gdal.Dataset``: the bindings carry no types."""

_TYPES = {"uint8": gdal.GDT_Byte, "float32": gdal.GDT_Float32}
_RGB = (gdal.GCI_RedBand, gdal.GCI_GreenBand, gdal.GCI_BlueBand)
_COG_OPTIONS = (
    "BLOCKSIZE=256",
    "COMPRESS=DEFLATE",
    "PREDICTOR=YES",
    "OVERVIEW_RESAMPLING=AVERAGE",
    "NUM_THREADS=1",
)


def dataset_of(pixels: Pixels, profile: Profile) -> Dataset:
    """Hold ``pixels``, shaped (bands, height, width), in GDAL's memory with the profile's georeferencing.

    Raises:
        ValueError: the shape or type of the pixels is not the profile's.
    """
    expected = (profile.bands, profile.grid.height, profile.grid.width)
    if pixels.shape != expected or pixels.dtype != profile.dtype:
        raise ValueError(f"expected {profile.dtype} {expected}, found {pixels.dtype} {pixels.shape}")
    dataset = gdal.GetDriverByName("MEM").Create("", expected[2], expected[1], expected[0], _TYPES[profile.dtype])
    dataset.SetSpatialRef(spatial_reference(profile.grid.epsg))
    dataset.SetGeoTransform(profile.grid.geotransform)
    for index in range(profile.bands):
        band = dataset.GetRasterBand(index + 1)
        band.SetColorInterpretation(_RGB[index] if profile.bands == len(_RGB) else gdal.GCI_GrayIndex)
        if profile.nodata is not None:
            band.SetNoDataValue(profile.nodata)
    dataset.WriteRaster(0, 0, expected[2], expected[1], np.ascontiguousarray(pixels).tobytes())
    return dataset


def spatial_reference(epsg: int) -> Any:
    """Look up an EPSG code, axes in the order x, y."""
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(epsg)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


def write_cog(path: Path, dataset: Dataset) -> None:
    """Write a dataset through GDAL's COG driver."""
    with gdal.config_option("GDAL_PAM_ENABLED", "NO"):
        gdal.GetDriverByName("COG").CreateCopy(str(path), dataset, options=list(_COG_OPTIONS))


def write_striped(path: Path, dataset: Dataset) -> None:
    """Write a dataset as a plain GeoTIFF: strips, no overviews."""
    with gdal.config_option("GDAL_PAM_ENABLED", "NO"):
        gdal.GetDriverByName("GTiff").CreateCopy(str(path), dataset)


def write_vrt(path: Path, source: Path) -> None:
    """Write a VRT over ``source``, whatever ``path`` is called."""
    gdal.BuildVRT(str(path), [str(source)]).FlushCache()


def italy_in_utm(pixels: Pixels, profile: Profile) -> Pixels:
    """Warp geographic RGB pixels to ``UTM_GRID``; what lies outside ``UTM_COVERAGE`` becomes nodata.

    Bilinear, so that values from 1 up cannot become the nodata value 0 on the way.
    """
    window = _window(profile.grid)
    source = gdal.Translate("", dataset_of(np.maximum(pixels, 1), profile), format="MEM", srcWin=window)
    left, bottom, right, top = UTM_GRID.bounds
    warped = gdal.Warp(
        "",
        source,
        format="MEM",
        dstSRS=f"EPSG:{UTM_GRID.epsg}",
        outputBounds=(left, bottom, right, top),
        xRes=UTM_GRID.res_x,
        yRes=UTM_GRID.res_y,
        resampleAlg="bilinear",
        dstNodata=UTM_NODATA,
    )
    return np.frombuffer(warped.ReadRaster(), "uint8").reshape(profile.bands, UTM_GRID.height, UTM_GRID.width)


def _window(grid: Grid) -> list[int]:
    """Find the pixels of a geographic grid that ``UTM_COVERAGE`` covers: first column, first row, width, height."""
    west, south, east, north = UTM_COVERAGE
    column, row = round((west - grid.left) / grid.res_x), round((grid.top - north) / grid.res_y)
    return [column, row, round((east - west) / grid.res_x), round((north - south) / grid.res_y)]
