"""VRTs whose sources are not what they were built from: marked, compared, and built again where that was asked for."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from rasterloom.adapters.catalog_dynamodb.marks import DynamoMarks
from rasterloom.domain.dataset import RasterDataset, VrtDataset
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.generation import ChangeKind
from rasterloom.domain.lifecycle import GenerationStatus, VrtStatus
from rasterloom.domain.objects import ObjectStat
from rasterloom.domain.options import Resampling
from rasterloom.domain.staleness import AUTOMATIC, MOST_QUIET_PERIODS, TOLD_WITHIN, Mark, StaleLook
from rasterloom.domain.sweeping import GRACE
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.change_vrt import OptionsRequest
from rasterloom.services.mark_users import Told
from rasterloom.services.places import Places
from rasterloom.services.refresh_vrts import PUT_OFF, Refreshed
from rasterloom.services.register_raster import RegisterRequest
from rasterloom.services.settle_marks import Settled
from rasterloom.settings import AllowedPrefix
from tests.support.dynamo_faults import Troubled, refused, through
from tests.support.factories import OWNER, an_id, principal
from tests.support.world import QUIET, World

ALICE = principal()


class Crash(BaseException):
    """The process dies here."""


def overwrite(world: World, raster: RasterDataset, etag: str) -> None:
    """The object is another one from now on, and the event of that is worked off."""
    world.objects.sources[raster.ref] = ObjectStat(etag, 1000)
    world.observe(raster.ref)


def delete(world: World, raster: RasterDataset) -> None:
    del world.objects.sources[raster.ref]
    world.observe(raster.ref)


def mosaic(world: World, rasters: list[RasterDataset], *, auto: bool = False) -> str:
    """A published mosaic: its id."""
    vrt_id = world.vrt(world.created(rasters)).id
    assert world.run() is BuildOutcome.DONE
    if auto:
        world.switch(ALICE, vrt_id, wanted=True)
    return vrt_id


def is_stale(world: World, vrt_id: str) -> bool:
    stale = world.read_dataset(ALICE, vrt_id).is_stale  # type: ignore[attr-defined]
    assert isinstance(stale, bool)
    state = world.read_status(ALICE, vrt_id)
    assert (state.stale_since is not None) is stale
    return stale


def quiet(world: World, periods: float = 1) -> dict[Refreshed, int]:
    """A quiet period passes, and the reconciler comes by."""
    world.clock.now += QUIET * periods
    return dict(world.refresh())


def read(world: World, vrt_id: str) -> VrtDataset:
    vrt = world.catalog.datasets.get(vrt_id)
    assert isinstance(vrt, VrtDataset)
    return vrt


def statuses(world: World, vrt_id: str) -> list[GenerationStatus]:
    """How the VRT's generations ended, newest first."""
    page = world.catalog.jobs.generations_of(vrt_id, skip=0, limit=10)
    return [each.status for each in page.generations]


# --- marks ---


def test_all_vrts_that_use_an_overwritten_raster_are_marked_and_no_others(world: World) -> None:
    one, two, three = world.registered(3)
    first, second, other = mosaic(world, [one, two]), mosaic(world, [two, three]), mosaic(world, [one, three])
    overwrite(world, two, '"2"')
    assert [is_stale(world, each) for each in (first, second, other)] == [True, True, False]
    (mark,) = world.catalog.marks.of(first)
    assert (mark.source_id, mark.etag, mark.since) == (two.id, '"2"', world.clock())
    assert world.catalog.marks.changed(world.clock() + TOLD_WITHIN, 10) == []


class CountedReads:
    """A client that counts the items that it answers."""

    def __init__(self, client: Any) -> None:
        self.client, self.items = client, 0

    def __getattr__(self, name: str) -> Any:
        """Pass everything else through."""
        return getattr(self.client, name)

    def query(self, **parameters: Any) -> Any:
        """Read a partition."""
        answer = self.client.query(**parameters)
        self.items += len(answer["Items"])
        return answer

    def batch_get_item(self, **parameters: Any) -> Any:
        """Read by keys."""
        answer = self.client.batch_get_item(**parameters)
        self.items += sum(map(len, answer["Responses"].values()))
        return answer


def items_read(world: World, act: Callable[[World], None]) -> int:
    """How many items something reads in another process."""
    counted = CountedReads(world.catalog.jobs.table.client)
    act(World(through(world.catalog, lambda _: counted), world.objects))
    return counted.items


def test_what_an_event_reads_does_not_grow_with_the_history_of_a_vrt(world: World) -> None:
    one, two = world.registered(2)
    vrt_id, read = mosaic(world, [one, two]), []
    for etag, builds in enumerate((0, 12, 12), 2):
        for _ in range(builds):
            world.change.regenerate(ALICE, vrt_id)
            assert world.run() is BuildOutcome.DONE
        read.append(items_read(world, partial(overwrite, raster=one, etag=f'"{etag}"')))
    assert world.catalog.jobs.generations_of(vrt_id, skip=0, limit=1).total == 25
    assert len(set(read)) == 1, read


def test_many_vrts_that_use_one_raster_are_marked_side_by_side(world: World) -> None:
    """One after the other, thousands of them would take longer than there is time, and each time from the start."""
    one, two = world.registered(2)
    vrts = {mosaic(world, [one, two]) for _ in range(4)}
    handed: list[set[str]] = []

    def at_once(mark: Callable[[Mark], None], marks: Iterable[Mark]) -> Iterable[None]:
        listed = list(marks)
        handed.append({each.vrt_id for each in listed})
        return map(mark, listed)

    world.mark_users = replace(world.mark_users, at_once=at_once)
    world.observe = replace(world.observe, mark_users=world.mark_users)
    overwrite(world, one, '"2"')
    assert handed == [vrts]
    assert all(is_stale(world, each) for each in vrts)


def test_a_lost_raster_marks_without_an_etag_and_its_return_is_no_cause(world: World) -> None:
    one, two = world.registered(2)
    vrt_id, stat = mosaic(world, [one, two]), world.objects.sources[one.ref]
    delete(world, one)
    (mark,) = world.catalog.marks.of(vrt_id)
    assert mark.etag == ""
    world.objects.sources[one.ref] = stat
    world.observe(one.ref)
    assert quiet(world) == {Refreshed.FRESH: 1}
    assert not is_stale(world, vrt_id)
    assert world.catalog.marks.due(world.clock() + timedelta(days=1), 10) == []


def test_an_object_that_is_put_back_as_it_was_leaves_no_mark(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    overwrite(world, one, '"2"')
    overwrite(world, one, one.etag)
    assert quiet(world) == {Refreshed.FRESH: 1}
    assert not is_stale(world, vrt_id)


def test_a_vrt_that_does_not_look_after_itself_stays_marked_until_it_is_built(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    overwrite(world, one, '"2"')
    assert quiet(world) == {Refreshed.STALE: 1}
    assert quiet(world, 100) == {}
    assert is_stale(world, vrt_id)
    world.change.regenerate(ALICE, vrt_id)
    assert world.run() is BuildOutcome.DONE
    assert not is_stale(world, vrt_id)


def test_a_registration_by_hand_marks_as_an_event_does(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    world.objects.sources[one.ref] = ObjectStat('"2"', 1000)
    anywhere = Places([AllowedPrefix(bucket=one.ref.bucket)], "artifacts")
    registered = replace(world.register, places=anywhere)(ALICE, RegisterRequest(one.ref.uri))
    assert (registered.created, registered.raster.id, registered.raster.etag) == (False, one.id, '"2"')
    assert is_stale(world, vrt_id)


def test_a_change_during_the_build_is_not_lost(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    overwrite(world, one, '"2"')
    world.change.regenerate(ALICE, vrt_id)
    world.build = replace(world.build, lock=_Before(world.build.lock, lambda: overwrite(world, one, '"3"')))
    assert world.run() is BuildOutcome.DONE
    (mark,) = world.catalog.marks.of(vrt_id)
    assert mark.etag == '"3"'
    assert quiet(world) == {Refreshed.STALE: 1}


class _Before:
    """A lock before whose commit something happens."""

    def __init__(self, lock: Any, act: Any) -> None:
        self.lock, self.act = lock, act

    def __getattr__(self, name: str) -> Any:
        return getattr(self.lock, name)

    def publish(self, *arguments: Any) -> None:
        self.act()
        self.lock.publish(*arguments)


def test_a_source_that_is_taken_out_takes_its_mark_along(world: World) -> None:
    rasters = world.registered(3)
    vrt_id = mosaic(world, rasters)
    delete(world, rasters[2])
    world.change.remove(ALICE, vrt_id, rasters[2].id)
    assert world.run() is BuildOutcome.DONE
    assert not is_stale(world, vrt_id)


def test_an_addition_leaves_marks_of_what_it_keeps(world: World) -> None:
    rasters = world.registered(3)
    vrt_id = mosaic(world, rasters[:2])
    overwrite(world, rasters[0], '"2"')
    world.change.add(ALICE, vrt_id, rasters[2].id)
    assert world.run() is BuildOutcome.DONE
    assert is_stale(world, vrt_id)


# --- who dies on the way ---


def test_whoever_dies_between_the_raster_and_the_marks_is_followed_by_the_reconciler(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])

    class Dying:
        def soon(self, _: str) -> None:
            raise Crash

    dying: Any = Dying()
    world.objects.sources[one.ref] = ObjectStat('"2"', 1000)
    with pytest.raises(Crash):
        replace(world.observe, mark_users=dying)(one.ref)
    assert not is_stale(world, vrt_id)
    world.observe(one.ref)
    assert world.mark_users.overdue() == {}, "somebody may still be at it"
    world.clock.now += TOLD_WITHIN
    assert world.mark_users.overdue() == {Told.TOLD: 1}
    assert is_stale(world, vrt_id)
    assert world.mark_users.overdue() == {}


def test_what_is_told_again_after_a_rebuild_is_compared_and_goes(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two], auto=True)
    overwrite(world, one, '"2"')
    assert quiet(world) == {Refreshed.REBUILT: 1}
    assert world.run() is BuildOutcome.DONE
    world.mark_users(one.id)
    assert is_stale(world, vrt_id)
    assert quiet(world) == {Refreshed.FRESH: 1}
    assert not is_stale(world, vrt_id)
    assert world.queue.messages == []


def test_marks_that_cannot_be_written_are_left_to_the_reconciler(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    throttled: list[Exception] = [refused("ThrottlingException")] * 50
    tired = through(world.catalog, lambda client: Troubled(client, "query", throttled))
    marks_less = replace(world.mark_users, find_dependents=replace(world.find_dependents, lock=tired.lock))
    world.objects.sources[one.ref] = ObjectStat('"2"', 1000)
    replace(world.observe, mark_users=marks_less)(one.ref)
    throttled.extend([refused("ThrottlingException")] * 50)
    world.clock.now += TOLD_WITHIN
    assert marks_less.overdue() == {Told.LEFT: 1}
    assert world.mark_users.overdue() == {Told.TOLD: 1}
    assert is_stale(world, vrt_id)


def test_of_a_raster_that_was_deleted_nobody_is_told(world: World) -> None:
    (one,) = world.registered(1)
    seen = world.catalog.datasets.get(one.id)
    assert isinstance(seen, RasterDataset)
    assert world.catalog.datasets.refresh_raster(replace(seen, etag='"2"'), seen=seen)
    world.delete(ALICE, one.id)
    world.clock.now += TOLD_WITHIN
    assert world.mark_users.overdue() == {Told.TOLD: 1}
    assert world.mark_users.overdue() == {}


def test_a_worker_that_dies_after_publishing_has_its_marks_settled_by_the_sweep(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    overwrite(world, one, '"2"')
    assert quiet(world) == {Refreshed.STALE: 1}
    world.change.regenerate(ALICE, vrt_id)

    def dies(_: str) -> None:
        raise Crash

    healthy = world.build
    world.build = replace(world.build, settle_marks=dies)
    with pytest.raises(Crash):
        world.run()
    world.build = healthy
    assert is_stale(world, vrt_id)
    world.clock.now += GRACE
    world.sweep_orphans()
    assert not is_stale(world, vrt_id)


def test_marks_that_cannot_be_settled_after_publishing_are_looked_at_later(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    overwrite(world, one, '"2"')
    assert quiet(world) == {Refreshed.STALE: 1}
    world.change.regenerate(ALICE, vrt_id)

    def overtaken(_: str) -> None:
        world.change.regenerate(ALICE, vrt_id)
        world.settle.after_publishing(vrt_id)

    world.build = replace(world.build, settle_marks=overtaken)
    assert world.run() is BuildOutcome.DONE
    assert is_stale(world, vrt_id)
    world.cancel(ALICE, world.queue.messages.pop().job_id)
    assert quiet(world) == {Refreshed.FRESH: 1}
    assert not is_stale(world, vrt_id)


def test_whoever_cannot_settle_after_publishing_has_published_all_the_same(world: World) -> None:
    class Down:
        def of(self, _: str) -> Any:
            raise UnavailableError("DynamoDB", "down")

    marks: Any = Down()
    replace(world.settle, marks=marks).after_publishing(an_id("vrt"))


def test_the_marks_of_a_deleted_vrt_go_with_what_is_left_of_it(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    overwrite(world, one, '"2"')
    world.delete(ALICE, vrt_id)
    assert quiet(world) == {Refreshed.FRESH: 1}
    for _ in range(4):
        world.clock.now += GRACE
        world.sweep_orphans()
    assert world.catalog.marks.of(vrt_id) == []


# --- VRTs that look after themselves ---


def test_a_marked_vrt_builds_itself_again_once_after_a_quiet_period(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two], auto=True)
    overwrite(world, one, '"2"')
    overwrite(world, two, '"2"')
    assert quiet(world, 0.99) == {}
    assert quiet(world, 0.01) == {Refreshed.REBUILT: 1}
    message = world.queue.messages[0]
    job, generation = world.job(message.job_id), world.generation(message.job_id)
    assert (job.created_by, job.source_filename) == (OWNER, "vrt_regenerate")
    assert (generation.triggered_by, generation.change.kind) == (AUTOMATIC, ChangeKind.REBUILD)
    assert world.run() is BuildOutcome.DONE
    assert not is_stale(world, vrt_id)
    assert quiet(world, 100) == {}
    assert world.queue.messages == []


def test_a_busy_place_cannot_put_a_rebuild_off_for_ever(world: World) -> None:
    one, two = world.registered(2)
    mosaic(world, [one, two], auto=True)
    rebuilt = 0
    for number in range(2 * MOST_QUIET_PERIODS):
        overwrite(world, one, f'"{number}"')
        world.clock.now += QUIET / 2
        rebuilt += world.refresh().get(Refreshed.REBUILT, 0)
    assert rebuilt == 1


def test_a_vrt_that_is_being_built_is_looked_at_when_that_is_over(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two], auto=True)
    world.change.regenerate(ALICE, vrt_id)
    overwrite(world, one, '"2"')
    assert quiet(world) == {Refreshed.BUSY: 1}
    assert quiet(world, 0.5) == {}
    assert world.run() is BuildOutcome.DONE
    assert quiet(world, 0.5) == {Refreshed.FRESH: 1}


def test_a_rebuild_that_fails_is_not_tried_again_before_another_change(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two], auto=True)
    delete(world, one)
    assert quiet(world) == {Refreshed.REBUILT: 1}
    message = world.queue.messages[0]
    assert world.run() is BuildOutcome.DONE
    assert world.job(message.job_id).error_code == "object_missing"
    assert (read(world, vrt_id).status, is_stale(world, vrt_id)) == (VrtStatus.FAILED, True)
    assert quiet(world, 100) == {}
    overwrite(world, one, '"2"')
    assert quiet(world) == {Refreshed.REBUILT: 1}
    assert world.run() is BuildOutcome.DONE
    assert (read(world, vrt_id).status, is_stale(world, vrt_id)) == (VrtStatus.READY, False)


def test_a_vrt_whose_first_build_failed_serves_nothing_that_could_be_stale(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = world.vrt(world.created([one, two])).id
    overwrite(world, one, '"2"')
    assert world.run() is BuildOutcome.DONE
    assert read(world, vrt_id).status is VrtStatus.FAILED
    assert quiet(world, 2) == {Refreshed.FRESH: 1}
    assert not world.catalog.marks.any_of(vrt_id)
    assert quiet(world, 100) == {}


def test_a_rebuild_that_failed_for_a_source_that_is_back_as_it_was_is_made_up_for(world: World) -> None:
    one, two = world.registered(2)
    vrt_id, stat = mosaic(world, [one, two], auto=True), world.objects.sources[one.ref]
    delete(world, one)
    assert quiet(world) == {Refreshed.REBUILT: 1}
    assert world.run() is BuildOutcome.DONE
    world.objects.sources[one.ref] = stat
    world.observe(one.ref)
    assert quiet(world) == {Refreshed.REBUILT: 1}
    assert world.run() is BuildOutcome.DONE
    assert (read(world, vrt_id).status, is_stale(world, vrt_id)) == (VrtStatus.READY, False)


@pytest.mark.parametrize("end", [Crash(), RuntimeError("bug"), UnavailableError("DynamoDB", "down")])
def test_a_vrt_that_cannot_be_looked_at_keeps_no_other_from_being_looked_at(world: World, end: BaseException) -> None:
    one, two = world.registered(2)
    bad, good = mosaic(world, [one, two]), mosaic(world, [two, one])
    overwrite(world, one, '"2"')
    world.clock.now += QUIET
    first = world.catalog.marks.due(world.clock(), 10)[0].vrt_id

    def settle(vrt_id: str) -> Settled:
        looked.append(vrt_id)
        if vrt_id == first:
            raise end
        return world.settle(vrt_id)

    looked: list[str] = []
    world.refresh = replace(world.refresh, settle=settle)
    for _ in range(2):
        with suppress(Crash):
            world.refresh()
    assert sorted(looked) == sorted([bad, good])
    world.clock.now += PUT_OFF
    with suppress(Crash):
        world.refresh()
    assert looked[2:] == [first]


def test_two_reconcilers_admit_one_build(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two], auto=True)
    overwrite(world, one, '"2"')
    world.clock.now += QUIET
    (look,) = world.catalog.marks.due(world.clock(), 10)
    slow = _with_looks(world, look)
    assert world.refresh() == {Refreshed.REBUILT: 1}
    assert slow.refresh() == {Refreshed.BUSY: 1}
    assert world.run() is BuildOutcome.DONE
    assert slow.refresh() == {Refreshed.FRESH: 1}
    assert world.catalog.jobs.generations_of(vrt_id, skip=0, limit=10).total == 2


def _with_looks(world: World, *looks: StaleLook) -> World:
    """A reconciler that took these looks for due before somebody else had them."""

    class Stuck(DynamoMarks):
        def due(self, *_: Any) -> Any:
            return looks

    slow = World(world.catalog, world.objects, queue=world.queue, clock=world.clock, first_id=5_000)
    slow.refresh = replace(slow.refresh, marks=Stuck(world.catalog.marks.table))
    return slow


def test_a_reconciler_that_dies_after_it_admitted_a_build_that_failed_admits_no_other(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two], auto=True)
    delete(world, one)

    class Dying(DynamoMarks):
        def disarm(self, _: StaleLook) -> None:
            raise UnavailableError("DynamoDB", "down")

    dying = replace(world.refresh, marks=Dying(world.catalog.marks.table))
    world.clock.now += QUIET
    assert dying() == {Refreshed.LEFT: 1}
    assert world.run() is BuildOutcome.DONE
    assert statuses(world, vrt_id) == [GenerationStatus.FAILED, GenerationStatus.COMPLETED]
    assert quiet(world) == {Refreshed.REBUILT: 1}
    assert quiet(world, 100) == {}
    assert world.queue.messages == []
    assert len(statuses(world, vrt_id)) == 2


def test_a_mark_that_comes_while_a_build_is_admitted_is_looked_at_in_its_turn(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two], auto=True)
    overwrite(world, one, '"2"')
    world.queue.on_send = lambda: overwrite(world, two, '"2"')
    assert quiet(world) == {Refreshed.REBUILT: 1}
    world.queue.on_send = lambda: None
    assert world.run() is BuildOutcome.DONE
    assert not is_stale(world, vrt_id), "it was built from both"
    assert quiet(world) == {Refreshed.FRESH: 1}


def test_what_one_vrt_raises_keeps_no_other_from_its_turn(world: World) -> None:
    rasters = world.registered(3)
    broken, whole = mosaic(world, rasters[:2], auto=True), mosaic(world, rasters[1:], auto=True)
    overwrite(world, rasters[1], '"2"')

    def settle(vrt_id: str) -> Settled:
        if vrt_id == broken:
            raise RuntimeError("bug")
        return world.settle(vrt_id)

    world.clock.now += QUIET
    assert replace(world.refresh, settle=settle)() == {Refreshed.LEFT: 1, Refreshed.REBUILT: 1}
    assert read(world, whole).active is not None


# --- switching it on and off ---


def test_a_vrt_is_created_with_it_or_without(world: World) -> None:
    one, two = world.registered(2)
    assert not read(world, mosaic(world, [one, two])).auto_regenerate


def test_switching_it_on_builds_nothing_unless_the_vrt_is_stale(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    switched = world.switch(ALICE, vrt_id, wanted=True)
    assert (switched.auto_regenerate, switched.is_stale, switched.active) == (True, False, None)
    assert quiet(world, 100) == {}
    world.switch(ALICE, vrt_id, wanted=False)
    overwrite(world, one, '"2"')
    assert quiet(world) == {Refreshed.STALE: 1}
    assert world.switch(ALICE, vrt_id, wanted=True).is_stale
    assert quiet(world) == {Refreshed.REBUILT: 1}


def test_switching_it_off_leaves_a_stale_vrt_alone(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two], auto=True)
    overwrite(world, one, '"2"')
    assert world.switch(ALICE, vrt_id, wanted=False).is_stale
    assert quiet(world) == {Refreshed.STALE: 1}


class DyingAtTheSecond:
    """Has marks looked at once, and dies when it is to do so again."""

    def __init__(self, world: World) -> None:
        self.looks, self.world = 0, world

    def __call__(self, vrt_id: str) -> bool:
        self.looks += 1
        if self.looks > 1:
            raise Crash
        return self.world.switch.look_soon(vrt_id)


def test_whoever_dies_once_it_is_switched_on_leaves_no_stale_vrt_alone(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    overwrite(world, one, '"2"')
    assert quiet(world) == {Refreshed.STALE: 1}
    look = DyingAtTheSecond(world)

    class Dying(DynamoMarks):
        def any_of(self, vrt_id: str) -> bool:
            return look(vrt_id)

    dying = replace(world.switch, marks=Dying(world.catalog.marks.table))
    with pytest.raises(Crash):
        dying(ALICE, vrt_id, wanted=True)
    assert read(world, vrt_id).auto_regenerate
    assert quiet(world) == {Refreshed.REBUILT: 1}


def test_whoever_dies_once_other_options_are_accepted_leaves_no_stale_vrt_alone(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    delete(world, one)
    assert quiet(world) == {Refreshed.STALE: 1}
    options = OptionsRequest(resampling=Resampling.MODE, auto_regenerate=True)
    dying = replace(world.change, look_soon=DyingAtTheSecond(world))
    with pytest.raises(Crash):
        dying.weave_otherwise(ALICE, vrt_id, options)
    assert world.run() is BuildOutcome.DONE
    assert read(world, vrt_id).status is VrtStatus.FAILED
    assert quiet(world) == {Refreshed.REBUILT: 1}


def test_other_options_are_accepted_although_the_marks_cannot_be_looked_at_once_more(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    delete(world, one)
    assert quiet(world) == {Refreshed.STALE: 1}
    looks = iter((world.switch.look_soon, None))

    def look_soon(vrt_id: str) -> bool:
        look = next(looks)
        if look is None:
            raise UnavailableError("DynamoDB", "down")
        return look(vrt_id)

    options = OptionsRequest(resampling=Resampling.MODE, auto_regenerate=True)
    assert replace(world.change, look_soon=look_soon).weave_otherwise(ALICE, vrt_id, options)
    assert world.run() is BuildOutcome.DONE
    assert quiet(world) == {Refreshed.REBUILT: 1}


def test_it_goes_along_with_other_options_and_counts_from_their_acceptance(world: World) -> None:
    one, two = world.registered(2)
    vrt_id = mosaic(world, [one, two])
    delete(world, one)
    assert quiet(world) == {Refreshed.STALE: 1}
    world.change.weave_otherwise(ALICE, vrt_id, OptionsRequest(resampling=Resampling.MODE, auto_regenerate=True))
    assert read(world, vrt_id).auto_regenerate
    assert world.run() is BuildOutcome.DONE
    assert read(world, vrt_id).status is VrtStatus.FAILED
    assert quiet(world) == {Refreshed.REBUILT: 1}
