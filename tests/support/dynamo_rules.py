"""What DynamoDB refuses of a request before it looks at any item, and an emulator may let through.

Limits are those of the developer guide, "Service, account, and table quotas" and "Constraints in Amazon DynamoDB".
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_ITEM_BYTES: Final = 400 * 1024
MAX_TRANSACTION_WRITES: Final = 100
MAX_TRANSACTION_BYTES: Final = 4 * 2**20
MAX_BATCH_READS: Final = 100
MAX_BATCH_WRITES: Final = 25
MAX_HASH_BYTES: Final = 2048
MAX_RANGE_BYTES: Final = 1024
MAX_EXPRESSION_BYTES: Final = 4096
MAX_IN: Final = 100

type Item = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Index:
    """What an index is sorted by, and what it holds; the table itself is one that holds everything."""

    keys: tuple[str, str]
    projected: frozenset[str] | None = None
    """Names of the attributes that it holds, its keys among them; None for all."""

    def entry(self, item: Item) -> Item:
        """What it holds of an item."""
        return item if self.projected is None else {name: item[name] for name in item if name in self.projected}

    def lacks(self, names: Collection[str]) -> set[str]:
        """Those of these attributes that it does not hold."""
        return set() if self.projected is None else {*names} - self.projected


type Indexes = Mapping[str | None, Index]

_PLACEHOLDER: Final = re.compile(r"[#:]\w+")
_EXPRESSIONS: Final = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)


class RefusedRequestError(AssertionError):
    """DynamoDB would answer `ValidationException`: a fault of ours, which no caller has a meaning for."""


def require(holds: object, problem: str) -> None:
    """Refuse a request.

    Raises:
        RefusedRequestError: It does not hold.
    """
    if not holds:
        raise RefusedRequestError(problem)


def check_expressions(request: Mapping[str, Any]) -> None:
    """Every placeholder that is named is given, and the other way round; expressions are not too long.

    Raises:
        RefusedRequestError: DynamoDB would refuse the request.
    """
    texts = [request[name] for name in _EXPRESSIONS if name in request]
    used = {found for text in texts for found in _PLACEHOLDER.findall(text)}
    given = {*request.get("ExpressionAttributeNames", ()), *request.get("ExpressionAttributeValues", ())}
    require(used == given, f"expressions name {sorted(used)}, the request gives {sorted(given)}")
    for text in texts:
        require(text, f"an expression is empty: {request}")
        require(len(text.encode()) <= MAX_EXPRESSION_BYTES, f"an expression of {len(text)} characters")
        for operands in re.findall(r"IN \(([^)]*)\)", text):
            require(operands.count(",") < MAX_IN, f"IN with {operands.count(',') + 1} operands")


def check_write(request: Mapping[str, Any], indexes: Indexes) -> None:
    """A put, an update, a delete or a check: its expressions, its keys, and the keys that indexes take from it.

    Raises:
        RefusedRequestError: DynamoDB would refuse the request.
    """
    check_expressions(request)
    item = request.get("Item") or request["Key"]
    written = {**item, **_assigned(request)}
    for name, index in indexes.items():
        for part, limit in zip(index.keys, (MAX_HASH_BYTES, MAX_RANGE_BYTES), strict=True):
            if part in written:
                _check_key(name, part, written[part], limit)
    update = request.get("UpdateExpression", "")
    paths = re.findall(r"#\w+", re.sub(r"if_not_exists\([^)]*\)", "", update))
    require(len(paths) == len(set(paths)), f"two paths overlap: {update}")
    require({f"#{name}" for name in indexes[None].keys}.isdisjoint(paths), f"an update changes a key: {update}")


def _assigned(request: Mapping[str, Any]) -> dict[str, Any]:
    """Values that an update sets, by attribute."""
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    found = re.findall(r"(#\w+) = (?:if_not_exists\(#\w+, )?(:\w+)", request.get("UpdateExpression", ""))
    return {names[name]: values[value] for name, value in found}


def _check_key(index: str | None, name: str, value: Mapping[str, Any], limit: int) -> None:
    ((kind, content),) = value.items()
    wanted = "N" if name == "due" else "S"
    require(kind == wanted, f"{name} of {index or 'the table'} is {value}: expected {wanted}")
    size = len(content.encode())
    require(1 <= size <= limit, f"{name} of {index or 'the table'} has {size} bytes: expected 1 to {limit}")


def check_item(item: Item) -> None:
    """An item as it will stand.

    Raises:
        RefusedRequestError: It is too large.
    """
    size = size_of(item)
    require(size <= MAX_ITEM_BYTES, f"an item of {size} bytes: expected at most {MAX_ITEM_BYTES}")


def check_query(request: Mapping[str, Any], indexes: Indexes) -> None:
    """A query: no filter on a key of what it reads, nothing that an index lacks, and consistent only of the table.

    A filter on what the index lacks is taken by DynamoDB, and finds nothing, which is as much of a mistake.

    Raises:
        RefusedRequestError: DynamoDB would refuse the request.
    """
    check_expressions(request)
    index = request.get("IndexName")
    filtered = {name.removeprefix("#") for name in re.findall(r"#\w+", request.get("FilterExpression", ""))}
    require(filtered.isdisjoint(indexes[index].keys), f"a filter on a key of {index or 'the table'}: {filtered}")
    shown = re.findall(r"#\w+", request.get("ProjectionExpression", ""))
    named = {request["ExpressionAttributeNames"][name] for name in {*shown, *(f"#{name}" for name in filtered)}}
    require(not indexes[index].lacks(named), f"{index} does not project {sorted(indexes[index].lacks(named))}")
    require(index is None or not request.get("ConsistentRead"), f"a consistent read of {index}")


def check_together(keys: Iterable[tuple[str, str]], most: int) -> None:
    """Items of one batch or transaction: not too many, and each once.

    Raises:
        RefusedRequestError: DynamoDB would refuse the request.
    """
    named = list(keys)
    require(1 <= len(named) <= most, f"{len(named)} items at once: expected 1 to {most}")
    require(len(named) == len(set(named)), f"an item is named twice: {sorted(named)}")


def size_of(item: Item) -> int:
    """Bytes of an item as DynamoDB counts them: of names and values, of a number half a byte a digit and two more."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            size = len(content.encode())
        case "B":
            size = len(content)
        case "N":
            size = len(content) // 2 + 2
        case "L":
            size = 3 + sum(1 + _size(part) for part in content)
        case "M":
            size = 3 + sum(1 + len(name.encode()) + _size(part) for name, part in content.items())
        case _:
            size = 1
    return size
