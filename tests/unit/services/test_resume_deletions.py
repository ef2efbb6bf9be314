"""A deletion that died between its mark and its end is finished or undone, and never against what a caller was told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb.names import sweep_key
from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import (
    BeingDeletedError,
    DatasetInUseError,
    IdempotencyKeyReusedError,
    TitleMismatchError,
    UnavailableError,
    VersionChangedError,
)
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.sweeping import DELETION_PERIOD
from rasterloom.domain.versions import KnownVersions, version_of
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.observe_object import Observed
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.resume_deletions import Resumed
from rasterloom.services.terms import NO_TERMS, Terms
from tests.support.dynamo_faults import SentTwice, Troubled, refused, through
from tests.support.factories import an_id, audience, principal
from tests.support.lock_steps import mark
from tests.support.world import World

ALICE = principal()
KEY = IdempotencyKey("delete-1", "digest")


def dies_before(world: World, operation: str, raster: RasterDataset, terms: Terms = NO_TERMS) -> None:
    """A DELETE whose process can do no more from its first call of an operation of DynamoDB on."""
    faulty: list[Exception] = [refused("ThrottlingException")] * 50
    dying = through(world.catalog, lambda client: Troubled(client, operation, faulty))
    with pytest.raises(UnavailableError):
        World(dying, world.objects, clock=world.clock, first_id=1_000_000).delete(ALICE, raster.id, terms=terms)


def standing(world: World, raster_id: str) -> RasterDataset | None:
    found = world.catalog.datasets.get(raster_id)
    assert found is None or isinstance(found, RasterDataset)
    return found


def meanwhile(world: World, operation: str, act: Callable[[], object]) -> World:
    """The same deployment, in which something happens just before its first call of an operation."""
    acts = [act]

    def once() -> None:
        if acts:
            acts.pop()()

    troubled = through(world.catalog, lambda client: Troubled(client, operation, [], before=once))
    return World(troubled, world.objects, queue=world.queue, clock=world.clock, first_id=2_000_000)


def test_a_deletion_that_died_is_finished_once_it_is_due(world: World) -> None:
    (raster,) = world.registered(1, audience=audience("alice", Visibility.RESTRICTED, "survey"))
    dies_before(world, "transact_write_items", raster)
    assert world.resume() == {}, "a request may still be at it"
    assert standing(world, raster.id) is not None
    world.clock.now += DELETION_PERIOD
    assert world.resume() == {Resumed.FINISHED: 1}
    assert standing(world, raster.id) is None
    assert world.catalog.datasets.find_object(raster.ref, "alice") is None
    assert world.resume() == {}


def test_what_a_resumed_deletion_ended_is_not_brought_back_by_an_event(world: World) -> None:
    (raster,) = world.registered(1, ref=ObjectRef("watched", "in/tile.tif"))
    dies_before(world, "transact_write_items", raster)
    assert world.observe(raster.ref) == {Observed.UNCHANGED: 1}
    world.clock.now += DELETION_PERIOD
    assert world.resume() == {Resumed.FINISHED: 1}
    assert world.observe(raster.ref) == {Observed.IGNORED: 1}


def test_a_deletion_that_died_and_met_a_use_is_undone(world: World) -> None:
    rasters = world.registered()
    mark(world.catalog, rasters[0].id, "died", world.clock())
    link = world.catalog.lock.link_sources
    link(an_id("vrt"), an_id("generation"), [rasters[0].id], world.clock(), number=1)
    world.clock.now += DELETION_PERIOD
    assert world.resume() == {Resumed.UNDONE: 1}
    assert standing(world, rasters[0].id) == rasters[0]
    assert world.resume() == {}
    world.created(rasters)
    assert world.run() is BuildOutcome.DONE


def test_a_builder_that_met_the_mark_of_a_dead_deletion_builds_when_it_is_undone(world: World) -> None:
    rasters = world.registered()
    world.created(rasters)
    message = world.queue.messages[0]
    mark(world.catalog, rasters[1].id, "died", world.clock())
    assert world.run(message) is BuildOutcome.GIVE_BACK
    world.clock.now += DELETION_PERIOD
    assert world.resume() == {Resumed.UNDONE: 1}
    assert world.run(message) is BuildOutcome.DONE
    assert world.vrt(world.job(message.job_id).id).published is not None


def test_an_uploaded_object_is_forgotten_by_whoever_finishes(world: World) -> None:
    (raster,) = world.registered(1)
    dies_before(world, "transact_write_items", raster)
    world.clock.now += DELETION_PERIOD
    forgotten: list[RasterDataset] = []
    replace(world.resume, forget=forgotten.append)()
    assert [each.id for each in forgotten] == [raster.id]


def test_what_was_promised_under_a_key_is_answered_again_after_the_reconciler_kept_it(world: World) -> None:
    (raster,) = world.registered(1)
    dies_before(world, "transact_write_items", raster, Terms(KEY))
    world.clock.now += DELETION_PERIOD
    assert world.resume() == {Resumed.FINISHED: 1}
    world.delete(ALICE, raster.id, terms=Terms(KEY))
    with pytest.raises(IdempotencyKeyReusedError):
        world.delete(ALICE, raster.id, terms=Terms(replace(KEY, body_digest="another")))


def test_a_key_that_came_to_stand_for_something_else_undoes_the_deletion(world: World) -> None:
    rasters = world.registered(3)
    dies_before(world, "transact_write_items", rasters[0], Terms(KEY))
    world.created(rasters[1:], key=replace(KEY, body_digest="a creation"))
    world.clock.now += DELETION_PERIOD
    assert world.resume() == {Resumed.UNDONE: 1}
    assert standing(world, rasters[0].id) == rasters[0]


def test_a_key_that_is_taken_while_the_request_deletes_leaves_no_mark(world: World) -> None:
    rasters = world.registered(3)
    other = meanwhile(
        world, "transact_write_items", lambda: world.created(rasters[1:], key=replace(KEY, body_digest="a creation"))
    )
    with pytest.raises(IdempotencyKeyReusedError):
        other.delete(ALICE, rasters[0].id, terms=Terms(KEY))
    assert standing(world, rasters[0].id) == rasters[0]


# --- beside a live request, and beside itself ---


def test_a_deletion_that_was_refused_meanwhile_is_not_carried_on(world: World) -> None:
    (raster,) = world.registered(1)
    mark(world.catalog, raster.id, "slow", world.clock())
    world.clock.now += DELETION_PERIOD
    # The slow request has found a use, takes its mark off and answers 409; then the use goes away.
    late = meanwhile(world, "update_item", lambda: world.catalog.datasets.unmark_deletion(raster.id, "slow"))
    assert late.resume() == {Resumed.LEFT: 1}
    assert standing(world, raster.id) == raster


def test_a_deletion_that_began_anew_meanwhile_is_left_to_its_request(world: World) -> None:
    (raster,) = world.registered(1)
    mark(world.catalog, raster.id, "dead", world.clock())
    world.clock.now += DELETION_PERIOD
    late = meanwhile(world, "update_item", lambda: mark(world.catalog, raster.id, "anew", world.clock()))
    assert late.resume() == {Resumed.LEFT: 1}
    found = standing(world, raster.id)
    assert found is not None
    assert found.deletion == "anew"
    assert world.resume() == {}


def test_a_request_that_was_taken_over_neither_deletes_nor_unmarks(world: World) -> None:
    (raster,) = world.registered(1)

    def take_over() -> None:
        world.clock.now += DELETION_PERIOD
        (due,) = world.catalog.datasets.due_deletions(world.clock(), 10)
        assert mark(world.catalog, raster.id, "reconciler", world.clock(), resumes=due.deletion) is not None

    with pytest.raises(BeingDeletedError):
        meanwhile(world, "transact_write_items", take_over).delete(ALICE, raster.id)
    world.clock.now += DELETION_PERIOD
    assert world.resume() == {Resumed.FINISHED: 1}


def test_a_request_that_comes_to_its_end_after_the_reconciler_did_has_deleted(world: World) -> None:
    (raster,) = world.registered(1)

    def finish() -> None:
        world.clock.now += DELETION_PERIOD
        assert world.resume() == {Resumed.FINISHED: 1}

    meanwhile(world, "transact_write_items", finish).delete(ALICE, raster.id)
    assert standing(world, raster.id) is None


def test_of_two_reconcilers_one_finishes(world: World) -> None:
    (raster,) = world.registered(1)
    mark(world.catalog, raster.id, "dead", world.clock())
    world.clock.now += DELETION_PERIOD
    other = meanwhile(world, "update_item", world.resume)
    assert other.resume() == {Resumed.LEFT: 1}
    assert standing(world, raster.id) is None
    assert world.catalog.jobs.table.get(sweep_key(raster.id)) is not None


def test_a_mark_whose_answer_was_lost_is_ones_own(world: World) -> None:
    (raster,) = world.registered(1)
    mark(world.catalog, raster.id, "dead", world.clock())
    world.clock.now += DELETION_PERIOD
    twice = World(through(world.catalog, SentTwice), world.objects, clock=world.clock, first_id=3_000_000)
    assert twice.resume() == {Resumed.FINISHED: 1}


def test_one_deletion_that_cannot_be_helped_stops_no_other(world: World) -> None:
    rasters = world.registered(2)
    for raster in rasters:
        mark(world.catalog, raster.id, "dead", world.clock())
        world.clock.forward(seconds=1)
    world.clock.now += DELETION_PERIOD
    # Its object has come to be registered as something else: nobody can finish that deletion.
    world.catalog.jobs.table.delete_many([("OBJECT#sources/" + rasters[0].ref.key, "OWNER#alice")])
    (other,) = world.registered(1, ref=rasters[0].ref)
    assert other.ref == rasters[0].ref
    assert world.resume() == {Resumed.LEFT: 1, Resumed.FINISHED: 1}
    assert standing(world, rasters[1].id) is None


# --- what a deletion was asked under holds when it marks ---


@pytest.mark.parametrize("asked", ["version", "title"])
def test_an_edit_between_the_look_and_the_mark_is_seen_before_anything_is_marked(world: World, asked: str) -> None:
    (raster,) = world.registered(1)
    world.clock.now = raster.updated_at + timedelta(days=1)
    rename = lambda: world.edit(ALICE, raster.id, EditRequest(title="Renamed"))  # noqa: E731 - reads as what it does
    late = meanwhile(world, "update_item", rename)
    if asked == "version":
        with pytest.raises(VersionChangedError):
            late.delete(ALICE, raster.id, terms=Terms(known=KnownVersions((version_of(raster),))))
    else:
        with pytest.raises(TitleMismatchError):
            late.delete(ALICE, raster.id, [raster.title])
    found = standing(world, raster.id)
    assert found is not None
    assert (found.title, found.deletion) == ("Renamed", None)


def test_a_mark_is_off_the_index_once_it_is_taken_off(world: World) -> None:
    _job_id, rasters = world.published(2)
    mark(world.catalog, rasters[0].id, "slow", world.clock())
    with pytest.raises(DatasetInUseError):
        world.delete(ALICE, rasters[0].id)
    world.clock.now += 2 * DELETION_PERIOD
    assert world.catalog.datasets.due_deletions(world.clock(), 10) == []
