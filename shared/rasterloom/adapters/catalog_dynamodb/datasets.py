"""The port `Datasets` on DynamoDB."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.dataset_deletions import Deletions
from rasterloom.adapters.catalog_dynamodb.dataset_edits import Edits
from rasterloom.adapters.catalog_dynamodb.items_dataset import RASTER, group_puts, header_of, raster_item
from rasterloom.adapters.catalog_dynamodb.listings import listed
from rasterloom.adapters.catalog_dynamodb.replay import record_put, require_first
from rasterloom.adapters.catalog_dynamodb.sweeps import WatchedBlobs, watched
from rasterloom.adapters.catalog_dynamodb.transactions import transact, write
from rasterloom.adapters.catalog_dynamodb.values import iso, of, text, texts
from rasterloom.adapters.catalog_dynamodb.writes import Put, RefusedError, Update, key_item
from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Dataset, RasterDataset, RasterState
from rasterloom.domain.errors import RasterloomError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.sweeping import GRACE
from rasterloom.ports import DatasetPage, IdempotencyRecord


@dataclass(frozen=True, slots=True)
class DynamoDatasets(Edits, Deletions):
    """Datasets as the catalogue has them."""

    def get(self, dataset_id: str) -> Dataset | None:
        """Read one dataset, strongly consistent."""
        return self.records.get_many([dataset_id]).get(dataset_id)

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
            IdempotencyKeyReusedError: The key came with another body.
        """
        if raster.profile.crs:
            self.records.crs.intern(raster.profile.crs)
        place = key_item(names.object_key(raster.ref, raster.audience.owner))
        # Two registrations of one object by one owner, or one whose acknowledgement was lost:
        #
        #   A: object row absent -> A, dataset A
        #   B:                             object row is A's -> refused, nothing written, answers A
        #   A, sent again:                 object row is A's -> refused, answers A, which is its own
        writes = [
            Put({**place, "dataset": text(raster.id)}),
            Put(raster_item(raster, self._watched(raster))),
            *group_puts(raster, RASTER),
            *([record_put(record)] if record else []),
        ]
        try:
            transact(self.records.table, *writes)
        except RefusedError as refusal:
            require_first(refusal, record)
            standing = of(refusal.reasons[0].old or {}, "dataset")
            if standing is None:
                raise RasterloomError(f"Dataset {raster.id} exists already", dataset_id=raster.id) from refusal
            return standing
        return raster.id

    def refresh_raster(self, raster: RasterDataset, *, seen_etag: str) -> bool:
        """Replace a raster's header if its ETag is still the one that was seen.

        Answers True as well where the header of that very object version stands already.
        """
        if raster.profile.crs:
            self.records.crs.intern(raster.profile.crs)
        header = header_of(raster, self._watched(raster))
        # Two callers saw the object at E1 and then read it, A at E2 and B, later, at E3:
        #
        #   A: reads E2                                       ETag is E3, not E1 -> refused: B's newer header stands
        #   B:          reads E3   ETag is E1 -> E3, header
        change = Update(
            names.dataset_key(raster.id),
            condition="#etag = :seen",
            values=texts({":seen": seen_etag}),
            sets={**header, "updated_at": text(iso(raster.updated_at))},
            removes=tuple(name for name in ("header", "header_key", "crs") if name not in header),
        )
        try:
            write(self.records.table, change)
        except RefusedError as refusal:
            standing = refusal.reasons[0].old
            return standing is not None and of(standing, "etag") == raster.etag
        return True

    def _watched(self, raster: RasterDataset) -> WatchedBlobs:
        return watched(self.records.table, self.records.blobs, raster.id, raster.updated_at + GRACE)

    def list_readable(self, principal: Principal, *, record_type: str | None, skip: int, limit: int) -> DatasetPage:
        """List what the caller may read, newest first; `record_type` is `raster_dataset` or `vrt_dataset`."""
        return listed(self.records, principal, record_type=record_type, skip=skip, limit=limit)
