"""Recovery: nothing that is unfinished is forgotten, and no live lease is touched."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import dataset_key, due_partitions, job_key
from rasterloom.adapters.catalog_dynamodb.transactions import write
from rasterloom.adapters.catalog_dynamodb.values import Attribute, number, text
from rasterloom.adapters.catalog_dynamodb.writes import Update
from rasterloom.domain.generation import Job
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.ports import Claim, Failure
from tests.support.dynamo_faults import SentTwice, Troubled, through
from tests.support.factories import NOW, admission, an_id, generation, job, published, vrt
from tests.support.lock_steps import LEASE, MARGIN, claimed, read_vrt

LATER = NOW + LEASE
NEXT = LATER + timedelta(minutes=15)


def read_job(catalog: Catalog, job_id: str) -> Job:
    shown = catalog.jobs.get(job_id)
    assert shown is not None
    return shown


@pytest.fixture
def claim(catalog: Catalog) -> Claim:
    """A new VRT, admitted and claimed."""
    return claimed(catalog, admission())


# --- sends ---


def test_a_sent_job_is_looked_at_later_and_the_send_is_counted(catalog: Catalog) -> None:
    change = admission()
    catalog.lock.admit(change)
    catalog.lock.mark_sent(change.job.id, NEXT)
    catalog.lock.mark_sent(change.job.id, NEXT)
    assert read_job(catalog, change.job.id) == replace(change.job, due=NEXT, sends=2)


def test_a_send_that_is_marked_after_the_claim_leaves_the_due_time(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.mark_sent(claim.job.id, NEXT)
    assert read_job(catalog, claim.job.id) == claim.job


def publish(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.publish(claim, published(claim.vrt.id, claim.generation.id, claim.attempt), 2, NOW)


def abandon_unclaimed(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.release(claim)
    catalog.lock.fail(claimed_again(catalog, claim), Failure("x", "x"), NOW)


def claimed_again(catalog: Catalog, claim: Claim) -> Claim:
    from rasterloom.domain.generation import BuildMessage

    message = BuildMessage(claim.vrt.id, claim.job.id, claim.generation.id, claim.fence)
    again = catalog.lock.claim(message, "again", NOW, LATER, LATER + MARGIN)
    assert isinstance(again, Claim)
    return again


@pytest.mark.parametrize("ending", [publish, abandon_unclaimed])
def test_a_send_that_is_marked_after_the_end_brings_nothing_back(
    catalog: Catalog, claim: Claim, ending: Callable[[Catalog, Claim], None]
) -> None:
    ending(catalog, claim)
    catalog.lock.mark_sent(claim.job.id, NEXT)
    assert read_job(catalog, claim.job.id).due is None
    assert catalog.lock.due_jobs(NEXT, 10) == []


def test_a_job_that_ended_unclaimed_is_not_marked(catalog: Catalog) -> None:
    change = admission()
    catalog.lock.admit(change)
    ended = Update(job_key(change.job.id), "attribute_exists(#pk)", {}, {"status": text("failed")}, removes=("due",))
    write(catalog.jobs.table, ended)
    catalog.lock.mark_sent(change.job.id, NEXT)
    assert read_job(catalog, change.job.id).due is None


def test_a_job_that_does_not_exist_is_not_marked_into_being(catalog: Catalog) -> None:
    catalog.lock.mark_sent("nothing", NEXT)
    assert catalog.jobs.get("nothing") is None


def test_a_job_that_was_taken_over_is_marked_when_its_new_message_is_sent(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.take_over(claim.job, claim.vrt, LATER, LATER)
    catalog.lock.mark_sent(claim.job.id, NEXT)
    shown = read_job(catalog, claim.job.id)
    assert (shown.due, shown.sends) == (NEXT, 1)


# --- take-over ---


def test_an_expired_lease_is_taken_over_with_a_higher_fence(catalog: Catalog, claim: Claim) -> None:
    message = catalog.lock.take_over(claim.job, claim.vrt, LATER, NEXT)
    assert message is not None
    assert (message.dataset_id, message.job_id, message.generation_id, message.fence) == (
        claim.vrt.id,
        claim.job.id,
        claim.generation.id,
        claim.fence + 1,
    )
    taken = read_vrt(catalog, claim.vrt.id)
    assert claim.vrt.active is not None
    assert taken == replace(
        claim.vrt, fence=message.fence, active=replace(claim.vrt.active, attempt=None, lease_expires_at=None)
    )
    assert read_job(catalog, claim.job.id) == replace(claim.job, due=NEXT)
    again = catalog.lock.claim(message, "b", LATER, LATER + LEASE, LATER + LEASE + MARGIN)
    assert isinstance(again, Claim)
    assert (again.fence, again.generation.attempts) == (2, 2)


def test_a_live_lease_is_never_touched(catalog: Catalog, claim: Claim) -> None:
    assert catalog.lock.take_over(claim.job, claim.vrt, LATER - timedelta(microseconds=1), NEXT) is None
    assert read_vrt(catalog, claim.vrt.id) == claim.vrt


def test_what_nobody_claimed_is_not_taken_over(catalog: Catalog) -> None:
    change = admission()
    catalog.lock.admit(change)
    assert catalog.lock.take_over(change.job, change.vrt, NEXT, NEXT) is None
    assert catalog.lock.take_over(change.job, vrt(id=change.vrt.id), NEXT, NEXT) is None


def test_a_job_of_another_generation_takes_nothing_over(catalog: Catalog, claim: Claim) -> None:
    other = job(generation(claim.vrt.id, id=claim.generation.id))
    assert catalog.lock.take_over(other, claim.vrt, LATER, NEXT) is None
    assert read_vrt(catalog, claim.vrt.id) == claim.vrt


def test_of_two_reconcilers_one_takes_over(catalog: Catalog, claim: Claim) -> None:
    assert catalog.lock.take_over(claim.job, claim.vrt, LATER, NEXT) is not None
    assert catalog.lock.take_over(claim.job, claim.vrt, LATER, NEXT) is None
    assert read_vrt(catalog, claim.vrt.id).fence == claim.fence + 1


def test_a_take_over_whose_answer_was_lost_was_this_calls(catalog: Catalog, claim: Claim) -> None:
    message = through(catalog, SentTwice).lock.take_over(claim.job, claim.vrt, LATER, NEXT)
    assert message is not None
    assert message.fence == read_vrt(catalog, claim.vrt.id).fence == claim.fence + 1


TERMS: dict[str, tuple[str, dict[str, Attribute]]] = {
    "active generation": ("vrt", {"active_generation": text(an_id("another"))}),
    "fence": ("vrt", {"fence": number(7)}),
    "lease": ("vrt", {"lease_expires_at": number(1)}),
    "job status": ("job", {"status": text("complete")}),
}


@pytest.mark.parametrize("term", TERMS)
def test_each_term_of_a_take_over_refuses_by_itself(catalog: Catalog, claim: Claim, term: str) -> None:
    item, sets = TERMS[term]
    key = dataset_key(claim.vrt.id) if item == "vrt" else job_key(claim.job.id)
    write(catalog.jobs.table, Update(key, "attribute_exists(#pk)", {}, sets=sets))
    before = read_vrt(catalog, claim.vrt.id)
    assert catalog.lock.take_over(claim.job, claim.vrt, LATER, NEXT) is None
    assert read_vrt(catalog, claim.vrt.id) == before


# --- what is due ---


def admitted(catalog: Catalog, minutes: int) -> Job:
    change = admission()
    late = replace(change, job=replace(change.job, due=NOW + timedelta(minutes=minutes)))
    catalog.lock.admit(late)
    return late.job


def test_due_jobs_come_oldest_first_from_every_shard(catalog: Catalog) -> None:
    jobs = [admitted(catalog, minutes) for minutes in (7, 3, 5, 1, 9, 2, 8, 4, 6, 0)]
    oldest = sorted(jobs, key=lambda each: str(each.due))
    assert catalog.lock.due_jobs(NOW + timedelta(minutes=9), 100) == oldest
    assert catalog.lock.due_jobs(NOW + timedelta(minutes=4), 100) == oldest[:5]
    assert catalog.lock.due_jobs(NOW + timedelta(minutes=9), 3) == oldest[:3]


def test_jobs_spread_over_the_shards(catalog: Catalog) -> None:
    jobs = [admitted(catalog, 1) for _ in range(30)]
    used = {item["due_pk"]["S"] for item in catalog.jobs.table.get_many([job_key(each.id) for each in jobs]).values()}
    assert used == set(due_partitions())


def test_a_running_job_is_due_after_its_lease(catalog: Catalog, claim: Claim) -> None:
    assert catalog.lock.due_jobs(LATER, 10) == []
    assert catalog.lock.due_jobs(LATER + MARGIN, 10) == [claim.job]


def test_an_index_that_lags_behind_shows_nothing_that_has_ended(catalog: Catalog) -> None:
    finished, moved, open_one = (admitted(catalog, 1) for _ in range(3))

    def meanwhile() -> None:
        """Between the query of the index and the read of the table."""
        done = {"status": text(JobStatus.COMPLETE.value)}
        write(
            catalog.jobs.table,
            Update(job_key(finished.id), "attribute_exists(#pk)", {}, done, removes=("due", "due_pk")),
        )
        catalog.lock.mark_sent(moved.id, NEXT)

    lagging = through(catalog, lambda client: Troubled(client, "batch_get_item", [], meanwhile))
    assert lagging.lock.due_jobs(NOW + timedelta(minutes=1), 10) == [open_one]
