"""Claims: one attempt at a time, and every message learns what has become of its generation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import dataset_key, generation_key, job_key
from rasterloom.adapters.catalog_dynamodb.transactions import write
from rasterloom.adapters.catalog_dynamodb.values import Attribute, number, text
from rasterloom.adapters.catalog_dynamodb.writes import Update
from rasterloom.domain.errors import LostLockError, UnavailableError
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, JobStep
from rasterloom.ports import Admission, Claim, ClaimOutcome, Failure
from tests.support.dynamo_faults import SentTwice, Troubled, cancelled, through
from tests.support.factories import NOW, admission, an_id, message
from tests.support.lock_steps import LEASE, MARGIN, claimed, published_vrt, read_vrt

LATER = NOW + LEASE


def bid(catalog: Catalog, of: BuildMessage, attempt: str, now: datetime = NOW) -> Claim | ClaimOutcome:
    return catalog.lock.claim(of, attempt, now, now + LEASE, now + LEASE + MARGIN)


def tamper(catalog: Catalog, key: tuple[str, str], *removes: str, **sets: Attribute) -> None:
    write(catalog.jobs.table, Update(key, "attribute_exists(#pk)", {}, sets=sets, removes=removes))


@pytest.fixture
def change(catalog: Catalog) -> Admission:
    """A new VRT, admitted."""
    admitted = admission()
    catalog.lock.admit(admitted)
    return admitted


def test_a_claim_is_what_stands_in_the_catalogue(catalog: Catalog, change: Admission) -> None:
    claim = bid(catalog, message(change), "a")
    assert isinstance(claim, Claim)
    assert (claim.fence, claim.attempt, claim.lease_expires_at) == (1, "a", NOW + LEASE)
    assert catalog.datasets.get(change.vrt.id) == claim.vrt
    assert catalog.jobs.get(change.job.id) == claim.job
    assert catalog.jobs.get_generation(change.vrt.id, 1) == claim.generation


def test_a_claim_starts_the_generation_and_moves_the_due_time_behind_the_lease(
    catalog: Catalog, change: Admission
) -> None:
    claim = bid(catalog, message(change), "a")
    assert isinstance(claim, Claim)
    assert claim.vrt.active is not None
    assert (claim.vrt.active.started_at, claim.vrt.active.attempt) == (NOW, "a")
    assert claim.vrt.active.lease_expires_at == NOW + LEASE
    assert (claim.generation.status, claim.generation.attempts) == (GenerationStatus.RUNNING, 1)
    assert (claim.job.status, claim.job.step, claim.job.due) == (
        JobStatus.RUNNING,
        JobStep.VALIDATING,
        NOW + LEASE + MARGIN,
    )


def test_the_same_message_twice_has_one_winner(catalog: Catalog, change: Admission) -> None:
    assert isinstance(bid(catalog, message(change), "a"), Claim)
    assert bid(catalog, message(change), "b") is ClaimOutcome.HELD
    assert read_vrt(catalog, change.vrt.id).active is not None


def test_a_lease_is_alive_to_its_last_microsecond(catalog: Catalog, change: Admission) -> None:
    bid(catalog, message(change), "a")
    assert bid(catalog, message(change), "b", LATER - timedelta(microseconds=1)) is ClaimOutcome.HELD
    claim = bid(catalog, message(change), "b", LATER)
    assert isinstance(claim, Claim)
    assert (claim.attempt, claim.generation.attempt, claim.generation.attempts) == ("b", "b", 2)
    assert claim.generation.started_at == NOW
    assert claim.vrt == read_vrt(catalog, change.vrt.id)


def test_a_claim_after_an_expired_lease_stops_the_first_worker(catalog: Catalog, change: Admission) -> None:
    first = bid(catalog, message(change), "a")
    bid(catalog, message(change), "b", LATER)
    assert isinstance(first, Claim)
    with pytest.raises(LostLockError):
        catalog.lock.advance(first, JobStep.BUILDING, 0.35)


def test_a_claim_whose_answer_was_lost_has_won(catalog: Catalog, change: Admission) -> None:
    lossy = through(catalog, SentTwice)
    claim = bid(lossy, message(change), "a")
    assert isinstance(claim, Claim)
    assert claim.generation.attempts == 1
    assert catalog.jobs.get_generation(change.vrt.id, 1) == claim.generation


def test_a_claim_is_its_own_when_it_asks_again_later(catalog: Catalog, change: Admission) -> None:
    first = bid(catalog, message(change), "a")
    again = bid(catalog, message(change), "a", NOW + timedelta(seconds=5))
    assert again == first


# --- what has ended, or is somebody else's ---


def publish(catalog: Catalog, change: Admission) -> BuildMessage:
    published_vrt(catalog, change)
    return message(change)


def fail(catalog: Catalog, change: Admission) -> BuildMessage:
    catalog.lock.fail(claimed(catalog, change), Failure("object_missing", "gone"), NOW)
    return message(change)


def supersede(catalog: Catalog, change: Admission) -> BuildMessage:
    standing = published_vrt(catalog, change)
    catalog.lock.admit(admission(standing))
    return message(change)


def take_over(catalog: Catalog, change: Admission) -> BuildMessage:
    claim = claimed(catalog, change)
    assert catalog.lock.take_over(claim.job, claim.vrt, LATER, LATER) is not None
    return message(change)


def never_admit(_: Catalog, change: Admission) -> BuildMessage:
    return message(change)


def forge_job(catalog: Catalog, change: Admission) -> BuildMessage:
    catalog.lock.admit(change)
    other = admission()
    catalog.lock.admit(other)
    return message(change, job_id=other.job.id)


def forge_generation(catalog: Catalog, change: Admission) -> BuildMessage:
    catalog.lock.admit(change)
    return message(change, generation_id=an_id("another"))


def forge_fence(catalog: Catalog, change: Admission) -> BuildMessage:
    catalog.lock.admit(change)
    return message(change, fence=2)


@pytest.mark.parametrize(
    "history",
    [publish, fail, supersede, take_over, never_admit, forge_job, forge_generation, forge_fence],
)
def test_a_message_of_what_is_over_or_never_was_has_ended(
    catalog: Catalog, history: Callable[[Catalog, Admission], BuildMessage]
) -> None:
    assert bid(catalog, history(catalog, admission()), "late", LATER) is ClaimOutcome.ENDED


@pytest.mark.parametrize("item", ["generation", "job", "no job", "no generation"])
def test_a_generation_or_job_that_is_final_is_not_claimed(catalog: Catalog, change: Admission, item: str) -> None:
    keys = {"generation": generation_key(change.vrt.id, 1), "job": job_key(change.job.id)}
    if item.startswith("no "):
        catalog.jobs.table.delete_many([keys[item.removeprefix("no ")]])
    else:
        tamper(catalog, keys[item], status=text("failed"))
    assert bid(catalog, message(change), "a") is ClaimOutcome.ENDED


# --- somebody goes ahead between the look and the write ---


def going_ahead(catalog: Catalog, act: Callable[[], object]) -> Catalog:
    """A catalogue in which somebody acts just before the first transaction arrives."""
    acts = [act]
    return through(catalog, lambda client: Troubled(client, "transact_write_items", [], lambda: acts and acts.pop()()))


def test_a_claim_that_came_first_holds(catalog: Catalog, change: Admission) -> None:
    racing = going_ahead(catalog, lambda: bid(catalog, message(change), "first"))
    assert bid(racing, message(change), "second") is ClaimOutcome.HELD
    generation = catalog.jobs.get_generation(change.vrt.id, 1)
    assert generation is not None
    assert (generation.attempt, generation.attempts) == ("first", 1)


def test_a_take_over_that_came_first_ends_the_message(catalog: Catalog) -> None:
    claim = claimed(catalog, admission())
    message_of = BuildMessage(claim.vrt.id, claim.job.id, claim.generation.id, claim.fence)
    racing = going_ahead(catalog, lambda: catalog.lock.take_over(claim.job, claim.vrt, LATER, LATER))
    assert bid(racing, message_of, "b", LATER) is ClaimOutcome.ENDED


def test_a_release_that_came_first_lets_the_claim_look_again(catalog: Catalog) -> None:
    claim = claimed(catalog, admission())
    of = BuildMessage(claim.vrt.id, claim.job.id, claim.generation.id, claim.fence)
    racing = going_ahead(catalog, lambda: catalog.lock.release(claim))
    won = bid(racing, of, "b", LATER)
    assert isinstance(won, Claim)
    assert won.vrt == read_vrt(catalog, claim.vrt.id)


def test_a_claim_that_always_comes_second_gives_the_message_back(catalog: Catalog, change: Admission) -> None:
    refusing = through(
        catalog,
        lambda client: Troubled(client, "transact_write_items", [cancelled("ConditionalCheckFailed")] * 10),
    )
    assert bid(refusing, message(change), "a") is ClaimOutcome.HELD


def test_an_undecided_claim_is_unavailable(catalog: Catalog, change: Admission) -> None:
    conflicting = through(
        catalog, lambda client: Troubled(client, "transact_write_items", [cancelled("TransactionConflict")] * 100)
    )
    with pytest.raises(UnavailableError):
        bid(conflicting, message(change), "a")


TERMS: dict[str, tuple[str, dict[str, Attribute], bool]] = {
    "active generation": ("vrt", {"active_generation": text(an_id("another"))}, False),
    "fence": ("vrt", {"fence": number(9)}, False),
    "no lease": ("vrt", {"lease_expires_at": number(1)}, True),
    "generation id": ("generation", {"id": text(an_id("another"))}, False),
    "generation status": ("generation", {"status": text("completed")}, False),
    "attempts": ("generation", {"attempts": number(4)}, True),
    "job status": ("job", {"status": text("cancelled")}, False),
}
"""What changes between look and write: item, attributes, and whether a second look may claim all the same."""


@pytest.mark.parametrize("term", TERMS)
def test_each_term_of_a_claim_refuses_by_itself(catalog: Catalog, change: Admission, term: str) -> None:
    item, sets, claimable = TERMS[term]
    keys = {
        "vrt": dataset_key(change.vrt.id),
        "generation": generation_key(change.vrt.id, 1),
        "job": job_key(change.job.id),
    }
    troubled = Troubled(None, "transact_write_items", [], lambda: tamper(catalog, keys[item], **sets))
    outcome = bid(through(catalog, troubled.around), message(change), "a")
    assert isinstance(outcome, Claim) == claimable
    assert troubled.calls == (2 if claimable else 1)


@pytest.mark.parametrize(("meanwhile", "looks"), [(1, 1), (2, 2)], ids=["as seen", "another"])
def test_an_expired_lease_is_claimed_only_as_it_was_seen(
    catalog: Catalog, change: Admission, meanwhile: int, looks: int
) -> None:
    tamper(catalog, dataset_key(change.vrt.id), lease_expires_at=number(1))

    def renew() -> None:
        tamper(catalog, dataset_key(change.vrt.id), lease_expires_at=number(meanwhile))

    troubled = Troubled(None, "transact_write_items", [], renew)
    assert isinstance(bid(through(catalog, troubled.around), message(change), "a"), Claim)
    assert troubled.calls == looks


# --- giving back ---


def test_a_released_lease_can_be_claimed_at_once(catalog: Catalog) -> None:
    claim = claimed(catalog, admission(), "a")
    catalog.lock.release(claim)
    released = read_vrt(catalog, claim.vrt.id)
    assert released.active is not None
    assert (released.active.attempt, released.active.lease_expires_at) == (None, None)
    again = bid(catalog, BuildMessage(claim.vrt.id, claim.job.id, claim.generation.id, claim.fence), "b")
    assert isinstance(again, Claim)
    assert again.generation.attempts == 2


def test_a_released_job_stays_due(catalog: Catalog) -> None:
    claim = claimed(catalog, admission())
    catalog.lock.release(claim)
    job = catalog.jobs.get(claim.job.id)
    assert job is not None
    assert (job.status, job.due) == (JobStatus.RUNNING, claim.job.due)


def test_a_claim_that_was_released_holds_no_more(catalog: Catalog) -> None:
    claim = claimed(catalog, admission())
    catalog.lock.release(claim)
    with pytest.raises(LostLockError):
        catalog.lock.advance(claim, JobStep.BUILDING, 0.35)
    with pytest.raises(LostLockError):
        catalog.lock.fail(claim, Failure("late", "late"), NOW)


@pytest.mark.parametrize("changes", [{"attempt": "b"}, {"fence": 2}], ids=["attempt", "fence"])
def test_a_lease_that_is_anothers_is_not_released(catalog: Catalog, changes: dict[str, object]) -> None:
    claim = claimed(catalog, admission(), "a")
    catalog.lock.release(replace(claim, **changes))  # type: ignore[arg-type]
    assert read_vrt(catalog, claim.vrt.id) == claim.vrt


def test_a_lease_of_another_generation_is_not_released(catalog: Catalog) -> None:
    claim = claimed(catalog, admission(), "a")
    catalog.lock.release(replace(claim, generation=replace(claim.generation, id=an_id("another"))))
    assert read_vrt(catalog, claim.vrt.id) == claim.vrt


@pytest.mark.parametrize("item", ["vrt", "job"])
def test_a_lease_is_released_only_where_vrt_and_job_agree_whose_it_is(catalog: Catalog, item: str) -> None:
    claim = claimed(catalog, admission(), "a")
    if item == "vrt":
        tamper(catalog, dataset_key(claim.vrt.id), active_attempt=text("b"))
    else:
        tamper(catalog, job_key(claim.job.id), attempt=text("b"))
    catalog.lock.release(claim)
    held = read_vrt(catalog, claim.vrt.id)
    assert held.active is not None
    assert held.active.lease_expires_at == claim.lease_expires_at


def test_releasing_twice_releases_once(catalog: Catalog) -> None:
    claim = claimed(catalog, admission())
    through(catalog, SentTwice).lock.release(claim)
    released = read_vrt(catalog, claim.vrt.id)
    assert released.active is not None
    assert released.active.attempt is None
