"""What a caller may read, newest first, from the indexes: no Scan, and no partition that everybody writes to.

A dataset stands in several partitions: its owner's, one of the shards of its visibility, and, where it is restricted,
one per group. A caller reads those that concern it and merges them; admins read every shard of every visibility.
"""

from collections.abc import Sequence
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.client import pool
from rasterloom.adapters.catalog_dynamodb.records import Records
from rasterloom.adapters.catalog_dynamodb.table import Query
from rasterloom.adapters.catalog_dynamodb.values import texts
from rasterloom.domain.access import Principal, Visibility
from rasterloom.ports import DatasetPage

_OPEN: Final = (Visibility.INTERNAL, Visibility.PUBLIC)
"""Visibilities that every authenticated caller may read."""


def listed(records: Records, principal: Principal, *, record_type: str | None, skip: int, limit: int) -> DatasetPage:
    """A page of what the caller may read.

    The total is exact, so every entry of the caller's partitions is read, a few bytes of each. The indexes lag behind
    the table: what the page shows is read from the table itself, and left out if the caller may not read it any more.
    """
    queries = [_entries(*partition, record_type) for partition in partitions(principal)]
    found = pool().map(lambda query: [item["created_id"]["S"] for item in records.table.query(query)], queries)
    newest = sorted({created_id for entries in found for created_id in entries}, reverse=True)
    ids = [created_id.partition("#")[2] for created_id in newest[skip : skip + limit]]
    datasets = records.get_many(ids)
    shown = [datasets[dataset_id] for dataset_id in ids if dataset_id in datasets]
    return DatasetPage(tuple(dataset for dataset in shown if dataset.audience.admits(principal)), len(newest))


def partitions(principal: Principal) -> Sequence[tuple[str, str, str]]:
    """The (index, hash key, partition)s that hold everything the caller may read."""
    visibilities = tuple(Visibility) if principal.is_admin else _OPEN
    shards = [shard for visibility in visibilities for shard in names.audience_partitions(visibility)]
    if principal.is_admin:
        return [(names.BY_AUDIENCE, "audience_pk", shard) for shard in shards]
    groups = [names.group_partition(group) for group in sorted(principal.groups)]
    own = (names.BY_OWNER, "owner_pk", names.owner_partition(principal.subject))
    return [own, *((names.BY_AUDIENCE, "audience_pk", partition) for partition in (*shards, *groups))]


def _entries(index: str, hash_key: str, partition: str, record_type: str | None) -> Query:
    return Query(
        index,
        hash_key,
        partition,
        filter="#kind = :kind" if record_type else "",
        values=texts({":kind": record_type}),
        only=("created_id",),
    )
