"""Many rasters at once: read in batches, written in transactions of as many as fit, each on its own condition."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Final, NamedTuple

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.client import pool
from rasterloom.adapters.catalog_dynamodb.datasets import DynamoDatasets, counted
from rasterloom.adapters.catalog_dynamodb.items_dataset import RASTER, group_puts, raster_item
from rasterloom.adapters.catalog_dynamodb.items_object import UNREGISTERED, object_item
from rasterloom.adapters.catalog_dynamodb.sweeps import watched
from rasterloom.adapters.catalog_dynamodb.transactions import transact
from rasterloom.adapters.catalog_dynamodb.values import of
from rasterloom.adapters.catalog_dynamodb.writes import Put, RefusedError
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import RasterloomError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.sweeping import GRACE
from rasterloom.ports import Registered

TRANSACTION_WRITES: Final = 100
"""What one transaction takes. It takes 4 MB as well: 50 items with the longest headers that they hold have 3.2 MB."""
COUNTED_AT_ONCE: Final = 50
"""Rasters in one transaction whose items are changed where they stand: they count with all that they hold."""


@dataclass(frozen=True, slots=True)
class DynamoRasterBatches:
    """The port `RasterBatches`."""

    datasets: DynamoDatasets

    def registered(self, refs: Collection[ObjectRef], owner: str) -> Mapping[ObjectRef, Registered]:
        """What this owner registered these objects as, strongly consistent: names first, then what they name.

        What is deleted between the two reads is left out.
        """
        places = {ref: names.object_key(ref, owner) for ref in refs}
        rows = self.datasets.records.table.get_many(list(places.values()))
        known = {ref: rows[place] for ref, place in places.items() if "dataset" in rows.get(place, {})}
        datasets = self.datasets.get_many([row["dataset"]["S"] for row in known.values()])
        found = ((ref, datasets.get(row["dataset"]["S"]), of(row, "job")) for ref, row in known.items())
        return {ref: Registered(raster, job) for ref, raster, job in found if isinstance(raster, RasterDataset)}

    def add_rasters(self, rasters: Sequence[RasterDataset], job_id: str) -> Collection[str]:
        """Store new rasters, each unless its owner registered the object before; answer the ids that stand."""
        for crs in {raster.profile.crs for raster in rasters if raster.profile.crs}:
            self.datasets.records.crs.intern(crs)
        batches = list(_batches([(raster, self._writes(raster, job_id)) for raster in rasters]))
        run = pool().map if len(batches) > 1 else map
        return {stored for ids in run(self._stored, batches) for stored in ids}

    def refresh_rasters(self, changes: Sequence[tuple[RasterDataset, RasterDataset]]) -> Sequence[bool]:
        """Write what was found of objects, each unless somebody has written of it since; answer which were written.

        That nothing has changed is written of many at once, for mostly nothing has. A raster is in one of the writes,
        so none hangs on another, and they go side by side.
        """
        changed = [_Change(wanted, seen) for wanted, seen in changes if not wanted.is_as_found(seen)]
        as_seen = [seen for wanted, seen in changes if wanted.is_as_found(seen)]
        for crs in {wanted.profile.crs for wanted, _ in changed if wanted.profile.crs}:
            self.datasets.records.crs.intern(crs)
        writes = [*changed, *batched(as_seen, COUNTED_AT_ONCE, strict=False)]
        run = pool().map if len(writes) > 1 else map
        written = {raster_id for ids in run(self._written, writes) for raster_id in ids}
        return [wanted.id in written for wanted, _ in changes]

    def _written(self, write: "_Change | Sequence[RasterDataset]") -> Collection[str]:
        match write:
            case _Change(wanted, seen):
                return {wanted.id} if self.datasets.refresh_raster(wanted, seen=seen) else ()
            case _:
                return self._counted(write)

    def _counted(self, rasters: Sequence[RasterDataset]) -> Collection[str]:
        """Write that nothing of these has changed, each as `counted` has it; what is refused is taken out.

        An object changes, and is told of, between the look at all of them and this:

            B: n=1, n=4, n=2                           all as read? the second is E2 -> refused as a whole: n=2, -, n=3
            A:                   the second is E2, n=5

        Two workers have the same part, and write of the same rasters in transactions side by side:

            B: 1..50 under way                          n=2 of each    51..100 is C's -> undecided, again: n=3 of each
            C: 1..50 is B's -> undecided, again: n=3 of each           51..100: n=2 of each
        """
        left = rasters
        while left:
            try:
                transact(self.datasets.records.table, *map(counted, left))
            except RefusedError as refusal:
                left = [each for each, reason in zip(left, refusal.reasons, strict=True) if not reason.refused]
            else:
                break
        return {raster.id for raster in left}

    def _writes(self, raster: RasterDataset, job_id: str) -> Sequence[Put]:
        """A raster's own writes, the row of its object first: its condition is the raster's."""
        records = self.datasets.records
        blobs = watched(records.table, records.blobs, raster.id, raster.updated_at + GRACE)
        row = Put(object_item(raster, job_id), UNREGISTERED)
        return [row, Put(raster_item(raster, blobs)), *group_puts(raster, RASTER)]

    def _stored(self, batch: "Sequence[_Written]") -> Collection[str]:
        """Write a batch; what is refused is taken out, and the rest written.

        Two bulk registrations, and one that registers a single object, meet in one batch:

            A: o1, o2, o3 absent -> all A's
            B:                       o2, o3, o4: rows are A's -> refused as a whole: o4 absent -> B's
            C: (registers o4 now)    o4 is C's -> refused, nothing left to write
        """
        left = batch
        while left:
            try:
                transact(self.datasets.records.table, *(put for _, puts in left for put in puts))
            except RefusedError as refusal:
                left = _unrefused(left, refusal)
            else:
                break
        return {raster.id for raster, _ in left}


class _Change(NamedTuple):
    """A raster as it shall stand, and as it was read."""

    wanted: RasterDataset
    seen: RasterDataset


type _Written = tuple[RasterDataset, Sequence[Put]]


def _batches(writes: Sequence[_Written]) -> Iterator[Sequence[_Written]]:
    """As many rasters together as fit into a transaction, in order."""
    batch: list[_Written] = []
    count = 0
    for each in writes:
        if batch and count + len(each[1]) > TRANSACTION_WRITES:
            yield batch
            batch, count = [], 0
        batch.append(each)
        count += len(each[1])
    if batch:
        yield batch


def _unrefused(batch: Sequence[_Written], refusal: RefusedError) -> Sequence[_Written]:
    """What is left of a batch without the rasters whose objects are registered already."""
    reasons = iter(refusal.reasons)
    left = []
    for raster, puts in batch:
        own = [next(reasons) for _ in puts]
        if own[0].refused:
            continue
        if own[1].refused:
            raise RasterloomError(f"Dataset {raster.id} exists already", dataset_id=raster.id) from refusal
        left.append((raster, puts))
    return left
