"""What a request to DynamoDB consumes, told from the request, its answer, and the items before and after it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final

from local.bench.metering import capacity
from local.bench.metering.capacity import Index, Item
from local.bench.metering.tally import Tally

type Key = tuple[str, str]
"""pk and sk."""
type Lookup = Any
"""A boto3 client of DynamoDB whose requests are not counted."""

_NAMES: Final = re.compile(r"[#:]\w+")

BATCH: Final = 100
"""Items that one call of DynamoDB reads."""

WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})


@dataclass
class DynamoMeter:
    """Counts into a tally.

    Attributes:
        client: Reads items beside what is counted.
        table: The table.
        indexes: Its indexes.
        tally: What is counted into.
    """

    client: Lookup
    table: str
    indexes: tuple[Index, ...]
    tally: Tally

    @classmethod
    def of(cls, client: Lookup, table: str, tally: Tally) -> "DynamoMeter":
        """Ask the table for its indexes."""
        described = client.describe_table(TableName=table)["Table"]
        own = _keys_of(described)
        indexes = (_index_of(each, own) for each in described.get("GlobalSecondaryIndexes", []))
        return cls(client, table, tuple(indexes), tally)

    def before(self, operation: str, request: Any) -> Mapping[Key, Item | None]:
        """The items that a write is about, as they are before it; nothing for a read."""
        return self._items(written(operation, request)) if operation in WRITES else {}

    def after(self, operation: str, request: Any, answer: Any, before: Mapping[Key, Item | None]) -> None:
        """Count a request that was answered."""
        self.tally.add(dynamodb_requests=1)
        if operation in WRITES:
            self._write(operation, before)
        else:
            self.tally.add(dynamodb_read_units=self._read(operation, request, answer))

    def _write(self, operation: str, before: Mapping[Key, Item | None]) -> None:
        times = capacity.TRANSACTION if operation == "TransactWriteItems" else 1
        after = self._items(before)
        for key, old in before.items():
            new = after[key]
            sizes = [capacity.item_size(item) for item in (old, new) if item is not None]
            index_units = sum(units for _, units in capacity.index_units(self.indexes, old, new))
            grown = self._stored(new) - self._stored(old)
            self.tally.add(
                dynamodb_items_written=1,
                dynamodb_write_units=times * capacity.write_units(*sizes) + index_units,
                dynamodb_write_units_in_indexes=index_units,
                dynamodb_stored_bytes=grown,
            )

    def _stored(self, item: Item | None) -> int:
        return 0 if item is None else capacity.stored_bytes(self.indexes, item)

    def _read(self, operation: str, request: Any, answer: Any) -> float:
        match operation:
            case "GetItem":
                (item,) = self._items([_key(request["Key"])]).values()
                return capacity.read_units(_size(item), consistent=request.get("ConsistentRead", False))
            case "BatchGetItem":
                return sum(self._read_batch(wanted) for wanted in request["RequestItems"].values())
            case "Query":
                return self._read_query(request)
            case _:
                raise ValueError(f"DynamoDB: expected an operation that is metered; found {operation}: {answer}")

    def _read_batch(self, wanted: Any) -> float:
        found = [item for item in self._items([_key(key) for key in wanted["Keys"]]).values() if item is not None]
        sizes = [capacity.item_size(item) for item in found]
        return capacity.batch_read_units(sizes, len(wanted["Keys"]), consistent=wanted.get("ConsistentRead", False))

    def _read_query(self, request: Any) -> float:
        """A query costs what it reads, before its filter and whole: it is asked again without these."""
        whole = {
            name: value for name, value in request.items() if name not in {"FilterExpression", "ProjectionExpression"}
        }
        used = set(_NAMES.findall(whole["KeyConditionExpression"]))
        for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            whole[name] = {key: value for key, value in request.get(name, {}).items() if key in used}
        found = self.client.query(**{name: value for name, value in whole.items() if value != {}})["Items"]
        size = sum(capacity.item_size(item) for item in found)
        return capacity.read_units(size, consistent=request.get("ConsistentRead", False))

    def _items(self, keys: Any) -> dict[Key, Item | None]:
        """Items by key, consistently read."""
        found: dict[Key, Item | None] = dict.fromkeys(keys)
        for some in batched(found, BATCH, strict=False):
            wanted = {"Keys": [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in some], "ConsistentRead": True}
            answer = self.client.batch_get_item(RequestItems={self.table: wanted})
            if answer.get("UnprocessedKeys"):
                raise ValueError(f"items before and after a write: expected all; found {answer['UnprocessedKeys']}")
            found |= {_key(item): item for item in answer["Responses"][self.table]}
        return found


def _keys_of(described: Any) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in described["KeySchema"])


def _index_of(described: Any, own: tuple[str, ...]) -> Index:
    """An index as the table describes it; `own` are the table's keys, which every index holds."""
    keys, projection = _keys_of(described), described["Projection"]
    if projection["ProjectionType"] == "ALL":
        return Index(described["IndexName"], keys)
    return Index(described["IndexName"], keys, frozenset({*own, *keys, *projection.get("NonKeyAttributes", ())}))


def _key(item: Any) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _size(item: Item | None) -> int:
    return 0 if item is None else capacity.item_size(item)


def written(operation: str, request: Any) -> Iterator[Key]:
    """Keys of the items that a request writes, or only holds against a condition."""
    match operation:
        case "PutItem":
            yield _key(request["Item"])
        case "UpdateItem" | "DeleteItem":
            yield _key(request["Key"])
        case "TransactWriteItems":
            for entry in request["TransactItems"]:
                ((_, change),) = entry.items()
                yield _key(change["Item"] if "Item" in change else change["Key"])
        case "BatchWriteItem":
            for requests in request["RequestItems"].values():
                for entry in requests:
                    ((kind, change),) = entry.items()
                    yield _key(change["Item"] if kind == "PutRequest" else change["Key"])
        case _:
            raise ValueError(f"DynamoDB: expected an operation that writes; found {operation}")
