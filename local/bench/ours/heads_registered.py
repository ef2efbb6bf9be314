"""All that a registration asks S3 about each tile: its header, and whether files lie beside it."""

from local.bench.ours.refs import refs
from local.bench.work import Task, Told, main
from rasterloom.adapters.gdal_environment import configure
from rasterloom.adapters.headers import GdalHeaders
from rasterloom.adapters.heads import Heads
from rasterloom.adapters.object_stores import ObjectStores, pool


def work(task: Task) -> Told:
    """Read in the service's pool, with no connection open before."""
    headers = GdalHeaders(Heads(ObjectStores()))
    return {"headers": len(list(pool().map(headers.read, refs(task.count))))}


if __name__ == "__main__":
    configure()  # as in heads_parsed
    main(work)
