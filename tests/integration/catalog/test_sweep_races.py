"""The reconciler's deletions and sweeps beside live requests, live workers and each other, on a real server."""

from collections.abc import Callable
from functools import partial

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.domain.dataset import RasterDataset, VrtDataset
from rasterloom.domain.errors import (
    BeingDeletedError,
    DatasetBusyError,
    DatasetInUseError,
    IncompatibleSourcesError,
    JobEndedError,
    NotFoundError,
)
from rasterloom.domain.generation import artifacts_prefix
from rasterloom.domain.lifecycle import JOB_TRANSITIONS, JobStatus, is_final
from rasterloom.domain.sweeping import DELETION_PERIOD, GRACE
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.staging import read_members
from tests.support.factories import principal
from tests.support.fakes import MemoryObjects, SteppedClock
from tests.support.lock_steps import mark
from tests.support.races import race
from tests.support.world import World

ALICE = principal()
ROUNDS = range(3)


def later(world: World, number: int) -> World:
    """Another process, an hour ahead: what is due to it is due to nobody else yet."""
    clock = SteppedClock(world.clock() + GRACE)
    return World(world.catalog, world.objects, queue=world.queue, clock=clock, first_id=number * 10**6)


@pytest.mark.parametrize("_", ROUNDS)
def test_a_deletion_that_died_ends_once_whoever_resumes_it(catalog: Catalog, _: int) -> None:
    world = World(catalog, MemoryObjects())
    rasters = world.registered(2)
    mark(catalog, rasters[0].id, "died", world.clock())
    reconcilers = [later(world, number) for number in range(1, 13)]
    contestants: list[Callable[[], object]] = [each.resume for each in reconcilers]
    contestants += [partial(world.delete, ALICE, rasters[0].id)] * 6
    contestants += [partial(world.created, rasters)] * 6
    outcomes = race(contestants)
    refusals = (DatasetInUseError, BeingDeletedError, NotFoundError, IncompatibleSourcesError)
    assert all(isinstance(each, refusals) for each in outcomes if isinstance(each, Exception)), outcomes

    world.clock.now += GRACE + 2 * DELETION_PERIOD
    world.resume()
    standing = catalog.datasets.get(rasters[0].id)
    assert catalog.datasets.due_deletions(world.clock() + GRACE, 10) == []
    if standing is None:
        assert catalog.datasets.find_object(rasters[0].ref, "alice") is None
    else:
        assert isinstance(standing, RasterDataset)
        assert standing.deletion is None
    while world.queue.messages:
        assert world.run() is BuildOutcome.DONE
    ended = {world.job(each).status for each in outcomes if isinstance(each, str)}
    assert ended <= {JobStatus.FAILED if standing is None else JobStatus.COMPLETE}


@pytest.mark.parametrize("_", ROUNDS)
def test_sweeps_take_nothing_that_is_served_while_builds_cancellations_and_deletions_race(
    catalog: Catalog, _: int
) -> None:
    world = World(catalog, MemoryObjects())
    first, rasters = world.published(3)
    vrt_id = world.vrt(first).id
    second = world.change.remove(ALICE, vrt_id, rasters[0].id)
    message = world.queue.messages.pop()
    contestants: list[Callable[[], object]] = [later(world, number).sweep_orphans for number in range(1, 9)]
    contestants += [partial(world.run, message)] * 2
    contestants += [partial(world.cancel, ALICE, second)]
    contestants += [partial(world.delete, ALICE, vrt_id)] * 2
    outcomes = race(contestants)
    refusals = (DatasetBusyError, NotFoundError, JobEndedError)
    assert all(isinstance(each, refusals) for each in outcomes if isinstance(each, Exception)), outcomes
    assert is_final(JOB_TRANSITIONS, world.job(second).status)

    for _look in range(6):
        world.clock.now += 2 * GRACE
        world.sweep_orphans()
    left = {key for key in world.objects.bodies if key.startswith(artifacts_prefix(vrt_id))}
    vrt = catalog.datasets.get(vrt_id)
    links = sum(len(catalog.lock.uses_of(each.id)) for each in rasters)
    if vrt is None:
        assert (left, links) == (set(), 0)
        return
    assert isinstance(vrt, VrtDataset)
    assert vrt.published is not None
    assert len(read_members(world.objects, vrt.published)) == vrt.member_count == links
    published = {JobStatus.COMPLETE: 2}.get(world.job(second).status, 1)
    assert len({key.split("/")[3] for key in left}) == published
