"""`Idempotency-Key` on writes that make no job: done once, answered again, never where they failed."""

from dataclasses import replace

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.errors import (
    AlreadyDoneError,
    DatasetInUseError,
    IdempotencyKeyReusedError,
    NotFoundError,
    TitleMismatchError,
)
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.ports import EditTerms
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.register_raster import RegisterRequest
from rasterloom.services.replays import IDEMPOTENCY_PERIOD, IdempotencyKey
from rasterloom.services.terms import Terms
from tests.support.factories import audience, pending_edit, principal
from tests.support.world import World

ALICE = principal()
KEY = IdempotencyKey("key", "digest")
OTHER = IdempotencyKey("key", "another digest")
OBJECT = RegisterRequest("s3://lists/one.tif")


@pytest.fixture
def registry(world: World) -> World:
    world.objects.sources[ObjectRef.parse(OBJECT.uri)] = ObjectStat('"1"', 1_000)
    return world


def test_a_registration_with_a_known_key_answers_as_the_first_one(registry: World) -> None:
    first = registry.register(ALICE, OBJECT, KEY)
    again = registry.register(ALICE, OBJECT, KEY)
    assert (first.created, again.created, again.raster.id) == (True, True, first.raster.id)
    assert registry.register(ALICE, OBJECT).created is False
    with pytest.raises(IdempotencyKeyReusedError):
        registry.register(ALICE, OBJECT, OTHER)


def test_a_registration_whose_raster_was_deleted_since_is_not_done_again(registry: World) -> None:
    first = registry.register(ALICE, OBJECT, KEY)
    registry.delete(ALICE, first.raster.id)
    with pytest.raises(NotFoundError):
        registry.register(ALICE, OBJECT, KEY)
    assert registry.register(ALICE, OBJECT, IdempotencyKey("new key", "digest")).raster.id != first.raster.id


def test_an_edit_with_a_known_key_does_not_undo_what_came_after_it(world: World) -> None:
    (raster,) = world.registered(1)
    world.edit(ALICE, raster.id, EditRequest(title="Mine"), Terms(KEY))
    world.edit(principal("alice"), raster.id, EditRequest(title="Later"))
    assert world.edit(ALICE, raster.id, EditRequest(title="Mine"), Terms(KEY)).title == "Later"
    with pytest.raises(IdempotencyKeyReusedError):
        world.edit(ALICE, raster.id, EditRequest(title="Other"), Terms(OTHER))


def test_an_edit_that_was_refused_leaves_its_key_free(world: World) -> None:
    rasters = world.registered(2, audience=audience("alice", Visibility.PUBLIC))
    first = world.created(rasters)
    world.run()
    world.edit(ALICE, world.vrt(first).id, EditRequest(visibility=Visibility.PUBLIC))
    narrow = EditRequest(visibility=Visibility.PRIVATE)
    with pytest.raises(DatasetInUseError):
        world.edit(ALICE, rasters[0].id, narrow, Terms(KEY))
    assert world.catalog.lock.replayed("alice", KEY.key, world.clock()) is None
    world.delete(ALICE, world.vrt(first).id)
    assert world.edit(ALICE, rasters[0].id, narrow, Terms(KEY)).audience.visibility is Visibility.PRIVATE


def test_what_is_taken_back_takes_its_key_back(world: World) -> None:
    (raster,) = world.registered(1)
    record = world.admit.replays.record(ALICE, KEY, raster.id)
    assert record is not None
    wanted = replace(raster, title="Mine")
    pending = pending_edit(raster, wanted, record=record)
    assert world.catalog.datasets.edit(raster, wanted, EditTerms(record=record, pending=pending))
    with pytest.raises(AlreadyDoneError):
        world.catalog.datasets.edit(wanted, replace(raster, title="Again"), EditTerms(record=record))
    assert world.catalog.datasets.edit(wanted, raster, EditTerms(takes_back=pending))
    assert world.catalog.lock.replayed("alice", KEY.key, world.clock()) is None
    assert world.catalog.datasets.pending_edit(raster.id) is None
    assert world.catalog.datasets.get(raster.id) == raster


@pytest.mark.parametrize("kind", ["raster", "VRT"])
def test_a_deletion_with_a_known_key_answers_as_the_first_one(world: World, kind: str) -> None:
    dataset_id = world.registered(1)[0].id if kind == "raster" else world.vrt(world.published(2)[0]).id
    with pytest.raises(TitleMismatchError):
        world.delete(ALICE, dataset_id, ["Another"], Terms(KEY))
    world.delete(ALICE, dataset_id, (), Terms(KEY))
    world.delete(ALICE, dataset_id, (), Terms(KEY))
    with pytest.raises(NotFoundError):
        world.delete(ALICE, dataset_id)
    with pytest.raises(IdempotencyKeyReusedError):
        world.delete(ALICE, dataset_id, (), Terms(OTHER))


def test_a_key_is_a_callers_own_and_ends(world: World) -> None:
    (raster,) = world.registered(1)
    world.delete(ALICE, raster.id, (), Terms(KEY))
    with pytest.raises(NotFoundError):
        world.delete(principal("bob"), raster.id, (), Terms(KEY))
    world.clock.forward(seconds=IDEMPOTENCY_PERIOD.total_seconds() + 1)
    with pytest.raises(NotFoundError):
        world.delete(ALICE, raster.id, (), Terms(KEY))
