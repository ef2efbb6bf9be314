"""What the peers that are GDAL itself share."""

import hashlib
from pathlib import Path
from typing import Final

from osgeo import gdal

from local.bench.tiles import vsi_paths
from local.bench.work import Task, Told

TUNED: Final = ("-strict", "-write_absolute_path", "-resolution", "highest")
"""Without `-write_absolute_path` GDAL asks S3 for every source once more; the resolution is what we call `finest`."""


def build(task: Task, options: tuple[str, ...] = ()) -> Told:
    """`gdal.BuildVRT` over the objects."""
    gdal.UseExceptions()
    mosaic = gdal.BuildVRT(task.output, vsi_paths(task.count, task.tiles), options=list(options))
    mosaic.Close()
    return written(task)


def written(task: Task) -> Told:
    """What was made."""
    document = Path(task.output).read_bytes()
    return {"sha256": hashlib.sha256(document).hexdigest(), "size": len(document)}
