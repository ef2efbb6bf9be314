"""What the sweep looks at, as items: generations that have ended, and a row beside each dataset that is gone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_job import generation_of
from rasterloom.adapters.catalog_dynamodb.values import Attribute, Item, micros, number, of, read_micros, text, texts
from rasterloom.adapters.catalog_dynamodb.writes import key_item
from rasterloom.domain.sweeping import START, EndedGeneration, Leftover, Progress, Remains

REMAINS: Final = "remains"
"""`kind` of such a row."""
PROGRESS: Final = ("looked_at", "was_left")
"""Attributes that stand while a look has not come to its end."""


def swept_item(identifier: str, due: datetime) -> Item:
    """The attributes of what the sweep looks at."""
    return {"due_pk": text(names.sweeps_due_partition(identifier)), "due": micros(due)}


def progress_item(progress: Progress) -> Item:
    """How far a look has come; nothing of one that is to begin."""
    if progress == START:
        return {}
    return dict(zip(PROGRESS, (number(progress.stretches), {"BOOL": progress.found}), strict=True))


def progress_of(item: Mapping[str, Attribute]) -> Progress:
    """Read it."""
    looked_at, was_left = PROGRESS
    return Progress(int(item[looked_at]["N"]), item[was_left]["BOOL"]) if looked_at in item else START


def remains_item(remains: Remains) -> Item:
    """What may be left of a dataset; a second look is the same row with another due time."""
    own = {"kind": REMAINS, "id": remains.dataset_id, "prefix": remains.published_prefix}
    return key_item(names.sweep_key(remains.dataset_id)) | texts(own) | swept_item(remains.dataset_id, remains.due)


def leftover_of(item: Mapping[str, Attribute]) -> Leftover:
    """Read either."""
    due = read_micros(item["due"])
    if of(item, "kind") == REMAINS:
        return Remains(item["id"]["S"], due, of(item, "prefix"), progress_of(item))
    return EndedGeneration(generation_of(item), due, progress_of(item))


def leftover_key(leftover: Leftover) -> names.Key:
    """Where it stands."""
    if isinstance(leftover, Remains):
        return names.sweep_key(leftover.dataset_id)
    return names.generation_key(leftover.generation.dataset_id, leftover.generation.number)
