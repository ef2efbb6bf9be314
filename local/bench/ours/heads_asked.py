"""One concurrent round of HEADs over all sources: what an admission would take if it asked S3 for each of them."""

import time

from local.bench.ours.refs import refs
from local.bench.tiles import BUCKET
from local.bench.work import Task, Told, main
from rasterloom.adapters.object_stores import ObjectStores, pool
from rasterloom.adapters.objects_s3 import S3Objects


def work(task: Task) -> Told:
    """Rounds over the same connections, as a warm function has them; the first one opens them."""
    stores = ObjectStores()
    objects, wanted, took = S3Objects(f"not-{BUCKET}", stores, stores), refs(task.count), list[float]()
    for _ in range(task.repeats):
        began = time.perf_counter()
        for _stat in pool().map(lambda ref: objects.stat_many([ref]), wanted):
            pass
        took.append(time.perf_counter() - began)
    return {"seconds": took}


if __name__ == "__main__":
    main(work)
