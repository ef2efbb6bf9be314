"""Two rounds of heads by the pool, as many as it has connections: the first one opens them, the second finds them."""

import time

from local.bench.ours.refs import refs
from local.bench.work import Task, Told, main
from rasterloom.adapters.heads import HEAD_BYTES, Heads
from rasterloom.adapters.object_stores import ObjectStores, pool


def work(task: Task) -> Told:
    """What the first round takes longer, seconds; nothing where it does not."""
    heads, wanted, took = Heads(ObjectStores()), refs(task.count), list[float]()
    for _ in range(2):
        began = time.perf_counter()
        for _part in pool().map(lambda ref: heads.part(ref, 0, HEAD_BYTES, None), wanted):
            pass
        took.append(time.perf_counter() - began)
    first, second = took
    return {"seconds": max(0.0, first - second)}


if __name__ == "__main__":
    main(work)
