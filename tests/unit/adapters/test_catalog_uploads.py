"""Uploads in the catalogue: what stands, and what each condition keeps apart."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import due_partitions, uploads_due_partitions
from rasterloom.domain.errors import NotFoundError
from rasterloom.domain.findings import Finding
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.uploads import Upload
from rasterloom.ports import Failure
from tests.support.factories import NOW, an_id, upload

LATER = NOW + timedelta(hours=1)
NO_TIFF = Finding("object_unreadable", "s3://artifacts/x.tif", 0, "uri", "no TIFF", "a GeoTIFF", "text")
BROKEN = Failure("object_unreadable", "no TIFF", (NO_TIFF,))
DATASET = an_id("raster")


@pytest.fixture
def pending(catalog: Catalog) -> Upload:
    made = upload(upload_id="multipart", part_size=8 << 20, size_bytes=20 << 20)
    catalog.uploads.add(made)
    return made


def test_an_upload_is_read_as_it_was_written_whole(catalog: Catalog) -> None:
    whole = upload(
        upload_id="multipart",
        part_size=8 << 20,
        status=JobStatus.FAILED,
        started_at=NOW,
        completed_at=LATER,
        error_code="object_unreadable",
        error_message="no TIFF",
        findings=(NO_TIFF,),
        finding_counts=(("object_unreadable", 1),),
    )
    for made in (whole, upload(), upload(status=JobStatus.COMPLETE, dataset_id=DATASET, due=None)):
        catalog.uploads.add(made)
        assert catalog.uploads.get(made.id) == catalog.jobs.find(made.id) == made
        assert catalog.jobs.get(made.id) is None, "it has no generation"


def test_a_write_whose_answer_was_lost_is_its_own_success(catalog: Catalog, pending: Upload) -> None:
    begun = catalog.uploads.begin(pending, NOW, LATER)
    catalog.uploads.add(pending)
    assert catalog.uploads.get(pending.id) == begun


def test_a_completion_begins_again_and_keeps_its_first_moment(catalog: Catalog, pending: Upload) -> None:
    first = catalog.uploads.begin(pending, NOW, LATER)
    second = catalog.uploads.begin(first, LATER, LATER + timedelta(hours=1))
    assert second == catalog.uploads.get(pending.id)
    assert (second.status, second.started_at, second.due) == (JobStatus.RUNNING, NOW, LATER + timedelta(hours=1))


def test_what_is_complete_is_in_the_jobs_of_its_dataset_and_due_no_more(catalog: Catalog, pending: Upload) -> None:
    begun = catalog.uploads.begin(pending, NOW, LATER)
    done = catalog.uploads.complete(begun, DATASET, LATER)
    assert done == catalog.uploads.get(pending.id) == catalog.jobs.latest_of(DATASET)
    assert (done.status, done.completed_at, done.due) == (JobStatus.COMPLETE, LATER, None)
    assert catalog.uploads.due(LATER + timedelta(days=9), 10) == []


def test_an_upload_that_became_due_before_it_was_complete_stays_due(catalog: Catalog, pending: Upload) -> None:
    begun = catalog.uploads.begin(pending, NOW, LATER)
    catalog.uploads.look_again(pending.id, NOW)
    done = catalog.uploads.complete(begun, DATASET, LATER)
    assert done == catalog.uploads.get(pending.id)
    assert (done.status, done.dataset_id, done.due) == (JobStatus.COMPLETE, DATASET, NOW)
    never_due = upload(status=JobStatus.RUNNING, due=None)
    catalog.uploads.add(never_due)
    catalog.uploads.look_again(never_due.id, NOW)
    assert catalog.uploads.complete(never_due, DATASET, LATER).due == NOW


@pytest.mark.parametrize("status", [JobStatus.COMPLETE, JobStatus.FAILED, JobStatus.CANCELLED])
def test_nothing_leaves_an_end(catalog: Catalog, status: JobStatus) -> None:
    ended = upload(status=status, dataset_id=DATASET if status is JobStatus.COMPLETE else None)
    catalog.uploads.add(ended)
    uploads = catalog.uploads
    assert uploads.begin(ended, LATER, LATER) == ended
    assert uploads.complete(ended, an_id("another"), LATER) == ended
    assert uploads.fail(ended, BROKEN, LATER) == ended
    assert uploads.cancel(ended, LATER) == ended
    assert uploads.get(ended.id) == ended


def test_a_failure_keeps_its_finding_and_its_due_time(catalog: Catalog, pending: Upload) -> None:
    failed = catalog.uploads.fail(pending, BROKEN, LATER)
    assert failed == catalog.uploads.get(pending.id)
    assert (failed.status, failed.error_code, failed.findings, failed.due) == (
        JobStatus.FAILED,
        "object_unreadable",
        (NO_TIFF,),
        pending.due,
    )


def test_who_read_an_upload_before_it_began_anew_does_not_fail_it(catalog: Catalog, pending: Upload) -> None:
    begun = catalog.uploads.begin(pending, NOW, LATER)
    assert catalog.uploads.fail(pending, BROKEN, LATER) == begun == catalog.uploads.get(pending.id)


def test_only_a_pending_upload_is_cancelled(catalog: Catalog, pending: Upload) -> None:
    cancelled = catalog.uploads.cancel(pending, LATER)
    assert (cancelled.status, cancelled.completed_at) == (JobStatus.CANCELLED, LATER)
    running = upload()
    catalog.uploads.add(running)
    begun = catalog.uploads.begin(running, NOW, LATER)
    assert catalog.uploads.cancel(running, LATER) == begun


def test_an_upload_that_is_gone_is_not_made_by_a_step(catalog: Catalog) -> None:
    with pytest.raises(NotFoundError):
        catalog.uploads.begin(upload(), NOW, LATER)


def test_uploads_are_due_by_their_own_time_and_jobs_never_wait_for_them(catalog: Catalog) -> None:
    early, late = upload(due=NOW), upload(due=LATER)
    for made in (early, late):
        catalog.uploads.add(made)
    assert catalog.uploads.due(NOW, 10) == [early]
    assert catalog.lock.due_jobs(LATER, 10) == []
    assert len(catalog.uploads.due(LATER, 1)) == 1
    assert set(due_partitions()).isdisjoint(uploads_due_partitions())


def test_what_was_swept_is_due_no_more_unless_it_was_made_due_meanwhile(catalog: Catalog) -> None:
    ended = upload(status=JobStatus.FAILED, due=NOW)
    catalog.uploads.add(ended)
    catalog.uploads.look_again(ended.id, LATER)
    catalog.uploads.swept(ended)
    assert catalog.uploads.get(ended.id) == replace(ended, due=LATER)
    catalog.uploads.swept(replace(ended, due=LATER))
    assert catalog.uploads.get(ended.id) == replace(ended, due=None)


def test_looking_again_at_what_is_no_upload_changes_nothing(catalog: Catalog) -> None:
    catalog.uploads.look_again(an_id("nothing"), NOW)
    assert catalog.uploads.due(LATER, 10) == []
