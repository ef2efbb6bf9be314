"""What is looked at later: found when it is due, and decided on by whoever saw it as it stands."""

from datetime import timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.domain.generation import BuildMessage, Change, ChangeKind
from rasterloom.domain.lifecycle import GenerationStatus
from rasterloom.domain.sweeping import (
    GRACE,
    RELEASE_AFTER,
    START,
    EndedGeneration,
    Leftover,
    Progress,
    Remains,
    first_look,
)
from rasterloom.ports import Failure, Standing
from tests.support.dynamo_faults import SentTwice, through
from tests.support.factories import NOW, admission, generation, raster
from tests.support.lock_steps import claimed, mark, published_vrt

LATER = NOW + GRACE
AGAIN = LATER + timedelta(hours=1)


@pytest.fixture(params=["generation", "remains"])
def leftover(catalog: Catalog, request: pytest.FixtureRequest) -> Leftover:
    """Something that is due in an hour."""
    vrt = published_vrt(catalog)
    if request.param == "remains":
        for generation_of_it in catalog.sweeps.due(LATER, 10):
            catalog.sweeps.swept(generation_of_it)
        catalog.datasets.delete_vrt(vrt, NOW)
    (found,) = catalog.sweeps.due(LATER, 10)
    return found


def test_whatever_ends_a_generation_has_it_looked_at(catalog: Catalog) -> None:
    failed, abandoned, cancelled = (claimed(catalog, admission()) for _ in range(3))
    catalog.lock.fail(failed, Failure("object_missing", "gone"), NOW)
    long_after = abandoned.lease_expires_at
    held = BuildMessage(abandoned.vrt.id, abandoned.job.id, abandoned.generation.id, abandoned.fence)
    assert catalog.lock.abandon(held, Failure("delivery_exhausted", "enough"), long_after)
    assert catalog.lock.cancel(cancelled.job, NOW)
    vrt = published_vrt(catalog)
    assert vrt.published is not None
    ended = {failed.generation.id, abandoned.generation.id, cancelled.generation.id, vrt.published.generation_id}
    due = catalog.sweeps.due(long_after + GRACE, 10)
    assert {each.generation.id for each in due if isinstance(each, EndedGeneration)} == ended
    assert catalog.sweeps.due(NOW + GRACE - timedelta(microseconds=1), 10) == []


@pytest.mark.parametrize(
    ("kind", "base", "status", "wait"),
    [
        (ChangeKind.REMOVE, "a base", GenerationStatus.COMPLETED, RELEASE_AFTER),
        (ChangeKind.REPLACE, "a base", GenerationStatus.COMPLETED, RELEASE_AFTER),
        (ChangeKind.REPLACE, None, GenerationStatus.COMPLETED, GRACE),
        (ChangeKind.ADD, "a base", GenerationStatus.COMPLETED, GRACE),
        (ChangeKind.REMOVE, "a base", GenerationStatus.FAILED, GRACE),
    ],
)
def test_only_what_may_hold_a_raster_in_vain_is_looked_at_soon(
    kind: ChangeKind, base: str | None, status: GenerationStatus, wait: timedelta
) -> None:
    made = generation("a vrt", base_id=base, change=Change(kind, source_id="a raster"))
    assert first_look(made, status, NOW) == NOW + wait


def test_another_look_is_not_due_before_its_time(catalog: Catalog, leftover: Leftover) -> None:
    catalog.sweeps.look_again(leftover, AGAIN)
    assert catalog.sweeps.due(AGAIN - timedelta(microseconds=1), 10) == []
    (found,) = catalog.sweeps.due(AGAIN, 10)
    assert found.due == AGAIN


def test_a_look_that_had_no_time_to_end_is_gone_on_with_and_the_next_one_begins_anew(
    catalog: Catalog, leftover: Leftover
) -> None:
    catalog.sweeps.look_again(leftover, leftover.due, Progress(3, found=True))
    (found,) = catalog.sweeps.due(LATER, 10)
    assert (found.due, found.progress) == (leftover.due, Progress(3, found=True))
    catalog.sweeps.look_again(found, AGAIN)
    (anew,) = catalog.sweeps.due(AGAIN, 10)
    assert anew.progress == START


def test_what_is_swept_is_never_looked_at_again(catalog: Catalog, leftover: Leftover) -> None:
    twice = through(catalog, SentTwice)
    twice.sweeps.swept(leftover)
    assert catalog.sweeps.due(AGAIN, 10) == []
    catalog.sweeps.look_again(leftover, AGAIN)
    assert catalog.sweeps.due(AGAIN, 10) == [], "whoever saw it before cannot bring it back"


def test_who_saw_it_before_another_look_was_decided_on_decides_nothing(catalog: Catalog, leftover: Leftover) -> None:
    catalog.sweeps.look_again(leftover, AGAIN)
    catalog.sweeps.swept(leftover)
    catalog.sweeps.look_again(leftover, LATER)
    (found,) = catalog.sweeps.due(AGAIN, 10)
    assert found.due == AGAIN


def test_what_stands_of_a_dataset_is_told_only_to_who_saw_the_row_as_it_is(catalog: Catalog) -> None:
    vrt = published_vrt(catalog)
    assert vrt.published is not None
    catalog.datasets.delete_vrt(vrt, NOW)
    remains = Remains(vrt.id, LATER, vrt.published.prefix)
    assert remains in catalog.sweeps.due(LATER, 10)
    assert catalog.sweeps.standing(remains) == Standing(exists=False, has_unswept_generations=True)
    (ended,) = (each for each in catalog.sweeps.due(LATER, 10) if isinstance(each, EndedGeneration))
    catalog.sweeps.swept(ended)
    assert catalog.sweeps.standing(remains) == Standing(exists=False)
    catalog.sweeps.look_again(remains, AGAIN)
    assert catalog.sweeps.standing(remains) is None


def test_a_deleted_raster_is_looked_at_and_one_whose_deletion_was_refused_is_not(catalog: Catalog) -> None:
    gone, stays = raster(), raster()
    for each in (gone, stays):
        catalog.datasets.add_raster(each)
        assert mark(catalog, each.id, "one") is not None
    marked = catalog.datasets.get_many([gone.id])[gone.id]
    catalog.datasets.delete_raster(marked, NOW)  # type: ignore[arg-type]
    catalog.datasets.unmark_deletion(stays.id, "one")
    assert catalog.sweeps.due(LATER, 10) == [Remains(gone.id, LATER)]


def test_deletions_are_told_longest_due_first(catalog: Catalog) -> None:
    rasters = [raster() for _ in range(3)]
    for number, each in enumerate(rasters):
        catalog.datasets.add_raster(each)
        mark(catalog, each.id, f"deletion {number}", NOW - timedelta(minutes=number))
    due = catalog.datasets.due_deletions(NOW + timedelta(seconds=30), 10)
    assert [(each.raster_id, each.deletion) for each in due] == [
        (rasters[2].id, "deletion 2"),
        (rasters[1].id, "deletion 1"),
    ]
