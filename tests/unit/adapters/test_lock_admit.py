"""Admission: one winner, all or nothing, and every answer is the one the caller's request deserves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import dataset_key, idempotency_key
from rasterloom.adapters.catalog_dynamodb.transactions import write
from rasterloom.adapters.catalog_dynamodb.values import number, text
from rasterloom.adapters.catalog_dynamodb.writes import Update
from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import VrtDataset
from rasterloom.domain.errors import (
    BaseChangedError,
    DatasetBusyError,
    IdempotencyKeyReusedError,
    NotFoundError,
    RasterloomError,
    UnavailableError,
)
from rasterloom.domain.lifecycle import VrtStatus
from rasterloom.domain.raster import Bounds
from rasterloom.ports import Admission, Failure
from tests.support.dynamo_faults import SentTwice, Troubled, cancelled, refused, through
from tests.support.factories import NOW, OWNER, admission, an_id, audience, summary, vrt
from tests.support.lock_steps import claimed, published_vrt, read_vrt


def nothing_of(catalog: Catalog, refused_one: Admission) -> bool:
    """Whether a refused admission left neither job nor generation."""
    generation = catalog.jobs.get_generation(refused_one.vrt.id, refused_one.generation.number)
    return catalog.jobs.get(refused_one.job.id) is None and (
        generation is None or generation.id != refused_one.generation.id
    )


def failed_vrt(catalog: Catalog) -> VrtDataset:
    """A VRT whose first generation failed: nothing was ever published."""
    claim = claimed(catalog, admission())
    catalog.lock.fail(claim, Failure("object_missing", "gone"), NOW)
    return read_vrt(catalog, claim.vrt.id)


# --- a new VRT ---


def test_a_new_vrt_stands_with_its_generation_and_job(catalog: Catalog) -> None:
    woven = vrt(summary="Both tiles", audience=audience("alice", Visibility.RESTRICTED, "survey"))
    change = admission(woven, is_new=True)
    assert catalog.lock.admit(change) == change.job.id
    assert catalog.datasets.get(woven.id) == change.vrt
    assert catalog.jobs.get(change.job.id) == change.job
    assert catalog.jobs.get_generation(woven.id, 1) == change.generation


def test_a_new_job_is_due_from_the_start(catalog: Catalog) -> None:
    change = admission()
    catalog.lock.admit(change)
    assert change.job.due is not None
    assert catalog.lock.due_jobs(change.job.due, 10) == [change.job]
    assert catalog.lock.due_jobs(change.job.due - timedelta(microseconds=1), 10) == []


def test_an_admission_whose_answer_was_lost_is_its_own(catalog: Catalog) -> None:
    for key in (None, "key"):
        change = admission(idempotency_key=key)
        assert through(catalog, SentTwice).lock.admit(change) == change.job.id
        assert catalog.datasets.get(change.vrt.id) == change.vrt


def test_an_admission_without_an_active_generation_is_a_mistake(catalog: Catalog) -> None:
    change = admission()
    with pytest.raises(ValueError, match=change.generation.id):
        catalog.lock.admit(replace(change, vrt=replace(change.vrt, active=None)))


# --- a change ---


def test_a_change_is_admitted_from_ready_and_raises_the_fence(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    change = admission(standing)
    assert catalog.lock.admit(change) == change.job.id
    held = read_vrt(catalog, standing.id)
    assert held == replace(change.vrt, updated_at=change.generation.admitted_at)
    assert held.fence == standing.fence + 1
    assert held.published == standing.published


def test_a_change_is_admitted_from_failed(catalog: Catalog) -> None:
    failed = failed_vrt(catalog)
    assert failed.status is VrtStatus.FAILED
    change = admission(failed)
    assert catalog.lock.admit(change) == change.job.id


def test_a_change_writes_nothing_but_the_lock(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    change = admission(replace(standing, title="Another title", audience=audience("mallory", Visibility.PUBLIC)))
    catalog.lock.admit(change)
    held = read_vrt(catalog, standing.id)
    assert (held.title, held.audience) == (standing.title, standing.audience)


def test_a_second_change_is_busy_and_names_the_running_job(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    first, second = admission(standing), admission(standing)
    catalog.lock.admit(first)
    with pytest.raises(DatasetBusyError) as caught:
        catalog.lock.admit(second)
    assert caught.value.job_id == first.job.id
    assert nothing_of(catalog, second)
    assert read_vrt(catalog, standing.id).active == first.vrt.active


def test_a_change_of_an_older_base_is_told_which_one_stands(catalog: Catalog) -> None:
    old = published_vrt(catalog)
    new = published_vrt(catalog, admission(old))
    assert new.published is not None
    late = admission(old)
    with pytest.raises(BaseChangedError) as caught:
        catalog.lock.admit(late)
    assert caught.value.data["actual"] == new.published.generation_id
    assert nothing_of(catalog, late)
    assert read_vrt(catalog, old.id) == new


def test_the_base_decides_even_where_the_fence_is_right(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    for base_id in (None, an_id("another")):
        with pytest.raises(BaseChangedError):
            catalog.lock.admit(replace(admission(standing), base_id=base_id))


def test_a_base_where_nothing_is_published_yet_is_another_base(catalog: Catalog) -> None:
    change = replace(admission(failed_vrt(catalog)), base_id=an_id("another"))
    with pytest.raises(BaseChangedError):
        catalog.lock.admit(change)


def test_a_change_whose_fence_was_used_meanwhile_has_to_read_again(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    late = admission(standing)
    claim = claimed(catalog, admission(standing))
    catalog.lock.fail(claim, Failure("object_missing", "gone"), NOW)
    with pytest.raises(DatasetBusyError) as caught:
        catalog.lock.admit(late)
    assert caught.value.job_id is None
    assert nothing_of(catalog, late)


@pytest.mark.parametrize(
    "sets",
    [{"status": text("regenerating")}, {"active_generation": text("g"), "active_job": text("j")}, {"fence": number(9)}],
    ids=["status", "active generation", "fence"],
)
@pytest.mark.parametrize("standing_one", [published_vrt, failed_vrt], ids=["published", "never published"])
def test_each_term_of_the_lock_refuses_by_itself(
    catalog: Catalog, sets: dict[str, dict[str, str]], standing_one: Callable[[Catalog], VrtDataset]
) -> None:
    standing = standing_one(catalog)
    write(catalog.jobs.table, Update(dataset_key(standing.id), "attribute_exists(#pk)", {}, sets=sets))
    with pytest.raises(DatasetBusyError):
        catalog.lock.admit(admission(standing))


def test_a_change_of_a_vrt_that_is_gone_does_not_bring_it_back(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    catalog.jobs.table.delete_many([dataset_key(standing.id)])
    change = admission(standing)
    with pytest.raises(NotFoundError, match=standing.id):
        catalog.lock.admit(change)
    assert catalog.datasets.get(standing.id) is None
    assert nothing_of(catalog, change)


def test_a_generation_number_is_never_given_twice(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    rewound = Update(dataset_key(standing.id), "attribute_exists(#pk)", {}, sets={"fence": number(0)})
    write(catalog.jobs.table, rewound)
    with pytest.raises(RasterloomError, match="Generation 1 "):
        catalog.lock.admit(admission(replace(standing, fence=0)))


def test_a_summary_too_long_for_the_item_lies_with_the_artifacts(catalog: Catalog) -> None:
    bands = tuple(replace(summary().bands[0], description=an_id(f"band {number}")) for number in range(5000))
    long = summary(bands=bands, lonlat_bounds=Bounds(170.0, -10.0, -170.0, 10.0))
    standing = published_vrt(catalog, summary=long)
    assert standing.published is not None
    assert standing.published.summary == long
    again = published_vrt(catalog, admission(standing))
    assert again.published is not None
    assert again.published.summary == summary()


# --- idempotency ---


def test_the_same_key_and_body_answer_the_first_job(catalog: Catalog) -> None:
    first, again = admission(idempotency_key="key"), admission(idempotency_key="key")
    catalog.lock.admit(first)
    assert catalog.lock.admit(again) == first.job.id
    assert catalog.datasets.get(again.vrt.id) is None
    assert nothing_of(catalog, again)


def test_the_same_key_with_another_body_is_refused(catalog: Catalog) -> None:
    catalog.lock.admit(admission(idempotency_key="key"))
    other = admission(idempotency_key="key", body_digest="d2")
    with pytest.raises(IdempotencyKeyReusedError, match="key"):
        catalog.lock.admit(other)
    assert catalog.datasets.get(other.vrt.id) is None


def test_the_idempotency_row_outranks_the_lock(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    first = admission(standing, idempotency_key="key")
    catalog.lock.admit(first)
    assert catalog.lock.admit(admission(standing, idempotency_key="key")) == first.job.id
    with pytest.raises(IdempotencyKeyReusedError):
        catalog.lock.admit(admission(standing, idempotency_key="key", body_digest="d2"))


def test_a_refused_change_uses_no_key_up(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    catalog.lock.admit(admission(standing))
    with pytest.raises(DatasetBusyError):
        catalog.lock.admit(admission(standing, idempotency_key="key"))
    assert catalog.lock.replayed(OWNER, "key", NOW) is None


def test_an_expired_key_is_free_before_the_ttl_has_come_by(catalog: Catalog) -> None:
    catalog.lock.admit(admission(idempotency_key="key", expires_at=NOW - timedelta(seconds=1)))
    again = admission(idempotency_key="key", body_digest="d2")
    assert catalog.lock.admit(again) == again.job.id
    record = catalog.lock.replayed(OWNER, "key", NOW)
    assert record is not None
    assert (record.body_digest, record.result) == ("d2", again.job.id)


def test_a_key_is_replayed_until_it_expires(catalog: Catalog) -> None:
    expires = NOW + timedelta(hours=1)
    change = admission(idempotency_key="key", expires_at=expires)
    catalog.lock.admit(change)
    record = catalog.lock.replayed(OWNER, "key", NOW)
    assert record is not None
    assert (record.result, record.body_digest) == (change.job.id, "d1")
    assert expires <= record.expires_at < expires + timedelta(seconds=1)
    assert catalog.lock.replayed(OWNER, "key", expires) is not None
    assert catalog.lock.replayed(OWNER, "key", record.expires_at) is None
    assert catalog.lock.replayed("bob", "key", NOW) is None
    assert catalog.lock.replayed(OWNER, "other", NOW) is None


def test_no_caller_can_spell_anothers_key() -> None:
    assert idempotency_key("a#b", "c") != idempotency_key("a", "b#c")
    assert idempotency_key("a%23b", "c") != idempotency_key("a#b", "c")


# --- what decides nothing ---


def calls_of(troubled: Troubled, catalog: Catalog) -> Catalog:
    return through(catalog, troubled.around)


@pytest.mark.parametrize(
    "trouble",
    [
        cancelled("None", "TransactionConflict", "None"),
        cancelled("TransactionConflict", "ConditionalCheckFailed", "None"),
        cancelled("None", "ThrottlingError", "None"),
        cancelled("ProvisionedThroughputExceeded", "None", "None"),
        refused("TransactionConflictException"),
    ],
    ids=["conflict", "conflict before a refusal", "throttled", "out of capacity", "conflict of one item"],
)
def test_an_undecided_transaction_is_tried_again_under_the_same_token(catalog: Catalog, trouble: Exception) -> None:
    tokens: list[str] = []

    class Listening(Troubled):
        """Keeps the tokens."""

        def __getattr__(self, name: str) -> object:
            method = super().__getattr__(name)
            if name != self.operation:
                return method

            def call(**parameters: object) -> object:
                tokens.append(str(parameters["ClientRequestToken"]))
                return method(**parameters)

            return call

    troubled = Listening(None, "transact_write_items", [trouble, trouble])
    change = admission()
    assert calls_of(troubled, catalog).lock.admit(change) == change.job.id
    assert troubled.calls == 3
    assert len(set(tokens)) == 1


def test_a_transaction_that_stays_undecided_is_unavailable_and_never_busy(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    troubled = Troubled(None, "transact_write_items", [cancelled("None", "TransactionConflict")] * 100)
    change = admission(standing)
    with pytest.raises(UnavailableError, match="TransactionConflict"):
        calls_of(troubled, catalog).lock.admit(change)
    assert 3 <= troubled.calls <= 20
    assert nothing_of(catalog, change)


def test_a_refused_lock_waits_for_an_undecided_idempotency_row(catalog: Catalog) -> None:
    # Two identical requests: the row of the first is being written while the second finds its VRT busy.
    standing = published_vrt(catalog)
    first = admission(standing, idempotency_key="key")
    catalog.lock.admit(first)
    undecided = cancelled("TransactionConflict", "None", "ConditionalCheckFailed", "None")
    troubled = Troubled(None, "transact_write_items", [undecided])
    assert calls_of(troubled, catalog).lock.admit(admission(standing, idempotency_key="key")) == first.job.id


def test_a_cancellation_for_any_other_reason_is_an_error(catalog: Catalog) -> None:
    troubled = Troubled(None, "transact_write_items", [cancelled("None", "ItemCollectionSizeLimitExceeded")])
    with pytest.raises(RasterloomError, match="TransactionCanceledException"):
        calls_of(troubled, catalog).lock.admit(admission())


def test_the_pauses_between_tries_are_random_and_bounded(catalog: Catalog) -> None:
    from rasterloom.adapters.catalog_dynamodb.client import Rounds

    bounds: list[float] = []
    pauses: list[float] = []

    def draw(least: float, most: float) -> float:
        bounds.append(most)
        return (least + most) / 2

    rounds = Rounds(sleep=pauses.append, draw=draw)
    always: list[Exception] = [cancelled("TransactionConflict")] * 100
    with pytest.raises(UnavailableError):
        through(catalog, lambda client: Troubled(client, "transact_write_items", always), rounds).lock.admit(
            admission()
        )
    assert bounds == [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.0]
    assert pauses == [bound / 2 for bound in bounds]


def test_vrts_are_told_from_rasters(catalog: Catalog) -> None:
    assert isinstance(published_vrt(catalog), VrtDataset)
