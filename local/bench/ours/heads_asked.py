"""One concurrent round of HEADs: what an admission cannot do without."""

import time

from local.bench.ours.refs import refs
from local.bench.tiles import BUCKET
from local.bench.work import Task, Told, main
from rasterloom.adapters.object_stores import ObjectStores
from rasterloom.adapters.objects_s3 import S3Objects


def work(task: Task) -> Told:
    """Rounds over the same connections, as a warm function has them; the first one opens them."""
    stores = ObjectStores()
    objects, wanted, took = S3Objects(f"not-{BUCKET}", stores, stores), refs(task.count), list[float]()
    for _ in range(task.repeats):
        began = time.perf_counter()
        objects.stat_many(wanted)
        took.append(time.perf_counter() - began)
    return {"seconds": took}


if __name__ == "__main__":
    main(work)
