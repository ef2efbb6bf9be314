"""Marks of VRTs whose sources have changed: what is newer stays, what was judged goes, and nothing is forgotten."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.marks import CLEARED_AT_ONCE
from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import ObjectState, VrtDataset
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.staleness import MOST_QUIET_PERIODS, TOLD_WITHIN, Mark, StaleLook, mark_of
from rasterloom.ports import Failure
from tests.support.dynamo_faults import Troubled, cancelled, refused, through
from tests.support.factories import NOW, OWNER, admission, an_id, audience, raster
from tests.support.factories import vrt as vrt_dataset
from tests.support.lock_steps import claimed, published_vrt, read_vrt

QUIET = timedelta(minutes=5)
LONG_AFTER = NOW + timedelta(days=1)


def a_mark(vrt_id: str, source: str = "a raster", observation: int = 1, etag: str = '"2"') -> Mark:
    return Mark(vrt_id, an_id(source), ObjectState.PRESENT, etag, observation, NOW)


def generation_of(vrt: VrtDataset) -> str:
    assert vrt.published is not None
    return vrt.published.generation_id


def armed(catalog: Catalog, vrt_id: str) -> StaleLook:
    """A VRT is armed, and the look that stands then."""
    catalog.marks.arm(vrt_id, NOW, QUIET)
    (look,) = catalog.marks.due(LONG_AFTER, 10)
    return look


def with_a_look_that_ends(catalog: Catalog, vrt_id: str, operation: str) -> Catalog:
    """A VRT is armed, and the catalogue in which that look is over before the second call of an operation."""
    look, calls = armed(catalog, vrt_id), count(1)

    def ends() -> None:
        if next(calls) == 2:
            catalog.marks.disarm(look)

    return through(catalog, lambda client: Troubled(client, operation, [], before=ends))


# --- marks ---


def test_a_mark_is_read_as_it_was_written(catalog: Catalog) -> None:
    marks = [a_mark("a vrt"), a_mark("a vrt", "another"), a_mark("another vrt")]
    assert not catalog.marks.any_of("a vrt")
    for each in marks:
        catalog.marks.put(each, NOW, QUIET)
    assert catalog.marks.any_of("a vrt")
    assert sorted(catalog.marks.of("a vrt"), key=lambda each: each.source_id) == sorted(
        marks[:2], key=lambda each: each.source_id
    )


def test_a_mark_of_something_gone_carries_no_etag(catalog: Catalog) -> None:
    lost = replace(raster().lost(ObjectState.UNREADABLE, NOW), observation=3)
    catalog.marks.put(mark_of("a vrt", lost), NOW, QUIET)
    assert catalog.marks.of("a vrt") == [Mark("a vrt", lost.id, ObjectState.UNREADABLE, "", 3, NOW)]


def test_a_later_observation_takes_the_place_and_keeps_when_it_began(catalog: Catalog) -> None:
    catalog.marks.put(a_mark("a vrt", observation=1), NOW, QUIET)
    catalog.marks.put(replace(a_mark("a vrt", observation=2, etag='"3"'), since=LONG_AFTER), NOW, QUIET)
    assert catalog.marks.of("a vrt") == [a_mark("a vrt", observation=2, etag='"3"')]


def test_whoever_tells_late_overwrites_nothing(catalog: Catalog) -> None:
    newer = a_mark("a vrt", observation=8)
    catalog.marks.put(newer, NOW, QUIET)
    for observation in (7, 8):
        catalog.marks.put(a_mark("a vrt", observation=observation, etag='"late"'), NOW, QUIET)
    assert catalog.marks.of("a vrt") == [newer]


def test_marks_that_were_judged_go_and_others_stay(catalog: Catalog) -> None:
    vrt = published_vrt(catalog)
    judged, other = a_mark(vrt.id), a_mark(vrt.id, "another")
    for each in (judged, other):
        catalog.marks.put(each, NOW, QUIET)
    assert catalog.marks.clear(vrt.id, generation_of(vrt), [judged])
    assert catalog.marks.of(vrt.id) == [other]


def test_a_mark_that_came_after_it_was_judged_stays_and_keeps_no_other(catalog: Catalog) -> None:
    vrt = published_vrt(catalog)
    seen = [a_mark(vrt.id, f"raster {number}") for number in range(CLEARED_AT_ONCE + 2)]
    for each in seen:
        catalog.marks.put(each, NOW, QUIET)
    newer = a_mark(vrt.id, "raster 3", observation=2)
    catalog.marks.put(newer, NOW, QUIET)
    assert catalog.marks.clear(vrt.id, generation_of(vrt), seen)
    assert catalog.marks.of(vrt.id) == [newer]


def test_nothing_is_cleared_while_something_is_being_built(catalog: Catalog) -> None:
    vrt = published_vrt(catalog)
    catalog.marks.put(a_mark(vrt.id), NOW, QUIET)
    claimed(catalog, admission(vrt))
    assert not catalog.marks.clear(vrt.id, generation_of(vrt), [a_mark(vrt.id)])
    assert catalog.marks.any_of(vrt.id)


def test_nothing_is_cleared_by_what_is_served_no_more(catalog: Catalog) -> None:
    vrt = published_vrt(catalog)
    catalog.marks.put(a_mark(vrt.id), NOW, QUIET)
    published_vrt(catalog, admission(read_vrt(catalog, vrt.id)))
    assert not catalog.marks.clear(vrt.id, generation_of(vrt), [a_mark(vrt.id)])
    assert catalog.marks.any_of(vrt.id)


def test_what_was_never_served_has_its_marks_cleared_until_something_is_served(catalog: Catalog) -> None:
    claim = claimed(catalog, admission())
    vrt_id, judged = claim.vrt.id, a_mark(claim.vrt.id)
    catalog.marks.put(judged, NOW, QUIET)
    assert not catalog.marks.clear(vrt_id, None, [judged])
    catalog.lock.fail(claim, Failure("object_changed", "It has changed"), NOW)
    assert catalog.marks.clear(vrt_id, None, [judged])
    assert not catalog.marks.any_of(vrt_id)
    served = published_vrt(catalog)
    catalog.marks.put(a_mark(served.id), NOW, QUIET)
    assert not catalog.marks.clear(served.id, None, [a_mark(served.id)])
    assert catalog.marks.any_of(served.id)


def test_a_vrt_and_its_marks_are_one_read_whatever_else_lies_beside_them(catalog: Catalog) -> None:
    shared = replace(vrt_dataset(), audience=audience(OWNER, Visibility.RESTRICTED, "survey"))
    vrt = published_vrt(catalog, admission(shared, is_new=True))
    marks = [a_mark(vrt.id, source) for source in ("one", "two", "three")]
    for each in marks:
        catalog.marks.put(each, NOW, QUIET)
    queries = Troubled(None, "query", [])
    reading = through(catalog, queries.around)
    found, told = reading.datasets.get_marked(vrt.id)
    assert found == catalog.datasets.get(vrt.id)
    assert sorted(told, key=lambda each: each.source_id) == sorted(marks, key=lambda each: each.source_id)
    assert queries.calls == 1
    assert len(reading.datasets.get_marked(vrt.id, most=1)[1]) == 1


def test_a_raster_has_no_marks_however_many_use_it(catalog: Catalog) -> None:
    one = raster()
    catalog.datasets.add_raster(one)
    catalog.lock.link_sources("a vrt", "a generation", [one.id], NOW, number=1)
    assert catalog.datasets.get_marked(one.id) == (one, [])


def test_marks_that_are_left_of_a_vrt_make_none_of_it(catalog: Catalog) -> None:
    catalog.marks.put(a_mark("a vrt"), NOW, QUIET)
    assert catalog.datasets.get_marked("a vrt") == (None, ())
    assert catalog.datasets.get_marked("another vrt") == (None, ())


def test_all_marks_of_a_vrt_that_is_gone_are_forgotten(catalog: Catalog) -> None:
    for each in (a_mark("a vrt"), a_mark("a vrt", "another"), a_mark("another vrt")):
        catalog.marks.put(each, NOW, QUIET)
    assert catalog.marks.forget("a vrt") == 2
    assert not catalog.marks.any_of("a vrt")
    assert catalog.marks.any_of("another vrt")


def test_whoever_marks_has_the_marks_looked_at_and_so_has_whoever_comes_late(catalog: Catalog) -> None:
    for observation in (2, 2, 1):
        catalog.marks.put(a_mark("a vrt", observation=observation), NOW, QUIET)
        (look,) = catalog.marks.due(LONG_AFTER, 10)
        assert (look.vrt_id, look.due) == ("a vrt", NOW + QUIET)
        catalog.marks.disarm(look)


def test_a_mark_takes_part_in_the_look_that_stands_and_moves_it_no_further_than_its_bound(catalog: Catalog) -> None:
    first = armed(catalog, "a vrt")
    for observation, at in ((1, NOW + QUIET / 2), (2, NOW + MOST_QUIET_PERIODS * QUIET)):
        catalog.marks.put(a_mark("a vrt", observation=observation), at, QUIET)
        catalog.marks.disarm(first)
        (look,) = catalog.marks.due(LONG_AFTER, 10)
        assert (look.due, look.token != first.token) == (NOW + QUIET * 1.5, True)


def test_a_mark_whose_look_ends_while_it_is_noted_arms_it_anew(catalog: Catalog) -> None:
    late = NOW + MOST_QUIET_PERIODS * QUIET
    busy = with_a_look_that_ends(catalog, "a vrt", "transact_write_items")
    busy.marks.put(a_mark("a vrt"), late, QUIET)
    assert [each.due for each in catalog.marks.due(LONG_AFTER, 10)] == [late + QUIET]
    assert catalog.marks.any_of("a vrt")


def test_a_mark_whose_look_cannot_be_written_is_not_written_either(catalog: Catalog) -> None:
    never: list[Exception] = [cancelled("None", "ConditionalCheckFailed")] * 50
    restless = through(catalog, lambda client: Troubled(client, "transact_write_items", never))
    with pytest.raises(UnavailableError, match="came and went"):
        restless.marks.put(a_mark("a vrt"), NOW, QUIET)
    assert not catalog.marks.any_of("a vrt")


# --- looks ---


def test_each_mark_moves_the_look_on_and_no_further_than_its_bound(catalog: Catalog) -> None:
    marked, dues = NOW, []
    for _ in range(3 * MOST_QUIET_PERIODS):
        catalog.marks.arm("a vrt", marked, QUIET)
        (look,) = catalog.marks.due(LONG_AFTER, 10)
        dues.append(look.due - NOW)
        marked += QUIET / 2
    assert dues[:3] == [QUIET, QUIET * 1.5, QUIET * 2]
    assert dues[-1] == QUIET * MOST_QUIET_PERIODS
    assert dues == sorted(dues)


def test_looks_are_found_when_they_are_due_the_oldest_first(catalog: Catalog) -> None:
    for number in range(3):
        catalog.marks.arm(f"vrt {number}", NOW - timedelta(minutes=number), QUIET)
    assert [look.vrt_id for look in catalog.marks.due(NOW + QUIET - timedelta(seconds=30), 10)] == ["vrt 2", "vrt 1"]


def test_a_look_that_is_over_is_due_no_more(catalog: Catalog) -> None:
    catalog.marks.disarm(armed(catalog, "a vrt"))
    assert catalog.marks.due(LONG_AFTER, 10) == []


def test_a_look_is_not_over_for_who_marked_meanwhile_moved_or_not(catalog: Catalog) -> None:
    for marked in (NOW, NOW + MOST_QUIET_PERIODS * QUIET):
        look = armed(catalog, "a vrt")
        catalog.marks.arm("a vrt", marked, QUIET)
        catalog.marks.disarm(look)
        catalog.marks.postpone(look, LONG_AFTER)
        (standing,) = catalog.marks.due(LONG_AFTER - timedelta(seconds=1), 10)
        assert standing.token != look.token


def test_a_look_that_has_to_wait_comes_again(catalog: Catalog) -> None:
    look = armed(catalog, "a vrt")
    catalog.marks.postpone(look, LONG_AFTER)
    assert catalog.marks.due(LONG_AFTER - timedelta(seconds=1), 10) == []
    assert catalog.marks.due(LONG_AFTER, 10) == [replace(look, due=LONG_AFTER)]


def test_a_look_that_is_over_comes_into_being_neither_by_waiting_nor_by_noting(catalog: Catalog) -> None:
    look = armed(catalog, "a vrt")
    catalog.marks.disarm(look)
    catalog.marks.postpone(look, NOW)
    assert catalog.marks.due(LONG_AFTER, 10) == []


def test_a_look_that_ends_while_it_is_noted_is_armed_anew(catalog: Catalog) -> None:
    late = NOW + MOST_QUIET_PERIODS * QUIET
    busy = with_a_look_that_ends(catalog, "a vrt", "update_item")
    busy.marks.arm("a vrt", late, QUIET)
    assert [each.due for each in catalog.marks.due(LONG_AFTER, 10)] == [late + QUIET]


def test_a_vrt_whose_look_comes_and_goes_is_not_taken_for_armed(catalog: Catalog) -> None:
    never: list[Exception] = [refused("ConditionalCheckFailedException")] * 50
    with pytest.raises(UnavailableError, match="a vrt"):
        through(catalog, lambda client: Troubled(client, "update_item", never)).marks.arm("a vrt", NOW, QUIET)


# --- rasters whose users have to be marked ---


@pytest.fixture
def changed(catalog: Catalog) -> str:
    """A raster of which a change was found."""
    seen = raster()
    catalog.datasets.add_raster(seen)
    assert catalog.datasets.refresh_raster(replace(seen, etag='"2"'), seen=seen)
    return seen.id


def test_a_change_is_told_of_until_its_users_are_marked(catalog: Catalog, changed: str) -> None:
    assert catalog.marks.changed(NOW + TOLD_WITHIN - timedelta(microseconds=1), 10) == []
    assert catalog.marks.changed(NOW + TOLD_WITHIN, 10) == [changed]
    catalog.marks.told(changed, 1)
    assert catalog.marks.changed(LONG_AFTER, 10) == []


def test_a_change_that_came_later_is_not_told_of_yet(catalog: Catalog, changed: str) -> None:
    seen = catalog.datasets.get_many([changed])[changed]
    lost = seen.lost(ObjectState.MISSING, NOW)  # type: ignore[attr-defined]
    assert catalog.datasets.refresh_raster(lost, seen=seen)  # type: ignore[arg-type]
    catalog.marks.told(changed, 1)
    assert catalog.marks.changed(LONG_AFTER, 10) == [changed]
    catalog.marks.told(changed, 2)
    assert catalog.marks.changed(LONG_AFTER, 10) == []


def test_of_a_raster_that_is_gone_nothing_is_to_be_told(catalog: Catalog, changed: str) -> None:
    catalog.marks.told(changed, None)
    assert catalog.marks.changed(LONG_AFTER, 10) == []


def test_another_header_of_the_same_object_concerns_nobody(catalog: Catalog) -> None:
    seen = raster()
    catalog.datasets.add_raster(seen)
    assert catalog.datasets.refresh_raster(replace(seen, size_bytes=1), seen=seen)
    assert catalog.marks.changed(LONG_AFTER, 10) == []
