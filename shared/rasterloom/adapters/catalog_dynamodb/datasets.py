"""The port `Datasets` on DynamoDB."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.dataset_deletions import Deletions
from rasterloom.adapters.catalog_dynamodb.dataset_edits import Edits
from rasterloom.adapters.catalog_dynamodb.dataset_step import Condition, all_of, unchanged
from rasterloom.adapters.catalog_dynamodb.items_dataset import (
    RASTER,
    STATE,
    group_puts,
    header_of,
    raster_item,
    state_of,
)
from rasterloom.adapters.catalog_dynamodb.items_object import UNREGISTERED, not_deleted, object_item
from rasterloom.adapters.catalog_dynamodb.listings import listed
from rasterloom.adapters.catalog_dynamodb.marks import read_mark
from rasterloom.adapters.catalog_dynamodb.pending_edits import PendingEdits
from rasterloom.adapters.catalog_dynamodb.replay import record_put, require_first
from rasterloom.adapters.catalog_dynamodb.sweeps import WatchedBlobs, watched
from rasterloom.adapters.catalog_dynamodb.table import Query
from rasterloom.adapters.catalog_dynamodb.transactions import transact, write
from rasterloom.adapters.catalog_dynamodb.values import Item, iso, micros, number, of, text, texts
from rasterloom.adapters.catalog_dynamodb.writes import Put, RefusedError, Update, key_item
from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Dataset, ObjectState, RasterDataset, RasterState
from rasterloom.domain.errors import RasterloomError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.staleness import TOLD_WITHIN, Mark
from rasterloom.domain.sweeping import GRACE
from rasterloom.ports import DatasetPage, IdempotencyRecord


@dataclass(frozen=True, slots=True)
class DynamoDatasets(Edits, PendingEdits, Deletions):
    """Datasets as the catalogue has them."""

    def get(self, dataset_id: str) -> Dataset | None:
        """Read one dataset, strongly consistent."""
        return self.records.get_many([dataset_id]).get(dataset_id)

    def get_marked(self, dataset_id: str, *, most: int | None = None) -> tuple[Dataset | None, Sequence[Mark]]:
        """Read one dataset and the marks of it, at most so many: one query, strongly consistent."""
        (partition, first), (_, last) = names.marked_dataset(dataset_id)
        query = Query(
            None,
            "pk",
            partition,
            "#sk BETWEEN :first AND :last",
            values=texts({":first": first, ":last": last}),
            limit=None if most is None else 1 + most,
        )
        items = list(self.records.table.query(query))
        if not items or items[0]["sk"]["S"] != first:
            return None, ()
        dataset, *marks = items
        return self.records.decoded(dataset), [read_mark(dataset_id, mark) for mark in marks]

    def get_many(self, dataset_ids: Collection[str]) -> Mapping[str, Dataset]:
        """Read datasets in concurrent batches of 100; what does not exist is left out."""
        return self.records.get_many(dataset_ids)

    def states_of(self, dataset_ids: Collection[str]) -> Mapping[str, RasterState]:
        """What may have become of rasters, strongly consistent, in concurrent batches of 100; headers stay unread."""
        return self.records.states_of(dataset_ids)

    def find_object(self, ref: ObjectRef, owner: str) -> str | None:
        """Id of the dataset that this owner registered this object as."""
        item = self.records.table.get(names.object_key(ref, owner))
        return None if item is None else of(item, "dataset")

    def add_raster(self, raster: RasterDataset, record: IdempotencyRecord | None = None) -> str:
        """Store a new raster, unless its owner registered the object before; answer the id that stands.

        Raises:
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        # Two registrations of one object by one owner, or one whose acknowledgement was lost, and one much later:
        #
        #   A: no dataset -> A, dataset A
        #   B:                        object row is A's -> refused, nothing written, answers A
        #   A, sent again:            object row is A's -> refused, answers A, which is its own
        #   D:                                                               deletes A: no dataset, E1 was deleted
        #   C:                                                                                      no dataset -> C
        row = self._standing(raster, (UNREGISTERED, {}), record)
        return raster.id if row is None else row["dataset"]["S"]

    def add_unless_deleted(self, raster: RasterDataset, modified_at: datetime | None) -> str | None:
        """As `add_raster`, but None where its owner deleted a raster of this very object: of this ETag, and no newer.

        Args:
            raster: What somebody found without being asked for it.
            modified_at: When its object was put there; None where that is unknown.
        """
        # An event comes twice, and its raster is deleted between, or while the second one is worked off:
        #
        #   A: (event)        no row -> dataset A
        #   D:                                     deletes A: no dataset, E1 was deleted
        #   B: (event again)         looks: E1                                            E1 was deleted -> refused
        #   C: (of another PUT)                        looks: E2, or E1 of after D        another one -> dataset C
        row = self._standing(raster, not_deleted(raster, modified_at))
        return raster.id if row is None else of(row, "dataset")

    def _standing(
        self, raster: RasterDataset, unregistered: Condition, record: IdempotencyRecord | None = None
    ) -> Item | None:
        """Store a new raster if its object's row is as this condition has it; the row where it is not."""
        if raster.profile.crs:
            self.records.crs.intern(raster.profile.crs)
        writes = [
            Put(object_item(raster), *unregistered),
            Put(raster_item(raster, self._watched(raster))),
            *group_puts(raster, RASTER),
            *([record_put(record)] if record else []),
        ]
        try:
            transact(self.records.table, *writes)
        except RefusedError as refusal:
            require_first(refusal, record)
            if not refusal.reasons[0].refused:
                raise RasterloomError(f"Dataset {raster.id} exists already", dataset_id=raster.id) from refusal
            return refusal.reasons[0].old
        return None

    def owners_of(self, ref: ObjectRef) -> Mapping[str, str]:
        """What an object is registered as: ids of datasets, by their owners, strongly consistent."""
        rows = self.records.table.query(Query(None, "pk", names.owners_of(ref)))
        return {row["sk"]["S"].removeprefix("OWNER#"): row["dataset"]["S"] for row in rows if "dataset" in row}

    def refresh_raster(self, raster: RasterDataset, *, seen: RasterDataset) -> bool:
        """Write what was found of a raster's object, if nobody has written of it since the raster was read.

        Where nothing of it has changed, only the observation is counted: what others found before has no place any
        more. Where it is another object, or gone, it stands that its users have to be marked, until `Marks.told`.

        Args:
            raster: As it shall stand.
            seen: As it was read before its object was looked at.

        Returns:
            False if somebody has written of it since, other than that nothing has changed where nothing has, or it is
            gone; nothing was changed.
        """
        # The object is overwritten and put back as it was. Each reads the catalogue, then the object, then writes:
        #
        #   S3: E1     E2                         E1
        #   A:     n=7     finds E2                                         n is 8 -> refused, looks again: E1
        #   B:                                        n=7  finds E1  n=8
        #
        # An ETag alone would let A write E2 for good: B changes none. So whatever stands was found after all that is
        # written of it before, and who hears of an event looks after it: when all have looked, the last look stands.
        try:
            if raster.is_as_found(seen):
                write(self.records.table, counted(seen))
            else:
                told = [] if raster.is_same_object(seen) else [_to_be_told(raster, seen)]
                transact(self.records.table, self._changed(raster, seen), *told)
        except RefusedError:
            return False
        return True

    def _changed(self, raster: RasterDataset, seen: RasterDataset) -> Update:
        change = Update(
            names.dataset_key(raster.id),
            condition="#observation = :seen",
            values={":seen": number(seen.observation)},
        )
        sets: Item = {"observation": number(seen.observation + 1), "updated_at": text(iso(raster.updated_at))}
        sets |= state_of(raster)
        gone = tuple(name for name in STATE if name not in sets)
        if raster.has_header_of(seen):
            return replace(change, sets=sets, removes=gone)
        if raster.profile.crs:
            self.records.crs.intern(raster.profile.crs)
        header = header_of(raster, self._watched(raster))
        gone += tuple(name for name in ("header", "header_key", "crs") if name not in header)
        return replace(change, sets={**sets, **header}, removes=gone)

    def _watched(self, raster: RasterDataset) -> WatchedBlobs:
        return watched(self.records.table, self.records.blobs, raster.id, raster.updated_at + GRACE)

    def list_readable(self, principal: Principal, *, record_type: str | None, skip: int, limit: int) -> DatasetPage:
        """List what the caller may read, newest first; `record_type` is `raster_dataset` or `vrt_dataset`."""
        return listed(self.records, principal, record_type=record_type, skip=skip, limit=limit)


def counted(seen: RasterDataset) -> Update:
    """That a raster is as it was read: whoever read it before this is written may not write what they found."""
    # Several find no change at once, and none keeps another from it: what they found stands, and each counts.
    #
    #   B: n=7 finds E1   E1 stands: n=8
    #   C: n=7 finds E1                    E1 stands: n=9
    #   A: n=9 finds E2                                     n is 9 -> writes E2, n=10
    #   D: n=7 finds E1                                                                 E2 stands -> refused
    #
    # D cannot tell whether it looked before A or after, and looks again. Side files change under one ETag: so what
    # stands has to be of the same moment, too. Two moments may be one, to a clock, and so the ETag has to be the same.
    expression, values = all_of([unchanged(seen), _found_as(seen)])
    return Update(names.dataset_key(seen.id), condition=expression, values=values, adds={"observation": 1})


def _found_as(seen: RasterDataset) -> Condition:
    """That the object was there or not, and which one it was, as was read."""
    if seen.object_state is ObjectState.PRESENT:
        return "#etag = :seen_etag AND attribute_not_exists(#object_state)", texts({":seen_etag": seen.etag})
    values = texts({":seen_etag": seen.etag, ":seen_state": seen.object_state.value})
    return "#etag = :seen_etag AND #object_state = :seen_state", values


def _to_be_told(raster: RasterDataset, seen: RasterDataset) -> Put:
    """That who uses the raster has to be marked; written with what is to be told, so that neither stands alone."""
    row = texts({"kind": "change", "id": raster.id, "due_pk": names.changes_due_partition(raster.id)})
    due = {"due": micros(raster.updated_at + TOLD_WITHIN), "observation": number(seen.observation + 1)}
    return Put({**key_item(names.change_key(raster.id)), **row, **due}, condition="")
