"""The header of each tile, fetched and parsed: what a catalogue needs to know of a COG."""

from local.bench.ours.refs import refs
from local.bench.work import Task, Told, main
from rasterloom.adapters.gdal_environment import configure
from rasterloom.adapters.headers import parse_head
from rasterloom.adapters.heads import Heads
from rasterloom.adapters.object_stores import ObjectStores, pool


def work(task: Task) -> Told:
    """Fetch in the service's pool, with no connection open before; parse one after the other, as they come."""
    heads, wanted = Heads(ObjectStores()), refs(task.count)
    profiles = [parse_head(ref, head) for ref, head in zip(wanted, pool().map(heads.read, wanted), strict=True)]
    return {"headers": len(profiles), "exact": sum(profile.stub_exact for profile in profiles)}


if __name__ == "__main__":
    configure()  # as a function does when it starts; a peer's drivers are registered with its imports
    main(work)
