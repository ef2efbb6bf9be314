"""Draw every sample of the catalogue: pixels from the imagery, files by GDAL."""

import math
from collections.abc import Callable
from pathlib import Path

from local.samples import files, imagery
from local.samples.catalogue import (
    BANDS_GRID,
    DEM_GRID,
    DEM_HALF_GRID,
    PIXELS_PER_DEGREE,
    UTM_GRID,
    Flaw,
    Grid,
    Group,
    Profile,
    Sample,
)
from local.samples.imagery import Pixels

type _Writer = Callable[[Path, Sample], None]
"""Writes one flawed file at a path, from a sample that is whole."""

_WORLD = Profile(Grid(4326, -180.0, 90.0, 1 / PIXELS_PER_DEGREE, 1 / PIXELS_PER_DEGREE, 5400, 2700), 3, "uint8")
_TURN = math.radians(15)


def render(samples: list[Sample]) -> None:
    """Write every file; the folders exist. Flawed files come last, being made from whole ones."""
    italy = files.italy_in_utm(imagery.blue_marble(), _WORLD)
    for sample in samples:
        if sample.flaw is not None:
            _FLAWED[sample.flaw](sample.path, _good_tile(samples))
        elif sample.profile is not None:
            pixels = _pixels(sample, sample.profile, italy)
            files.write_cog(sample.path, files.dataset_of(pixels, sample.profile))


def _pixels(sample: Sample, profile: Profile, italy: Pixels) -> Pixels:
    match sample.group:
        case Group.UTM:
            return _cut(italy, UTM_GRID, profile.grid)
        case Group.DEM:
            return _cut(imagery.elevation(), DEM_GRID, profile.grid)
        case Group.DEM_COARSER:
            whole = imagery.halve(imagery.elevation())
            return _cut(whole, DEM_HALF_GRID, profile.grid)
        case Group.BANDS:
            return _band(sample.name)
        case _:
            part = imagery.crop(imagery.blue_marble(), profile.grid)
            return imagery.resize(part, profile.grid.width, profile.grid.height)


def _band(name: str) -> Pixels:
    if name.endswith("relief"):
        return imagery.crop(imagery.shaded_relief(), BANDS_GRID)
    index = ("red", "green", "blue").index(name.rpartition("_")[2])
    return imagery.crop(imagery.blue_marble()[index : index + 1], BANDS_GRID)


def _cut(picture: Pixels, whole: Grid, part: Grid) -> Pixels:
    """Cut the pixels of the grid ``part`` out of a picture that lies on the grid ``whole``."""
    row, column = round((whole.top - part.top) / whole.res_y), round((part.left - whole.left) / whole.res_x)
    return picture[:, row : row + part.height, column : column + part.width]


def _good_tile(samples: list[Sample]) -> Sample:
    return next(sample for sample in samples if sample.name == "marble_r1_c1")


def _no_crs(path: Path, good: Sample) -> None:
    dataset = _dataset(good)
    dataset.SetSpatialRef(None)
    files.write_cog(path, dataset)


def _rotated(path: Path, good: Sample) -> None:
    dataset = _dataset(good)
    left, width, _, top, _, height = dataset.GetGeoTransform()
    cos, sin = math.cos(_TURN), math.sin(_TURN)
    dataset.SetGeoTransform((left, width * cos, -height * sin, top, width * sin, height * cos))
    files.write_cog(path, dataset)


def _dataset(good: Sample) -> files.Dataset:
    if good.profile is None:
        raise ValueError(f"{good.name}: expected a profile, found none")
    return files.dataset_of(imagery.crop(imagery.blue_marble(), good.profile.grid), good.profile)


def _cut_short(share: float) -> _Writer:
    def write(path: Path, good: Sample) -> None:
        whole = good.path.read_bytes()
        path.write_bytes(whole[: int(share * len(whole))])

    return write


def _bytes(content: bytes) -> _Writer:
    def write(path: Path, _: Sample) -> None:
        path.write_bytes(content)

    return write


_FLAWED: dict[Flaw, _Writer] = {
    Flaw.NO_CRS: _no_crs,
    Flaw.ROTATED: _rotated,
    Flaw.STRIPED: lambda path, good: files.write_striped(path, _dataset(good)),
    Flaw.TRUNCATED_HEADER: _cut_short(0.001),
    Flaw.TRUNCATED_PIXELS: _cut_short(0.6),
    Flaw.NOT_A_TIFF: _bytes(b"This is a text file, whatever its name says.\n"),
    Flaw.EMPTY: _bytes(b""),
    Flaw.RENAMED_VRT: lambda path, good: files.write_vrt(path, good.path),
}
