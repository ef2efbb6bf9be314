"""The header of each tile, fetched and parsed: what a catalogue needs to know of a COG."""

from local.bench.ours.refs import refs
from local.bench.work import Task, Told, main
from rasterloom.adapters.gdal_environment import configure
from rasterloom.adapters.headers import parse_head
from rasterloom.adapters.heads import Heads
from rasterloom.adapters.object_stores import ObjectStores, pool


def work(task: Task) -> Told:
    """Fetch and parse in the service's pool, with no connection open before."""
    configure()
    heads = Heads(ObjectStores())
    profiles = list(pool().map(lambda ref: parse_head(ref, heads.read(ref)), refs(task.count)))
    return {"headers": len(profiles), "exact": sum(profile.stub_exact for profile in profiles)}


if __name__ == "__main__":
    main(work)
