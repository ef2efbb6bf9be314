"""Deleting datasets. A raster is marked before it is looked whether anybody uses it; a VRT is idle or stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.dataset_step import (
    Condition,
    DatasetStep,
    all_of,
    audience_as_seen,
    idle_as_seen,
    unchanged,
)
from rasterloom.adapters.catalog_dynamodb.due import due_items
from rasterloom.adapters.catalog_dynamodb.items_dataset import RASTER, group_deletes
from rasterloom.adapters.catalog_dynamodb.items_job import DUE
from rasterloom.adapters.catalog_dynamodb.items_object import deleted_item
from rasterloom.adapters.catalog_dynamodb.items_sweep import remains_item
from rasterloom.adapters.catalog_dynamodb.replay import kept_record, record_of, record_put, require_first
from rasterloom.adapters.catalog_dynamodb.transactions import transact, write
from rasterloom.adapters.catalog_dynamodb.values import (
    Item,
    micros,
    of,
    read_micros,
    text,
    texts,
)
from rasterloom.adapters.catalog_dynamodb.writes import Delete, Put, RefusedError, Update
from rasterloom.domain.dataset import ObjectState, RasterDataset, VrtDataset
from rasterloom.domain.errors import BeingDeletedError, DatasetBusyError, RasterloomError
from rasterloom.domain.sweeping import GRACE, Remains
from rasterloom.ports import DeletionMark, DueDeletion, IdempotencyRecord

RECORD: Final = "deletion_record"
"""The attribute of a marked raster that keeps the idempotency row to write with its deletion."""


@dataclass(frozen=True, slots=True)
class Deletions(DatasetStep):
    """The three conditional writes of a raster's deletion, and the one of a VRT's.

    A change that brings raster S, in the order of its steps: reads S (C1), links S (C2), is admitted (C3), and its
    builder reads S again (C4) and publishes. A deletion D marks S (D1), reads the links of S (D2), and deletes S or
    takes the mark off (D3). C2 comes before C4 and D1 before D2, so one of the two always sees the other:

        the change first       C: C1 C2                C3          C4: ready -> publishes
                               D:       D1 D2: C2's link -> unmarks

        the deletion first     C: C1          C2 C3               C4: gone -> fails, names S
                               D:    D1 D2: none      D3: deleted

        the builder between    C: C1       C2 C3 C4: marked -> gives the message back ...    C4: gone -> fails
                               D:    D1 D2: none                                   D3: deleted

        marked when it began   C:       C1: marked -> source_not_found, nothing is promised
                               D:    D1                                    D2 D3

    The mark is the id of one deletion. A deletion that died leaves it, with a due time; whoever finds it takes it
    over, and whatever the first had seen of the links is worth nothing from then on:

        D: marks D, reads: none ... stalls                                        deletes: mark is not D -> refused
        E:                                  marks E, reads: C2's link -> unmarks
        F:                                                               marks F
    """

    def mark_deletion(self, raster_id: str, mark: DeletionMark) -> RasterDataset | None:
        """Begin to delete a raster, or take over from a deletion that began before.

        Returns:
            The raster, as it will stay; None where it is gone, or not as the mark wants it.

        Raises:
            BeingDeletedError: Another deletion took over at once.
        """
        # Who deletes goes by a title or version that somebody may edit meanwhile; who resumes, by a mark that may
        # have been taken off, and then the deletion was refused, or be another one's:
        #
        #   D: reads V1                         marks if V1: V2 stands -> refused, reads again
        #   E:          edits: V2
        #   D: marks D ... (stalls)                           reads: a link -> unmarks, answers 409
        #   R:                       reads: D is due                                      marks if D: none -> refused
        #   F: (or instead)                          marks F                              marks if D: F    -> refused
        #
        # `kind` keeps what is gone from coming back as an item that holds nothing but a mark. From the mark on nobody
        # edits the raster.
        expression, values = all_of([("#kind = :kind", {":kind": text(RASTER)}), *_as_marked(mark)])
        change = Update(
            names.dataset_key(raster_id),
            condition=expression,
            values=values,
            sets={"deletion": text(mark.deletion), **_due_item(raster_id, mark.due), **_kept(mark.record)},
            removes=(RECORD,) if mark.resumes is None and mark.record is None else (),
        )
        try:
            write(self.records.table, change)
        except RefusedError as refusal:
            # Where the first try was carried out and its answer lost, the mark is this call's.
            if of(refusal.reasons[0].old or {}, "deletion") != mark.deletion:
                return None
        marked = self.records.get_many([raster_id]).get(raster_id)
        if not isinstance(marked, RasterDataset):
            return None
        if marked.deletion != mark.deletion:
            raise BeingDeletedError(raster_id)
        return marked

    def due_deletions(self, now: datetime, limit: int) -> Sequence[DueDeletion]:
        """Deletions that should have ended by now, longest due first, each as the table has it."""
        items = due_items(self.records.table, names.deletions_due_partitions(), now, limit)
        due = [item for item in items if "due" in item and read_micros(item["due"]) <= now]
        due.sort(key=lambda item: (int(item["due"]["N"]), item["id"]["S"]))
        return [DueDeletion(item["id"]["S"], item["deletion"]["S"], record_of(item.get(RECORD))) for item in due]

    def unmark_deletion(self, raster_id: str, deletion: str) -> None:
        """Leave a raster as it was, unless another deletion has taken over."""
        # D found a use and is slow; E has taken over and reads the links for itself:
        #
        #   D: marks D, reads: a link               unmarks: mark is E's -> refused, E decides
        #   E:                         marks E, reads
        change = Update(
            names.dataset_key(raster_id),
            condition="#deletion = :deletion",
            values=texts({":deletion": deletion}),
            removes=("deletion", *DUE, RECORD),
        )
        try:
            write(self.records.table, change)
        except RefusedError:
            return

    def delete_raster(self, raster: RasterDataset, now: datetime, record: IdempotencyRecord | None = None) -> None:
        """Delete a marked raster, its entries in listings, and what its object is registered as.

        The row for the sweep goes in with it: its header may lie in the bucket, and links of changes that were
        refused may still stand under its key. So does what keeps the object's next event from bringing it back; where
        the object was gone by then, whatever comes in its place is another one, and nothing is kept from it.

        Raises:
            BeingDeletedError: Another deletion has taken over.
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        # Its object is registered again while it is deleted: what the object's row names goes with the raster, so
        # whoever finds the one finds the other, or looks again and finds neither.
        #
        #   D:                   mark is D -> raster and group rows gone, and no dataset in the object's row
        #   R: reads the row: S                                                      reads S: gone -> again: no row
        try:
            transact(
                self.records.table,
                Delete(
                    names.dataset_key(raster.id),
                    condition="#deletion = :deletion",
                    values=texts({":deletion": raster.deletion}),
                ),
                _object_write(raster, now),
                *group_deletes(raster),
                Put(remains_item(Remains(raster.id, now + GRACE)), condition=""),
                *([record_put(record)] if record else []),
            )
        except RefusedError as refusal:
            require_first(refusal, record)
            first = refusal.reasons[0]
            if not first.refused:
                message = f"{raster.ref.uri} is registered as another dataset than {raster.id}"
                raise RasterloomError(message, dataset_id=raster.id) from refusal
            if first.old is not None:
                raise BeingDeletedError(raster.id) from refusal

    def delete_vrt(
        self, vrt: VrtDataset, now: datetime, *, as_seen: bool = False, record: IdempotencyRecord | None = None
    ) -> bool:
        """Delete an idle VRT and its entries in listings, if audience and published generation are those seen.

        The row for the sweep goes in with it: links and artifacts are looked up from there, when nobody reads them.

        Args:
            vrt: As it was read.
            now: This moment.
            as_seen: Only while nothing of it has changed since.
            record: What stands for this request from now on.

        Raises:
            DatasetBusyError: A generation is active.
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        # A change is admitted, or published, while the VRT is deleted:
        #
        #   D: reads: idle, G1                    deletes: A is active -> refused, busy
        #   A:                   admitted: regenerating
        #   E: reads: idle, G1                              deletes: A's generation is served -> refused, reads again
        #   A:                   admitted, then published
        #   F: reads: idle, G1   nothing active, G1 -> deleted
        #   B: reads: idle, G1                                     is admitted: gone -> refused
        #
        # E would otherwise have the sweep take away the links of G1's members and leave those of A's.
        expression, values = all_of([audience_as_seen(vrt), idle_as_seen(vrt), *([unchanged(vrt)] if as_seen else [])])
        remains = Remains(vrt.id, now + GRACE, vrt.published.prefix if vrt.published else None)
        try:
            transact(
                self.records.table,
                Delete(names.dataset_key(vrt.id), condition=expression, values=values),
                *group_deletes(vrt),
                Put(remains_item(remains), condition=""),
                *([record_put(record)] if record else []),
            )
        except RefusedError as refusal:
            require_first(refusal, record)
            standing = refusal.reasons[0].old
            if standing is not None and "active_generation" in standing:
                raise DatasetBusyError(vrt.id, of(standing, "active_job")) from refusal
            return standing is None
        return True


def _object_write(raster: RasterDataset, now: datetime) -> Put | Delete:
    """Take the raster out of its object's row, if it is what that names."""
    condition, values = "attribute_not_exists(#pk) OR #dataset = :raster", texts({":raster": raster.id})
    if raster.object_state is ObjectState.MISSING:
        return Delete(names.object_key(raster.ref, raster.audience.owner), condition, values)
    return Put(deleted_item(raster, now), condition, values)


def _as_marked(mark: DeletionMark) -> list[Condition]:
    """Under which conditions a mark counts."""
    if mark.resumes is not None:
        return [("#deletion = :resumes", texts({":resumes": mark.resumes}))]
    return [] if mark.seen is None else [unchanged(mark.seen)]


def _due_item(raster_id: str, due: datetime) -> Item:
    return {"due_pk": text(names.deletions_due_partition(raster_id)), "due": micros(due)}


def _kept(record: IdempotencyRecord | None) -> Item:
    return {} if record is None else {RECORD: kept_record(record)}
