"""The benchmark's files: one real COG by GDAL's driver, and copies of it that lie elsewhere.

A copy differs from the first one in the two numbers of its `ModelTiepointTag` (GeoTIFF 1.1, section 7.1.2) that say
where its upper left corner is. GDAL writes them once, among the first bytes, as doubles.
"""

import hashlib
import os
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from osgeo import gdal, osr

from local.bench.server.nginx import FILES
from local.bench.tiles import CORNER, CRS, PIXEL, SIDE, WRITTEN, corner, key
from local.terminal import StepError, step

BLOCK: Final = 256
NODATA: Final = 0.0
LOOKED_AT: Final = 8
"""How many tiles GDAL reads to see that they are as they should be, beside the first and the last."""


class TiepointError(Exception):
    """The bytes do not have the one tie point that was looked for."""


def tiepoint_at(data: bytes, place: tuple[float, float]) -> int:
    """Where the two numbers of a file's tie point lie, bytes from its beginning.

    Args:
        data: A GeoTIFF in little-endian byte order.
        place: Its upper left corner, CRS units.

    Raises:
        TiepointError: There is none, or more than one.
    """
    wanted = struct.pack("<6d", 0, 0, 0, *place, 0)
    if data.count(wanted) != 1:
        raise TiepointError(f"tie point {place}: expected once; found {data.count(wanted)} times")
    return data.index(wanted) + struct.calcsize("<3d")


def moved(data: bytes, at: int, place: tuple[float, float]) -> bytes:
    """The same file with its upper left corner elsewhere.

    Args:
        data: The file.
        at: Where its tie point lies, as `tiepoint_at` tells.
        place: The new corner, CRS units.
    """
    return data[:at] + struct.pack("<2d", *place) + data[at + struct.calcsize("<2d") :]


def make(count: int, folder: Path = FILES) -> None:
    """Have the first tiles on disk; those that are there stay, unless they were made of another first one.

    Raises:
        StepError: GDAL reads a tile otherwise than it should.
    """
    gdal.UseExceptions()
    osr.UseExceptions()
    folder.mkdir(parents=True, exist_ok=True)
    first = _first(folder / "first.tif")
    with missing(folder / "made", hashlib.sha256(first).hexdigest(), count) as numbers:
        if numbers:
            with step(f"writing tiles {numbers.start:,} to {count:,} of {len(first):,} bytes"):
                _write(first, numbers, folder)
                _check(count, folder)


@contextmanager
def missing(made: Path, digest: str, count: int) -> Iterator[range]:
    """The tiles of the first so many that are not on disk yet; noted as made once the block has ended.

    Args:
        made: The note.
        digest: Of what they are made of; those that were made of anything else are missing.
        count: How many there shall be.
    """
    known, standing = made.read_text().split() if made.exists() else ("", "0")
    there = int(standing) if known == digest else 0
    yield range(there, count)
    if there < count:
        made.write_text(f"{digest} {count}\n")


def _write(first: bytes, numbers: range, folder: Path) -> None:
    at = tiepoint_at(first, CORNER)
    for number in numbers:
        file = folder / key(number)
        if number % 1000 == 0 or number == numbers.start:
            file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(moved(first, at, corner(number)))
        os.utime(file, (WRITTEN + number, WRITTEN + number))


def _first(file: Path) -> bytes:
    """One band of 16 bits with little to compress away, in tiles, with overviews."""
    dataset = drawn(0, CORNER)
    write(file, dataset)
    return file.read_bytes()


def drawn(number: int, place: tuple[float, float]) -> Any:
    """A tile in memory: its pixels are those of its number; its upper left corner lies at this place."""
    dataset = gdal.GetDriverByName("MEM").Create("", SIDE, SIDE, 1, gdal.GDT_UInt16)
    reference = osr.SpatialReference()
    reference.SetFromUserInput(CRS)
    dataset.SetSpatialRef(reference)
    dataset.SetGeoTransform(_geotransform(place))
    dataset.GetRasterBand(1).SetNoDataValue(NODATA)
    rows, columns = np.arange(SIDE).reshape(-1, 1), np.arange(SIDE).reshape(1, -1)
    noise = np.random.default_rng(number).integers(0, 2, (SIDE, SIDE))
    pixels = (1000 + number + rows + 2 * columns + noise).astype(np.uint16)
    dataset.WriteRaster(0, 0, SIDE, SIDE, pixels.tobytes())
    return dataset


def write(file: Path, dataset: Any) -> None:
    """Write a tile as a COG."""
    options = [f"BLOCKSIZE={BLOCK}", "COMPRESS=DEFLATE", "PREDICTOR=YES", "OVERVIEW_RESAMPLING=NEAREST"]
    with gdal.config_options({"GDAL_PAM_ENABLED": "NO"}):
        gdal.GetDriverByName("COG").CreateCopy(str(file), dataset, options=options)


def _geotransform(place: tuple[float, float]) -> tuple[float, float, float, float, float, float]:
    return (place[0], PIXEL, 0.0, place[1], 0.0, -PIXEL)


def _check(count: int, folder: Path) -> None:
    """Read the first, the last and some tiles between them with GDAL: their places, and all of their pixels."""
    between = random.Random(count).sample(range(count), min(count, LOOKED_AT))  # noqa: S311 - no secret
    wanted = gdal.Open(str(folder / "first.tif"))
    for number in (0, count - 1, *between):
        found = gdal.Open(str(folder / key(number)))
        told, expected = _told(found), (*_told(wanted)[:-1], _geotransform(corner(number)))
        if told != expected:
            raise StepError(f"{folder / key(number)}: expected {expected}; found {told}")


def _told(dataset: Any) -> tuple[Any, ...]:
    band = dataset.GetRasterBand(1)
    overviews = [band.GetOverview(index).Checksum() for index in range(band.GetOverviewCount())]
    return band.Checksum(), overviews, dataset.GetProjectionRef(), tuple(dataset.GetGeoTransform())
