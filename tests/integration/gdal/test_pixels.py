"""Pixels read through our VRT are those of a mosaic made with numpy, read by GDAL here and by rasterio elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from rasterloom.adapters.gdal_environment import memory_file
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.options import WeaveOptions
from tests.support.cogs import GDAL_TYPES, Array
from tests.support.corpus import X, Y, at, hole, row
from tests.support.lab import Lab

READ_WITH_RASTERIO = """
import sys, numpy, rasterio
with rasterio.open(sys.argv[1]) as mosaic:
    numpy.save(sys.argv[2], mosaic.read())
"""

RASTERIO_ENVIRONMENT = {"AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}


@dataclass(frozen=True)
class Source:
    """A source's pixels, which of them hold data, and where it lies."""

    pixels: Array
    shown: Array
    origin: tuple[float, float]
    resolution: float


def read_source(path: Any, resolution: float) -> Source:
    """Read a local COG whole."""
    dataset = gdal.Open(str(path))
    pixels, masks = read_gdal(dataset)
    transform = dataset.GetGeoTransform()
    return Source(pixels, masks != 0, (transform[0], transform[3]), resolution)


def read_gdal(dataset: Any) -> tuple[Array, Array]:
    """Pixels and masks of every band, shape (bands, height, width)."""
    shape = (dataset.RasterYSize, dataset.RasterXSize)
    names = {number: name for name, number in GDAL_TYPES.items()}
    bands = [dataset.GetRasterBand(number + 1) for number in range(dataset.RasterCount)]
    pixels = [np.frombuffer(band.ReadRaster(), names[band.DataType]).reshape(shape) for band in bands]
    masks = [np.frombuffer(band.GetMaskBand().ReadRaster(), "uint8").reshape(shape) for band in bands]
    return np.stack(pixels), np.stack(masks)


def weave(sources: list[Source], resolution: float, background: float) -> Array:
    """A mosaic by nearest neighbour: later sources lie over earlier ones where they hold data."""
    width = round((max(s.origin[0] + s.pixels.shape[2] * s.resolution for s in sources) - X) / resolution)
    height = round((Y - min(s.origin[1] - s.pixels.shape[1] * s.resolution for s in sources)) / resolution)
    mosaic = np.full((sources[0].pixels.shape[0], height, width), background, sources[0].pixels.dtype)
    x = X + (np.arange(width) + 0.5) * resolution
    y = Y - (np.arange(height) + 0.5) * resolution
    for source in sources:
        columns = np.floor((x - source.origin[0]) / source.resolution).astype(int)
        rows = np.floor((source.origin[1] - y) / source.resolution).astype(int)
        inside_x = (columns >= 0) & (columns < source.pixels.shape[2])
        inside_y = (rows >= 0) & (rows < source.pixels.shape[1])
        part = np.ix_(range(len(mosaic)), np.flatnonzero(inside_y), np.flatnonzero(inside_x))
        taken = np.ix_(range(len(mosaic)), rows[inside_y], columns[inside_x])
        mosaic[part] = np.where(source.shown[taken], source.pixels[taken], mosaic[part])
    return mosaic


def read_through_gdal(document: bytes) -> Array:
    with memory_file(document, ".vrt") as path:
        return read_gdal(gdal.Open(path))[0]


def read_through_rasterio(lab: Lab, document: bytes) -> Array:
    vrt, pixels = lab.folder / "mosaic.vrt", lab.folder / "pixels.npy"
    vrt.write_bytes(document)
    environment = {**os.environ, **RASTERIO_ENVIRONMENT, "AWS_S3_ENDPOINT": lab.server.url.removeprefix("http://")}
    subprocess.run([sys.executable, "-c", READ_WITH_RASTERIO, str(vrt), str(pixels)], env=environment, check=True)
    loaded: Array = np.load(pixels)
    return loaded


MOSAICS: dict[str, tuple[list[dict[str, Any]], float]] = {
    "a grid": (row(3), 0),
    "overlaps and a gap with nodata": (
        [at(0, dtype="int16", nodata=-9, fill=lambda _, r, c: np.where(c % 7 == 0, -9, r - c)) for _ in range(1)]
        + [at(320, 240, dtype="int16", nodata=-9, fill=lambda _, r, c: np.where(r % 5 == 0, -9, 1000 + r + c))],
        -9,
    ),
    "overlapping masks": ([at(0, mask=hole), at(200, 100, mask=hole, fill=77)], 0),
    "three bands, two of them overlapping": ([at(0, bands=3), at(100, 100, bands=3, fill=9)], 0),
    "two resolutions": ([at(0), at(640, resolution=(20.0, 20.0))], 0),
    "NaN": (
        [
            at(0, dtype="float32", nodata=np.nan, fill=lambda _, r, c: np.where(c > r, np.nan, r / 3)),
            at(100, 100, dtype="float32", nodata=np.nan, fill=lambda _, r, c: np.where(c < r, np.nan, c / 7)),
        ],
        np.nan,
    ),
}


@pytest.mark.parametrize("name", MOSAICS)
def test_a_mosaic_holds_the_pixels_of_its_sources(lab: Lab, name: str) -> None:
    properties, background = MOSAICS[name]
    members = lab.members(*properties)
    document = lab.assembler.assemble(members, VrtType.MOSAIC, WeaveOptions()).document
    sources = [
        read_source(lab.paths[member.ref.key], each.get("resolution", (10.0, 10.0))[0])
        for member, each in zip(members, properties, strict=True)
    ]
    expected = weave(sources, 10.0, background)
    np.testing.assert_array_equal(read_through_gdal(document), expected)
    np.testing.assert_array_equal(read_through_rasterio(lab, document), expected)


def test_a_band_stack_holds_its_sources_band_after_band(lab: Lab) -> None:
    members = lab.members({}, {"fill": 9}, {"bands": 2, "fill": lambda b, r, c: b * 100 + r + c})
    document = lab.assembler.assemble(members, VrtType.BAND_STACK, WeaveOptions()).document
    expected = np.concatenate([read_source(lab.paths[member.ref.key], 10.0).pixels for member in members])
    np.testing.assert_array_equal(read_through_gdal(document), expected)
    np.testing.assert_array_equal(read_through_rasterio(lab, document), expected)
