"""Cancellation: one end wins, whoever held the generation loses it, and what is published keeps serving."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import dataset_key, generation_key, job_key
from rasterloom.adapters.catalog_dynamodb.transactions import write
from rasterloom.adapters.catalog_dynamodb.values import Attribute, text
from rasterloom.adapters.catalog_dynamodb.writes import Update
from rasterloom.domain.errors import JobEndedError, LostLockError, NotFoundError, UnavailableError
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, JobStep, VrtStatus
from rasterloom.ports import Claim, ClaimOutcome, Failure
from tests.support.dynamo_faults import SentTwice, Troubled, cancelled, through
from tests.support.factories import NOW, admission, message, published
from tests.support.lock_steps import LEASE, MARGIN, claimed, published_vrt, read_vrt

ENDED = NOW + timedelta(minutes=1)
LATER = NOW + LEASE
ERROR = {"error_code": "cancelled", "error_message": "The job was cancelled"}


@pytest.fixture
def claim(catalog: Catalog) -> Claim:
    """A new VRT, admitted and claimed."""
    return claimed(catalog, admission())


def message_of(claim: Claim) -> BuildMessage:
    return BuildMessage(claim.vrt.id, claim.job.id, claim.generation.id, claim.fence)


def state(catalog: Catalog, claim: Claim) -> tuple[object, object, object]:
    """Everything that a step may change."""
    return (
        catalog.datasets.get(claim.vrt.id),
        catalog.jobs.get_generation(claim.vrt.id, claim.generation.number),
        catalog.jobs.get(claim.job.id),
    )


def test_a_cancelled_first_build_leaves_nothing_that_could_be_ready(catalog: Catalog, claim: Claim) -> None:
    assert catalog.lock.cancel(claim.job, ENDED) is True
    vrt, generation, shown = state(catalog, claim)
    assert vrt == replace(claim.vrt, status=VrtStatus.FAILED, active=None, updated_at=ENDED)
    assert generation == replace(claim.generation, status=GenerationStatus.FAILED, ended_at=ENDED, **ERROR)  # type: ignore[arg-type]
    assert shown == replace(claim.job, status=JobStatus.CANCELLED, completed_at=ENDED, due=None, **ERROR)  # type: ignore[arg-type]


def test_a_cancelled_change_leaves_what_is_published_ready(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    change = admission(standing)
    catalog.lock.admit(change)
    assert catalog.lock.cancel(change.job, ENDED) is True
    assert read_vrt(catalog, standing.id) == replace(standing, fence=2, updated_at=ENDED)
    shown = catalog.jobs.get(change.job.id)
    assert shown is not None
    assert (shown.status, shown.due) == (JobStatus.CANCELLED, None)


def test_a_job_that_is_cancelled_is_never_due_again(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.cancel(claim.job, ENDED)
    assert catalog.lock.due_jobs(NOW + timedelta(days=999), 10) == []
    catalog.lock.mark_sent(claim.job.id, LATER)
    assert catalog.lock.due_jobs(NOW + timedelta(days=999), 10) == []


def test_cancelling_again_changes_nothing(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.cancel(claim.job, ENDED)
    before = state(catalog, claim)
    assert catalog.lock.cancel(claim.job, LATER) is False
    assert state(catalog, claim) == before


def test_the_next_change_is_admitted_at_once(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.cancel(claim.job, ENDED)
    again = admission(read_vrt(catalog, claim.vrt.id))
    assert catalog.lock.admit(again) == again.job.id
    with pytest.raises(LostLockError):
        catalog.lock.advance(claim, JobStep.BUILDING, 0.35)


# --- the holder loses ---

STEPS: dict[str, Callable[[Catalog, Claim], object]] = {
    "advance": lambda catalog, claim: catalog.lock.advance(claim, JobStep.BUILDING, 0.35),
    "publish": lambda catalog, claim: catalog.lock.publish(
        claim, published(claim.vrt.id, claim.generation.id, claim.attempt), 2, NOW
    ),
    "fail": lambda catalog, claim: catalog.lock.fail(claim, Failure("object_missing", "gone"), NOW),
}


@pytest.mark.parametrize("step", STEPS)
def test_whoever_held_it_loses_it_at_the_next_step(catalog: Catalog, claim: Claim, step: str) -> None:
    catalog.lock.cancel(claim.job, ENDED)
    before = state(catalog, claim)
    with pytest.raises(LostLockError):
        STEPS[step](catalog, claim)
    catalog.lock.release(claim)
    after = state(catalog, claim)
    assert after == before


def test_a_message_of_a_cancelled_job_has_ended(catalog: Catalog) -> None:
    change = admission()
    catalog.lock.admit(change)
    catalog.lock.cancel(change.job, ENDED)
    outcome = catalog.lock.claim(message(change), "a", NOW, LATER, LATER + MARGIN)
    assert outcome is ClaimOutcome.ENDED


def test_a_cancelled_job_is_neither_taken_over_nor_abandoned(catalog: Catalog, claim: Claim) -> None:
    seen = read_vrt(catalog, claim.vrt.id)
    catalog.lock.cancel(claim.job, ENDED)
    before = state(catalog, claim)
    assert catalog.lock.take_over(claim.job, seen, LATER, LATER) is None
    assert catalog.lock.abandon(message_of(claim), Failure("attempts_exhausted", "x"), LATER) is False
    assert state(catalog, claim) == before


# --- races with other ends ---


@pytest.mark.parametrize("end", ["publish", "fail"])
def test_a_job_that_has_ended_otherwise_stays_as_it_ended(catalog: Catalog, claim: Claim, end: str) -> None:
    STEPS[end](catalog, claim)
    before = state(catalog, claim)
    with pytest.raises(JobEndedError, match="complete" if end == "publish" else "failed"):
        catalog.lock.cancel(claim.job, ENDED)
    assert state(catalog, claim) == before


@pytest.mark.parametrize("end", ["publish", "fail"])
def test_an_end_between_the_look_and_the_write_wins(catalog: Catalog, claim: Claim, end: str) -> None:
    finish: list[Callable[[Catalog, Claim], object]] = [STEPS[end]]
    racing = through(
        catalog,
        lambda client: Troubled(client, "transact_write_items", [], lambda: finish and finish.pop()(catalog, claim)),
    )
    with pytest.raises(JobEndedError):
        racing.lock.cancel(claim.job, ENDED)
    shown = catalog.jobs.get(claim.job.id)
    assert shown is not None
    assert shown.status is (JobStatus.COMPLETE if end == "publish" else JobStatus.FAILED)


def test_a_take_over_or_a_claim_between_the_look_and_the_write_does_not_save_it(catalog: Catalog, claim: Claim) -> None:
    def ahead() -> None:
        taken = catalog.lock.take_over(claim.job, claim.vrt, LATER, LATER)
        if taken is not None:
            catalog.lock.claim(taken, "b", LATER, LATER + LEASE, LATER + LEASE + MARGIN)

    racing = through(catalog, lambda client: Troubled(client, "transact_write_items", [], ahead))
    assert racing.lock.cancel(claim.job, LATER) is True
    vrt = read_vrt(catalog, claim.vrt.id)
    assert (vrt.fence, vrt.active, vrt.status) == (2, None, VrtStatus.FAILED)


def test_of_two_who_cancel_one_did_it(catalog: Catalog, claim: Claim) -> None:
    rival: list[bool] = []

    def ahead() -> None:
        if not rival:
            rival.append(catalog.lock.cancel(claim.job, ENDED))

    racing = through(catalog, lambda client: Troubled(client, "transact_write_items", [], ahead))
    assert racing.lock.cancel(claim.job, ENDED) is False
    assert rival == [True]


def test_a_cancellation_whose_answer_was_lost_was_this_calls(catalog: Catalog, claim: Claim) -> None:
    assert through(catalog, SentTwice).lock.cancel(claim.job, ENDED) is True


def test_a_cancellation_that_stays_undecided_is_unavailable(catalog: Catalog, claim: Claim) -> None:
    conflicting = through(
        catalog, lambda client: Troubled(client, "transact_write_items", [cancelled("TransactionConflict")] * 100)
    )
    with pytest.raises(UnavailableError):
        conflicting.lock.cancel(claim.job, ENDED)


def test_a_job_of_a_vrt_that_is_gone_is_not_found(catalog: Catalog, claim: Claim) -> None:
    catalog.jobs.table.delete_many([dataset_key(claim.vrt.id)])
    with pytest.raises(NotFoundError, match=claim.vrt.id):
        catalog.lock.cancel(claim.job, ENDED)
    catalog.jobs.table.delete_many([job_key(claim.job.id)])
    with pytest.raises(NotFoundError, match=claim.job.id):
        catalog.lock.cancel(claim.job, ENDED)


TERMS: dict[str, tuple[str, dict[str, Attribute]]] = {
    "VRT status": ("vrt", {"status": text("ready")}),
    "active generation": ("vrt", {"active_generation": text("another")}),
    "generation id": ("generation", {"id": text("another")}),
    "generation status": ("generation", {"status": text("completed")}),
    "job status": ("job", {"status": text("complete")}),
}


@pytest.mark.parametrize("term", TERMS)
def test_each_term_of_a_cancellation_refuses_by_itself(catalog: Catalog, claim: Claim, term: str) -> None:
    item, sets = TERMS[term]
    keys = {
        "vrt": dataset_key(claim.vrt.id),
        "generation": generation_key(claim.vrt.id, claim.generation.number),
        "job": job_key(claim.job.id),
    }

    def tamper() -> None:
        write(catalog.jobs.table, Update(keys[item], "attribute_exists(#pk)", {}, sets=sets))

    racing = through(catalog, lambda client: Troubled(client, "transact_write_items", [], tamper))
    with pytest.raises((JobEndedError, NotFoundError)):
        racing.lock.cancel(claim.job, ENDED)
    assert read_vrt(catalog, claim.vrt.id).active is not None
