"""Changing datasets: who may, what a VRT may show, and two changes that meet."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rasterloom.domain.access import Principal, Visibility
from rasterloom.domain.dataset import Dataset, RasterDataset, VrtDataset, VrtType
from rasterloom.domain.errors import (
    BeingDeletedError,
    DatasetBusyError,
    DatasetInUseError,
    ForbiddenError,
    IncompatibleSourcesError,
    NotFoundError,
    UnavailableError,
)
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.options import WeaveOptions
from rasterloom.ports import EditTerms, PendingEdit
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.edit_dataset import HELD_WITHIN, EditRequest
from rasterloom.services.hold_edits import Held, HoldEdits
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.terms import Terms
from tests.support.dynamo_faults import Troubled, refused, through
from tests.support.factories import an_id, audience, pending_edit, principal
from tests.support.lock_steps import mark
from tests.support.world import World

ALICE, BOB = principal(), principal("bob")
ADMIN = principal("root", permissions=frozenset({"admin"}))
OPEN = EditRequest(visibility=Visibility.PUBLIC)
CLOSED = EditRequest(visibility=Visibility.PRIVATE)


def mosaic(world: World, rasters: list[RasterDataset], visibility: Visibility, *groups: str) -> VrtDataset:
    """A built mosaic of these."""
    ids = tuple(each.id for each in rasters)
    request = CreateRequest(ids, VrtType.MOSAIC, WeaveOptions(), "Ours", None, visibility, groups)
    job_id = world.create(ALICE, request)
    world.run()
    assert world.job(job_id).status is JobStatus.COMPLETE
    return world.vrt(job_id)


def seen_by(world: World, visibility: Visibility, *groups: str) -> list[RasterDataset]:
    return world.registered(2, audience=audience("alice", visibility, *groups))


def meanwhile(world: World, act: Callable[[], Any]) -> World:
    """The same deployment, in which something happens once, just before the first transaction."""
    pending = [act]

    def once() -> None:
        if pending:
            pending.pop()()

    troubled = through(world.catalog, lambda client: Troubled(client, "transact_write_items", [], before=once))
    return World(troubled, world.objects, clock=world.clock)


def test_only_the_fields_that_are_given_change(world: World) -> None:
    (raster,) = world.registered(1)
    world.clock.forward(seconds=5)
    changed = world.edit(ALICE, raster.id, EditRequest(title="Renamed", summary="About it"))
    assert (changed.title, changed.summary, changed.audience) == ("Renamed", "About it", raster.audience)
    assert (changed.created_at, changed.updated_at) == (raster.created_at, world.clock())
    changed = world.edit(ALICE, raster.id, EditRequest(groups=("b", "a", "b"), clears_summary=True))
    assert (changed.title, changed.summary, changed.audience.groups) == ("Renamed", None, ("a", "b"))


def test_who_may_not_read_finds_nothing_and_who_may_only_read_is_refused(world: World) -> None:
    hidden, shown = world.registered(1)[0], seen_by(world, Visibility.INTERNAL)[0]
    with pytest.raises(ForbiddenError, match="upload"):
        world.edit(principal(permissions=frozenset()), shown.id, OPEN)
    for dataset_id in (hidden.id, an_id("nothing")):
        with pytest.raises(NotFoundError):
            world.edit(BOB, dataset_id, OPEN)
    with pytest.raises(ForbiddenError, match="not yours"):
        world.edit(BOB, shown.id, OPEN)
    assert world.edit(ADMIN, hidden.id, EditRequest(title="By an admin")).audience.owner == "alice"


def test_a_vrt_is_not_made_more_visible_than_a_source_is_today(world: World) -> None:
    rasters = seen_by(world, Visibility.PUBLIC)
    vrt = mosaic(world, rasters, Visibility.PRIVATE)
    world.edit(ALICE, rasters[1].id, EditRequest(visibility=Visibility.INTERNAL))
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.edit(ALICE, vrt.id, OPEN)
    assert [(finding.code, finding.source_id) for finding in caught.value.findings] == [
        ("visibility_exceeds_source", rasters[1].id)
    ]
    assert world.catalog.datasets.get(vrt.id) == vrt
    assert world.edit(ALICE, vrt.id, EditRequest(visibility=Visibility.INTERNAL)).audience.visibility == "internal"
    assert world.edit(ALICE, vrt.id, CLOSED).audience.visibility == "private"


def test_more_groups_make_a_vrt_more_visible_and_fewer_do_not(world: World) -> None:
    vrt = mosaic(world, seen_by(world, Visibility.RESTRICTED, "ops", "survey"), Visibility.RESTRICTED, "ops")
    with pytest.raises(IncompatibleSourcesError):
        world.edit(ALICE, vrt.id, EditRequest(groups=("ops", "press")))
    assert world.edit(ALICE, vrt.id, EditRequest(groups=("survey",))).audience.groups == ("survey",)
    assert world.edit(ALICE, vrt.id, EditRequest(groups=())).audience.groups == ()


def test_a_vrt_of_many_sources_is_held_against_all_of_them(world: World) -> None:
    rasters = world.registered(130, audience=audience("alice", Visibility.PUBLIC))
    vrt = mosaic(world, rasters, Visibility.PRIVATE)
    world.edit(ALICE, rasters[129].id, CLOSED)
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.edit(ALICE, vrt.id, OPEN)
    assert [finding.index for finding in caught.value.findings] == [129]


def test_a_regenerating_vrt_is_made_less_visible_but_not_more(world: World) -> None:
    vrt = mosaic(world, seen_by(world, Visibility.PUBLIC), Visibility.INTERNAL)
    job_id = world.change.regenerate(ALICE, vrt.id)
    with pytest.raises(DatasetBusyError) as caught:
        world.edit(ALICE, vrt.id, OPEN)
    assert caught.value.job_id == job_id
    assert world.edit(ALICE, vrt.id, EditRequest(title="New", visibility=Visibility.PRIVATE)).title == "New"
    world.run()
    assert world.vrt(job_id).title == "New"
    assert world.vrt(job_id).audience.visibility is Visibility.PRIVATE


def test_a_raster_is_not_made_less_visible_than_a_vrt_that_uses_it(world: World) -> None:
    rasters = seen_by(world, Visibility.PUBLIC)
    shown = mosaic(world, rasters, Visibility.INTERNAL)
    mosaic(world, rasters, Visibility.PRIVATE)
    with pytest.raises(DatasetInUseError) as caught:
        world.edit(ALICE, rasters[0].id, CLOSED)
    assert (caught.value.dependents, caught.value.hidden) == (((shown.id, "Ours"),), 0)
    assert world.catalog.datasets.get(rasters[0].id) == rasters[0]
    assert world.edit(ALICE, rasters[0].id, EditRequest(visibility=Visibility.INTERNAL))
    world.edit(ALICE, shown.id, CLOSED)
    assert world.edit(ALICE, rasters[0].id, CLOSED).audience.visibility == "private"


def test_a_queued_build_counts_and_a_failed_one_does_not(world: World) -> None:
    rasters = seen_by(world, Visibility.PUBLIC)
    ids = tuple(each.id for each in rasters)
    request = CreateRequest(ids, VrtType.MOSAIC, WeaveOptions(), "Ours", visibility=Visibility.PUBLIC)
    world.create(ALICE, request)
    with pytest.raises(DatasetInUseError):
        world.edit(ALICE, rasters[0].id, CLOSED)
    world.reconcile.dead_letter(world.queue.messages.pop())
    assert world.edit(ALICE, rasters[0].id, CLOSED)


def test_the_vrts_of_others_are_counted_and_not_named(world: World) -> None:
    rasters = seen_by(world, Visibility.PUBLIC)
    world.create(
        BOB,
        CreateRequest(
            tuple(each.id for each in rasters),
            VrtType.MOSAIC,
            WeaveOptions(),
            "Secret",
            visibility=Visibility.RESTRICTED,
            groups=("theirs",),
        ),
    )
    world.run()
    with pytest.raises(DatasetInUseError) as caught:
        world.edit(ALICE, rasters[0].id, CLOSED)
    assert (caught.value.dependents, caught.value.hidden) == ((), 1)
    told = world.read_dependents(BOB, rasters[0].id)
    assert ([title for _, title in told.listed], told.hidden) == (["Secret"], 0)


def test_a_source_that_is_narrowed_while_its_vrt_is_widened_is_seen_by_one_of_the_two(world: World) -> None:
    rasters = seen_by(world, Visibility.PUBLIC)
    vrt = mosaic(world, rasters, Visibility.PRIVATE)
    racing = meanwhile(world, lambda: world.edit(ALICE, rasters[0].id, CLOSED))
    with pytest.raises(IncompatibleSourcesError):
        racing.edit(ALICE, vrt.id, OPEN)
    assert world.catalog.datasets.get(vrt.id) == vrt

    racing = meanwhile(world, lambda: world.edit(ALICE, vrt.id, OPEN))
    world.edit(ALICE, rasters[0].id, OPEN)
    with pytest.raises(DatasetInUseError):
        racing.edit(ALICE, rasters[0].id, CLOSED)
    standing = world.catalog.datasets.get(rasters[0].id)
    assert standing is not None
    assert standing.audience.visibility is Visibility.PUBLIC


def test_a_source_that_was_narrowed_after_it_was_accepted_fails_the_build(world: World) -> None:
    rasters = seen_by(world, Visibility.PUBLIC)
    vrt = mosaic(world, rasters, Visibility.PUBLIC)
    (new,) = world.registered(1, audience=audience("alice", Visibility.PUBLIC))
    job_id = world.change.add(ALICE, vrt.id, new.id)
    narrowed = replace(new, audience=audience("alice", Visibility.INTERNAL))
    assert world.catalog.datasets.edit(new, narrowed), "by somebody who saw no link yet"
    world.run()
    assert world.job(job_id).error_code == "visibility_exceeds_source"
    assert world.vrt(job_id).published == vrt.published


def test_an_audience_that_others_keep_changing_is_unavailable_and_not_written_over(world: World) -> None:
    (raster,) = world.registered(1)
    turns = iter((Visibility.INTERNAL, Visibility.PUBLIC, Visibility.INTERNAL, Visibility.PUBLIC))

    def turn() -> None:
        world.edit(ALICE, raster.id, EditRequest(visibility=next(turns)))

    troubled = through(world.catalog, lambda client: Troubled(client, "transact_write_items", [], before=turn))
    with pytest.raises(UnavailableError, match="changed at each of 3 looks"):
        World(troubled, world.objects).edit(ALICE, raster.id, EditRequest(groups=("survey",)))
    standing = world.catalog.datasets.get(raster.id)
    assert standing is not None
    assert standing.audience == audience("alice", Visibility.INTERNAL)


def test_a_raster_that_is_being_deleted_is_not_edited(world: World) -> None:
    (raster,) = world.registered(1)
    mark(world.catalog, raster.id, "one")
    with pytest.raises(BeingDeletedError):
        world.edit(ALICE, raster.id, EditRequest(title="Late"))


# --- whoever dies between an edit and the look at what it meets ---

KEY = Terms(IdempotencyKey("key", "digest"))


class Crash(BaseException):
    """The process dies here."""


def died(world: World, dataset_id: str, request: EditRequest, act: Callable[[], Any]) -> None:
    """Somebody edits a dataset under a key, something happens just before it is written, and then the process dies."""
    racing = meanwhile(world, act)

    class Dying(HoldEdits):
        def hold(self, _: Principal, __: PendingEdit) -> None:
            raise Crash

    edits = racing.hold_edits
    dying = Dying(edits.datasets, edits.objects, edits.find_dependents, edits.clock)
    with pytest.raises(Crash):
        replace(racing.edit, holds=dying)(ALICE, dataset_id, request, KEY)


def audience_of(world: World, dataset_id: str) -> Visibility:
    standing = world.catalog.datasets.get(dataset_id)
    assert standing is not None
    return standing.audience.visibility


def too_visible(world: World, who: str) -> tuple[str, Callable[[], Any], VrtDataset, RasterDataset]:
    """A VRT more visible than its source, for its owner widened it and died, or the source's narrowed that and did."""
    rasters = seen_by(world, Visibility.PUBLIC)
    vrt = mosaic(world, rasters, Visibility.PRIVATE)

    def widen() -> Dataset:
        return world.edit(ALICE, vrt.id, OPEN)

    def narrow() -> Dataset:
        return world.edit(ALICE, rasters[0].id, CLOSED)

    if who == "narrows":
        died(world, rasters[0].id, replace(CLOSED, title="Ours alone"), widen)
    else:
        died(world, vrt.id, replace(OPEN, title="For all"), narrow)
    assert (audience_of(world, vrt.id), audience_of(world, rasters[0].id)) == (Visibility.PUBLIC, Visibility.PRIVATE)
    dead = rasters[0].id if who == "narrows" else vrt.id
    return dead, narrow if who == "narrows" else widen, vrt, rasters[0]


@pytest.mark.parametrize("who", ["widens", "narrows"])
def test_whoever_dies_before_an_edit_was_held_against_others_is_followed_by_the_reconciler(
    world: World, who: str
) -> None:
    dead, _, vrt, raster = too_visible(world, who)
    assert world.hold_edits.overdue() == {}, "somebody may still be at it"
    world.clock.now += HELD_WITHIN
    assert world.hold_edits.overdue() == {Held.TAKEN_BACK: 1}
    assert audience_of(world, vrt.id).width <= audience_of(world, raster.id).width
    standing = world.catalog.datasets.get(dead)
    assert standing is not None
    assert standing.title == (raster.title if who == "narrows" else vrt.title), "all of it is taken back"
    assert world.catalog.lock.replayed("alice", "key", world.clock()) is None, "and the key stands for nothing"
    assert world.hold_edits.overdue() == {}


@pytest.mark.parametrize("who", ["widens", "narrows"])
def test_who_asks_again_after_a_death_is_not_told_that_it_stands_unless_it_may(world: World, who: str) -> None:
    dead, _, vrt, raster = too_visible(world, who)
    request = replace(CLOSED, title="Ours alone") if who == "narrows" else replace(OPEN, title="For all")
    with pytest.raises(DatasetInUseError if who == "narrows" else IncompatibleSourcesError):
        world.edit(ALICE, dead, request, KEY)
    assert audience_of(world, vrt.id).width <= audience_of(world, raster.id).width


def test_an_edit_that_may_stand_is_found_to_after_its_maker_died(world: World) -> None:
    rasters = seen_by(world, Visibility.PUBLIC)
    vrt = mosaic(world, rasters, Visibility.PRIVATE)
    died(world, vrt.id, OPEN, lambda: None)
    world.edit(ALICE, vrt.id, EditRequest(title="Later"))
    assert audience_of(world, vrt.id) is Visibility.PUBLIC
    world.clock.now += HELD_WITHIN
    assert world.hold_edits.overdue() == {}, "nothing is pending"


def test_an_edit_that_was_edited_since_is_left_as_it_is_now(world: World) -> None:
    dead, _, vrt, raster = too_visible(world, "widens")
    closed = world.catalog.datasets.get(dead)
    assert closed is not None
    assert world.catalog.datasets.edit(closed, replace(closed, audience=audience("alice"), title="Closed"))
    world.clock.now += HELD_WITHIN
    assert world.hold_edits.overdue() == {Held.STANDS: 1}
    standing = world.catalog.datasets.get(vrt.id)
    assert standing is not None
    assert (standing.title, standing.audience, audience_of(world, raster.id)) == (
        "Closed",
        audience("alice"),
        Visibility.PRIVATE,
    )


def test_what_was_written_since_keeps_its_title_when_the_audience_is_taken_back(world: World) -> None:
    dead, *_ = too_visible(world, "widens")
    seen = world.catalog.datasets.get(dead)
    assert seen is not None
    world.clock.forward(seconds=1)
    assert world.catalog.datasets.edit(seen, replace(seen, title="Theirs", updated_at=world.clock()))
    world.clock.now += HELD_WITHIN
    assert world.hold_edits.overdue() == {Held.TAKEN_BACK: 1}
    standing = world.catalog.datasets.get(dead)
    assert standing is not None
    assert (standing.title, standing.audience.visibility) == ("Theirs", Visibility.PRIVATE)


def test_an_edit_of_what_was_deleted_since_is_over(world: World) -> None:
    vrt = mosaic(world, seen_by(world, Visibility.PUBLIC), Visibility.PRIVATE)
    died(world, vrt.id, OPEN, lambda: None)
    world.delete(ALICE, vrt.id)
    world.clock.now += HELD_WITHIN
    assert world.hold_edits.overdue() == {Held.STANDS: 1}
    assert world.hold_edits.overdue() == {}


def test_an_edit_that_nobody_can_hold_against_others_now_stops_no_other(world: World) -> None:
    vrts = [mosaic(world, seen_by(world, Visibility.PUBLIC), Visibility.PRIVATE) for _ in range(2)]
    for number, vrt in enumerate(vrts):
        edit = pending_edit(vrt, replace(vrt, audience=audience("alice", Visibility.PUBLIC)))
        wanted = replace(vrt, audience=edit.wanted)
        assert world.catalog.datasets.edit(vrt, wanted, EditTerms(pending=edit)), number
    world.clock.now += HELD_WITHIN
    troubled = through(
        world.catalog, lambda client: Troubled(client, "transact_write_items", [refused("ThrottlingException")])
    )
    tired = World(troubled, world.objects, clock=world.clock)
    assert tired.hold_edits.overdue() == {Held.LEFT: 1, Held.STANDS: 1}
    assert tired.hold_edits.overdue() == {Held.STANDS: 1}


def test_two_who_hold_one_edit_against_others_agree_and_one_of_them_is_told_of_the_other(world: World) -> None:
    rasters = seen_by(world, Visibility.PUBLIC)
    vrt = mosaic(world, rasters, Visibility.PRIVATE)
    wanted = replace(vrt, audience=audience("alice", Visibility.PUBLIC))
    edit = pending_edit(vrt, wanted)
    assert world.catalog.datasets.edit(vrt, wanted, EditTerms(pending=edit))
    world.hold_edits.settle(vrt.id)
    world.hold_edits.hold(ALICE, edit)
    assert audience_of(world, vrt.id) is Visibility.PUBLIC
    assert world.catalog.datasets.edit(wanted, vrt)
    with pytest.raises(UnavailableError, match="changed meanwhile"):
        world.hold_edits.hold(ALICE, edit)


def test_an_edit_whose_end_cannot_be_noted_stands(world: World) -> None:
    vrt = mosaic(world, seen_by(world, Visibility.PUBLIC), Visibility.PRIVATE)
    throttled: list[Exception] = []
    troubled = Troubled(None, "transact_write_items", throttled)
    troubled.before = lambda: throttled.append(refused("ThrottlingException")) if troubled.calls == 2 else None
    tired = World(through(world.catalog, troubled.around), world.objects, clock=world.clock)
    assert tired.edit(ALICE, vrt.id, OPEN).audience.visibility is Visibility.PUBLIC
    world.clock.now += HELD_WITHIN
    assert world.hold_edits.overdue() == {Held.STANDS: 1}


def test_a_second_edit_holds_the_first_against_others_before_it_is_written(world: World) -> None:
    rasters = seen_by(world, Visibility.PUBLIC)
    vrt = mosaic(world, rasters, Visibility.PRIVATE)
    internal = EditRequest(visibility=Visibility.INTERNAL)

    def first_dies() -> None:
        died(world, vrt.id, internal, lambda: world.edit(ALICE, rasters[0].id, CLOSED))

    with pytest.raises(IncompatibleSourcesError):
        meanwhile(world, first_dies).edit(ALICE, vrt.id, OPEN)
    assert audience_of(world, vrt.id) is Visibility.PRIVATE
