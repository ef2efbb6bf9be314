"""Pixels as numpy arrays, read by independent means."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal

from local.state import StackState
from tests.e2e.stack import aws_environment, plain_environment

gdal.UseExceptions()

DTYPES = {"Byte": np.uint8, "UInt16": np.uint16, "Int16": np.int16, "Float32": np.float32}

GDAL_PROBE = Path(__file__).with_name("gdal_probe.py")

RASTERIO = """
import sys
import numpy, rasterio
with rasterio.open(sys.argv[1]) as dataset:
    numpy.save(sys.argv[2], dataset.read())
    print(dataset.driver, dataset.width, dataset.height, dataset.count, dataset.crs.to_epsg())
"""


def array_of(dataset: gdal.Dataset) -> NDArray[np.generic]:
    """All pixels as (band, row, column); gdal-wheel has no numpy bridge of its own."""
    dtype = DTYPES[gdal.GetDataTypeName(dataset.GetRasterBand(1).DataType)]
    flat = np.frombuffer(dataset.ReadRaster(), dtype)
    return flat.reshape(dataset.RasterCount, dataset.RasterYSize, dataset.RasterXSize)


def read_file(path: Path) -> tuple[NDArray[np.generic], tuple[float, ...]]:
    """Pixels and geotransform of a local file."""
    with gdal.Open(str(path)) as dataset:
        return array_of(dataset), dataset.GetGeoTransform()


@dataclass(frozen=True)
class Described:
    """What GDAL says of a dataset, with all its pixels."""

    pixels: NDArray[np.generic]
    """(band, row, column)."""
    transform: tuple[float, ...]
    nodata: float | None


def read_with_gdal(stack: StackState, path: str, scratch: Path) -> Described:
    """Read a /vsis3/ path with the layer's GDAL, in a process of its own."""
    target = scratch / "pixels.raw"
    told = json.loads(_run(stack, str(GDAL_PROBE), "read", str(target), path))
    pixels = np.frombuffer(target.read_bytes(), DTYPES[told["dtype"]]).reshape(told["shape"])
    return Described(pixels, tuple(told["transform"]), told["nodata"])


def build_with_gdal(stack: StackState, paths: list[str], scratch: Path, *options: str) -> str:
    """What GDAL itself makes of the real files on S3, in a process of its own."""
    target = scratch / "reference.vrt"
    _run(stack, str(GDAL_PROBE), "build", str(target), *options, "--", *paths)
    return target.read_text()


def read_with_rasterio(stack: StackState, path: str, scratch: Path) -> tuple[NDArray[np.generic], str]:
    """Read a /vsis3/ path with rasterio's own GDAL, in a process of its own; also what it says of the dataset."""
    target = scratch / "pixels.npy"
    described = _run(stack, "-c", RASTERIO, path, str(target))
    return np.load(target), described.strip()


def _run(stack: StackState, *arguments: str) -> str:
    """Run a Python process that knows the stack's S3 and nothing else of this one's GDAL."""
    environment = plain_environment() | aws_environment(stack)
    command = [sys.executable, *arguments]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=180)
    assert run.returncode == 0, run.stderr
    return run.stdout


def numpy_mosaic(files: list[Path]) -> NDArray[np.generic]:
    """Lay files of one grid side by side, the last one on top, without GDAL's help."""
    read = [read_file(path) for path in files]
    x_step, y_step = read[0][1][1], read[0][1][5]
    lefts, tops = [transform[0] for _, transform in read], [transform[3] for _, transform in read]
    left, top = min(lefts), max(tops)
    columns = [round((transform[0] - left) / x_step) for _, transform in read]
    rows = [round((transform[3] - top) / y_step) for _, transform in read]
    width = max(column + pixels.shape[2] for column, (pixels, _) in zip(columns, read, strict=True))
    height = max(row + pixels.shape[1] for row, (pixels, _) in zip(rows, read, strict=True))
    canvas = np.zeros((read[0][0].shape[0], height, width), read[0][0].dtype)
    for column, row, (pixels, _) in zip(columns, rows, read, strict=True):
        canvas[:, row : row + pixels.shape[1], column : column + pixels.shape[2]] = pixels
    return canvas
