"""What is due, found by the index and read from the table: the index lags behind."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.client import pool
from rasterloom.adapters.catalog_dynamodb.table import Query, Table
from rasterloom.adapters.catalog_dynamodb.values import Item, micros

LOOKED_AT: Final = 250
"""Jobs of each partition among which the oldest is looked for: what is stuck is among those that are due first."""


def due_items(table: Table, partitions: Sequence[str], now: datetime, limit: int) -> list[Item]:
    """The oldest items of these partitions whose due time has come, as they stand."""
    queries = [_due_query(partition, now, limit) for partition in partitions]
    found = [item for items in pool().map(lambda query: list(table.query(query)), queries) for item in items]
    oldest = sorted(found, key=lambda item: int(item["due"]["N"]))[:limit]
    return list(table.get_many([(item["pk"]["S"], item["sk"]["S"]) for item in oldest]).values())


def _due_query(partition: str, now: datetime, limit: int) -> Query:
    return Query(
        names.BY_DUE,
        "due_pk",
        partition,
        "#due <= :now",
        values={":now": micros(now)},
        only=("pk", "sk", "due"),
        limit=limit,
    )
