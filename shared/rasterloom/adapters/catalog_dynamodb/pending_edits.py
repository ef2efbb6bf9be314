"""Edits of who a dataset is for that have still to be held against others, each a row beside the dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.dataset_step import DatasetStep
from rasterloom.adapters.catalog_dynamodb.due import due_items
from rasterloom.adapters.catalog_dynamodb.replay import kept_record, record_of
from rasterloom.adapters.catalog_dynamodb.transactions import transact
from rasterloom.adapters.catalog_dynamodb.values import (
    Attribute,
    Item,
    iso,
    micros,
    of,
    read_iso,
    read_micros,
    text,
    texts,
)
from rasterloom.adapters.catalog_dynamodb.writes import Delete, Put, RefusedError, key_item
from rasterloom.domain.access import Audience, Visibility
from rasterloom.ports import PendingEdit

PENDING: Final = "pending_edit"
"""`kind` of such a row."""
RECORD: Final = "record"


@dataclass(frozen=True, slots=True)
class PendingEdits(DatasetStep):
    """Written with the edit, and deleted by whoever has held it against others, or with the edit being taken back."""

    def pending_edit(self, dataset_id: str) -> PendingEdit | None:
        """The edit of a dataset that has still to be held against others, strongly consistent."""
        item = self.records.table.get(names.edit_key(dataset_id))
        return None if item is None else _edit_of(item)

    def due_edits(self, now: datetime, limit: int) -> Sequence[PendingEdit]:
        """Edits that should have been held against others by now, longest due first, as the table has them."""
        items = due_items(self.records.table, names.edits_due_partitions(), now, limit)
        due = [edit for edit in map(_edit_of, items) if edit.due <= now]
        return sorted(due, key=lambda edit: (edit.due, edit.dataset_id))

    def edit_holds(self, edit: PendingEdit) -> bool:
        """That an edit may stand; False if that was decided by somebody else, in this way or the other."""
        try:
            transact(self.records.table, pending_delete(edit))
        except RefusedError:
            return False
        return True


def pending_put(edit: PendingEdit) -> Put:
    """Write the row, unless another edit of the dataset is pending."""
    # Two edits, of which the first died; the second would otherwise stand for what nobody has held against others:
    #
    #   A: private -> public, row A, dies
    #   B:                                  public -> internal: row is A's -> refused, holds A's against others first
    item = key_item(names.edit_key(edit.dataset_id)) | texts(
        {
            "kind": PENDING,
            "id": edit.dataset_id,
            "token": edit.token,
            "title": edit.title,
            "summary": edit.summary,
            "owner": edit.before.owner,
            "edited_at": iso(edit.edited_at),
            "due_pk": names.edits_due_partition(edit.dataset_id),
        }
    )
    audiences = {"before": _audience(edit.before), "wanted": _audience(edit.wanted)}
    kept: Item = {} if edit.record is None else {RECORD: kept_record(edit.record)}
    return Put({**item, **audiences, **kept, "due": micros(edit.due)})


def pending_delete(edit: PendingEdit) -> Delete:
    """Delete the row, if it is still this edit's."""
    # Three hold one edit against others, and it is edited once more meanwhile:
    #
    #   A: holds -> deletes row A
    #   B:                        may not stand: row A is gone -> refused, nothing is taken back
    #   C:                                            edits: row C
    #   R: (slow) holds                                             row is C's -> refused
    return Delete(names.edit_key(edit.dataset_id), "#token = :token", texts({":token": edit.token}))


def _edit_of(item: Mapping[str, Attribute]) -> PendingEdit:
    owner = item["owner"]["S"]
    return PendingEdit(
        dataset_id=item["id"]["S"],
        token=item["token"]["S"],
        before=_audience_of(owner, item["before"]),
        wanted=_audience_of(owner, item["wanted"]),
        title=item["title"]["S"],
        summary=of(item, "summary"),
        edited_at=read_iso(item["edited_at"]["S"]),
        due=read_micros(item["due"]),
        record=record_of(item.get(RECORD)),
    )


def _audience(audience: Audience) -> Attribute:
    groups: Attribute = {"L": [text(group) for group in audience.groups]}
    return {"M": {"visibility": text(audience.visibility.value), "groups": groups}}


def _audience_of(owner: str, kept: Attribute) -> Audience:
    groups = tuple(group["S"] for group in kept["M"]["groups"]["L"])
    return Audience(owner, Visibility(kept["M"]["visibility"]["S"]), groups)
