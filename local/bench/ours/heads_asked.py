"""One concurrent round of HEADs over all sources: what an admission would take if it asked S3 for each of them."""

import time

import obstore

from local.bench.ours.refs import refs
from local.bench.work import Task, Told, main
from rasterloom.adapters.object_stores import ObjectStores, pool


def work(task: Task) -> Told:
    """Rounds over the same connections, as a warm function has them; the first one opens them."""
    stores = ObjectStores()
    wanted, took = refs(task.count), list[float]()
    for _ in range(task.repeats):
        began = time.perf_counter()
        for _meta in pool().map(lambda ref: obstore.head(stores.of(ref), ref.key), wanted):
            pass
        took.append(time.perf_counter() - began)
    return {"seconds": took}


if __name__ == "__main__":
    main(work)
