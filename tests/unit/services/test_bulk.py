"""Bulk registrations: every object has one result, every job comes to its end, whatever comes twice or not at all."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import repeat

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.bulk import MAX_IDLE_SENDS, BulkCounts, BulkJob, ObjectResult, Outcome
from rasterloom.domain.dataset import ObjectState, RasterDataset
from rasterloom.domain.errors import (
    ForbiddenError,
    IdempotencyKeyReusedError,
    InvalidInputError,
    JobEndedError,
    JobNotRetryableError,
    NotFoundError,
    ObjectUnreadableError,
    RasterloomError,
    UnavailableError,
)
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.refusals import MOST_TOLD, InvalidInputsError
from rasterloom.domain.registration import BulkListing, BulkPart
from rasterloom.ports import DeletionMark
from rasterloom.services.observe_object import Observed
from rasterloom.services.register_part import LOOKS, BatchTime
from rasterloom.services.register_raster import RegisterRequest
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.request_bulk import BulkRequest
from rasterloom.services.resume_bulk import ResumedBulk
from tests.support.bulk import SOURCES, hold
from tests.support.factories import principal
from tests.support.uploads import BUCKET
from tests.support.world import DUE_SENT, DUE_UNSENT, World, meanwhile

ALICE = principal()
TEN = tuple(f"in/{number}.tif" for number in range(10))


def registering(world: World, *uris: str, prefix: str | None = None, key: IdempotencyKey | None = None) -> str:
    """Ask for a bulk registration, and give its job's id."""
    return world.request_bulk(ALICE, BulkRequest(uris, prefix), key)


def deliver(world: World, message: BulkPart | BulkListing, seconds: float = 100.0) -> None:
    """Have one message worked off."""
    if isinstance(message, BulkPart):
        world.register_part(message, lambda: seconds)
    else:
        world.list_prefix(message, lambda: seconds)


def work_off(world: World, seconds: float = 100.0) -> None:
    """Deliver what is in the queue until nothing is."""
    while world.messages.messages:
        deliver(world, world.messages.messages.pop(0), seconds)


def job_of(world: World, job_id: str) -> BulkJob:
    job = world.catalog.bulk_jobs.get(job_id)
    assert job is not None
    return job


def results_of(world: World, job_id: str) -> list[ObjectResult]:
    """Every result, page by page."""
    found: list[ObjectResult] = []
    cursor: str | None = None
    while True:
        page = world.read_registrations(ALICE, job_id, limit=2, cursor=cursor)
        found += page.results
        cursor = page.next_cursor
        if cursor is None:
            return found


def raster_of(world: World, result: ObjectResult) -> RasterDataset:
    """What an object is registered as."""
    raster = world.catalog.datasets.get(str(result.dataset_id))
    assert isinstance(raster, RasterDataset)
    return raster


def outcomes(results: Sequence[ObjectResult]) -> list[Outcome]:
    return [result.outcome for result in results]


def test_named_objects_are_registered_in_order_each_with_a_dataset_of_its_own(world: World) -> None:
    uris = hold(world.objects, *TEN)
    job_id = registering(world, *uris)
    work_off(world)
    job, results = job_of(world, job_id), results_of(world, job_id)
    assert [result.uri for result in results] == uris
    assert outcomes(results) == [Outcome.CREATED] * 10
    assert (job.status, job.progress, job.counts, job.due) == (JobStatus.COMPLETE, 1.0, BulkCounts(created=10), None)
    made = [raster_of(world, result) for result in results]
    assert (made[0].title, made[0].audience.owner, made[0].etag) == ("0.tif", "alice", '"1"')
    assert len({raster.id for raster in made}) == 10


def test_a_prefix_gives_what_ends_in_tif_in_any_case_and_what_lies_beside(world: World) -> None:
    hold(world.objects, "in/a.tif", "in/a.tif.ovr", "in/a.tif.msk", "in/b.TIFF", "in/c.txt", "in/d.Tif", "out/e.tif")
    job_id = registering(world, prefix=f"s3://{SOURCES}/in/")
    work_off(world)
    keys = [result.uri.rsplit("/", 1)[-1] for result in results_of(world, job_id)]
    assert keys == ["a.tif", "b.TIFF", "d.Tif"]
    assert [side_files for _, side_files in world.heads.asked] == [(".ovr", ".msk"), (), ()]
    assert job_of(world, job_id).counts == BulkCounts(created=3)


def test_what_cannot_be_registered_stops_nothing_else_and_is_told_with_its_reason(world: World) -> None:
    good = hold(world.objects, "in/0.tif", "in/2.tif")
    bad = ObjectRef(SOURCES, "in/3.tif")
    hold(world.objects, bad.key)
    world.heads.broken[bad] = ObjectUnreadableError(bad.uri, "no TIFF")
    missing = f"s3://{SOURCES}/in/1.tif"
    job_id = registering(world, good[0], missing, good[1], bad.uri)
    work_off(world)
    job, results = job_of(world, job_id), results_of(world, job_id)
    assert outcomes(results) == [Outcome.CREATED, Outcome.FAILED, Outcome.CREATED, Outcome.FAILED]
    assert [result.error_code for result in results] == [None, "object_missing", None, "object_unreadable"]
    assert (job.status, job.error_code, job.counts) == (JobStatus.COMPLETE, None, BulkCounts(created=2, failed=2))
    assert [(finding.code, finding.index, finding.severity) for finding in job.findings] == [
        ("object_missing", 1, "warning"),
        ("object_unreadable", 3, "warning"),
    ]
    assert dict(job.finding_counts) == {"object_missing": 1, "object_unreadable": 1}


def test_asking_again_changes_nothing_but_what_has_changed(world: World) -> None:
    uris = hold(world.objects, *TEN[:4])
    registering(world, *uris)
    work_off(world)
    hold(world.objects, TEN[1], etag='"2"')
    job_id = registering(world, *uris)
    work_off(world)
    results = results_of(world, job_id)
    assert outcomes(results) == [Outcome.UNCHANGED, Outcome.REFRESHED, Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert raster_of(world, results[1]).etag == '"2"'


def test_visibility_and_groups_are_those_of_new_rasters_only(world: World) -> None:
    (known,) = hold(world.objects, "in/0.tif")
    first = world.register(ALICE, RegisterRequest(known)).raster
    (new,) = hold(world.objects, "in/1.tif")
    request = BulkRequest((known, new), None, Visibility.RESTRICTED, ("survey", "survey", "desk"))
    job_id = world.request_bulk(ALICE, request)
    work_off(world)
    old, made = (raster_of(world, result) for result in results_of(world, job_id))
    assert old == replace(first, observation=1)
    assert made.audience == replace(made.audience, visibility=Visibility.RESTRICTED, groups=("desk", "survey"))
    member = principal("bob", groups=frozenset({"desk"}))
    assert world.catalog.datasets.list_readable(member, record_type=None, skip=0, limit=9).total == 1


# --- what is refused ---


def test_every_uri_that_is_wrong_is_named(world: World) -> None:
    (good,) = hold(world.objects, "in/0.tif")
    with pytest.raises(InvalidInputsError) as refused:
        registering(world, good, "http://b/k", good, "s3://b")
    told = [(error.loc, error.reason) for error in refused.value.errors]
    assert told == [
        (("body", "uris", 1), "invalid_uri"),
        (("body", "uris", 2), "duplicate_uri"),
        (("body", "uris", 3), "invalid_uri"),
    ]
    assert world.messages.messages == []


def test_of_uris_that_are_wrong_in_masses_the_first_are_told_and_all_counted(world: World) -> None:
    with pytest.raises(InvalidInputsError) as refused:
        registering(world, *["http://b/k"] * (MOST_TOLD + 5))
    assert (len(refused.value.errors), refused.value.total) == (MOST_TOLD, MOST_TOLD + 5)


@pytest.mark.parametrize("prefix", ["lists/in/", "s3://", f"s3://{SOURCES}/{'x' * 1025}"])
def test_a_prefix_that_is_none_is_refused(world: World, prefix: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        registering(world, prefix=prefix)
    assert refused.value.loc == ("body", "prefix")


def test_places_outside_of_the_allow_list_are_refused_and_so_is_our_own_bucket(world: World) -> None:
    (good,) = hold(world.objects, "in/0.tif")
    with pytest.raises(ForbiddenError, match="1 of 2 objects") as caught:
        registering(world, good, "s3://elsewhere/k.tif")
    assert "SourceAllowList" in caught.value.message
    with pytest.raises(ForbiddenError, match="2 of 2 objects") as caught:
        registering(world, "s3://elsewhere/k.tif", f"s3://{BUCKET}/k.tif")
    assert "SourceAllowList, which its operator sets); or this is the deployment's own bucket" in caught.value.message
    for prefix in ("s3://elsewhere/", f"s3://{BUCKET}/", f"s3://{BUCKET}/uploads/"):
        with pytest.raises(ForbiddenError):
            registering(world, prefix=prefix)
    with pytest.raises(ForbiddenError, match="Missing permission"):
        world.request_bulk(principal(permissions=frozenset()), BulkRequest((good,)))


def test_the_allow_list_is_held_again_when_the_part_is_worked_off(world: World) -> None:
    uris = hold(world.objects, *TEN[:2])
    job_id = registering(world, *uris)
    listing = registering(world, prefix=f"s3://{SOURCES}/in/")
    world.allow_list.clear()
    work_off(world)
    assert [result.error_code for result in results_of(world, job_id)] == ["forbidden"] * 2
    told = job_of(world, job_id).findings[0]
    assert (told.expected, "SourceAllowList" in str(told.hint)) == ("an object that may be read on your behalf", True)
    assert (job_of(world, listing).status, job_of(world, listing).error_code) == (JobStatus.FAILED, "forbidden")
    assert world.heads.asked == []


def test_a_key_stands_for_the_first_request(world: World) -> None:
    uris = hold(world.objects, *TEN[:2])
    key = IdempotencyKey("k", "digest")
    first = registering(world, *uris, key=key)
    sent = len(world.messages.messages)
    assert registering(world, *uris, key=key) == first
    assert len(world.messages.messages) == sent
    with pytest.raises(IdempotencyKeyReusedError):
        registering(world, uris[0], key=IdempotencyKey("k", "another"))


def test_a_place_without_rasters_fails_the_job(world: World) -> None:
    hold(world.objects, "in/readme.txt")
    job_id = registering(world, prefix=f"s3://{SOURCES}/in/")
    work_off(world)
    assert (job_of(world, job_id).status, job_of(world, job_id).error_code) == (JobStatus.FAILED, "nothing_listed")


def test_a_bucket_that_may_not_be_listed_fails_the_job(world: World) -> None:
    world.keys.closed = frozenset({SOURCES})
    job_id = registering(world, prefix=f"s3://{SOURCES}/in/")
    work_off(world)
    job = job_of(world, job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "object_unreadable")
    assert "cannot be listed" in str(job.error_message)


# --- what comes twice, late, or not at all ---


def test_a_part_that_is_done_is_not_done_again(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:3]))
    (message,) = world.messages.messages
    deliver(world, message)
    reads = len(world.heads.asked)
    deliver(world, message)
    assert len(world.heads.asked) == reads
    assert job_of(world, job_id).counts == BulkCounts(created=3)


def test_a_part_that_died_after_its_writes_is_told_as_created_without_reading_again(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:3]))
    (message,) = world.messages.messages
    world.objects.fail_puts = 1
    with pytest.raises(UnavailableError):
        deliver(world, message)
    reads = len(world.heads.asked)
    deliver(world, message)
    assert len(world.heads.asked) == reads
    assert outcomes(results_of(world, job_id)) == [Outcome.CREATED] * 3
    assert job_of(world, job_id).status is JobStatus.COMPLETE


def test_a_part_that_two_work_off_at_once_is_counted_once(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:2]))
    (message,) = world.messages.messages

    def another_one() -> None:
        world.heads.on_read = lambda: None
        deliver(world, message)

    world.heads.on_read = another_one
    deliver(world, message)
    job = job_of(world, job_id)
    assert (job.counts.total, job.parts_done, job.status) == (2, 1, JobStatus.COMPLETE)
    owned = world.catalog.datasets.list_readable(ALICE, record_type=None, skip=0, limit=9)
    assert owned.total == 2


def test_what_somebody_registers_meanwhile_is_taken_as_it_stands_and_the_rest_goes_on(world: World) -> None:
    uris = hold(world.objects, *TEN[:2])
    job_id = registering(world, *uris)

    def another_one() -> None:
        world.heads.on_read = lambda: None
        world.register(ALICE, RegisterRequest(uris[0]))

    world.heads.on_read = another_one
    work_off(world)
    assert outcomes(results_of(world, job_id)) == [Outcome.UNCHANGED, Outcome.CREATED]


def test_an_older_header_never_comes_over_a_newer_one(world: World) -> None:
    (uri,) = hold(world.objects, "in/0.tif")
    raster = world.register(ALICE, RegisterRequest(uri)).raster
    hold(world.objects, "in/0.tif", etag='"2"')
    job_id = registering(world, uri)

    def overtaken() -> None:
        world.heads.after_read = lambda: None
        hold(world.objects, "in/0.tif", etag='"3"')
        world.register(ALICE, RegisterRequest(uri))

    world.heads.after_read = overtaken
    work_off(world)
    (result,) = results_of(world, job_id)
    assert (result.outcome, result.dataset_id) == (Outcome.UNCHANGED, raster.id)
    assert raster_of(world, result).etag == '"3"'


def test_who_uses_a_raster_that_is_refreshed_is_marked(world: World) -> None:
    (uri, other) = hold(world.objects, *TEN[:2])
    made = [world.register(ALICE, RegisterRequest(each)).raster for each in (uri, other)]
    job_id = world.created(made)
    world.run()
    hold(world.objects, TEN[0], etag='"2"')
    registering(world, uri)
    work_off(world)
    assert [mark.source_id for mark in world.catalog.marks.of(world.vrt(job_id).id)] == [made[0].id]


def test_who_looked_before_a_registration_in_bulk_found_no_change_writes_nothing(world: World) -> None:
    (uri,) = hold(world.objects, TEN[0])
    first = world.register(ALICE, RegisterRequest(uri)).raster
    hold(world.objects, TEN[0], etag='"2"')
    outcomes_told: list[Outcome] = []

    def put_back_and_register() -> None:
        hold(world.objects, TEN[0])
        job_id = registering(world, uri)
        work_off(world)
        outcomes_told.extend(outcomes(results_of(world, job_id)))

    meanwhile(world, put_back_and_register)
    again = world.register(ALICE, RegisterRequest(uri)).raster
    assert outcomes_told == [Outcome.UNCHANGED]
    standing = world.catalog.datasets.get(first.id)
    assert isinstance(standing, RasterDataset)
    assert standing.etag == again.etag == '"1"'


def test_registrations_in_bulk_that_find_no_change_at_once_keep_none_from_its_word(world: World) -> None:
    uris = hold(world.objects, *TEN[:3])
    for uri in uris:
        world.register(ALICE, RegisterRequest(uri))
    one = registering(world, *uris)
    (message,) = world.messages.messages
    reads: list[str] = []

    def another_one() -> None:
        reads.append("read")
        if len(reads) == 1:
            other = registering(world, *uris)
            deliver(world, world.messages.messages[-1])
            assert outcomes(results_of(world, other)) == [Outcome.UNCHANGED] * 3

    world.heads.on_read = another_one
    deliver(world, message)
    assert outcomes(results_of(world, one)) == [Outcome.UNCHANGED] * 3
    assert len(reads) == 4, "two batches each: nobody had to look twice"


def test_where_events_tell_of_an_object_it_is_looked_at_once_more_when_it_is_a_raster(world: World) -> None:
    ref = ObjectRef("watched", "in/0.tif")
    world.objects.sources[ref] = ObjectStat('"1"', 1000)
    job_id = registering(world, ref.uri)

    def overwritten() -> None:
        world.heads.after_read = lambda: None
        world.objects.sources[ref] = ObjectStat('"2"', 1000)

    world.heads.after_read = overwritten
    work_off(world)
    (result,) = results_of(world, job_id)
    assert (result.outcome, raster_of(world, result).etag) == (Outcome.CREATED, '"2"')


def test_what_is_gone_when_it_has_become_a_raster_is_lost_where_events_tell_of_it(world: World) -> None:
    ref = ObjectRef("watched", "in/0.tif")
    world.objects.sources[ref] = ObjectStat('"1"', 1000)
    job_id = registering(world, ref.uri)

    def deleted() -> None:
        world.heads.after_read = lambda: None
        del world.objects.sources[ref]
        assert world.observe(ref) == {Observed.IGNORED: 1}, "it is no raster yet"

    world.heads.after_read = deleted
    work_off(world)
    (result,) = results_of(world, job_id)
    assert (result.outcome, raster_of(world, result).object_state) == (Outcome.CREATED, ObjectState.MISSING)


@pytest.mark.parametrize("trouble", ["dies", "is not answered"])
def test_what_became_a_raster_is_looked_at_once_more_whoever_comes_to_it(world: World, trouble: str) -> None:
    ref = ObjectRef("watched", "in/0.tif")
    world.objects.sources[ref] = ObjectStat('"1"', 1000)
    job_id = registering(world, ref.uri)
    (message,) = world.messages.messages
    looks = iter((False, True, *[trouble != "dies"] * LOOKS))

    def at_second() -> None:
        if next(looks):
            world.objects.sources[ref] = ObjectStat('"2"', 1000)
            world.heads.broken[ref] = UnavailableError("S3", "SlowDown")
            if trouble == "dies":
                raise RuntimeError("the process dies here")

    world.heads.on_read = at_second
    with pytest.raises(RuntimeError if trouble == "dies" else UnavailableError):
        deliver(world, message)
    world.heads.on_read = lambda: None
    world.heads.broken.clear()
    deliver(world, message)
    (result,) = results_of(world, job_id)
    assert (result.outcome, raster_of(world, result).etag) == (Outcome.CREATED, '"2"')
    assert job_of(world, job_id).status is JobStatus.COMPLETE


def test_what_was_deleted_is_registered_anew_in_bulk(world: World) -> None:
    (uri,) = hold(world.objects, TEN[0])
    gone = world.register(ALICE, RegisterRequest(uri)).raster
    world.delete(ALICE, gone.id)
    job_id = registering(world, uri)
    work_off(world)
    (result,) = results_of(world, job_id)
    assert (result.outcome, result.dataset_id == gone.id) == (Outcome.CREATED, False)
    assert raster_of(world, result).ref == gone.ref


def test_a_raster_that_is_being_deleted_fails_and_nothing_else(world: World) -> None:
    uris = hold(world.objects, *TEN[:2])
    raster = world.register(ALICE, RegisterRequest(uris[0])).raster
    mark = DeletionMark(world.new_id(), world.clock() + timedelta(minutes=1))
    world.catalog.datasets.mark_deletion(raster.id, mark)
    job_id = registering(world, *uris)
    work_off(world)
    assert [result.error_code for result in results_of(world, job_id)] == ["being_deleted", None]
    (told,) = job_of(world, job_id).findings
    assert (told.actual, "once the deletion has ended" in str(told.hint)) == ("a dataset that is being deleted", True)


def test_a_job_tells_of_what_failed_what_a_single_registration_would(world: World) -> None:
    uris = hold(world.objects, *TEN[:2])
    words = "it begins with the bytes 50 4b (PK), which is no TIFF"
    broken = ObjectUnreadableError(uris[0], f"{uris[0]} is none: {words}", actual=words, hint="Write it again.")
    world.heads.broken[ObjectRef.parse(uris[0])] = broken
    missing = f"s3://{SOURCES}/in/missing.tif"
    job_id = registering(world, *uris, missing)
    work_off(world)
    unreadable, gone = job_of(world, job_id).findings
    assert (unreadable.expected, unreadable.actual, unreadable.hint) == ("a readable GeoTIFF", words, "Write it again.")
    assert (gone.expected, gone.actual) == ("a readable GeoTIFF", "no such object")
    assert "upload the file" in str(gone.hint)


def test_s3_that_does_not_answer_gives_the_part_back_and_what_is_registered_stays(world: World) -> None:
    uris = hold(world.objects, *TEN[:2])
    slow = ObjectRef.parse(uris[1])
    world.heads.broken[slow] = UnavailableError("S3", "SlowDown")
    job_id = registering(world, *uris)
    (message,) = world.messages.messages
    with pytest.raises(UnavailableError, match="1 objects"):
        deliver(world, message)
    assert outcomes(results_of(world, job_id)) == [Outcome.PENDING] * 2
    del world.heads.broken[slow]
    deliver(world, message)
    assert outcomes(results_of(world, job_id)) == [Outcome.CREATED] * 2


def test_a_part_for_which_the_time_does_not_suffice_is_sent_anew(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:3]))
    (message,) = world.messages.messages
    left = iter((100.0, 1.0, 1.0, 1.0))
    world.messages.messages.clear()
    world.register_part(BulkPart(job_id, 0), lambda: next(left))
    assert world.messages.messages == [message]
    assert len(world.heads.asked) == 2, "one batch of two"
    work_off(world)
    assert len(world.heads.asked) == 3, "what was registered is not read again"
    assert job_of(world, job_id).counts == BulkCounts(created=3)


@pytest.mark.parametrize("each", [6.0, 8.0, 10.0, 13.0, 16.0, 31.0])
def test_no_batch_is_begun_that_one_before_it_in_the_invocation_tells_will_not_end(world: World, each: float) -> None:
    registering(world, *hold(world.objects, *(f"in/{number}.tif" for number in range(30))))
    timeout, elapsed, batches = 120.0, 0.0, BatchTime()
    received, world.messages.messages = world.messages.messages, []

    def takes() -> None:
        nonlocal elapsed
        elapsed += each

    world.heads.on_read = takes
    for message in received:
        assert isinstance(message, BulkPart)
        world.register_part(message, lambda: timeout - elapsed, batches)
    assert 0 < elapsed <= timeout
    assert world.messages.messages, "what there was no time for is sent anew"


def test_a_batch_that_s3_did_not_answer_for_tells_what_the_next_one_may_take(world: World) -> None:
    uris = hold(world.objects, *TEN[:4])
    slow = ObjectRef.parse(uris[0])
    world.heads.broken[slow] = UnavailableError("S3", "SlowDown")
    registering(world, *uris)
    left = iter((40.0, 24.0, 24.0))
    batches = BatchTime()
    first, second = world.messages.messages
    world.messages.messages = []
    assert isinstance(first, BulkPart)
    assert isinstance(second, BulkPart)
    with pytest.raises(UnavailableError):
        world.register_part(first, lambda: next(left), batches)
    world.register_part(second, lambda: next(left), batches)
    assert world.messages.messages == [second], "a batch took 16 s, and 24 s are left"


def test_what_batches_of_an_invocation_took_does_not_stop_the_next_one(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN))
    left = iter((100.0, 20.0, *[20.0] * 9))
    batches = BatchTime()
    received, world.messages.messages = world.messages.messages, []
    for message in received:
        assert isinstance(message, BulkPart)
        world.register_part(message, lambda: next(left), batches)
    assert world.messages.messages == received, "a batch took 80 s, and 20 s are left"
    work_off(world, seconds=20.0)
    assert job_of(world, job_id).counts == BulkCounts(created=10)


def test_a_listing_goes_on_where_the_stretch_before_it_ended(world: World) -> None:
    hold(world.objects, *TEN, "in/notes.txt")
    job_id = registering(world, prefix=f"s3://{SOURCES}/in/")
    stretches: list[int] = []
    while world.messages.messages:
        message = world.messages.messages.pop(0)
        if isinstance(message, BulkListing):
            stretches.append(message.number)
            deliver(world, message, seconds=1.0)
        else:
            deliver(world, message)
    assert stretches == [0, 1, 2, 3]
    assert [result.uri.rsplit("/", 1)[-1] for result in results_of(world, job_id)] == [key[3:] for key in TEN]
    assert job_of(world, job_id).counts == BulkCounts(created=10)


def test_a_listing_comes_to_its_end_though_a_stretch_ends_before_all_neighbours_of_its_first_raster(
    world: World,
) -> None:
    hold(world.objects, "in/a.tif", *(f"in/a.tif-{number}.json" for number in range(9)), "in/a.tif.ovr", "in/b.tif")
    job_id = registering(world, prefix=f"s3://{SOURCES}/in/")
    stretches = []
    while not job_of(world, job_id).is_listed:
        message = next(each for each in world.messages.messages if isinstance(each, BulkListing))
        world.messages.messages.remove(message)
        stretches.append(job_of(world, job_id).start_after)
        assert len(set(stretches)) == len(stretches), "each begins further on"
        deliver(world, message, seconds=1.0)
    work_off(world)
    assert [(ref.key, side_files) for ref, side_files in world.heads.asked] == [("in/a.tif", None), ("in/b.tif", ())]
    assert outcomes(results_of(world, job_id)) == [Outcome.CREATED] * 2


def test_a_listing_that_comes_no_further_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(world.keys), "__call__", lambda *_: repeat((), 3))
    job_id = registering(world, prefix=f"s3://{SOURCES}/in/")
    for _ in range(MAX_IDLE_SENDS):
        while world.messages.messages:
            deliver(world, world.messages.messages.pop(0), seconds=1.0)
        world.clock.now += DUE_SENT
        world.resume_bulk()
    assert job_of(world, job_id).error_code == "delivery_exhausted"


def test_a_stretch_that_is_delivered_twice_lists_nothing_twice(world: World) -> None:
    hold(world.objects, *TEN)
    job_id = registering(world, prefix=f"s3://{SOURCES}/in/")
    (message,) = world.messages.messages
    world.messages.messages.clear()

    def another_one() -> None:
        world.keys.on_page = lambda: None
        deliver(world, message)

    world.keys.on_page = another_one
    deliver(world, message)
    deliver(world, message)
    work_off(world)
    uris = [result.uri for result in results_of(world, job_id)]
    assert len(uris) == len(set(uris)) == 10
    assert job_of(world, job_id).status is JobStatus.COMPLETE


# --- what nobody sends, and what nobody ends ---


def test_what_was_not_sent_the_reconciler_sends(world: World) -> None:
    world.messages.down = True
    job_id = registering(world, *hold(world.objects, *TEN))
    listing = registering(world, prefix=f"s3://{SOURCES}/in/")
    world.messages.down = False
    assert world.resume_bulk() == {}
    world.clock.now += DUE_UNSENT
    assert world.resume_bulk() == {ResumedBulk.RESENT: 2}
    work_off(world)
    assert [job_of(world, each).status for each in (job_id, listing)] == [JobStatus.COMPLETE] * 2


def test_a_queue_that_refuses_for_good_does_not_make_a_promised_job_an_error(world: World) -> None:
    def forbidden() -> None:
        raise RasterloomError("SQS refused a call: AccessDenied")

    world.messages.on_send = forbidden
    job_id = registering(world, *hold(world.objects, *TEN[:2]))
    world.messages.on_send = lambda: None
    world.clock.now += DUE_UNSENT
    assert world.resume_bulk() == {ResumedBulk.RESENT: 1}
    work_off(world)
    assert job_of(world, job_id).status is JobStatus.COMPLETE


def test_a_part_that_ends_puts_off_the_next_look(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:6]))
    first = world.messages.messages.pop(0)
    world.clock.forward(seconds=800)
    deliver(world, first)
    assert job_of(world, job_id).due == world.clock() + DUE_SENT
    world.clock.forward(seconds=800)
    assert world.resume_bulk() == {}


def test_a_job_of_which_no_part_ends_is_given_up_and_its_objects_are_told_so(world: World) -> None:
    uris = hold(world.objects, *TEN[:5])
    job_id = registering(world, *uris)
    deliver(world, world.messages.messages.pop(0))
    for _ in range(MAX_IDLE_SENDS):
        world.clock.now += DUE_SENT
        assert world.resume_bulk() == {ResumedBulk.RESENT: 1}
    world.clock.now += DUE_SENT
    assert world.resume_bulk() == {ResumedBulk.FAILED: 1}
    job, results = job_of(world, job_id), results_of(world, job_id)
    assert (job.status, job.error_code, job.due) == (JobStatus.FAILED, "delivery_exhausted", None)
    assert "2 of 5 objects were not looked at" in str(job.error_message)
    assert outcomes(results) == [Outcome.CREATED] * 3 + [Outcome.FAILED] * 2
    assert results[-1].error_code == "delivery_exhausted"
    work_off(world)
    assert results_of(world, job_id) == results, "what comes after the end changes nothing"


def test_a_job_that_waits_behind_one_that_comes_on_is_not_given_up(world: World) -> None:
    large = registering(world, *hold(world.objects, *(f"large/{number}.tif" for number in range(48))))
    waiting = registering(world, *hold(world.objects, *TEN))
    for _ in range(2 * MAX_IDLE_SENDS):
        world.clock.now += DUE_SENT
        deliver(world, world.messages.messages.pop(0))
        assert ResumedBulk.FAILED not in world.resume_bulk()
    work_off(world)
    assert [job_of(world, each).counts for each in (large, waiting)] == [
        BulkCounts(created=48),
        BulkCounts(created=10),
    ]


def test_jobs_that_all_stand_still_do_not_wait_for_each_other(world: World) -> None:
    jobs = [registering(world, *hold(world.objects, f"in/{number}.tif")) for number in range(3)]
    world.messages.messages.clear()
    for period in range(MAX_IDLE_SENDS + 2):
        world.clock.now += DUE_SENT
        world.resume_bulk()
        if period == 1:
            registering(world, *hold(world.objects, "in/late.tif"))
    assert {job_of(world, each).error_code for each in jobs} == {"delivery_exhausted"}


def test_jobs_that_stood_still_after_a_part_do_not_take_each_others_sends_for_progress(world: World) -> None:
    jobs = []
    for name in ("a", "b"):
        jobs.append(registering(world, *hold(world.objects, *(f"{name}/{number}.tif" for number in range(6)))))
        deliver(world, world.messages.messages.pop(0))
        world.messages.messages.clear()
        world.clock.forward(seconds=60)
    idle, periods = 0.0, 0
    while world.catalog.bulk_jobs.unfinished() and periods < 24 * 60:
        world.clock.forward(seconds=60)
        idle, periods = max(idle, world.resume_bulk.idle_seconds()), periods + 1
        world.resume_bulk()
        world.messages.messages.clear()
    assert {job_of(world, each).error_code for each in jobs} == {"delivery_exhausted"}
    in_vain = timedelta(seconds=idle)
    assert MAX_IDLE_SENDS * DUE_SENT < in_vain <= (MAX_IDLE_SENDS + 2) * DUE_SENT


def test_a_job_that_is_only_begun_is_no_reason_to_wait_for_it(world: World) -> None:
    stuck = registering(world, *hold(world.objects, *TEN[:3]))
    world.messages.messages.clear()
    for period in range(MAX_IDLE_SENDS):
        world.clock.now += DUE_SENT
        begun = registering(world, *hold(world.objects, f"begun/{period}.tif"))
        world.catalog.bulk_jobs.begin(job_of(world, begun), world.clock())
        world.resume_bulk()
    assert job_of(world, stuck).error_code == "delivery_exhausted"


def test_a_job_that_comes_on_is_not_idle_however_old_it_is_and_sending_it_again_is_no_progress(world: World) -> None:
    assert world.resume_bulk.idle_seconds() == 0.0
    job_id = registering(world, *hold(world.objects, *TEN[:6]))
    world.clock.forward(seconds=90)
    assert world.resume_bulk.idle_seconds() == 90.0
    world.clock.forward(hours=1)
    deliver(world, world.messages.messages.pop(0))
    assert world.resume_bulk.idle_seconds() == 0.0
    for _ in range(2):
        world.clock.now += DUE_SENT
        world.resume_bulk()
    assert world.resume_bulk.idle_seconds() == 2 * DUE_SENT.total_seconds()
    world.cancel(ALICE, job_id)
    assert world.resume_bulk.idle_seconds() == 0.0


def test_a_job_that_nobody_ends_in_a_day_is_failed(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:3]))
    world.clock.forward(hours=25)
    assert world.resume_bulk() == {ResumedBulk.FAILED: 1}
    assert job_of(world, job_id).error_code == "not_registered_in_time"


def test_a_worker_that_died_before_it_said_that_all_is_done_is_made_good(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:3]))
    with monkeypatch.context() as patch:
        patch.setattr(type(world.catalog.bulk_jobs), "complete", lambda *_: False)
        work_off(world)
    assert job_of(world, job_id).status is JobStatus.RUNNING
    world.clock.now += DUE_SENT
    assert world.resume_bulk() == {ResumedBulk.ENDED: 1}
    assert job_of(world, job_id).status is JobStatus.COMPLETE


# --- cancelled, retried, read ---


def test_a_cancelled_job_goes_no_further_and_keeps_what_is_registered(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:5]))
    deliver(world, world.messages.messages.pop(0))
    assert not world.cancel(ALICE, job_id).already
    work_off(world)
    assert outcomes(results_of(world, job_id)) == [Outcome.CREATED] * 3 + [Outcome.CANCELLED] * 2
    assert job_of(world, job_id).counts == BulkCounts(created=3)
    assert world.cancel(ALICE, job_id).already


def test_a_job_that_is_complete_is_neither_cancelled_nor_retried(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:2]))
    work_off(world)
    with pytest.raises(JobEndedError):
        world.cancel(ALICE, job_id)
    with pytest.raises(JobNotRetryableError, match="only what is left is done"):
        world.retry(ALICE, job_id)


def test_results_are_for_whoever_may_see_the_job(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:2]))
    with pytest.raises(NotFoundError):
        world.read_registrations(principal("bob"), job_id, limit=9, cursor=None)
    admin = principal("root", permissions=frozenset({"admin"}))
    assert len(world.read_registrations(admin, job_id, limit=9, cursor=None).results) == 2


@pytest.mark.parametrize("cursor", ["", "1", "1.", "a.0", "-1.0", "1.0.0", "1234567.0"])
def test_a_cursor_that_nobody_gave_out_is_refused(world: World, cursor: str) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:2]))
    with pytest.raises(InvalidInputError) as refused:
        world.read_registrations(ALICE, job_id, limit=9, cursor=cursor)
    assert refused.value.loc == ("query", "cursor")


def test_results_that_have_expired_are_not_found_and_jobs_of_other_kinds_have_none(world: World) -> None:
    job_id = registering(world, *hold(world.objects, *TEN[:2]))
    work_off(world)
    world.objects.bodies.clear()
    with pytest.raises(NotFoundError, match=r"results of bulk registration .* kept no longer"):
        world.read_registrations(ALICE, job_id, limit=9, cursor=None)
    made, _ = world.published()
    with pytest.raises(NotFoundError, match="is no bulk registration"):
        world.read_registrations(ALICE, made, limit=9, cursor=None)


def test_progress_rises_with_the_parts_and_is_nothing_while_keys_are_listed(world: World) -> None:
    hold(world.objects, *TEN)
    job_id = registering(world, prefix=f"s3://{SOURCES}/in/")
    seen = [(job_of(world, job_id).step.value, job_of(world, job_id).progress)]
    deliver(world, world.messages.messages.pop(0), seconds=1.0)
    seen.append((job_of(world, job_id).step.value, job_of(world, job_id).progress))
    work_off(world)
    seen.append((job_of(world, job_id).step.value, job_of(world, job_id).progress))
    assert seen == [("queued", 0.0), ("listing", 0.0), ("complete", 1.0)]
    assert Counter(outcomes(results_of(world, job_id))) == {Outcome.CREATED: 10}
