"""The header of each tile, fetched and parsed as a bulk registration does after a listing: one request for each."""

from itertools import batched
from unittest.mock import patch

from local.bench.ours.refs import refs
from local.bench.work import Task, Told, main
from rasterloom.adapters.gdal_environment import configure, open_gtiff
from rasterloom.adapters.header_batches import PooledHeaders
from rasterloom.adapters.headers import GdalHeaders
from rasterloom.adapters.heads import Heads
from rasterloom.adapters.object_stores import ObjectStores
from rasterloom.domain.bulk import PART_OBJECTS
from rasterloom.domain.errors import RasterloomError


def work(task: Task) -> Told:
    """Read in the service's pool and in its parts, with no connection open before, as fast as it goes."""
    read = PooledHeaders(GdalHeaders(Heads(ObjectStores())), lambda: None)
    exact = 0
    with patch("rasterloom.adapters.headers.open_gtiff", wraps=open_gtiff) as opening:
        for part in batched([(ref, ()) for ref in refs(task.count, task.tiles)], PART_OBJECTS, strict=False):
            for found in read(part):
                if isinstance(found, RasterloomError):
                    raise found
                exact += found.profile.stub_exact
    return {"headers": task.count, "exact": exact, "opened": opening.call_count}


if __name__ == "__main__":
    configure()  # as a function does when it starts; a peer's drivers are registered with its imports
    main(work)
