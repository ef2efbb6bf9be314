"""Progress and endings: only the holder's count, and nothing is ever half ended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import dataset_key, generation_key, job_key
from rasterloom.adapters.catalog_dynamodb.transactions import write
from rasterloom.adapters.catalog_dynamodb.values import Attribute, number, text
from rasterloom.adapters.catalog_dynamodb.writes import Update
from rasterloom.domain.dataset import Published
from rasterloom.domain.errors import LostLockError, UnavailableError
from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, JobStep, VrtStatus
from rasterloom.ports import Claim, ClaimOutcome, Failure
from tests.support.dynamo_faults import SentTwice, Troubled, cancelled, through
from tests.support.factories import NOW, admission, an_id, job, message, published
from tests.support.lock_steps import LEASE, MARGIN, claimed, published_vrt, read_vrt

LATER = NOW + LEASE
GONE = Finding("object_missing", an_id("source"), 3, "uri", "It does not exist", expected='"etag"')
FAILURE = Failure("object_missing", "One source is missing", (GONE,))


@pytest.fixture
def claim(catalog: Catalog) -> Claim:
    """A new VRT, admitted and claimed."""
    return claimed(catalog, admission())


def pointer(claim: Claim) -> Published:
    return published(claim.vrt.id, claim.generation.id, claim.attempt)


def message_of(claim: Claim) -> BuildMessage:
    return BuildMessage(claim.vrt.id, claim.job.id, claim.generation.id, claim.fence)


def state(catalog: Catalog, claim: Claim) -> tuple[object, object, object]:
    """Everything that a step may change."""
    return (
        catalog.datasets.get(claim.vrt.id),
        catalog.jobs.get_generation(claim.vrt.id, claim.generation.number),
        catalog.jobs.get(claim.job.id),
    )


# --- progress ---


def test_progress_shows_on_the_job(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.advance(claim, JobStep.VERIFYING, 0.65)
    shown = catalog.jobs.get(claim.job.id)
    assert shown == replace(claim.job, step=JobStep.VERIFYING, progress=0.65)


@pytest.mark.parametrize(
    "tampered", [{"status": text("cancelled")}, {"attempt": text("another")}], ids=["status", "attempt"]
)
def test_each_term_of_progress_refuses_by_itself(
    catalog: Catalog, claim: Claim, tampered: dict[str, Attribute]
) -> None:
    write(catalog.jobs.table, Update(job_key(claim.job.id), "attribute_exists(#pk)", {}, sets=tampered))
    with pytest.raises(LostLockError, match=claim.attempt):
        catalog.lock.advance(claim, JobStep.BUILDING, 0.35)


def test_progress_after_a_take_over_is_lost(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.take_over(claim.job, claim.vrt, LATER, LATER)
    with pytest.raises(LostLockError):
        catalog.lock.advance(claim, JobStep.BUILDING, 0.35)


# --- publishing ---


def test_publishing_swaps_the_pointer_and_frees_the_lock(catalog: Catalog, claim: Claim) -> None:
    ended = NOW + timedelta(minutes=1)
    catalog.lock.publish(claim, pointer(claim), 12, ended)
    vrt, generation, shown = state(catalog, claim)
    assert vrt == replace(
        claim.vrt, status=VrtStatus.READY, active=None, published=pointer(claim), member_count=12, updated_at=ended
    )
    assert generation == replace(claim.generation, status=GenerationStatus.COMPLETED, ended_at=ended)
    assert shown == replace(
        claim.job, status=JobStatus.COMPLETE, step=JobStep.COMPLETE, progress=1.0, completed_at=ended, due=None
    )


def test_a_job_that_has_ended_is_never_due_again(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.publish(claim, pointer(claim), 2, NOW)
    assert catalog.lock.due_jobs(NOW + timedelta(days=999), 10) == []


def test_publishing_again_replaces_what_was_published(catalog: Catalog) -> None:
    first = published_vrt(catalog)
    second = published_vrt(catalog, admission(first))
    assert first.published != second.published
    assert second.status is VrtStatus.READY


def test_a_publish_whose_answer_was_lost_has_published(catalog: Catalog, claim: Claim) -> None:
    through(catalog, SentTwice).lock.publish(claim, pointer(claim), 2, NOW)
    assert read_vrt(catalog, claim.vrt.id).published == pointer(claim)


def test_a_title_that_changed_during_the_build_stays(catalog: Catalog, claim: Claim) -> None:
    renamed = Update(dataset_key(claim.vrt.id), "attribute_exists(#pk)", {}, sets={"title": text("Renamed")})
    write(catalog.jobs.table, renamed)
    catalog.lock.publish(claim, pointer(claim), 2, NOW)
    assert read_vrt(catalog, claim.vrt.id).title == "Renamed"


def test_a_publish_that_stays_undecided_is_unavailable_and_not_lost(catalog: Catalog, claim: Claim) -> None:
    conflicting = through(
        catalog, lambda client: Troubled(client, "transact_write_items", [cancelled("TransactionConflict")] * 100)
    )
    with pytest.raises(UnavailableError):
        conflicting.lock.publish(claim, pointer(claim), 2, NOW)


# --- failing ---


def test_failing_frees_the_lock_and_keeps_what_is_published(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    claim = claimed(catalog, admission(standing))
    ended = NOW + timedelta(minutes=1)
    catalog.lock.fail(claim, FAILURE, ended)
    vrt, generation, shown = state(catalog, claim)
    assert vrt == replace(claim.vrt, status=VrtStatus.FAILED, active=None, updated_at=ended)
    assert read_vrt(catalog, claim.vrt.id).published == standing.published
    error = {"error_code": "object_missing", "error_message": "One source is missing"}
    assert generation == replace(claim.generation, status=GenerationStatus.FAILED, ended_at=ended, **error)  # type: ignore[arg-type]
    assert shown == replace(
        claim.job,
        status=JobStatus.FAILED,
        completed_at=ended,
        due=None,
        findings=(GONE,),
        finding_counts=(("object_missing", 1),),
        **error,  # type: ignore[arg-type]
    )


def test_a_failure_whose_answer_was_lost_has_failed(catalog: Catalog, claim: Claim) -> None:
    through(catalog, SentTwice).lock.fail(claim, FAILURE, NOW)
    assert read_vrt(catalog, claim.vrt.id).status is VrtStatus.FAILED


def test_findings_of_a_failure_come_after_those_of_the_admission(catalog: Catalog) -> None:
    warning = Finding(
        "nodata_collision", an_id("s"), 1, "nodata", "Values differ", 0, float(5), severity=Severity.WARNING
    )
    change = admission()
    warned = job(change.generation, findings=(warning,) * 2, finding_counts=(("nodata_collision", 40),))
    claim = claimed(catalog, replace(change, job=warned))
    failure = Failure("object_missing", "Many are missing", (GONE,) * 30)
    catalog.lock.fail(claim, failure, NOW)
    shown = catalog.jobs.get(claim.job.id)
    assert shown is not None
    assert shown.findings == (warning, warning, *[GONE] * 20)
    assert dict(shown.finding_counts) == {"nodata_collision": 40, "object_missing": 30}


def test_an_endless_message_is_cut_so_that_the_job_can_end(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.fail(claim, Failure("assembly_refused", "x" * 500_000), NOW)
    shown = catalog.jobs.get(claim.job.id)
    assert shown is not None
    assert shown.error_message == "x" * 4000 + "…"


# --- a claim that holds no more changes nothing ---

ENDINGS: dict[str, Callable[[Catalog, Claim], None]] = {
    "publish": lambda catalog, claim: catalog.lock.publish(claim, pointer(claim), 2, NOW),
    "fail": lambda catalog, claim: catalog.lock.fail(claim, FAILURE, NOW),
}


def reclaim(catalog: Catalog, claim: Claim) -> None:
    again = catalog.lock.claim(message_of(claim), "b", LATER, LATER + LEASE, LATER + LEASE + MARGIN)
    assert isinstance(again, Claim)


def take_over(catalog: Catalog, claim: Claim) -> None:
    assert catalog.lock.take_over(claim.job, claim.vrt, LATER, LATER) is not None


def take_over_and_publish(catalog: Catalog, claim: Claim) -> None:
    taken = catalog.lock.take_over(claim.job, claim.vrt, LATER, LATER)
    assert taken is not None
    again = catalog.lock.claim(taken, "b", LATER, LATER + LEASE, LATER + LEASE + MARGIN)
    assert isinstance(again, Claim)
    catalog.lock.publish(again, pointer(again), 2, LATER)


def abandon(catalog: Catalog, claim: Claim) -> None:
    assert catalog.lock.abandon(message_of(claim), FAILURE, LATER)


def supersede(catalog: Catalog, claim: Claim) -> None:
    abandon(catalog, claim)
    catalog.lock.admit(admission(read_vrt(catalog, claim.vrt.id)))


def delete(catalog: Catalog, claim: Claim) -> None:
    catalog.jobs.table.delete_many([dataset_key(claim.vrt.id)])


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "meanwhile", [reclaim, take_over, take_over_and_publish, abandon, supersede, delete], ids=lambda step: step.__name__
)
def test_a_zombie_ends_nothing(
    catalog: Catalog, claim: Claim, meanwhile: Callable[[Catalog, Claim], None], ending: str
) -> None:
    meanwhile(catalog, claim)
    before = state(catalog, claim)
    with pytest.raises(LostLockError):
        ENDINGS[ending](catalog, claim)
    assert state(catalog, claim) == before


TERMS: dict[str, tuple[str, dict[str, Attribute]]] = {
    "VRT status": ("vrt", {"status": text("ready")}),
    "active generation": ("vrt", {"active_generation": text("another")}),
    "fence": ("vrt", {"fence": number(2)}),
    "active attempt": ("vrt", {"active_attempt": text("another")}),
    "generation id": ("generation", {"id": text("another")}),
    "generation status": ("generation", {"status": text("completed")}),
    "generation attempt": ("generation", {"attempt": text("another")}),
    "job status": ("job", {"status": text("cancelled")}),
}


def tamper(catalog: Catalog, claim: Claim, term: str) -> None:
    item, sets = TERMS[term]
    keys = {
        "vrt": dataset_key(claim.vrt.id),
        "generation": generation_key(claim.vrt.id, claim.generation.number),
        "job": job_key(claim.job.id),
    }
    write(catalog.jobs.table, Update(keys[item], "attribute_exists(#pk)", {}, sets=sets))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("term", TERMS)
def test_each_term_of_an_ending_refuses_by_itself(catalog: Catalog, claim: Claim, term: str, ending: str) -> None:
    tamper(catalog, claim, term)
    before = state(catalog, claim)
    with pytest.raises(LostLockError):
        ENDINGS[ending](catalog, claim)
    assert state(catalog, claim) == before


# --- abandoning ---


def test_a_generation_that_nobody_claimed_is_abandoned(catalog: Catalog) -> None:
    change = admission()
    catalog.lock.admit(change)
    assert catalog.lock.abandon(message(change), FAILURE, NOW)
    vrt = read_vrt(catalog, change.vrt.id)
    assert (vrt.status, vrt.active) == (VrtStatus.FAILED, None)
    shown = catalog.jobs.get(change.job.id)
    assert shown is not None
    assert (shown.status, shown.error_code, shown.due) == (JobStatus.FAILED, "object_missing", None)
    generation = catalog.jobs.get_generation(change.vrt.id, 1)
    assert generation is not None
    assert (generation.status, generation.ended_at) == (GenerationStatus.FAILED, NOW)


def test_a_live_lease_is_not_abandoned_and_an_expired_one_is(catalog: Catalog, claim: Claim) -> None:
    before = state(catalog, claim)
    assert not catalog.lock.abandon(message_of(claim), FAILURE, LATER - timedelta(microseconds=1))
    assert state(catalog, claim) == before
    assert catalog.lock.abandon(message_of(claim), FAILURE, LATER)


def test_an_old_message_abandons_nothing_once_the_fence_has_risen(catalog: Catalog, claim: Claim) -> None:
    take_over(catalog, claim)
    before = state(catalog, claim)
    assert not catalog.lock.abandon(message_of(claim), FAILURE, LATER)
    assert state(catalog, claim) == before


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_has_ended_is_not_abandoned(catalog: Catalog, claim: Claim, ending: str) -> None:
    ENDINGS[ending](catalog, claim)
    before = state(catalog, claim)
    assert not catalog.lock.abandon(message_of(claim), FAILURE, LATER)
    assert state(catalog, claim) == before


def test_an_abandonment_whose_answer_was_lost_was_this_calls(catalog: Catalog, claim: Claim) -> None:
    assert through(catalog, SentTwice).lock.abandon(message_of(claim), FAILURE, LATER)


def test_of_two_who_abandon_one_did_it(catalog: Catalog, claim: Claim) -> None:
    rival: list[bool] = []

    def ahead() -> None:
        if not rival:
            rival.append(True)
            rival.append(catalog.lock.abandon(message_of(claim), FAILURE, LATER))

    racing = through(catalog, lambda client: Troubled(client, "transact_write_items", [], ahead))
    assert not racing.lock.abandon(message_of(claim), FAILURE, LATER)
    assert rival == [True, True]


@pytest.mark.parametrize("term", [term for term in TERMS if term not in {"active attempt", "generation attempt"}])
def test_each_term_of_an_abandonment_refuses_by_itself(catalog: Catalog, claim: Claim, term: str) -> None:
    racing = through(
        catalog, lambda client: Troubled(client, "transact_write_items", [], lambda: tamper(catalog, claim, term))
    )
    assert not racing.lock.abandon(message_of(claim), FAILURE, LATER)
    assert read_vrt(catalog, claim.vrt.id).active is not None


def test_after_an_abandonment_the_message_has_ended(catalog: Catalog, claim: Claim) -> None:
    abandon(catalog, claim)
    outcome = catalog.lock.claim(message_of(claim), "b", LATER, LATER + LEASE, LATER + LEASE + MARGIN)
    assert outcome is ClaimOutcome.ENDED
