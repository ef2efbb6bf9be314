"""Edits and deletions that race each other and changes, on a real server."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import dataset_key, group_key
from rasterloom.adapters.catalog_dynamodb.table import Query
from rasterloom.domain.access import Audience, Visibility
from rasterloom.domain.dataset import RasterDataset, VrtDataset
from rasterloom.domain.errors import (
    BeingDeletedError,
    DatasetInUseError,
    IncompatibleSourcesError,
    NotFoundError,
    VersionChangedError,
)
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.versions import KnownVersions, version_of
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.terms import Terms
from tests.support.factories import audience, principal, raster
from tests.support.fakes import MemoryObjects
from tests.support.races import race
from tests.support.world import World

ALICE = principal()
ROUNDS = range(3)


def groups_listing(catalog: Catalog, dataset_id: str) -> set[str]:
    """The groups that have an entry for a dataset."""
    partition, prefix = group_key(dataset_id, "")
    rows = catalog.jobs.table.query(
        Query(None, "pk", partition, "begins_with(#sk, :prefix)", values={":prefix": {"S": prefix}})
    )
    return {row["sk"]["S"].removeprefix(prefix) for row in rows}


@pytest.mark.parametrize("_", ROUNDS)
def test_of_forty_audiences_one_stands_and_the_listings_are_its_own(catalog: Catalog, _: int) -> None:
    seen = raster(audience=audience("alice", Visibility.RESTRICTED, "survey"))
    catalog.datasets.add_raster(seen)
    wanted = [
        replace(seen, audience=Audience("alice", Visibility.RESTRICTED, (f"group {number}", "all")))
        for number in range(40)
    ]
    outcomes = race([partial(catalog.datasets.edit, seen, each) for each in wanted])
    (winner,) = [each for each, outcome in zip(wanted, outcomes, strict=True) if outcome is True]
    assert outcomes.count(False) == 39, outcomes
    assert catalog.datasets.get(seen.id) == winner
    assert groups_listing(catalog, seen.id) == set(winner.audience.groups)


@pytest.mark.parametrize("_", ROUNDS)
def test_of_forty_deletions_none_leaves_half_a_raster(catalog: Catalog, _: int) -> None:
    world = World(catalog, MemoryObjects())
    (seen,) = world.registered(1, audience=audience("alice", Visibility.RESTRICTED, "survey", "ops"))
    outcomes = race([partial(world.delete, ALICE, seen.id)] * 40)
    assert {type(each) for each in outcomes} <= {type(None), BeingDeletedError, NotFoundError}, outcomes
    if catalog.datasets.get(seen.id) is not None:  # each took over from the one before, and all of them gave up
        world.delete(ALICE, seen.id)
    assert catalog.jobs.table.get(dataset_key(seen.id)) is None
    assert catalog.datasets.find_object(seen.ref, "alice") is None
    assert groups_listing(catalog, seen.id) == set()


@pytest.mark.parametrize("_", ROUNDS)
def test_nothing_is_published_of_a_raster_that_is_deleted_meanwhile(catalog: Catalog, _: int) -> None:
    world = World(catalog, MemoryObjects())
    rasters = world.registered(2)
    creates: list[Callable[[], object]] = [partial(world.created, rasters)] * 12
    deletes: list[Callable[[], object]] = [partial(world.delete, ALICE, rasters[0].id)] * 12
    outcomes = race([*creates, *deletes])
    created, deleted = outcomes[:12], outcomes[12:]
    assert {type(each) for each in created} <= {str, IncompatibleSourcesError}, created
    assert {type(each) for each in deleted} <= {type(None), DatasetInUseError, BeingDeletedError, NotFoundError}

    standing = catalog.datasets.get(rasters[0].id)
    if isinstance(standing, RasterDataset) and standing.deletion is not None:
        with pytest.raises(DatasetInUseError):
            world.delete(ALICE, rasters[0].id)
    while world.queue.messages:
        assert world.run() is BuildOutcome.DONE
    ended = {world.job(job_id).status for job_id in created if isinstance(job_id, str)}
    assert ended <= {JobStatus.FAILED if standing is None else JobStatus.COMPLETE}


@pytest.mark.parametrize("_", ROUNDS)
def test_a_vrt_and_its_source_that_part_at_once_never_end_with_the_vrt_more_visible(catalog: Catalog, _: int) -> None:
    world = World(catalog, MemoryObjects())
    rasters = world.registered(2, audience=audience("alice", Visibility.PUBLIC))
    job_id = world.created(rasters)
    world.run()
    vrt_id = world.job(job_id).dataset_id
    widen = partial(world.edit, ALICE, vrt_id, EditRequest(visibility=Visibility.PUBLIC))
    narrow = partial(world.edit, ALICE, rasters[0].id, EditRequest(visibility=Visibility.PRIVATE))
    outcomes = race([widen, narrow])
    assert any(isinstance(each, IncompatibleSourcesError | DatasetInUseError) for each in outcomes), outcomes
    source = catalog.datasets.get(rasters[0].id)
    assert source is not None
    assert world.vrt(job_id).audience.visibility.width <= source.audience.visibility.width


@pytest.mark.parametrize("_", ROUNDS)
def test_of_forty_who_know_one_version_a_single_one_changes_the_vrt(catalog: Catalog, _: int) -> None:
    world = World(catalog, MemoryObjects())
    first, _rasters = world.published(2)
    seen = world.vrt(first)
    known = Terms(known=KnownVersions((version_of(seen),)))
    world.clock.forward(seconds=1)
    edits: list[Callable[[], object]] = [
        partial(world.edit, ALICE, seen.id, EditRequest(title=f"Title {number}"), known) for number in range(20)
    ]
    builds: list[Callable[[], object]] = [partial(world.change.regenerate, ALICE, seen.id, known)] * 20
    outcomes = race([*edits, *builds])
    changed = [each for each in outcomes if not isinstance(each, VersionChangedError)]
    assert len(changed) == 1, outcomes
    standing = world.vrt(first)
    assert (standing.title != seen.title) is isinstance(changed[0], VrtDataset)
    assert (standing.active is not None) is isinstance(changed[0], str)
