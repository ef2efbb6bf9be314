"""What the in-process table is too lenient or too small for: limits of one call, indexes, whole histories."""

from dataclasses import replace
from datetime import timedelta

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.queue_sqs import decode_message, encode_message
from rasterloom.domain.access import Visibility
from rasterloom.domain.lifecycle import JobStatus, VrtStatus
from rasterloom.domain.objects import ObjectRef
from rasterloom.ports import Claim, Failure
from tests.support.dynamo_faults import SentTwice, through
from tests.support.factories import NOW, admission, an_id, audience, message, principal, published, raster
from tests.support.lock_steps import LEASE, MARGIN, claimed, published_vrt, read_vrt

SOURCES = [an_id(f"source {number}") for number in range(1_000)]


def test_a_thousand_links_are_written_and_read_back(catalog: Catalog) -> None:
    catalog.lock.link_sources(an_id("vrt"), an_id("one"), SOURCES, NOW, number=1)
    assert catalog.lock.missing_links(an_id("vrt"), an_id("one"), [*SOURCES, an_id("another")]) == [an_id("another")]


def test_three_hundred_rasters_are_read_in_batches_and_listed(catalog: Catalog) -> None:
    public = audience("alice", Visibility.PUBLIC)
    made = [raster(audience=public, created_at=NOW + timedelta(seconds=number)) for number in range(300)]
    for each in made:
        catalog.datasets.add_raster(each)
    assert catalog.datasets.get_many([each.id for each in made]) == {each.id: each for each in made}
    page = catalog.datasets.list_readable(principal("bob"), record_type="raster_dataset", skip=10, limit=50)
    assert page.total == 300
    assert list(page.datasets) == made[::-1][10:60]


def test_the_longest_key_is_accepted(catalog: Catalog) -> None:
    longest = raster(ref=ObjectRef("b" * 63, "é" * 512))
    assert catalog.datasets.add_raster(longest) == longest.id
    assert catalog.datasets.find_object(longest.ref, "alice") == longest.id


def test_a_worker_dies_is_taken_over_and_its_successor_publishes(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    change = admission(standing)
    dead = claimed(catalog, change)
    later = NOW + LEASE + MARGIN
    (due,) = catalog.lock.due_jobs(later, 10)
    sent = catalog.lock.take_over(due, read_vrt(catalog, standing.id), later, later)
    assert sent is not None
    catalog.lock.mark_sent(due.id, later + timedelta(minutes=15))
    successor = catalog.lock.claim(
        decode_message(encode_message(sent)), an_id("b"), later, later + LEASE, later + LEASE + MARGIN
    )
    assert isinstance(successor, Claim)
    pointer = published(standing.id, change.generation.id, successor.attempt)
    catalog.lock.publish(successor, pointer, 3, later)
    served = read_vrt(catalog, standing.id)
    assert (served.status, served.published, served.fence) == (VrtStatus.READY, pointer, dead.fence + 1)
    job = catalog.jobs.get(change.job.id)
    assert job is not None
    assert (job.status, job.due, job.sends) == (JobStatus.COMPLETE, None, 1)
    assert catalog.lock.due_jobs(later + timedelta(days=1), 10) == []


def test_every_answer_may_be_lost(catalog: Catalog) -> None:
    lossy = through(catalog, SentTwice)
    standing = published_vrt(lossy)
    claim = claimed(lossy, admission(standing, idempotency_key="key"))
    lossy.lock.fail(claim, Failure("object_missing", "gone"), NOW)
    change = admission(read_vrt(catalog, standing.id))
    held = claimed(lossy, change)
    taken = lossy.lock.take_over(held.job, held.vrt, NOW + LEASE, NOW + LEASE)
    assert taken == replace(message(change), fence=held.fence + 1)
    assert lossy.lock.abandon(taken, Failure("x", "x"), NOW + LEASE)
    assert read_vrt(catalog, standing.id).published == standing.published
