"""Terms of conditions that only matter alone: where everything else is as it was seen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import object_key
from rasterloom.domain.access import Audience, Visibility
from rasterloom.domain.dataset import ObjectState
from rasterloom.domain.errors import AlreadyDoneError, DatasetBusyError
from rasterloom.domain.sweeping import GRACE, Leftover
from rasterloom.ports import EditTerms, Failure, IdempotencyRecord
from tests.support.factories import NOW, OWNER, admission, pending_edit, raster, vrt
from tests.support.lock_steps import claimed, mark, published_vrt, read_vrt

SURVEY: Final = Audience(OWNER, Visibility.RESTRICTED, ("survey",))
PUBLIC: Final = Audience(OWNER, Visibility.PUBLIC)
MOVED = [Audience(OWNER, Visibility.PRIVATE, ("survey",)), Audience(OWNER, Visibility.RESTRICTED, ("ops",))]
"""Audiences that differ from `SURVEY` in one attribute each."""
LATER: Final = NOW + 2 * GRACE


def test_a_vrt_is_not_made_over_what_has_its_id(catalog: Catalog) -> None:
    standing = raster()
    catalog.datasets.add_raster(standing)
    with pytest.raises(DatasetBusyError):
        catalog.lock.admit(admission(vrt(id=standing.id), is_new=True))
    assert catalog.datasets.get(standing.id) == standing


@pytest.mark.parametrize("state", [ObjectState.PRESENT, ObjectState.MISSING])
def test_a_raster_whose_objects_row_is_gone_can_be_deleted(catalog: Catalog, state: ObjectState) -> None:
    standing = raster(object_state=state)
    catalog.datasets.add_raster(standing)
    catalog.jobs.table.delete_many([object_key(standing.ref, OWNER)])
    marked = mark(catalog, standing.id, "deletion")
    assert marked is not None
    catalog.datasets.delete_raster(marked, NOW)
    assert catalog.datasets.get(standing.id) is None


@pytest.mark.parametrize("moved", MOVED, ids=["visibility", "groups"])
def test_either_half_of_an_audience_that_moved_stops_an_edit_and_a_deletion(catalog: Catalog, moved: Audience) -> None:
    first = published_vrt(catalog)
    seen = replace(first, audience=SURVEY)
    assert catalog.datasets.edit(first, seen)
    assert catalog.datasets.edit(seen, replace(seen, audience=moved))
    assert not catalog.datasets.edit(seen, replace(seen, audience=PUBLIC))
    assert not catalog.datasets.delete_vrt(seen, NOW)
    assert read_vrt(catalog, first.id).audience == moved


# --- keys that are taken back ---


def record(result: str) -> IdempotencyRecord:
    return IdempotencyRecord(OWNER, "key", "digest", result, NOW, NOW + timedelta(days=1))


def test_an_edit_is_taken_back_with_its_key_and_also_where_the_key_has_gone(catalog: Catalog) -> None:
    seen = raster()
    catalog.datasets.add_raster(seen)
    wanted = replace(seen, title="Wanted")
    pending = pending_edit(seen, wanted, record=record(seen.id))
    for _ in range(2):
        assert catalog.datasets.edit(seen, wanted, EditTerms(record=record(seen.id), pending=pending))
        assert catalog.datasets.edit(wanted, seen, EditTerms(takes_back=pending))
        assert catalog.lock.replayed(OWNER, "key", NOW) is None
    assert catalog.datasets.edit(seen, wanted, EditTerms(pending=pending))
    assert catalog.datasets.edit(wanted, seen, EditTerms(takes_back=pending)), "TTL came first"


def test_a_key_that_stands_for_something_else_is_not_taken_back(catalog: Catalog) -> None:
    seen = raster()
    catalog.datasets.add_raster(seen)
    wanted = replace(seen, title="Wanted")
    pending = pending_edit(seen, wanted, record=record(seen.id))
    assert catalog.datasets.edit(seen, wanted, EditTerms(record=record("another"), pending=pending))
    assert not catalog.datasets.edit(wanted, seen, EditTerms(takes_back=pending))
    with pytest.raises(AlreadyDoneError):
        catalog.datasets.edit(wanted, seen, EditTerms(record=record("another")))


def edits(catalog: Catalog, key: IdempotencyRecord) -> None:
    seen = raster()
    catalog.datasets.add_raster(seen)
    assert catalog.datasets.edit(seen, replace(seen, title="Wanted"), EditTerms(record=key))


def registers(catalog: Catalog, key: IdempotencyRecord) -> None:
    catalog.datasets.add_raster(raster(), key)


def deletes_a_raster(catalog: Catalog, key: IdempotencyRecord) -> None:
    standing = raster()
    catalog.datasets.add_raster(standing)
    marked = mark(catalog, standing.id, "deletion")
    assert marked is not None
    catalog.datasets.delete_raster(marked, NOW, key)


def deletes_a_vrt(catalog: Catalog, key: IdempotencyRecord) -> None:
    assert catalog.datasets.delete_vrt(published_vrt(catalog), NOW, record=key)


@pytest.mark.parametrize("step", [edits, registers, deletes_a_raster, deletes_a_vrt])
def test_a_key_stands_for_one_step_until_it_expires(
    catalog: Catalog, step: Callable[[Catalog, IdempotencyRecord], None]
) -> None:
    step(catalog, record("first"))
    with pytest.raises(AlreadyDoneError) as caught:
        step(catalog, record("second"))
    assert caught.value.result == "first"
    late = NOW + timedelta(days=1, seconds=1)
    step(catalog, replace(record("third"), made_at=late, expires_at=late + timedelta(days=1)))
    found = catalog.lock.replayed(OWNER, "key", late)
    assert found is not None
    assert found.result == "third"


# --- sweeps ---


def ended_generation(catalog: Catalog) -> None:
    claim = claimed(catalog, admission())
    catalog.lock.fail(claim, Failure("object_missing", "gone"), NOW)


def gone_vrt(catalog: Catalog) -> None:
    standing = published_vrt(catalog)
    for leftover in catalog.sweeps.due(LATER, 10):
        catalog.sweeps.swept(leftover)
    assert catalog.datasets.delete_vrt(standing, NOW)


def due(catalog: Catalog) -> Leftover:
    (found,) = catalog.sweeps.due(LATER + GRACE, 10)
    return found


@pytest.mark.parametrize("end", [ended_generation, gone_vrt])
def test_a_sweep_that_was_overtaken_decides_nothing(catalog: Catalog, end: Callable[[Catalog], None]) -> None:
    end(catalog)
    seen = due(catalog)
    catalog.sweeps.look_again(seen, LATER)
    moved = due(catalog)
    assert moved.due == LATER
    catalog.sweeps.swept(seen)
    catalog.sweeps.look_again(seen, LATER + timedelta(minutes=1))
    assert due(catalog) == moved, "another sweep has decided on it since"
    catalog.sweeps.swept(moved)
    catalog.sweeps.look_again(moved, LATER)
    assert list(catalog.sweeps.due(LATER + GRACE, 10)) == []
