"""Tiles that GDAL wrote one by one: each has pixels of its own, statistics of them in its header, and a time.

GDAL takes a minute for a thousand. Further tiles are copies of these that lie elsewhere: no two of a thousand have the
same statistics, and a part of a bulk registration has fewer.
"""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from osgeo import gdal, osr

from local.bench.corpus import drawn, missing, moved, tiepoint_at, write
from local.bench.server.nginx import FILES
from local.bench.tiles import UNLIKE, WRITTEN, corner, key
from local.terminal import step

WRITTEN_ALONE: Final = 1_000
"""How many GDAL writes."""
_SAMPLE: Final = 1
"""The tile that tells whether those on disk were written as they would be now."""


def make(count: int, folder: Path = FILES) -> None:
    """Have the first tiles on disk; those that are there stay, unless they would be written otherwise now."""
    gdal.UseExceptions()
    osr.UseExceptions()
    (folder / UNLIKE).mkdir(parents=True, exist_ok=True)
    sample = folder / UNLIKE / "sample.tif"
    _written(sample, _SAMPLE)
    with missing(folder / UNLIKE / "made", hashlib.sha256(sample.read_bytes()).hexdigest(), count) as numbers:
        if numbers:
            with step(f"writing tiles with statistics of their own, {numbers.start:,} to {count:,}"):
                for number in numbers:
                    _make_one(folder, number)


def _make_one(folder: Path, number: int) -> None:
    file, like = folder / key(number, UNLIKE), number % WRITTEN_ALONE
    if like == number:
        _written(file, number)
        return
    data = (folder / key(like, UNLIKE)).read_bytes()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(moved(data, tiepoint_at(data, corner(like)), corner(number)))
    os.utime(file, (WRITTEN + number, WRITTEN + number))


def _written(file: Path, number: int) -> None:
    dataset = drawn(number, corner(number))
    dataset.GetRasterBand(1).ComputeStatistics(False)  # noqa: FBT003 - takes no name
    dataset.SetMetadataItem("TIFFTAG_DATETIME", f"{datetime.fromtimestamp(WRITTEN + number, UTC):%Y:%m:%d %H:%M:%S}")
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, dataset)
    os.utime(file, (WRITTEN + number, WRITTEN + number))
