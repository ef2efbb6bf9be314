"""The port `Sweeps` on DynamoDB."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.due import due_items
from rasterloom.adapters.catalog_dynamodb.items_job import DUE
from rasterloom.adapters.catalog_dynamodb.items_sweep import (
    PROGRESS,
    leftover_key,
    leftover_of,
    progress_item,
    remains_item,
    swept_item,
)
from rasterloom.adapters.catalog_dynamodb.table import Query, Table
from rasterloom.adapters.catalog_dynamodb.transactions import transact, write
from rasterloom.adapters.catalog_dynamodb.values import Blobs, Item, micros, of, text
from rasterloom.adapters.catalog_dynamodb.writes import Delete, Put, RefusedError, Update
from rasterloom.domain.sweeping import START, Leftover, Progress, Remains
from rasterloom.ports import Standing


@dataclass(frozen=True, slots=True)
class DynamoSweeps:
    """What is looked at until a look finds nothing.

    Two sweeps at once delete the same objects, which is no harm; what they decide hangs on the due time they saw:

        Q: due T, deletes 9 objects                                   looks again: due is gone -> refused
        R: due T                      deletes nothing: 0 are left, never again
        Q: (or first)                 looks again: due T2                 R: never again: due is T2 -> refused
        Q: (or) out of time, goes on under T after 5 stretches            R: after 3: two are looked at twice
    """

    table: Table

    def due(self, now: datetime, limit: int) -> Sequence[Leftover]:
        """What is to be looked at, oldest first, as the table has it."""
        items = due_items(self.table, names.sweeps_due_partitions(), now, limit)
        found = [leftover_of(item) for item in items if "due" in item]
        return sorted((each for each in found if each.due <= now), key=lambda each: (each.due, leftover_key(each)))

    def standing(self, remains: Remains) -> Standing | None:
        """What stands of the dataset, strongly consistent; None where another look at it is due by now."""
        own, row = names.dataset_key(remains.dataset_id), names.sweep_key(remains.dataset_id)
        items = self.table.get_many([own, row])
        if items.get(row, {}).get("due") != micros(remains.due):
            return None
        if own in items:
            return Standing(exists=True, header_key=of(items[own], "header_key"))
        return Standing(exists=False, has_unswept_generations=self._has_unswept(remains.dataset_id))

    def _has_unswept(self, dataset_id: str) -> bool:
        partition, prefix = names.generations_of(dataset_id)
        unswept = Query(
            None,
            "pk",
            partition,
            "begins_with(#sk, :prefix)",
            filter="attribute_exists(#due)",
            values={":prefix": text(prefix)},
            only=("sk",),
        )
        return any(True for _ in self.table.query(unswept))

    def look_again(self, leftover: Leftover, due: datetime, progress: Progress = START) -> None:
        """Look at something once more, from where a look has come to, unless somebody else has decided on it."""
        identifier = leftover.dataset_id if isinstance(leftover, Remains) else leftover.generation.id
        sets = swept_item(identifier, due) | progress_item(progress)
        removes = () if progress != START else PROGRESS
        self._decide(Update(leftover_key(leftover), "#due = :seen", _seen(leftover), sets=sets, removes=removes))

    def swept(self, leftover: Leftover) -> None:
        """Look at something never again, unless somebody else has decided on it.

        A generation stays as what happened; the row beside a dataset has said all there was.
        """
        key = leftover_key(leftover)
        if isinstance(leftover, Remains):
            self._decide(Delete(key, "#due = :seen", _seen(leftover)))
        else:
            self._decide(Update(key, "#due = :seen", _seen(leftover), removes=(*DUE, *PROGRESS)))

    def _decide(self, change: Update | Delete) -> None:
        try:
            transact(self.table, change)
        except RefusedError:
            return


@dataclass(frozen=True, slots=True)
class WatchedBlobs:
    """Our bucket for the header of one raster: what is written is looked at later, whatever becomes of the raster.

    The row comes before the object, and each object has a key of its own. So an object that the sweep sees and no
    item names has been given up, if the row is still as it was after the objects were listed:

        A: row due T1, puts H1 ... dies
        S:                               due T1: lists H1, reads: row T1, raster gone or names another -> deletes H1
        B: (refreshes meanwhile)         S: lists H1, H2; reads: row is B's T2 -> another look
    """

    table: Table
    blobs: Blobs
    remains: Remains

    def get(self, key: str) -> bytes:
        """Read an object of our bucket."""
        return self.blobs.get(key)

    def put_new(self, key: str, body: bytes, content_type: str) -> None:
        """Write the row, then the object."""
        write(self.table, Put(remains_item(self.remains), condition=""))
        self.blobs.put_new(key, body, content_type)


def watched(table: Table, blobs: Blobs, dataset_id: str, due: datetime) -> WatchedBlobs:
    """Our bucket for the header of a raster; what is left of it is looked at when this is due."""
    return WatchedBlobs(table, blobs, Remains(dataset_id, due))


def _seen(leftover: Leftover) -> Item:
    return {":seen": micros(leftover.due)}
