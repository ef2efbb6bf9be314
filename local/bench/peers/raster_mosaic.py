"""`gdal raster mosaic`, which came with GDAL 3.11: the same code with other options."""

from osgeo import gdal

from local.bench.peers.gdal_build import written
from local.bench.tiles import vsi_paths
from local.bench.work import Task, Told, main


def work(task: Task) -> Told:
    """Mosaic the tiles, with absolute paths, so that no source is asked for twice."""
    gdal.UseExceptions()
    arguments = {
        "input": vsi_paths(task.count),
        "output": task.output,
        "output-format": "VRT",
        "absolute-path": True,
        "overwrite": True,
    }
    with gdal.Run(["raster", "mosaic"], arguments) as algorithm:
        algorithm.Finalize()
    return written(task)


if __name__ == "__main__":
    main(work)
