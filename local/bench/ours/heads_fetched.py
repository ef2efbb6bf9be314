"""The first 16 KiB of each tile, by the adapter and its pool; nothing is parsed."""

from local.bench.ours.refs import refs
from local.bench.work import Task, Told, main
from rasterloom.adapters.heads import HEAD_BYTES, Heads
from rasterloom.adapters.object_stores import ObjectStores, pool


def work(task: Task) -> Told:
    """Fetch, with as many connections as the service has, none of them open before."""
    heads = Heads(ObjectStores())
    sizes = pool().map(lambda ref: len(heads.part(ref, 0, HEAD_BYTES, None)[0]), refs(task.count))
    return {"bytes": sum(sizes)}


if __name__ == "__main__":
    main(work)
