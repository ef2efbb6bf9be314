"""Changing what people say of a dataset: its title, its summary, who it is for."""

from collections.abc import Mapping
from dataclasses import dataclass

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.dataset_step import (
    Condition,
    DatasetStep,
    all_of,
    audience_as_seen,
    idle_as_seen,
    kind_of,
    same_kind,
    unchanged,
)
from rasterloom.adapters.catalog_dynamodb.items_dataset import (
    audience_item,
    group_deletes,
    group_puts,
    listed_groups,
)
from rasterloom.adapters.catalog_dynamodb.pending_edits import pending_delete, pending_put
from rasterloom.adapters.catalog_dynamodb.replay import record_delete, record_put, require_first
from rasterloom.adapters.catalog_dynamodb.transactions import transact
from rasterloom.adapters.catalog_dynamodb.values import Attribute, Item, iso, of, texts
from rasterloom.adapters.catalog_dynamodb.writes import Delete, RefusedError, Update
from rasterloom.domain.dataset import Dataset, VrtDataset
from rasterloom.domain.errors import BeingDeletedError, DatasetBusyError, NotFoundError
from rasterloom.ports import FREELY, EditTerms, PendingEdit


@dataclass(frozen=True, slots=True)
class Edits(DatasetStep):
    """One conditional transaction: the item, and its entries in the listings of groups."""

    def edit(self, seen: Dataset, wanted: Dataset, terms: EditTerms = FREELY) -> bool:
        """Change what differs of title, summary, audience and `auto_regenerate`, listings included, and nothing else.

        Args:
            seen: As it was read.
            wanted: As it shall be.
            terms: What has to hold besides, and what is written along.

        Returns:
            False if the audience, what an idle VRT serves, or whatever else had to stay is no longer what was seen,
            or another edit is pending, or the one to be taken back is not; nothing was changed.

        Raises:
            NotFoundError: It is gone.
            BeingDeletedError: A deletion is under way.
            DatasetBusyError: A generation is active, and it must not be.
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        # Two people and a build change one VRT at once; each writes only what it decides:
        #
        #   A: reads: private               title -> A's
        #   B: reads: private   restricted to g, row of g               (the title is not B's to write)
        #   W:                                              publishes: pointer, status, count; no title, no audience
        #   C: reads: private                                           public: audience is B's -> refused, reads again
        #
        # C would otherwise leave the row of g behind: the rows that go are those of the audience that was read.
        try:
            transact(
                self.records.table,
                _item(seen, wanted, all_of(_conditions(seen, wanted, terms))),
                *group_puts(wanted, kind_of(wanted), listed_groups(seen.audience)),
                *group_deletes(seen, listed_groups(wanted.audience)),
                *_taken_back(terms.takes_back),
                *([pending_put(terms.pending)] if terms.pending else []),
                *([record_put(terms.record)] if terms.record else []),
            )
        except RefusedError as refusal:
            require_first(refusal, terms.record)
            item = refusal.reasons[0]
            if item.refused:
                _require_editable(seen.id, item.old, while_idle=terms.while_idle)
            return False
        return True


def _taken_back(edit: PendingEdit | None) -> list[Delete]:
    if edit is None:
        return []
    return [pending_delete(edit), *([record_delete(edit.record)] if edit.record else [])]


def _conditions(seen: Dataset, wanted: Dataset, terms: EditTerms) -> list[Condition]:
    conditions: list[Condition] = [same_kind(seen), ("attribute_not_exists(#deletion)", {})]
    if wanted.audience != seen.audience:
        conditions.append(audience_as_seen(seen))
    if terms.while_idle and isinstance(seen, VrtDataset):
        conditions.append(idle_as_seen(seen))
    if terms.as_seen:
        conditions.append(unchanged(seen))
    return conditions


def _item(seen: Dataset, wanted: Dataset, condition: Condition) -> Update:
    sets: Item = texts({"updated_at": iso(wanted.updated_at)})
    if wanted.title != seen.title:
        sets |= texts({"title": wanted.title})
    if wanted.summary != seen.summary:
        sets |= texts({"summary": wanted.summary})
    if wanted.audience != seen.audience:
        sets |= audience_item(wanted)
    if isinstance(wanted, VrtDataset):
        sets |= {"auto_regenerate": {"BOOL": wanted.auto_regenerate}} if _switches(seen, wanted) else {}
    expression, values = condition
    return Update(
        names.dataset_key(seen.id),
        condition=expression,
        values=values,
        sets=sets,
        removes=("summary",) if wanted.summary is None and seen.summary is not None else (),
    )


def _switches(seen: Dataset, wanted: VrtDataset) -> bool:
    return isinstance(seen, VrtDataset) and seen.auto_regenerate is not wanted.auto_regenerate


def _require_editable(dataset_id: str, standing: Mapping[str, Attribute] | None, *, while_idle: bool) -> None:
    if standing is None:
        raise NotFoundError("dataset", dataset_id)
    if "deletion" in standing:
        raise BeingDeletedError(dataset_id)
    if while_idle and "active_generation" in standing:
        raise DatasetBusyError(dataset_id, of(standing, "active_job"))
