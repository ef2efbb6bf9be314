"""Registrars that race each other, on a real server."""

from functools import partial

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.settle_marks import Settled
from tests.support.factories import principal
from tests.support.fakes import MemoryObjects
from tests.support.races import race
from tests.support.world import World

REGISTRARS = 8
NEW = ObjectRef("watched", "in/new.tif")


def overwritten_and_told(world: World, ref: ObjectRef, etag: str) -> None:
    """Somebody overwrites an object, and the event of that is worked off, however often it has to come again."""
    world.objects.sources[ref] = ObjectStat(etag, 1000)
    while True:
        try:
            world.observe(ref)
        except UnavailableError:
            continue
        return


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "new"])
def test_whoever_wins_the_catalogue_says_what_the_object_is(catalog: Catalog, *, is_known: bool) -> None:
    world = World(catalog, MemoryObjects())
    if is_known:
        world.registered(1, ref=NEW)
    etags = [f'"{number % 3}"' for number in range(REGISTRARS)]
    assert race([partial(overwritten_and_told, world, NEW, etag) for etag in etags]) == [None] * REGISTRARS
    (raster_id,) = catalog.datasets.owners_of(NEW).values()
    raster = catalog.datasets.get(raster_id)
    assert isinstance(raster, RasterDataset)
    assert raster.etag == world.objects.sources[NEW].etag  # type: ignore[union-attr]


def test_marks_are_cleared_once_a_build_made_up_for_them_and_never_during_one(catalog: Catalog) -> None:
    world = World(catalog, MemoryObjects())
    job_id, rasters = world.published(3)
    vrt_id = world.vrt(job_id).id
    race([partial(overwritten_and_told, world, each.ref, '"2"') for each in rasters])
    assert len(catalog.marks.of(vrt_id)) == 3
    world.change.regenerate(principal(), vrt_id)
    assert set(race([partial(world.settle, vrt_id)] * 4)) == {Settled.BUSY}
    assert world.run() is BuildOutcome.DONE
    assert catalog.marks.of(vrt_id) == []
    assert world.settle(vrt_id) is Settled.FRESH
