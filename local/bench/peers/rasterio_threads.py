"""rasterio in threads: headers only, no mosaic is written."""

from concurrent.futures import ThreadPoolExecutor

import rasterio

from local.bench.tiles import uris
from local.bench.work import Task, Told, main


def work(task: Task) -> Told:
    """Open each tile, and read what a mosaic needs of it."""
    with ThreadPoolExecutor(task.threads) as pool:
        found = list(pool.map(header, uris(task.count)))
    return {"headers": len(found)}


def header(uri: str) -> object:
    """What a mosaic needs of one raster."""
    with rasterio.open(uri) as raster:
        return raster.profile, raster.overviews(1), raster.crs.to_wkt()


if __name__ == "__main__":
    main(work)
