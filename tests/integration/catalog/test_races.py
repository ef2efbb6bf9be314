"""Races on a real server: whoever comes first wins, everybody else learns it, and nothing is half written."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.domain.errors import DatasetBusyError, JobEndedError, LostLockError
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.lifecycle import JobStatus, VrtStatus
from rasterloom.ports import Claim, ClaimOutcome, Failure
from tests.support.factories import NOW, admission, message, published, raster
from tests.support.lock_steps import LEASE, MARGIN, claimed, published_vrt, read_vrt
from tests.support.races import race

THREADS = 40
ROUNDS = range(3)
LATER = NOW + LEASE
FAILURE = Failure("attempts_exhausted", "Nobody ended it")


def bid(catalog: Catalog, of: BuildMessage, attempt: str) -> Claim | ClaimOutcome:
    return catalog.lock.claim(of, attempt, LATER, LATER + LEASE, LATER + LEASE + MARGIN)


def message_of(claim: Claim) -> BuildMessage:
    return BuildMessage(claim.vrt.id, claim.job.id, claim.generation.id, claim.fence)


def publish(catalog: Catalog, claim: Claim) -> None:
    catalog.lock.publish(claim, published(claim.vrt.id, claim.generation.id, claim.attempt), 2, NOW)


@pytest.mark.parametrize("_", ROUNDS)
def test_of_forty_changes_of_one_vrt_exactly_one_is_admitted(catalog: Catalog, _: int) -> None:
    standing = published_vrt(catalog)
    changes = [admission(standing) for _ in range(THREADS)]
    outcomes = race([partial(catalog.lock.admit, change) for change in changes])
    (winner,) = [change for change, outcome in zip(changes, outcomes, strict=True) if isinstance(outcome, str)]
    losers = [outcome for outcome in outcomes if not isinstance(outcome, str)]
    assert all(isinstance(error, DatasetBusyError) and error.job_id == winner.job.id for error in losers), losers
    assert read_vrt(catalog, standing.id).active == winner.vrt.active
    assert [change.job.id for change in changes if catalog.jobs.get(change.job.id)] == [winner.job.id]
    assert catalog.jobs.get_generation(standing.id, winner.generation.number) == winner.generation


@pytest.mark.parametrize("_", ROUNDS)
def test_forty_identical_requests_have_one_job_and_one_vrt(catalog: Catalog, _: int) -> None:
    requests = [admission(idempotency_key="key") for _ in range(THREADS)]
    outcomes = race([partial(catalog.lock.admit, request) for request in requests])
    (job_id,) = set(map(str, outcomes))
    standing = catalog.datasets.get_many([request.vrt.id for request in requests])
    (winner,) = [request for request in requests if request.job.id == job_id]
    assert list(standing) == [winner.vrt.id]


def test_forty_different_requests_are_all_admitted(catalog: Catalog) -> None:
    requests = [admission(idempotency_key=f"key {number}") for number in range(THREADS)]
    outcomes = race([partial(catalog.lock.admit, request) for request in requests])
    assert outcomes == [request.job.id for request in requests]
    due = catalog.lock.due_jobs(NOW + timedelta(minutes=1), 1000)
    assert {job.id for job in due} == set(outcomes)


@pytest.mark.parametrize("_", ROUNDS)
def test_of_forty_deliveries_of_one_message_exactly_one_builds(catalog: Catalog, _: int) -> None:
    change = admission()
    catalog.lock.admit(change)
    outcomes = race([partial(bid, catalog, message(change), f"attempt {number}") for number in range(THREADS)])
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, Claim)]
    assert Counter(map(str, outcomes))["held"] == THREADS - 1
    assert read_vrt(catalog, change.vrt.id) == winner.vrt
    assert catalog.jobs.get_generation(change.vrt.id, 1) == winner.generation
    assert winner.generation.attempts == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_of_twenty_reconcilers_exactly_one_takes_over(catalog: Catalog, _: int) -> None:
    claim = claimed(catalog, admission())
    outcomes = race([partial(catalog.lock.take_over, claim.job, claim.vrt, LATER, LATER)] * 20)
    assert sum(isinstance(outcome, BuildMessage) for outcome in outcomes) == 1
    assert sum(outcome is None for outcome in outcomes) == 19
    assert read_vrt(catalog, claim.vrt.id).fence == claim.fence + 1


@pytest.mark.parametrize("_", range(6))
def test_a_late_publish_a_take_over_a_claim_and_an_abandonment_have_one_winner(catalog: Catalog, _: int) -> None:
    claim = claimed(catalog, admission())
    steps: list[Callable[[], object]] = [
        partial(publish, catalog, claim),
        partial(catalog.lock.fail, claim, FAILURE, LATER),
        partial(catalog.lock.take_over, claim.job, claim.vrt, LATER, LATER),
        partial(bid, catalog, message_of(claim), "b"),
        partial(catalog.lock.abandon, message_of(claim), FAILURE, LATER),
    ]
    published_it, failed_it, taken, won, abandoned = race(steps)
    first = [
        not isinstance(published_it, Exception),
        not isinstance(failed_it, Exception),
        isinstance(taken, BuildMessage),
        isinstance(won, Claim),
        abandoned is True,
    ]
    assert sum(first) == 1, (published_it, failed_it, taken, won, abandoned)
    assert all(isinstance(error, LostLockError) for error in (published_it, failed_it) if error is not None)
    vrt, job = read_vrt(catalog, claim.vrt.id), catalog.jobs.get(claim.job.id)
    assert job is not None
    ended = first[0] or first[1] or first[4]
    assert (vrt.status is VrtStatus.REGENERATING, vrt.active is not None, job.due is not None) == (not ended,) * 3
    assert (job.status is JobStatus.RUNNING) == (not ended)
    assert (vrt.published is not None) == first[0]


def test_forty_registrations_of_one_object_are_one_dataset(catalog: Catalog) -> None:
    first = raster()
    candidates = [raster(ref=first.ref) for _ in range(THREADS)]
    outcomes = race([partial(catalog.datasets.add_raster, candidate) for candidate in candidates])
    (standing,) = set(map(str, outcomes))
    assert list(catalog.datasets.get_many([candidate.id for candidate in candidates])) == [standing]
    assert catalog.datasets.find_object(first.ref, "alice") == standing


@pytest.mark.parametrize("_", ROUNDS)
def test_of_a_publication_and_many_cancellations_one_end_wins_and_all_learn_which(catalog: Catalog, _: int) -> None:
    standing = published_vrt(catalog)
    claim = claimed(catalog, admission(standing))
    contestants: list[Callable[[], bool | None]] = [partial(publish, catalog, claim)]
    contestants += [partial(catalog.lock.cancel, claim.job, NOW) for _ in range(THREADS - 1)]
    first, *outcomes = race(contestants)
    vrt, job = read_vrt(catalog, standing.id), catalog.jobs.get(claim.job.id)
    assert job is not None
    assert (vrt.status, vrt.active, job.due) == (VrtStatus.READY, None, None)
    if first is None:
        assert (job.status, vrt.published != standing.published) == (JobStatus.COMPLETE, True)
        assert {type(outcome) for outcome in outcomes} == {JobEndedError}
    else:
        assert (job.status, vrt.published) == (JobStatus.CANCELLED, standing.published)
        assert isinstance(first, LostLockError)
        assert Counter(outcomes) == {True: 1, False: THREADS - 2}
