"""Bulk registrations in the catalogue: what stands, and what each condition keeps apart."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.domain.access import Visibility
from rasterloom.domain.bulk import BulkCounts, BulkJob, StagedPart
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import AlreadyDoneError, IdempotencyKeyReusedError, NotFoundError, RasterloomError
from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.objects import ObjectPrefix
from rasterloom.ports import Failure, IdempotencyRecord
from tests.support.dynamo_faults import Troubled, cancelled, through
from tests.support.factories import NOW, OWNER, an_id, audience, principal, raster

LATER = NOW + timedelta(minutes=15)
BROKEN = Finding("object_missing", "s3://b/1.tif", 1, "uri", "is not there", severity=Severity.WARNING)
STUCK = Failure("delivery_exhausted", "nobody ended it")
DONE = BulkCounts(created=2, failed=1)


def bulk_job(**changes: Any) -> BulkJob:
    """The pending bulk registration of `OWNER` of three named objects."""
    values: Mapping[str, Any] = {
        "id": an_id("bulk"),
        "created_by": OWNER,
        "created_by_display": "Alice",
        "caller_groups": ("desk",),
        "caller_permissions": ("upload",),
        "visibility": Visibility.RESTRICTED,
        "groups": ("desk", "survey"),
        "status": JobStatus.PENDING,
        "created_at": NOW,
        "due": NOW + timedelta(minutes=1),
        "parts": 1,
        "objects": 3,
    }
    return BulkJob(**{**values, **changes})


def part(number: int = 0, **changes: Any) -> StagedPart:
    """A part of three objects that nobody has ended."""
    return replace(StagedPart(number, 3 * number, 3, f"staging/{number}"), **changes)


def ended(number: int = 0, **changes: Any) -> StagedPart:
    """The same, and what became of it."""
    told = {
        "results_key": "results/a",
        "counts": DONE,
        "findings": (BROKEN,),
        "finding_counts": (("object_missing", 1),),
    }
    return part(number, **{**told, **changes})


def standing(catalog: Catalog) -> BulkJob:
    job = catalog.bulk_jobs.get(an_id("bulk"))
    assert job is not None
    return job


@pytest.fixture
def job(catalog: Catalog) -> BulkJob:
    """A job with one part."""
    made = bulk_job()
    catalog.bulk_jobs.add(made, [part()], None)
    return made


@pytest.fixture
def listing(catalog: Catalog) -> BulkJob:
    """A job that lists."""
    made = bulk_job(prefix=ObjectPrefix("b", "in/"), is_listed=False, parts=0, objects=0)
    catalog.bulk_jobs.add(made, [], None)
    return made


def test_a_job_and_its_parts_are_read_as_they_were_written_whole(catalog: Catalog) -> None:
    whole = bulk_job(
        prefix=ObjectPrefix("b", ""),
        is_listed=False,
        stretch=3,
        start_after="in/9.tif",
        parts_done=1,
        counts=DONE,
        sends=2,
        came_on=NOW + timedelta(seconds=1),
        status=JobStatus.FAILED,
        started_at=NOW,
        completed_at=LATER,
        error_code="delivery_exhausted",
        error_message="nobody ended it",
        findings=(BROKEN,),
        finding_counts=(("object_missing", 1),),
        due=None,
    )
    catalog.bulk_jobs.add(whole, [part(), ended(1)], None)
    assert catalog.bulk_jobs.get(whole.id) == catalog.jobs.find(whole.id) == whole
    assert catalog.jobs.get(whole.id) is None, "it has no generation"
    assert list(catalog.bulk_jobs.parts(whole.id)) == [part(), ended(1)]
    assert list(catalog.bulk_jobs.parts(whole.id, 1)) == [ended(1)]
    assert catalog.bulk_jobs.part(whole.id, 1) == ended(1)
    assert catalog.bulk_jobs.part(whole.id, 2) is None
    assert catalog.jobs.list_of(OWNER, status=None, dataset_id=None, skip=0, limit=9).jobs == (whole,)
    assert catalog.bulk_jobs.get(an_id("another")) is None


def test_a_job_is_stored_once_and_its_key_stands_for_it(catalog: Catalog, job: BulkJob) -> None:
    catalog.bulk_jobs.begin(job, NOW)
    catalog.bulk_jobs.add(job, [part()], None)
    assert standing(catalog).status is JobStatus.RUNNING, "the one that stands is not written over"
    record = IdempotencyRecord(OWNER, "k", "d1", an_id("first"), NOW, LATER)
    catalog.bulk_jobs.add(bulk_job(id=an_id("first")), [], record)
    with pytest.raises(AlreadyDoneError) as done:
        catalog.bulk_jobs.add(bulk_job(id=an_id("second")), [], replace(record, result=an_id("second")))
    assert done.value.result == an_id("first")
    with pytest.raises(IdempotencyKeyReusedError):
        catalog.bulk_jobs.add(bulk_job(id=an_id("third")), [], replace(record, body_digest="d2"))
    assert catalog.bulk_jobs.get(an_id("second")) is None
    after = LATER + timedelta(seconds=1)
    tomorrow = replace(record, made_at=after, expires_at=after + timedelta(days=1), result=an_id("fourth"))
    catalog.bulk_jobs.add(bulk_job(id=an_id("fourth")), [], tomorrow)
    assert catalog.bulk_jobs.get(an_id("fourth")) is not None, "the key has expired"


def test_only_the_first_worker_begins(catalog: Catalog, job: BulkJob) -> None:
    catalog.bulk_jobs.begin(job, NOW)
    catalog.bulk_jobs.begin(job, LATER)
    assert (standing(catalog).status, standing(catalog).started_at) == (JobStatus.RUNNING, NOW)
    catalog.bulk_jobs.cancel(job.id, LATER)
    catalog.bulk_jobs.begin(job, LATER)
    assert standing(catalog).status is JobStatus.CANCELLED


# --- listing ---


def test_parts_are_added_one_after_the_other_by_whoever_is_first(catalog: Catalog, listing: BulkJob) -> None:
    jobs = catalog.bulk_jobs
    assert jobs.add_part(listing, part(staged_key="a"), "in/2.tif", NOW, LATER)
    assert not jobs.add_part(listing, part(staged_key="b"), "in/3.tif", NOW, LATER)
    found = standing(catalog)
    assert (found.parts, found.objects, found.start_after, found.due) == (1, 3, "in/2.tif", LATER)
    assert [each.staged_key for each in jobs.parts(listing.id)] == ["a"]
    assert jobs.add_part(found, part(1), "in/5.tif", NOW, LATER)


def test_a_stretch_is_handed_over_once(catalog: Catalog, listing: BulkJob) -> None:
    jobs = catalog.bulk_jobs
    assert jobs.hand_over(listing, "in/2.tif", NOW, LATER)
    assert not jobs.hand_over(listing, "in/1.tif", NOW, LATER)
    assert not jobs.add_part(listing, part(), "in/3.tif", NOW, LATER)
    assert not jobs.end_listing(listing, NOW, LATER)
    found = standing(catalog)
    assert (found.stretch, found.start_after, found.due) == (1, "in/2.tif", LATER)
    assert jobs.add_part(found, part(), "in/3.tif", NOW, LATER)
    assert not jobs.hand_over(found, "in/2.tif", NOW, LATER), "a part came meanwhile"


def test_a_listing_ends_where_it_is_and_is_over_then(catalog: Catalog, listing: BulkJob) -> None:
    jobs = catalog.bulk_jobs
    assert jobs.add_part(listing, part(), "in/2.tif", NOW, LATER)
    assert not jobs.end_listing(listing, NOW, LATER), "a part came meanwhile"
    found = standing(catalog)
    assert jobs.end_listing(found, NOW, LATER)
    assert standing(catalog).is_listed
    assert not jobs.add_part(found, part(1), "in/5.tif", NOW, LATER)
    assert not jobs.hand_over(found, "in/5.tif", NOW, LATER)
    assert not jobs.end_listing(found, NOW, LATER)


@pytest.mark.parametrize("status", [JobStatus.COMPLETE, JobStatus.FAILED, JobStatus.CANCELLED])
def test_nothing_leaves_an_end(catalog: Catalog, status: JobStatus) -> None:
    jobs = catalog.bulk_jobs
    over = bulk_job(status=status, prefix=ObjectPrefix("b", "in/"), is_listed=False, parts_done=1)
    jobs.add(over, [part()], None)
    assert not jobs.add_part(over, part(1), "in/2.tif", NOW, LATER)
    assert not jobs.hand_over(over, "in/2.tif", NOW, LATER)
    assert not jobs.end_listing(over, NOW, LATER)
    assert not jobs.complete_part(over, ended(), NOW, LATER)
    assert not jobs.fail(over, STUCK, LATER)
    assert jobs.cancel(over.id, LATER) == over
    jobs.add(bulk_job(id=an_id("listed"), status=status, parts=0), [], None)
    assert not jobs.complete(an_id("listed"), (), {}, LATER)
    assert jobs.part(over.id, 0) == part()


# --- parts and ends ---


def test_a_part_is_told_once_and_counted_once(catalog: Catalog, job: BulkJob) -> None:
    jobs = catalog.bulk_jobs
    assert jobs.complete_part(job, ended(), NOW, LATER)
    assert not jobs.complete_part(job, ended(results_key="results/b"), NOW, LATER)
    found = standing(catalog)
    assert (found.parts_done, found.counts, found.due) == (1, DONE, LATER)
    assert jobs.part(job.id, 0) == ended()


def test_a_part_that_is_none_is_not_told(catalog: Catalog, job: BulkJob) -> None:
    assert not catalog.bulk_jobs.complete_part(job, ended(7), NOW, LATER)
    assert standing(catalog).parts_done == 0


def test_a_job_completes_once_all_is_listed_and_every_part_is_done(catalog: Catalog, listing: BulkJob) -> None:
    jobs = catalog.bulk_jobs
    assert not jobs.complete(listing.id, (), {}, LATER), "not listed"
    assert jobs.add_part(listing, part(), "in/2.tif", NOW, LATER)
    assert jobs.complete_part(listing, ended(), NOW, LATER)
    assert not jobs.complete(listing.id, (), {}, LATER), "all parts are done, and there may be more"
    assert jobs.end_listing(standing(catalog), NOW, LATER)
    assert jobs.complete(listing.id, (BROKEN,), {"object_missing": 1}, LATER)
    found = standing(catalog)
    assert (found.status, found.completed_at, found.due) == (JobStatus.COMPLETE, LATER, None)
    assert (found.findings, found.finding_counts) == ((BROKEN,), (("object_missing", 1),))
    assert jobs.due(LATER + timedelta(days=2), 9) == []


def test_a_job_with_a_part_left_does_not_complete(catalog: Catalog, job: BulkJob) -> None:
    assert not catalog.bulk_jobs.complete(job.id, (), {}, LATER)
    assert standing(catalog).status is JobStatus.PENDING


def test_a_job_is_given_up_only_as_it_was_seen(catalog: Catalog, job: BulkJob) -> None:
    jobs = catalog.bulk_jobs
    jobs.mark_sent(job, LATER)
    assert not jobs.fail(job, STUCK, LATER)
    assert jobs.fail(standing(catalog), STUCK, LATER)
    found = standing(catalog)
    assert (found.status, found.error_code, found.completed_at, found.due) == (
        JobStatus.FAILED,
        "delivery_exhausted",
        LATER,
        None,
    )


def test_sends_count_until_something_ends(catalog: Catalog, job: BulkJob) -> None:
    jobs = catalog.bulk_jobs
    assert jobs.due(NOW, 9) == []
    assert jobs.due(LATER, 9) == [job]
    assert jobs.mark_sent(job, LATER)
    assert not jobs.mark_sent(job, LATER + timedelta(minutes=1))
    found = standing(catalog)
    assert (found.sends, found.due) == (1, LATER)
    assert jobs.mark_sent(found, LATER + timedelta(minutes=1), is_idle=False)
    found = standing(catalog)
    assert (found.sends, found.due) == (1, LATER + timedelta(minutes=1))
    assert jobs.complete_part(found, ended(), LATER, LATER + timedelta(minutes=2))
    assert standing(catalog).sends == 0
    assert not jobs.mark_sent(found, LATER)


def test_a_job_comes_on_by_each_step_of_its_listing_and_each_part_and_by_nothing_else(
    catalog: Catalog, listing: BulkJob
) -> None:
    jobs = catalog.bulk_jobs
    moments = [NOW + timedelta(seconds=number) for number in range(1, 5)]
    jobs.begin(listing, NOW)
    assert jobs.mark_sent(listing, LATER, is_idle=False)
    assert (standing(catalog).came_on, standing(catalog).came_on_at) == (None, NOW)
    steps: Sequence[Callable[[datetime], bool]] = (
        lambda now: jobs.add_part(standing(catalog), part(), "in/2.tif", now, LATER),
        lambda now: jobs.hand_over(standing(catalog), "in/3.tif", now, LATER),
        lambda now: jobs.end_listing(standing(catalog), now, LATER),
        lambda now: jobs.complete_part(standing(catalog), ended(), now, LATER),
    )
    for moment, step in zip(moments, steps, strict=True):
        assert jobs.mark_sent(standing(catalog), LATER + timedelta(hours=1))
        assert standing(catalog).sends == 1
        assert step(moment)
        assert (standing(catalog).came_on_at, standing(catalog).sends) == (moment, 0)
    assert jobs.mark_sent(standing(catalog), LATER + timedelta(hours=2))
    assert standing(catalog).came_on == moments[-1]


def test_a_cancellation_ends_what_has_not_ended(catalog: Catalog, job: BulkJob) -> None:
    cancelled = catalog.bulk_jobs.cancel(job.id, LATER)
    assert (cancelled.status, cancelled.completed_at, cancelled.due) == (JobStatus.CANCELLED, LATER, None)
    assert catalog.bulk_jobs.cancel(job.id, NOW) == cancelled
    with pytest.raises(NotFoundError):
        catalog.bulk_jobs.cancel(an_id("another"), NOW)


# --- many rasters ---


def rasters(count: int, **changes: Any) -> list[RasterDataset]:
    return [raster(**changes) for _ in range(count)]


def test_rasters_are_stored_in_as_few_transactions_as_hold_them(catalog: Catalog) -> None:
    made = rasters(120)
    assert catalog.raster_batches.add_rasters(made, "j1") == {each.id for each in made}
    known = catalog.raster_batches.registered([each.ref for each in made], OWNER)
    assert {ref: found.raster for ref, found in known.items()} == {each.ref: each for each in made}
    assert {found.by_job for found in known.values()} == {"j1"}
    assert catalog.raster_batches.registered([made[0].ref], "bob") == {}


def test_what_is_registered_already_is_taken_out_and_the_rest_is_stored(catalog: Catalog) -> None:
    first, second, third = rasters(3)
    catalog.datasets.add_raster(first)
    again = replace(first, id=an_id("again"))
    assert catalog.raster_batches.add_rasters([second, again, third], "j1") == {second.id, third.id}
    known = catalog.raster_batches.registered([first.ref, second.ref], OWNER)
    assert {found.raster.id: found.by_job for found in known.values()} == {first.id: None, second.id: "j1"}
    assert catalog.datasets.get(again.id) is None
    assert catalog.raster_batches.add_rasters([again], "j1") == set()


def test_an_id_that_is_taken_is_no_second_raster(catalog: Catalog) -> None:
    first, second = rasters(2)
    catalog.datasets.add_raster(first)
    with pytest.raises(RasterloomError, match="exists already"):
        catalog.raster_batches.add_rasters([replace(second, id=first.id)], "j1")
    assert catalog.datasets.get(first.id) == first


def test_of_many_batches_each_is_refused_by_itself(catalog: Catalog) -> None:
    made = rasters(60)
    catalog.datasets.add_raster(made[55])
    again = [replace(each, id=an_id(f"again {number}")) for number, each in enumerate(made)]
    assert catalog.raster_batches.add_rasters(again, "j1") == {each.id for each in again} - {again[55].id}
    others = [*rasters(59), replace(raster(), id=again[3].id)]
    with pytest.raises(RasterloomError, match="exists already"):
        catalog.raster_batches.add_rasters(others, "j2")


def test_restricted_rasters_are_listed_for_their_groups(catalog: Catalog) -> None:
    made = rasters(30, audience=audience(OWNER, Visibility.RESTRICTED, "a", "b", "c"))
    assert len(catalog.raster_batches.add_rasters(made, "j1")) == 30
    member = principal("bob", groups=frozenset({"c"}))
    assert catalog.datasets.list_readable(member, record_type=None, skip=0, limit=50).total == 30


def test_headers_are_replaced_each_on_its_own_condition(catalog: Catalog) -> None:
    first, second = rasters(2)
    for each in (first, second):
        catalog.datasets.add_raster(each)
    wanted = [replace(each, etag='"2"') for each in (first, second)]
    changes = [(wanted[0], first), (wanted[1], replace(second, observation=7))]
    assert catalog.raster_batches.refresh_rasters(changes) == [True, False]
    assert catalog.datasets.get(first.id) == replace(wanted[0], observation=1)
    assert catalog.datasets.get(second.id) == second


def test_of_transactions_side_by_side_each_is_tried_again_by_itself(catalog: Catalog) -> None:
    made = rasters(250)
    catalog.raster_batches.add_rasters(made, "j1")
    writes = Troubled(None, "transact_write_items", [cancelled("TransactionConflict") for _ in range(3)])
    told = through(catalog, writes.around).raster_batches.refresh_rasters([(each, each) for each in made])
    assert (told, writes.calls) == ([True] * len(made), 5 + 3)
    assert observations(catalog, made) == {1}


def test_two_workers_of_one_part_write_of_the_same_rasters_at_once_and_both_count(catalog: Catalog) -> None:
    made = rasters(120)
    catalog.raster_batches.add_rasters(made, "j1")
    changes = [(each, each) for each in made]
    with ThreadPoolExecutor() as workers:
        told = workers.map(catalog.raster_batches.refresh_rasters, [changes, changes])
    assert list(told) == [[True] * len(made)] * 2
    assert observations(catalog, made) == {2}


def observations(catalog: Catalog, made: Sequence[RasterDataset]) -> set[int]:
    """What these have been counted to, each of them."""
    standing = catalog.datasets.get_many([each.id for each in made])
    assert len(standing) == len(made)
    return {each.observation for each in standing.values() if isinstance(each, RasterDataset)}
