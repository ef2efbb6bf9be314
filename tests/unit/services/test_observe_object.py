"""Looking at an object of which somebody says that something happened: whatever was said, the last look stands."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import ObjectState, RasterDataset
from rasterloom.domain.errors import ObjectMissingError, ObjectUnreadableError, UnavailableError
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.services.observe_object import LOOKS, Observed
from rasterloom.services.register_raster import RegisterRequest
from rasterloom.settings import WatchedPrefix
from tests.support.dynamo_faults import SentTwice, Troubled, through
from tests.support.factories import OWNER, audience, principal, profile
from tests.support.world import World, meanwhile

NEW = ObjectRef("watched", "in/2026/Tile.TIF")


def put(world: World, ref: ObjectRef, etag: str, at: datetime | None = None) -> None:
    world.objects.sources[ref] = ObjectStat(etag, 1000, at)


def lose(world: World, ref: ObjectRef) -> None:
    world.objects.sources.pop(ref, None)


def raster_of(world: World, ref: ObjectRef, owner: str = OWNER) -> RasterDataset:
    dataset_id = world.catalog.datasets.find_object(ref, owner)
    found = world.catalog.datasets.get(str(dataset_id))
    assert isinstance(found, RasterDataset)
    return found


# --- new objects ---


def test_an_object_that_appears_in_a_watched_place_is_registered_as_the_place_says(world: World) -> None:
    world.watch_list = [
        WatchedPrefix(
            bucket="watched", prefix="in/", owner="survey", visibility=Visibility.RESTRICTED, groups=("b", "a")
        )
    ]
    put(world, NEW, '"1"')
    assert world.observe(NEW) == {Observed.REGISTERED: 1}
    raster = raster_of(world, NEW, "survey")
    assert (raster.title, raster.summary, raster.created_by_display) == ("Tile.TIF", None, "survey")
    assert raster.audience == audience("survey", Visibility.RESTRICTED, "a", "b")
    assert (raster.etag, raster.profile) == ('"1"', world.headers.shared)


def test_the_same_event_again_changes_nothing(world: World) -> None:
    put(world, NEW, '"1"')
    world.observe(NEW)
    first = raster_of(world, NEW)
    assert world.observe(NEW) == {Observed.UNCHANGED: 1}
    assert raster_of(world, NEW) == replace(first, observation=first.observation + 1)


@pytest.mark.parametrize("key", ["in/notes.txt", "in/a.tif.msk", "in/tif", "elsewhere/a.tif"])
def test_what_is_no_tiff_of_a_watched_place_is_ignored_unread(world: World, key: str) -> None:
    read: list[ObjectRef] = []
    world.headers.on_read = lambda: read.append(NEW)
    put(world, ObjectRef("watched", key), '"1"')
    assert world.observe(ObjectRef("watched", key)) == {Observed.IGNORED: 1}
    assert read == []


def test_an_object_that_may_not_be_read_is_ignored_known_or_not(world: World) -> None:
    (known,) = world.registered(1)
    lose(world, known.ref)
    observe = replace(world.observe, allows=lambda _: False)
    assert observe(NEW) == observe(known.ref) == {Observed.IGNORED: 1}
    assert raster_of(world, known.ref) == known


def test_what_cannot_be_registered_is_refused_once_and_not_given_back(world: World) -> None:
    put(world, NEW, '"1"')
    world.headers.error = ObjectUnreadableError(NEW.uri, "no GeoTIFF")
    assert world.observe(NEW) == {Observed.REFUSED: 1}
    world.headers.error = None
    lose(world, NEW)
    assert world.observe(NEW) == {Observed.IGNORED: 1}
    assert world.catalog.datasets.owners_of(NEW) == {}


def test_a_service_that_does_not_answer_has_the_message_given_back(world: World) -> None:
    def down() -> None:
        raise UnavailableError("S3", "SlowDown")

    world.headers.on_read = down
    with pytest.raises(UnavailableError):
        world.observe(NEW)


def test_two_registrars_at_once_make_one_raster(world: World) -> None:
    put(world, NEW, '"1"')
    other = replace(world.observe)
    meanwhile(world, lambda: other(NEW))
    assert world.observe(NEW) == {Observed.UNCHANGED: 1}
    assert len(world.catalog.datasets.owners_of(NEW)) == 1


def test_an_object_that_is_deleted_while_it_is_registered_is_marked_by_who_registers_it(world: World) -> None:
    put(world, NEW, '"1"')
    other = replace(world.observe)

    def deleted() -> None:
        lose(world, NEW)
        assert other(NEW) == {Observed.IGNORED: 1}

    meanwhile(world, deleted)
    assert world.observe(NEW) == {Observed.LOST: 1}
    assert raster_of(world, NEW).object_state is ObjectState.MISSING


def test_an_object_that_is_deleted_while_somebody_registers_it_by_hand_is_marked(world: World) -> None:
    ref = ObjectRef("lists", "tile.tif")
    world.watch_list = [WatchedPrefix(bucket="lists", owner="somebody else")]
    put(world, ref, '"1"')
    other = replace(world.observe)

    def deleted() -> None:
        lose(world, ref)
        other(ref)

    meanwhile(world, deleted)
    assert world.register(principal(), RegisterRequest(ref.uri)).created
    assert raster_of(world, ref).object_state is ObjectState.MISSING


def test_the_prefix_of_another_owner_makes_a_raster_of_the_same_object(world: World) -> None:
    (known,) = world.registered(1, ref=NEW, audience=audience("bob"))
    assert world.observe(NEW) == {Observed.UNCHANGED: 1, Observed.REGISTERED: 1}
    assert world.catalog.datasets.owners_of(NEW) == {"bob": known.id, OWNER: raster_of(world, NEW).id}


# --- known rasters ---


def test_an_overwritten_object_is_read_again_for_all_who_registered_it(world: World) -> None:
    (mine,) = world.registered(1)
    (theirs,) = world.registered(1, ref=mine.ref, audience=audience("bob"))
    put(world, mine.ref, '"2"')
    world.headers.shared = profile(width=77)
    world.clock.forward(seconds=5)
    assert world.observe(mine.ref) == {Observed.REFRESHED: 2}
    for each in (mine, theirs):
        found = raster_of(world, mine.ref, each.audience.owner)
        assert (found.id, found.etag, found.size_bytes, found.profile.width) == (each.id, '"2"', 1000, 77)
        assert found.updated_at == world.clock()


@pytest.mark.parametrize(
    ("stat", "state"),
    [
        (ObjectMissingError("s3://x"), ObjectState.MISSING),
        (ObjectUnreadableError("s3://x", "denied"), ObjectState.UNREADABLE),
    ],
)
def test_an_object_that_is_gone_is_marked_and_one_that_is_back_is_not(
    world: World, stat: Any, state: ObjectState
) -> None:
    (known,) = world.registered(1)
    before = world.objects.sources[known.ref]
    world.objects.sources[known.ref] = stat
    world.clock.forward(seconds=5)
    assert world.observe(known.ref) == {Observed.LOST: 1}
    lost = raster_of(world, known.ref)
    assert (lost.object_state, lost.object_state_since, lost.etag) == (state, world.clock(), known.etag)
    world.clock.forward(seconds=5)
    assert world.observe(known.ref) == {Observed.UNCHANGED: 1}
    assert raster_of(world, known.ref).object_state_since == lost.object_state_since
    world.objects.sources[known.ref] = before
    assert world.observe(known.ref) == {Observed.REFRESHED: 1}
    back = raster_of(world, known.ref)
    assert (back.object_state, back.object_state_since, back.etag) == (ObjectState.PRESENT, None, known.etag)


def test_an_event_that_comes_late_finds_what_is_there_now(world: World) -> None:
    (known,) = world.registered(1)
    other = replace(world.observe)

    def overwritten_and_told() -> None:
        put(world, known.ref, '"3"')
        assert other(known.ref) == {Observed.REFRESHED: 1}

    put(world, known.ref, '"2"')
    meanwhile(world, overwritten_and_told)
    assert world.observe(known.ref) == {Observed.UNCHANGED: 1}
    assert raster_of(world, known.ref).etag == '"3"'


def test_an_object_that_is_put_back_while_an_event_is_worked_off_is_told_as_it_is(world: World) -> None:
    (known,) = world.registered(1)
    other = replace(world.observe)

    def put_back_and_told() -> None:
        put(world, known.ref, known.etag)
        assert other(known.ref) == {Observed.UNCHANGED: 1}

    put(world, known.ref, '"2"')
    meanwhile(world, put_back_and_told)
    world.observe(known.ref)
    assert raster_of(world, known.ref).etag == known.etag


def test_a_registration_by_hand_that_is_overtaken_reads_again(world: World) -> None:
    ref = ObjectRef("lists", "tile.tif")
    put(world, ref, '"1"')
    world.register(principal(), RegisterRequest(ref.uri))
    other = replace(world.observe)

    def overwritten_and_told() -> None:
        put(world, ref, '"3"')
        other(ref)

    put(world, ref, '"2"')
    meanwhile(world, overwritten_and_told)
    assert world.register(principal(), RegisterRequest(ref.uri)).raster.etag == '"3"'
    assert raster_of(world, ref).etag == '"3"'


def test_a_registration_by_hand_brings_back_what_was_marked(world: World) -> None:
    ref = ObjectRef("lists", "tile.tif")
    put(world, ref, '"1"')
    world.register(principal(), RegisterRequest(ref.uri))
    lose(world, ref)
    world.observe(ref)
    put(world, ref, '"1"')
    assert world.register(principal(), RegisterRequest(ref.uri)).raster.object_state is ObjectState.PRESENT
    assert raster_of(world, ref).object_state is ObjectState.PRESENT


def test_whoever_is_overtaken_at_every_look_gives_the_message_back(world: World) -> None:
    (known,) = world.registered(1)
    other = replace(world.observe)

    def overtake(etag: str) -> None:
        put(world, known.ref, etag)
        other(known.ref)

    meanwhile(world, *[partial(overtake, f'"new {number}"') for number in range(LOOKS)])
    with pytest.raises(UnavailableError, match=known.ref.key):
        world.observe(known.ref)


def test_an_answer_that_was_lost_is_looked_at_again(world: World) -> None:
    (known,) = world.registered(1)
    put(world, known.ref, '"2"')
    lossy = World(through(world.catalog, SentTwice), world.objects, clock=world.clock, first_id=1_000)
    lossy.observe(known.ref)
    assert raster_of(world, known.ref).etag == '"2"'


def test_a_dataset_that_is_deleted_while_its_object_is_looked_at_is_looked_for_again_and_stays_deleted(
    world: World,
) -> None:
    (known,) = world.registered(1, ref=NEW)
    deletes = [lambda: world.delete(principal(), known.id)]

    def once() -> None:
        if deletes:
            deletes.pop()()

    troubled = through(world.catalog, lambda client: Troubled(client, "batch_get_item", [], before=once))
    slow = World(troubled, world.objects, clock=world.clock, first_id=1_000)
    assert slow.observe(NEW) == {Observed.IGNORED: 1}
    assert world.catalog.datasets.owners_of(NEW) == {}


# --- what was deleted ---


def deleted(world: World, ref: ObjectRef = NEW) -> str:
    """The owner of a watched place deletes what was registered there by an event: the raster's id."""
    put(world, ref, '"1"', world.clock() - timedelta(seconds=1))
    assert world.observe(ref) == {Observed.REGISTERED: 1}
    known = raster_of(world, ref)
    world.clock.forward(minutes=1)
    world.delete(principal(), known.id)
    return known.id


def test_an_event_that_comes_again_brings_nothing_back_that_was_deleted(world: World) -> None:
    deleted(world)
    assert world.observe(NEW) == {Observed.IGNORED: 1}
    assert world.catalog.datasets.owners_of(NEW) == {}
    world.clock.forward(days=364)
    assert world.observe(NEW) == {Observed.IGNORED: 1}, "as where an archive gives it back, or its ACL changes"


def test_an_event_that_is_under_way_while_its_raster_is_deleted_brings_nothing_back(world: World) -> None:
    put(world, NEW, '"1"')
    other = replace(world.observe)

    def registered_and_deleted() -> None:
        other(NEW)
        world.delete(principal(), raster_of(world, NEW).id)

    meanwhile(world, registered_and_deleted)
    assert world.observe(NEW) == {Observed.IGNORED: 1}
    assert world.catalog.datasets.owners_of(NEW) == {}


@pytest.mark.parametrize(
    ("etag", "seconds_later"),
    [pytest.param('"2"', -3600, id="another ETag"), pytest.param('"1"', 1, id="the same bytes, put there since")],
)
def test_another_object_in_the_place_of_one_that_was_deleted_is_registered(
    world: World, etag: str, seconds_later: int
) -> None:
    gone = deleted(world)
    put(world, NEW, etag, world.clock() + timedelta(seconds=seconds_later))
    assert world.observe(NEW) == {Observed.REGISTERED: 1}
    assert raster_of(world, NEW).id != gone


def test_what_comes_where_the_object_was_gone_when_its_raster_was_deleted_is_registered(world: World) -> None:
    put(world, NEW, '"1"')
    world.observe(NEW)
    lose(world, NEW)
    world.observe(NEW)
    world.delete(principal(), raster_of(world, NEW).id)
    assert world.observe(NEW) == {Observed.IGNORED: 1}
    put(world, NEW, '"1"')
    assert world.observe(NEW) == {Observed.REGISTERED: 1}


def test_a_deletion_is_known_for_a_year(world: World) -> None:
    deleted(world)
    world.clock.forward(days=365, seconds=1)
    assert world.observe(NEW) == {Observed.REGISTERED: 1}


def test_whoever_registers_by_hand_what_was_deleted_has_it_back_and_kept_up(world: World) -> None:
    gone = deleted(world)
    again = world.register(principal(), RegisterRequest(NEW.uri))
    assert (again.created, again.raster.id == gone) == (True, False)
    assert world.observe(NEW) == {Observed.UNCHANGED: 1}
    world.delete(principal(), again.raster.id)
    assert world.observe(NEW) == {Observed.IGNORED: 1}, "deleted is deleted, whoever registered it"


def test_what_the_owner_of_a_place_deleted_is_kept_up_for_whoever_else_has_it(world: World) -> None:
    bob = principal("bob")
    put(world, NEW, '"1"')
    theirs = world.register(bob, RegisterRequest(NEW.uri)).raster
    world.delete(principal(), raster_of(world, NEW).id)
    put(world, NEW, '"1"')
    assert world.observe(NEW) == {Observed.UNCHANGED: 1, Observed.IGNORED: 1}
    assert world.catalog.datasets.owners_of(NEW) == {"bob": theirs.id}
