"""`If-Match`: whoever changes a dataset only as they know it is refused once it has moved on."""

from collections.abc import Callable

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import Dataset
from rasterloom.domain.errors import VersionChangedError
from rasterloom.domain.versions import KnownVersions, version_of
from rasterloom.services.change_vrt import OptionsRequest
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.terms import NO_TERMS, Terms
from tests.support.factories import principal
from tests.support.world import World

ALICE = principal()


def stands(world: World, dataset_id: str) -> Dataset:
    dataset = world.catalog.datasets.get(dataset_id)
    assert dataset is not None
    return dataset


def known(world: World, dataset_id: str) -> Terms:
    return Terms(known=KnownVersions(("another", version_of(stands(world, dataset_id)))))


def test_every_step_of_a_vrt_moves_its_version_and_reading_does_not(world: World) -> None:
    job_id = world.created(world.registered())
    vrt_id = world.job(job_id).dataset_id
    seen = [version_of(stands(world, vrt_id))]

    def moved() -> None:
        seen.append(version_of(stands(world, vrt_id)))
        assert version_of(stands(world, vrt_id)) == seen[-1]

    for step in (
        world.run,
        lambda: world.edit(ALICE, vrt_id, EditRequest(title="Alps")),
        lambda: world.change.regenerate(ALICE, vrt_id),
        lambda: world.reconcile.dead_letter(world.queue.messages.pop()),
        lambda: world.change.regenerate(ALICE, vrt_id),
        lambda: world.cancel(ALICE, world.catalog.jobs.latest_of(vrt_id).id),  # type: ignore[union-attr]
    ):
        world.clock.forward(seconds=1)
        step()
        moved()
    assert len(set(seen)) == len(seen)


CHANGES: list[Callable[[World, str, str, Terms], object]] = [
    lambda world, vrt_id, source_id, terms: world.change.add(ALICE, vrt_id, source_id, terms),
    lambda world, vrt_id, _, terms: world.change.regenerate(ALICE, vrt_id, terms),
    lambda world, vrt_id, _, terms: world.change.weave_otherwise(
        ALICE, vrt_id, OptionsRequest(nodata_override=1), terms
    ),
    lambda world, vrt_id, _, terms: world.edit(ALICE, vrt_id, EditRequest(title="Alps"), terms),
    lambda world, vrt_id, _, terms: world.edit(ALICE, vrt_id, EditRequest(visibility=Visibility.PRIVATE), terms),
    lambda world, vrt_id, _, terms: world.delete(ALICE, vrt_id, (), terms),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_goes_through_as_long_as_the_version_stands(
    world: World, change: Callable[[World, str, str, Terms], object]
) -> None:
    first, _ = world.published(3)
    vrt_id, (new,) = world.vrt(first).id, world.registered(1)
    stale = known(world, vrt_id)
    world.clock.forward(seconds=1)
    world.edit(ALICE, vrt_id, EditRequest(summary="Moved on"))
    with pytest.raises(VersionChangedError, match="If-Match") as caught:
        change(world, vrt_id, new.id, stale)
    assert caught.value.version == version_of(stands(world, vrt_id))
    assert world.queue.messages == []
    change(world, vrt_id, new.id, known(world, vrt_id))


def test_what_moves_while_a_change_is_validated_refuses_it(world: World) -> None:
    first, _ = world.published(2)
    vrt_id, (new,) = world.vrt(first).id, world.registered(1)
    seen = known(world, vrt_id)
    world.objects.on_stat = lambda: _edited(world, vrt_id)
    with pytest.raises(VersionChangedError):
        world.change.add(ALICE, vrt_id, new.id, seen)
    assert not world.catalog.lock.is_linked(vrt_id, new.id)
    assert world.change.add(ALICE, vrt_id, new.id, NO_TERMS), "nobody asked about the title"


def _edited(world: World, vrt_id: str) -> None:
    world.objects.on_stat = lambda: None
    world.clock.forward(seconds=1)
    world.edit(ALICE, vrt_id, EditRequest(title="Alps"))


def test_a_raster_has_a_version_too(world: World) -> None:
    (raster,) = world.registered(1)
    stale = known(world, raster.id)
    world.clock.forward(seconds=1)
    world.edit(ALICE, raster.id, EditRequest(title="Alps"), stale)
    with pytest.raises(VersionChangedError):
        world.edit(ALICE, raster.id, EditRequest(title="Andes"), stale)
    with pytest.raises(VersionChangedError):
        world.delete(ALICE, raster.id, (), stale)
    assert stands(world, raster.id).title == "Alps"
    world.delete(ALICE, raster.id, (), known(world, raster.id))
    assert world.catalog.datasets.get(raster.id) is None
