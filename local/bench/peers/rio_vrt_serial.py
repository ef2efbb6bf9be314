"""rio-vrt: a VRT by rasterio alone, one tile after the other."""

from pathlib import Path

import rio_vrt

from local.bench.tiles import vsi_paths
from local.bench.work import Task, Told, main


def work(task: Task) -> Told:
    """Make the VRT."""
    rio_vrt.build_vrt(task.output, vsi_paths(task.count), res="highest")
    return {"size": Path(task.output).stat().st_size}


if __name__ == "__main__":
    main(work)
