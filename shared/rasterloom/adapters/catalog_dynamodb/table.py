"""The table: strongly consistent reads, queries of its indexes, and bulk writes that need no condition."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING, Any, Final, cast

from rasterloom.adapters.aws_errors import translated
from rasterloom.adapters.catalog_dynamodb.client import SERVICE, Rounds, pool
from rasterloom.adapters.catalog_dynamodb.names import Key
from rasterloom.adapters.catalog_dynamodb.values import Attribute, Item, text
from rasterloom.adapters.catalog_dynamodb.writes import key_item, names_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

READ_BATCH: Final = 100
WRITE_BATCH: Final = 25
"""What one call of DynamoDB takes."""


@dataclass(frozen=True, slots=True)
class Query:
    """One partition of an index, or of the table itself, which alone reads strongly consistent."""

    index: str | None
    hash_key: str
    partition: str
    range_condition: str = ""
    filter: str = ""
    """Applied after the read: what it drops is paid for."""
    values: Mapping[str, Attribute] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    """Attributes to answer; all by default."""
    limit: int | None = None
    page: int | None = None
    """Items that one call reads, before the filter; as many as 1 MB holds by default."""
    descending: bool = False

    def request(self, table: str) -> dict[str, Any]:
        """The parameters of the first page."""
        condition = " AND ".join(filter(None, (f"#{self.hash_key} = :partition", self.range_condition)))
        projection = ", ".join(f"#{name}" for name in self.only)
        optional = {
            "FilterExpression": self.filter,
            "ProjectionExpression": projection,
            "Limit": self.page or self.limit,
            "IndexName": self.index,
            "ConsistentRead": self.index is None,
        }
        return {
            "TableName": table,
            "ScanIndexForward": not self.descending,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names_of(condition, self.filter, projection),
            "ExpressionAttributeValues": {":partition": text(self.partition), **self.values},
        } | {name: value for name, value in optional.items() if value}


@dataclass(frozen=True, slots=True)
class Table:
    """One table, through a low-level client, which threads may share."""

    client: "DynamoDBClient"
    name: str
    rounds: Rounds = field(default_factory=Rounds)

    def get(self, key: Key) -> Item | None:
        """Read one item, strongly consistent."""
        with translated(SERVICE):
            answer = self.client.get_item(TableName=self.name, Key=key_item(key), ConsistentRead=True)
        return cast("Item | None", answer.get("Item"))

    def get_many(self, keys: Collection[Key], *, only: tuple[str, ...] = ()) -> dict[Key, Item]:
        """Read items in concurrent batches of 100, strongly consistent; what does not exist is left out.

        Args:
            keys: Which; duplicates are read once.
            only: Attributes to answer beside the key; all by default.
        """
        answers = self.read_many(keys, lambda items: items, only=only)
        return {(item["pk"]["S"], item["sk"]["S"]): item for items in answers for item in items}

    def read_many[T](
        self, keys: Collection[Key], read: Callable[[Sequence[Item]], T], *, only: tuple[str, ...] = ()
    ) -> Iterator[T]:
        """As `get_many`, each batch turned by the thread that reads it, so that no more than a few lie here as items.

        Args:
            keys: Which; duplicates are read once.
            read: Turns the items of a batch; it must not wait for another task of this pool.
            only: Attributes to answer beside the key; all by default.
        """
        batches = list(batched(dict.fromkeys(keys), READ_BATCH, strict=False))
        run = pool().map if len(batches) > 1 else map
        yield from run(lambda batch: read(self._get_batch(batch, only)), batches)

    def _get_batch(self, keys: Sequence[Key], only: tuple[str, ...]) -> list[Item]:
        wanted: dict[str, Any] = {"Keys": [key_item(key) for key in keys], "ConsistentRead": True}
        if only:
            expression = ", ".join(f"#{name}" for name in ("pk", "sk", *only))
            wanted |= {"ProjectionExpression": expression, "ExpressionAttributeNames": names_of(expression)}
        items: list[Item] = []
        left: Any = {self.name: wanted}
        for _ in self.rounds.of("unprocessed keys"):
            with translated(SERVICE):
                answer = self.client.batch_get_item(RequestItems=left)
            items += cast("list[Item]", answer["Responses"].get(self.name, []))
            left = answer.get("UnprocessedKeys")
            if not left:
                break
        return items

    def query(self, query: Query) -> Iterator[Item]:
        """Read a partition, page by page; indexes lag behind the table."""
        parameters = query.request(self.name)
        left = query.limit
        while True:
            with translated(SERVICE):
                answer = self.client.query(**parameters)
            items = cast("list[Item]", answer["Items"])
            yield from items if left is None else items[:left]
            left = None if left is None else left - len(items)
            if "LastEvaluatedKey" not in answer or (left is not None and left <= 0):
                return
            parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put_many(self, items: Sequence[Item]) -> None:
        """Write items whatever stands there, in concurrent batches of 25."""
        self._write_all([{"PutRequest": {"Item": item}} for item in items])

    def delete_many(self, keys: Sequence[Key]) -> None:
        """Delete items, in concurrent batches of 25."""
        self._write_all([{"DeleteRequest": {"Key": key_item(key)}} for key in keys])

    def _write_all(self, requests: Sequence[Mapping[str, Any]]) -> None:
        batches = list(batched(requests, WRITE_BATCH, strict=False))
        run = pool().map if len(batches) > 1 else map
        for _ in run(self._write_batch, batches):
            pass

    def _write_batch(self, requests: Sequence[Mapping[str, Any]]) -> None:
        left: Any = {self.name: list(requests)}
        for _ in self.rounds.of("unprocessed items"):
            with translated(SERVICE):
                answer = self.client.batch_write_item(RequestItems=left)
            left = answer.get("UnprocessedItems")
            if not left:
                break
