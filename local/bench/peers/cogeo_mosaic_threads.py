"""cogeo-mosaic: a MosaicJSON, which titiler and the like read and GDAL does not."""

from pathlib import Path

from cogeo_mosaic.mosaic import MosaicJSON

from local.bench.tiles import uris
from local.bench.work import Task, Told, main


def work(task: Task) -> Told:
    """Make the document, and see that no tile was left out: what cannot be read, it leaves out."""
    mosaic = MosaicJSON.from_urls(uris(task.count), max_threads=task.threads, quiet=True)
    Path(task.output).write_text(mosaic.model_dump_json())
    held = {asset for assets in mosaic.tiles.values() for asset in assets}
    if len(held) != task.count:
        raise SystemExit(f"MosaicJSON: expected {task.count} assets; found {len(held)}")
    return {"size": Path(task.output).stat().st_size}


if __name__ == "__main__":
    main(work)
