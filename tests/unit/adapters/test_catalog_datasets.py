"""Datasets in the catalogue: stored, found, refreshed."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.dataset_batches import COUNTED_AT_ONCE
from rasterloom.adapters.catalog_dynamodb.items_dataset import raster_item
from rasterloom.adapters.catalog_dynamodb.names import crs_key, dataset_key, object_key
from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import ObjectState, RasterDataset
from rasterloom.domain.errors import RasterloomError, UnavailableError
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.sweeping import STAYS_DELETED
from rasterloom.vrt.profile_codec import crs_digest
from tests.support.dynamo_faults import SentTwice, Troubled, refused, through
from tests.support.factories import NOW, UTM_32N, audience, band, profile, raster
from tests.support.fakes import MemoryObjects
from tests.support.lock_steps import mark

PALETTE = tuple(
    (index % 256, index // 256 % 256, (index * 7919) % 256, (index * 104729) % 256) for index in range(65536)
)

type Refresh = Callable[[Catalog, RasterDataset, RasterDataset], bool]
"""Writes what was found of a raster's object, and what was read before."""


def test_a_raster_is_read_as_it_was_stored(catalog: Catalog) -> None:
    stored = raster(
        summary="A tile",
        audience=audience("alice", Visibility.RESTRICTED, "survey", "ops"),
        updated_at=NOW + timedelta(microseconds=1),
        profile=profile(bands=(band(nodata=-0.0), band(nodata=1.7976931348623157e308))),
        size_bytes=2**53 + 1,
    )
    assert catalog.datasets.add_raster(stored) == stored.id
    assert catalog.datasets.get(stored.id) == stored


def test_nan_nodata_and_a_missing_crs_survive(catalog: Catalog) -> None:
    stored = raster(profile=profile(bands=(band(nodata=math.nan),), crs=None, geotransform=None))
    catalog.datasets.add_raster(stored)
    read = catalog.datasets.get(stored.id)
    assert repr(read) == repr(stored)


def test_what_does_not_exist_is_none_or_left_out(catalog: Catalog) -> None:
    stored = raster()
    catalog.datasets.add_raster(stored)
    assert catalog.datasets.get("nothing") is None
    assert catalog.datasets.get_many([stored.id, "nothing"]) == {stored.id: stored}
    assert catalog.datasets.get_many([]) == {}


def test_more_datasets_than_one_batch_are_read(catalog: Catalog, blobs: MemoryObjects) -> None:
    stored = [raster() for _ in range(205)]
    catalog.datasets.records.crs.intern(UTM_32N)
    catalog.jobs.table.put_many([raster_item(each, blobs) for each in stored])
    assert catalog.datasets.get_many([each.id for each in stored]) == {each.id: each for each in stored}


def test_keys_that_dynamodb_did_not_process_are_asked_for_again(catalog: Catalog) -> None:
    stored = [raster() for _ in range(3)]
    for each in stored:
        catalog.datasets.add_raster(each)

    class Hesitant:
        """Processes one key of a batch per call."""

        def __init__(self, client: object) -> None:
            self.client = client

        def __getattr__(self, name: str) -> object:
            return getattr(self.client, name)

        def batch_get_item(self, **parameters: object) -> object:
            ((table, asked),) = parameters["RequestItems"].items()  # type: ignore[attr-defined]
            answer = self.client.batch_get_item(  # type: ignore[attr-defined]
                RequestItems={table: {**asked, "Keys": asked["Keys"][:1]}}
            )
            left = asked["Keys"][1:]
            return answer | {"UnprocessedKeys": {table: {**asked, "Keys": left}} if left else {}}

    assert len(through(catalog, Hesitant).datasets.get_many([each.id for each in stored])) == 3


def test_keys_that_are_never_processed_are_unavailable(catalog: Catalog) -> None:
    class Refusing:
        """Processes nothing."""

        def __init__(self, client: object) -> None:
            self.client = client

        def __getattr__(self, name: str) -> object:
            return getattr(self.client, name)

        def batch_get_item(self, **parameters: object) -> object:
            return {"Responses": {}, "UnprocessedKeys": parameters["RequestItems"]}

    with pytest.raises(UnavailableError, match="unprocessed keys"):
        through(catalog, Refusing).datasets.get_many(["one"])


def test_a_crs_is_stored_once_for_all_rasters_and_read_by_another_process(catalog: Catalog) -> None:
    stored = [raster(), raster()]
    for each in stored:
        catalog.datasets.add_raster(each)
    assert catalog.jobs.table.get(crs_key(crs_digest(UTM_32N))) is not None
    other = through(catalog, lambda client: client)
    assert other.datasets.get_many([each.id for each in stored]) == {each.id: each for each in stored}


def test_a_crs_that_another_process_stored_first_is_no_error(catalog: Catalog) -> None:
    catalog.datasets.add_raster(raster())
    stored = raster()
    through(catalog, lambda client: client).datasets.add_raster(stored)
    assert catalog.datasets.get(stored.id) == stored


def test_a_missing_crs_row_is_told_and_not_taken_for_no_crs(catalog: Catalog) -> None:
    stored = raster()
    catalog.datasets.add_raster(stored)
    catalog.jobs.table.delete_many([crs_key(crs_digest(UTM_32N))])
    with pytest.raises(RasterloomError, match=crs_digest(UTM_32N)):
        through(catalog, lambda client: client).datasets.get(stored.id)


def test_a_header_too_long_for_an_item_lies_in_the_bucket(catalog: Catalog, blobs: MemoryObjects) -> None:
    stored = raster(profile=profile(bands=(band(dtype="UInt16", color_table=PALETTE),)))
    catalog.datasets.add_raster(stored)
    ((key, body),) = blobs.bodies.items()
    assert key.startswith("headers/")
    assert key.endswith(".json.z")
    assert len(body) > 64 * 1024
    assert catalog.datasets.get(stored.id) == stored


def test_refreshing_moves_a_header_between_item_and_bucket(catalog: Catalog) -> None:
    small = raster()
    large = replace(small, etag='"2"', profile=profile(bands=(band(color_table=PALETTE),), crs=None))
    catalog.datasets.add_raster(small)
    assert catalog.datasets.refresh_raster(large, seen=small)
    large = replace(large, observation=1)
    assert catalog.datasets.get(small.id) == large
    assert catalog.datasets.refresh_raster(small, seen=large)
    assert catalog.datasets.get(small.id) == replace(small, observation=2)


# --- one object, one owner, one dataset ---


def test_the_same_object_of_the_same_owner_is_the_dataset_that_stands(catalog: Catalog) -> None:
    first = raster()
    again = raster(ref=first.ref)
    catalog.datasets.add_raster(first)
    assert catalog.datasets.add_raster(again) == first.id
    assert catalog.datasets.get(again.id) is None
    assert catalog.datasets.find_object(first.ref, "alice") == first.id


def test_the_same_object_of_another_owner_is_another_dataset(catalog: Catalog) -> None:
    first = raster()
    other = raster(ref=first.ref, audience=audience("bob"))
    catalog.datasets.add_raster(first)
    assert catalog.datasets.add_raster(other) == other.id
    assert catalog.datasets.find_object(first.ref, "bob") == other.id
    assert catalog.datasets.find_object(first.ref, "carol") is None


def test_a_registration_whose_answer_was_lost_is_its_own(catalog: Catalog) -> None:
    stored = raster()
    assert through(catalog, SentTwice).datasets.add_raster(stored) == stored.id


def test_an_id_that_is_taken_by_another_dataset_is_an_error(catalog: Catalog) -> None:
    stored = raster()
    catalog.datasets.add_raster(stored)
    with pytest.raises(RasterloomError, match=stored.id):
        catalog.datasets.add_raster(replace(stored, ref=ObjectRef("sources", "other.tif")))
    assert catalog.datasets.find_object(ObjectRef("sources", "other.tif"), "alice") is None


@pytest.mark.parametrize("key", ["é" * 512, "a#b\n'&<..%2F", "OWNER#alice"])
def test_hostile_keys_are_kept_apart(catalog: Catalog, key: str) -> None:
    stored = raster(ref=ObjectRef("sources", key))
    catalog.datasets.add_raster(stored)
    read = catalog.datasets.get(stored.id)
    assert isinstance(read, RasterDataset)
    assert read.ref.key == key
    assert catalog.datasets.find_object(ObjectRef("sources", key), "alice") == stored.id


def test_the_longest_key_fits_dynamodbs_limits() -> None:
    pk, sk = object_key(ObjectRef("b" * 63, "é" * 512), "s" * 255)
    assert len(pk.encode()) <= 2048
    assert len(sk.encode()) <= 1024


# --- refreshing ---


def test_a_header_is_replaced_while_nobody_else_has_written_of_the_object(catalog: Catalog) -> None:
    old = raster()
    new = replace(old, etag='"new"', size_bytes=7, profile=profile(width=99), updated_at=NOW + timedelta(seconds=1))
    catalog.datasets.add_raster(old)
    assert catalog.datasets.refresh_raster(new, seen=old)
    assert catalog.datasets.get(old.id) == replace(new, observation=1)


def test_a_header_is_not_replaced_once_another_one_stands(catalog: Catalog) -> None:
    old = raster()
    newer = replace(old, etag='"newer"', profile=profile(width=99))
    catalog.datasets.add_raster(old)
    assert catalog.datasets.refresh_raster(newer, seen=old)
    assert not catalog.datasets.refresh_raster(replace(old, etag='"late"'), seen=old)
    assert catalog.datasets.get(old.id) == replace(newer, observation=1)


def test_what_was_found_before_somebody_found_no_change_is_not_written(catalog: Catalog) -> None:
    old = raster()
    catalog.datasets.add_raster(old)
    assert catalog.datasets.refresh_raster(old, seen=old)
    assert not catalog.datasets.refresh_raster(replace(old, etag='"late"'), seen=old)
    assert catalog.datasets.get(old.id) == replace(old, observation=1)


def refresh_one(catalog: Catalog, found: RasterDataset, seen: RasterDataset) -> bool:
    return catalog.datasets.refresh_raster(found, seen=seen)


def refresh_among_many(catalog: Catalog, found: RasterDataset, seen: RasterDataset, others: int = 2) -> bool:
    """What others are told must not hang on this one."""
    beside = [raster() for _ in range(others)]
    catalog.raster_batches.add_rasters(beside, "a job")
    *told, own = catalog.raster_batches.refresh_rasters([*((each, each) for each in beside), (found, seen)])
    assert told == [True] * others
    standing = catalog.datasets.get_many([each.id for each in beside])
    assert standing == {each.id: replace(each, observation=1) for each in beside}
    return own


def refresh_side_by_side(catalog: Catalog, found: RasterDataset, seen: RasterDataset) -> bool:
    """As many as are written in two transactions at once, of which this one is in the second."""
    return refresh_among_many(catalog, found, seen, others=COUNTED_AT_ONCE + 1)


one_or_many = pytest.mark.parametrize("refresh", [refresh_one, refresh_among_many, refresh_side_by_side])


@one_or_many
def test_whoever_finds_no_change_counts_beside_others_who_find_none(catalog: Catalog, refresh: Refresh) -> None:
    old = raster()
    catalog.datasets.add_raster(old)
    assert [refresh(catalog, old, old) for _ in range(3)] == [True] * 3
    assert catalog.datasets.get(old.id) == replace(old, observation=3)


@one_or_many
@pytest.mark.parametrize(
    "newer",
    [
        pytest.param(lambda old: replace(old, etag='"newer"'), id="another object, to the microsecond"),
        pytest.param(lambda old: old.lost(ObjectState.MISSING, old.updated_at), id="gone, to the microsecond"),
        pytest.param(
            lambda old: replace(old, profile=profile(side_files=(".msk",)), updated_at=NOW + timedelta(seconds=1)),
            id="the same object, and a mask beside it",
        ),
    ],
)
def test_no_change_is_found_only_of_what_still_stands(
    catalog: Catalog, newer: Callable[[RasterDataset], RasterDataset], refresh: Refresh
) -> None:
    old = raster()
    catalog.datasets.add_raster(old)
    assert catalog.datasets.refresh_raster(newer(old), seen=old)
    assert not refresh(catalog, old, old)
    assert catalog.datasets.get(old.id) == replace(newer(old), observation=1)


@one_or_many
def test_no_change_of_what_is_gone_counts_while_it_is_gone_in_the_same_way(catalog: Catalog, refresh: Refresh) -> None:
    old = raster()
    lost = replace(old.lost(ObjectState.MISSING, NOW), observation=1)
    catalog.datasets.add_raster(old)
    assert catalog.datasets.refresh_raster(lost, seen=old)
    assert refresh(catalog, lost, lost)
    unreadable = replace(lost.lost(ObjectState.UNREADABLE, NOW), observation=2)
    assert not refresh(catalog, unreadable, unreadable)
    assert catalog.datasets.get(old.id) == replace(lost, observation=2)


def test_an_object_that_is_gone_and_back_leaves_no_trace(catalog: Catalog) -> None:
    old = raster()
    lost = replace(old.lost(ObjectState.MISSING, NOW), observation=1)
    catalog.datasets.add_raster(old)
    assert catalog.datasets.refresh_raster(lost, seen=old)
    assert catalog.datasets.get(old.id) == lost
    back = lost.found(ObjectStat(old.etag, old.size_bytes), old.profile, NOW)
    assert catalog.datasets.refresh_raster(back, seen=lost)
    assert catalog.datasets.get(old.id) == replace(old, observation=2)


def test_a_refresh_whose_answer_was_lost_is_done_once(catalog: Catalog) -> None:
    old = raster()
    new = replace(old, etag='"new"')
    catalog.datasets.add_raster(old)
    through(catalog, SentTwice).datasets.refresh_raster(new, seen=old)
    assert catalog.datasets.get(old.id) == replace(new, observation=1)


def test_a_raster_that_does_not_exist_is_not_refreshed_into_being(catalog: Catalog) -> None:
    absent = raster()
    assert not catalog.datasets.refresh_raster(absent, seen=absent)
    assert not catalog.datasets.refresh_raster(replace(absent, etag='"new"'), seen=absent)
    assert catalog.jobs.table.get(dataset_key(absent.id)) is None


def test_everybody_s_datasets_of_an_object_are_found_by_their_owners(catalog: Catalog) -> None:
    mine = raster()
    theirs = raster(ref=mine.ref, audience=audience("OWNER#bob"))
    for each in (mine, theirs, raster()):
        catalog.datasets.add_raster(each)
    assert catalog.datasets.owners_of(mine.ref) == {"alice": mine.id, "OWNER#bob": theirs.id}
    assert catalog.datasets.owners_of(ObjectRef("sources", "unknown.tif")) == {}


def test_many_that_did_not_change_are_few_requests(catalog: Catalog) -> None:
    rasters = [raster() for _ in range(250)]
    catalog.raster_batches.add_rasters(rasters, "a job")
    writes = Troubled(None, "transact_write_items", [])
    told = through(catalog, writes.around).raster_batches.refresh_rasters([(each, each) for each in rasters])
    assert (told, writes.calls) == ([True] * 250, 5)
    assert {each.observation for each in catalog.datasets.get_many([each.id for each in rasters]).values()} == {1}  # type: ignore[attr-defined]


# --- what was deleted ---


def deleted(catalog: Catalog, state: ObjectState = ObjectState.PRESENT) -> RasterDataset:
    """A raster that was deleted, its object in this state."""
    gone = raster()
    catalog.datasets.add_raster(gone)
    if state is not ObjectState.PRESENT:
        assert catalog.datasets.refresh_raster(gone.lost(state, NOW), seen=gone)
    marked = mark(catalog, gone.id, "deletion")
    assert marked is not None
    catalog.datasets.delete_raster(marked, NOW)
    return gone


def found_again(gone: RasterDataset, **changes: Any) -> RasterDataset:
    return raster(ref=gone.ref, etag=gone.etag, **changes)


@pytest.mark.parametrize("state", [ObjectState.PRESENT, ObjectState.UNREADABLE])
def test_what_was_deleted_is_not_added_unasked_while_it_is_the_same_object(
    catalog: Catalog, state: ObjectState
) -> None:
    gone = deleted(catalog, state)
    for modified_at in (None, gone.created_at, NOW):
        assert catalog.datasets.add_unless_deleted(found_again(gone), modified_at) is None
    last = NOW + STAYS_DELETED - timedelta(seconds=1)
    assert catalog.datasets.add_unless_deleted(found_again(gone, created_at=last), None) is None
    assert catalog.datasets.owners_of(gone.ref) == {}


@pytest.mark.parametrize(
    ("changes", "modified_at"),
    [
        pytest.param({"etag": '"another"'}, NOW, id="another object"),
        pytest.param({}, NOW + timedelta(seconds=1), id="put there since"),
        pytest.param({"created_at": NOW + STAYS_DELETED + timedelta(seconds=1)}, NOW, id="long ago"),
    ],
)
def test_what_was_deleted_is_added_unasked_once_it_is_another_object_or_long_ago(
    catalog: Catalog, changes: dict[str, Any], modified_at: datetime
) -> None:
    gone = deleted(catalog)
    anew = replace(found_again(gone), **changes)
    assert catalog.datasets.add_unless_deleted(anew, modified_at) == anew.id
    assert catalog.datasets.get(anew.id) == anew
    row = catalog.jobs.table.get(object_key(gone.ref, "alice"))
    assert row is not None
    assert row.keys() == {"pk", "sk", "dataset"}, "nothing expires of what is registered"


def test_what_was_gone_when_it_was_deleted_is_added_unasked_whatever_comes(catalog: Catalog) -> None:
    gone = deleted(catalog, ObjectState.MISSING)
    anew = found_again(gone)
    assert catalog.datasets.add_unless_deleted(anew, None) == anew.id


def test_what_was_deleted_is_added_by_whoever_asks_for_it(catalog: Catalog) -> None:
    gone = deleted(catalog)
    anew = found_again(gone)
    assert catalog.datasets.add_raster(anew) == anew.id
    gone = deleted(catalog)
    anew = found_again(gone)
    assert catalog.raster_batches.add_rasters([anew], "a job") == {anew.id}


def test_what_is_registered_stands_whoever_finds_it_unasked(catalog: Catalog) -> None:
    standing = raster()
    assert catalog.datasets.add_unless_deleted(standing, NOW) == standing.id
    assert catalog.datasets.add_unless_deleted(found_again(standing), NOW) == standing.id
    with pytest.raises(RasterloomError, match="exists already"):
        catalog.datasets.add_unless_deleted(replace(standing, ref=raster().ref), NOW)


# --- when DynamoDB does not answer ---


def test_a_read_that_is_throttled_is_unavailable(catalog: Catalog) -> None:
    throttled = through(
        catalog, lambda client: Troubled(client, "get_item", [refused("ThrottlingException", "GetItem")])
    )
    with pytest.raises(UnavailableError, match="DynamoDB is not available: ThrottlingException"):
        throttled.jobs.get("job")


def test_a_table_that_refuses_is_no_condition(catalog: Catalog) -> None:
    denied = through(
        catalog, lambda client: Troubled(client, "transact_write_items", [refused("AccessDeniedException")])
    )
    with pytest.raises(RasterloomError, match="AccessDeniedException"):
        denied.datasets.add_raster(raster())
