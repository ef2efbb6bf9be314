"""Deleting datasets: what holds a raster, and a deletion that meets a change in every order of their steps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import (
    BeingDeletedError,
    DatasetBusyError,
    DatasetInUseError,
    ForbiddenError,
    IncompatibleSourcesError,
    NotFoundError,
    TitleMismatchError,
    UnavailableError,
)
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.uses import PROMISE
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.places import Places
from rasterloom.services.register_raster import RegisterRaster, RegisterRequest
from rasterloom.settings import AllowedPrefix
from tests.support.dynamo_faults import Troubled, refused, through
from tests.support.factories import an_id, audience, principal
from tests.support.fakes import FixedHeaders
from tests.support.lock_steps import mark
from tests.support.world import World

ALICE, BOB = principal(), principal("bob")


def standing(world: World, dataset_id: str) -> RasterDataset:
    found = world.catalog.datasets.get(dataset_id)
    assert isinstance(found, RasterDataset), found
    return found


def is_gone(world: World, dataset_id: str) -> bool:
    return world.catalog.datasets.get(dataset_id) is None


def before(world: World, operation: str, act: Callable[[], Any], nth: int = 1) -> World:
    """The same deployment, in which something happens just before the nth call of an operation of DynamoDB."""
    calls = iter(range(1, 1000))

    def at_nth() -> None:
        if next(calls) == nth:
            act()

    troubled = through(world.catalog, lambda client: Troubled(client, operation, [], before=at_nth))
    return World(troubled, world.objects, queue=world.queue, clock=world.clock, first_id=1_000_000)


def test_a_raster_that_nobody_uses_is_deleted(world: World) -> None:
    (raster,) = world.registered(1)
    world.delete(ALICE, raster.id, [raster.title])
    assert is_gone(world, raster.id)
    with pytest.raises(NotFoundError):
        world.delete(ALICE, raster.id)


def test_who_may_not_read_finds_nothing_and_who_may_only_read_is_refused(world: World) -> None:
    (hidden,), (shown,) = world.registered(1), world.registered(1, audience=audience("alice", Visibility.PUBLIC))
    with pytest.raises(ForbiddenError, match="upload"):
        world.delete(principal(permissions=frozenset()), shown.id)
    with pytest.raises(NotFoundError):
        world.delete(BOB, hidden.id)
    with pytest.raises(ForbiddenError, match="not yours"):
        world.delete(BOB, shown.id)
    world.delete(principal("root", permissions=frozenset({"admin"})), hidden.id)
    assert is_gone(world, hidden.id)


def test_a_title_that_is_not_the_datasets_deletes_nothing(world: World) -> None:
    (raster,) = world.registered(1)
    for titles in (["tile"], [raster.title, "Other"], [""]):
        with pytest.raises(TitleMismatchError):
            world.delete(ALICE, raster.id, titles)
    assert standing(world, raster.id) == raster


def test_a_member_is_held_until_it_is_removed_or_its_vrt_is_deleted(world: World) -> None:
    job_id, rasters = world.published(3)
    vrt = world.vrt(job_id)
    with pytest.raises(DatasetInUseError) as caught:
        world.delete(ALICE, rasters[0].id)
    assert (caught.value.dependents, caught.value.hidden) == (((vrt.id, vrt.title),), 0)
    assert standing(world, rasters[0].id) == rasters[0], "no mark is left"
    world.change.remove(ALICE, vrt.id, rasters[0].id)
    with pytest.raises(DatasetInUseError):
        world.delete(ALICE, rasters[0].id)
    world.run()
    world.delete(ALICE, rasters[0].id)
    world.delete(ALICE, vrt.id)
    assert world.read_dependents(ALICE, rasters[1].id).listed == ()
    for raster in rasters[1:]:
        world.delete(ALICE, raster.id)
        assert is_gone(world, raster.id)


def test_a_member_that_a_later_generation_added_is_freed_with_its_vrt(world: World) -> None:
    job_id, _ = world.published(2)
    (new,) = world.registered(1)
    world.change.add(ALICE, world.vrt(job_id).id, new.id)
    world.run()
    world.delete(ALICE, world.vrt(job_id).id)
    world.delete(ALICE, new.id)
    assert is_gone(world, new.id)


def test_a_source_of_a_queued_or_running_build_is_held_and_one_of_a_failed_build_is_not(world: World) -> None:
    rasters = world.registered(2)
    job_id = world.created(rasters)
    message = world.queue.messages[0]
    for _ in range(2):
        with pytest.raises(DatasetInUseError) as caught:
            world.delete(ALICE, rasters[0].id)
        assert [vrt_id for vrt_id, _ in caught.value.dependents] == [world.job(job_id).dataset_id]
        world.catalog.lock.claim(message, "a-worker", world.clock(), world.clock() + PROMISE, world.clock() + PROMISE)
    assert world.job(job_id).status is JobStatus.RUNNING
    world.clock.forward(seconds=2 * PROMISE.total_seconds())
    world.reconcile.dead_letter(message)
    assert world.job(job_id).status is JobStatus.FAILED
    world.delete(ALICE, rasters[0].id)
    assert is_gone(world, rasters[0].id)


def test_a_link_whose_admission_is_not_known_holds_for_a_quarter_of_an_hour(world: World) -> None:
    (raster,) = world.registered(1)
    world.catalog.lock.link_sources(an_id("unborn"), an_id("generation"), [raster.id], world.clock(), number=1)
    world.clock.now += PROMISE - timedelta(microseconds=1)
    with pytest.raises(DatasetInUseError) as caught:
        world.delete(ALICE, raster.id)
    assert (caught.value.dependents, caught.value.hidden) == ((), 1)
    world.clock.now += timedelta(microseconds=1)
    world.delete(ALICE, raster.id)
    assert is_gone(world, raster.id)


def test_links_of_a_vrt_that_is_gone_hold_nothing(world: World) -> None:
    job_id, rasters = world.published(2)
    world.delete(ALICE, world.vrt(job_id).id)
    assert len(world.catalog.lock.uses_of(rasters[0].id)) == 1, "the sweep has not come by yet"
    world.delete(ALICE, rasters[0].id)
    assert is_gone(world, rasters[0].id)


def test_a_vrt_that_regenerates_stays_and_its_history_outlives_it(world: World) -> None:
    job_id, _ = world.published(2)
    vrt_id = world.vrt(job_id).id
    second = world.change.regenerate(ALICE, vrt_id)
    with pytest.raises(DatasetBusyError) as caught:
        world.delete(ALICE, vrt_id)
    assert caught.value.job_id == second
    world.run()
    world.delete(ALICE, vrt_id)
    assert is_gone(world, vrt_id)
    assert world.job(second).status is JobStatus.COMPLETE
    with pytest.raises(NotFoundError):
        world.change.regenerate(ALICE, vrt_id)


def test_a_vrt_that_never_was_published_can_be_deleted(world: World) -> None:
    rasters = world.registered()
    job_id = world.created(rasters)
    world.reconcile.dead_letter(world.queue.messages.pop())
    world.delete(ALICE, world.job(job_id).dataset_id)
    assert is_gone(world, world.job(job_id).dataset_id)


# --- a deletion meets a change, in every order ---


@pytest.mark.parametrize("kind", ["create", "add"])
def test_a_link_that_comes_just_before_the_mark_is_seen_after_it(world: World, kind: str) -> None:
    first, _ = world.published(2)
    (raster, other) = world.registered(2)

    def change() -> None:
        if kind == "create":
            world.created([raster, other])
        else:
            world.change.add(ALICE, world.vrt(first).id, raster.id)

    with pytest.raises(DatasetInUseError):
        before(world, "update_item", change).delete(ALICE, raster.id)
    assert standing(world, raster.id).deletion is None
    assert world.run() is BuildOutcome.DONE
    assert len(world.read_dependents(ALICE, raster.id).listed) == 1


@pytest.mark.parametrize("kind", ["create", "add"])
def test_the_deletion_first_the_build_fails_and_names_the_raster(world: World, kind: str) -> None:
    first, published = world.published(2)
    (raster, other) = world.registered(2)
    # The change has read the raster; its links come after the deletion has found none.
    late = before(world, "batch_write_item", lambda: world.delete(ALICE, raster.id))
    job_id = (
        late.created([raster, other]) if kind == "create" else late.change.add(ALICE, world.vrt(first).id, raster.id)
    )
    assert is_gone(world, raster.id)
    assert world.run() is BuildOutcome.DONE
    job = world.job(job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "object_missing")
    assert [finding.source_id for finding in job.findings] == [raster.id]
    assert len(published) == world.vrt(first).member_count


def test_a_builder_that_meets_a_mark_gives_the_message_back(world: World) -> None:
    rasters = world.registered()
    job_id = world.created(rasters)
    message = world.queue.messages[0]
    mark(world.catalog, rasters[1].id, "a slow deletion")
    assert world.run(message) is BuildOutcome.GIVE_BACK
    assert world.job(job_id).status is JobStatus.RUNNING
    with pytest.raises(DatasetInUseError):
        world.delete(ALICE, rasters[1].id)
    assert world.run(message) is BuildOutcome.DONE
    assert world.job(job_id).status is JobStatus.COMPLETE


def test_a_change_that_meets_a_mark_does_not_find_the_source(world: World) -> None:
    first, _ = world.published(2)
    (raster, other) = world.registered(2)
    mark(world.catalog, raster.id, "a slow deletion")
    vrt_id = world.vrt(first).id
    changes: list[Callable[[], str]] = [
        lambda: world.created([other, raster]),
        lambda: world.change.add(ALICE, vrt_id, raster.id),
    ]
    for change in changes:
        with pytest.raises(IncompatibleSourcesError) as caught:
            change()
        assert [finding.code for finding in caught.value.findings] == ["source_not_found"]
    assert world.catalog.lock.uses_of(raster.id) == []


def test_a_deletion_that_died_is_carried_on_by_the_next_one(world: World) -> None:
    (raster,) = world.registered(1)
    faulty: list[Exception] = [refused("ThrottlingException")] * 50
    dying = through(world.catalog, lambda client: Troubled(client, "transact_write_items", faulty))
    with pytest.raises(UnavailableError):
        World(dying, world.objects, clock=world.clock).delete(ALICE, raster.id)
    assert standing(world, raster.id).deletion is not None
    world.delete(ALICE, raster.id)
    assert is_gone(world, raster.id)


def test_what_a_slow_deletion_saw_is_worth_nothing_once_another_took_over(world: World) -> None:
    rasters = world.registered()

    def another() -> None:
        # The slow one has found no link and is about to delete; a change, then a deletion that finds its link.
        world.catalog.datasets.unmark_deletion(rasters[0].id, standing(world, rasters[0].id).deletion or "")
        world.created(rasters)
        mark(world.catalog, rasters[0].id, "a third one")

    with pytest.raises(BeingDeletedError):
        before(world, "transact_write_items", another).delete(ALICE, rasters[0].id)
    with pytest.raises(DatasetInUseError):
        world.delete(ALICE, rasters[0].id)
    assert world.run() is BuildOutcome.DONE


# --- the object of a deleted raster ---


def test_an_object_is_registered_anew_once_its_dataset_is_gone(world: World) -> None:
    (raster,) = world.registered(1)
    headers = FixedHeaders({raster.ref: raster.profile}, etag=raster.etag)
    allowed = Places([AllowedPrefix(bucket=raster.ref.bucket, prefix="", region="eu-central-1")], "artifacts")

    def register(inside: World) -> Any:
        made = RegisterRaster(
            inside.catalog.datasets,
            headers,
            allowed,
            world.admit.replays,
            world.clock,
            lambda: an_id("anew"),
            world.mark_users,
        )
        return made(ALICE, RegisterRequest(raster.ref.uri))

    assert register(world).raster == replace(raster, observation=1)
    mark(world.catalog, raster.id, "a slow deletion")
    with pytest.raises(BeingDeletedError):
        register(world)
    # Deleted between the row of the object, which is still read, and the raster, which is not there any more.
    anew = register(before(world, "batch_get_item", lambda: world.delete(ALICE, raster.id)))
    assert (anew.created, anew.raster.id) == (True, an_id("anew"))
    assert standing(world, an_id("anew")).ref == raster.ref
