"""rasterio in threads: headers only, no mosaic is written."""

from concurrent.futures import ThreadPoolExecutor

import rasterio

from local.bench.tiles import vsi_paths
from local.bench.work import Task, Told, main


def work(task: Task) -> Told:
    """Open each tile, and read what a mosaic needs of it."""
    with ThreadPoolExecutor(task.threads) as pool:
        found = list(pool.map(header, vsi_paths(task.count)))
    return {"headers": len(found)}


def header(path: str) -> object:
    """What a mosaic needs of one raster, by GDAL's name of it: for `s3://` rasterio makes a session in each thread."""
    with rasterio.open(path) as raster:
        return raster.profile, raster.overviews(1), raster.crs.to_wkt()


if __name__ == "__main__":
    main(work)
