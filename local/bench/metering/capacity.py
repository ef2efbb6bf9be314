"""Request units and item sizes after DynamoDB's own rules; the emulator answers a constant.

Sources, AWS's developer guide for DynamoDB: "DynamoDB item sizes and formats" and "DynamoDB read and write operations"
(what a request consumes), "Using Global Secondary Indexes in DynamoDB" (what a write consumes in an index).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

type Item = Mapping[str, Any]
"""An item as the wire has it: attribute name -> {type: value}."""

WRITE_UNIT: Final = 1024
READ_UNIT: Final = 4096
"""Bytes."""
TRANSACTION: Final = 2
"""A write in a transaction costs twice: it is prepared, then committed."""
STORED_OVERHEAD: Final = 100
"""Bytes that every stored item has beside its own, in the table and in each index."""
_CONTAINER: Final = 3
_ELEMENT: Final = 1
"""Bytes of overhead of a list or map, and of each thing in it."""


def item_size(item: Item) -> int:
    """Bytes of an item: names and values of its attributes."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Mapping[str, Any]) -> int:
    """Bytes of one value, `{type: value}`.

    Raises:
        ValueError: It is of no type that DynamoDB has.
    """
    ((kind, content),) = value.items()
    match kind:
        case "S" | "N" | "B":
            size = _SCALARS[kind](content)
        case "BOOL" | "NULL":
            size = 1
        case "L":
            size = _CONTAINER + sum(_ELEMENT + value_size(each) for each in content)
        case "M":
            size = _CONTAINER + sum(_ELEMENT + len(name.encode()) + value_size(each) for name, each in content.items())
        case "SS" | "NS" | "BS":
            size = sum(value_size({kind[0]: each}) for each in content)
        case _:
            raise ValueError(f"attribute value: expected a type of DynamoDB; found {kind!r}")
    return size


def number_size(text: str) -> int:
    """Bytes of a number: one for every two significant digits, and one more; a sign takes another."""
    digits = text.lstrip("-").split("e")[0].split("E")[0].replace(".", "").strip("0")
    return ceil(len(digits) / 2) + 1 + text.startswith("-")


def binary_size(content: str | bytes) -> int:
    """Bytes of a binary value: as it is, or as JSON has it, in base64."""
    return len(content) if isinstance(content, bytes) else len(content.rstrip("=")) * 3 // 4


_SCALARS: Final[Mapping[str, Callable[[Any], int]]] = {
    "S": lambda text: len(text.encode()),
    "N": number_size,
    "B": binary_size,
}


def write_units(*sizes: int) -> int:
    """Units of one write: of the larger of an item before and after, one at least; of a refused one, too."""
    return max(1, ceil(max(sizes, default=0) / WRITE_UNIT))


def read_units(size: int, *, consistent: bool) -> float:
    """Units of reading this many bytes: half as much where the answer may be old. What is not there costs as one."""
    units = max(1, ceil(size / READ_UNIT))
    return float(units) if consistent else units / 2


def batch_read_units(sizes: Iterable[int], wanted: int, *, consistent: bool) -> float:
    """Units of a BatchGetItem: each item is rounded up by itself; each of `wanted` that is not there costs as one."""
    units = [read_units(size, consistent=consistent) for size in sizes]
    return sum(units) + (wanted - len(units)) * read_units(0, consistent=consistent)


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index that projects all attributes.

    Attributes:
        name: Its name.
        keys: Its key attributes; an item without one of them is not in it.
    """

    name: str
    keys: tuple[str, ...]

    def place(self, item: Item | None) -> tuple[Any, ...] | None:
        """Where an item stands in it; None if it does not."""
        if item is None or any(key not in item for key in self.keys):
            return None
        return tuple(str(item[key]) for key in self.keys)


def index_units(indexes: Iterable[Index], before: Item | None, after: Item | None) -> Iterator[tuple[str, int]]:
    """Units that a write consumes in each index: to put an item there, to change it, to move it (twice), to take it."""
    if before == after:
        return
    for index in indexes:
        old, new = index.place(before), index.place(after)
        if old is not None and old == new:
            yield index.name, write_units(item_size(before or {}), item_size(after or {}))
            continue
        units = 0
        if old is not None:
            units += write_units(item_size(before or {}))
        if new is not None:
            units += write_units(item_size(after or {}))
        if units:
            yield index.name, units


def stored_bytes(indexes: Iterable[Index], item: Item) -> int:
    """Bytes that are paid for while an item stands in the table and in its indexes."""
    copies = 1 + sum(index.place(item) is not None for index in indexes)
    return copies * (item_size(item) + STORED_OVERHEAD)
