"""stac-vrt: a VRT of STAC items that somebody has made before; no file is looked at."""

import time
from pathlib import Path
from typing import Any

import stac_vrt

from local.bench.tiles import CRS, PIXEL, SIDE, corner, key, vsi_paths
from local.bench.work import Task, Told, main


def work(task: Task) -> Told:
    """Make the VRT; the items are there, as they would be in an answer of a STAC API."""
    items = [item(number, path) for number, path in enumerate(vsi_paths(task.count))]
    began = time.perf_counter()
    document = stac_vrt.build_vrt(items, data_type="UInt16", block_width=256, block_height=256)
    took = time.perf_counter() - began
    Path(task.output).write_text(document)
    return {"seconds": took, "size": len(document)}


def item(number: int, path: str) -> dict[str, Any]:
    """The STAC item of a tile, as far as stac-vrt reads it."""
    west, north = corner(number)
    return {
        "id": key(number),
        "properties": {
            "proj:epsg": int(CRS.removeprefix("EPSG:")),
            "proj:transform": [PIXEL, 0.0, west, 0.0, -PIXEL, north],
            "proj:shape": [SIDE, SIDE],
            "proj:bbox": [west, north - SIDE * PIXEL, west + SIDE * PIXEL, north],
        },
        "assets": {"image": {"href": path, "eo:bands": [{"name": "Gray"}]}},
    }


if __name__ == "__main__":
    main(work)
