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
    """A global secondary index.

    Attributes:
        name: Its name.
        keys: Its key attributes; an item without one of them is not in it.
        projected: All attributes that it holds, the table's keys and its own among them; None for whole items.
    """

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None = None

    def place(self, item: Item | None) -> tuple[Any, ...] | None:
        """Where an item stands in it; None if it does not."""
        if item is None or any(key not in item for key in self.keys):
            return None
        return tuple(str(item[key]) for key in self.keys)

    def entry(self, item: Item | None) -> Item | None:
        """What it holds of an item; None if the item is not in it."""
        if item is None or self.place(item) is None:
            return None
        return item if self.projected is None else {name: item[name] for name in item if name in self.projected}


def index_units(indexes: Iterable[Index], before: Item | None, after: Item | None) -> Iterator[tuple[str, int]]:
    """Units that a write consumes in each index: to put an entry there, to change it, to move it (twice), to take it.

    An entry that stays as it is costs nothing, whatever else of the item changes.
    """
    for index in indexes:
        old, new = index.entry(before), index.entry(after)
        if old == new:
            continue
        sizes = [item_size(entry) for entry in (old, new) if entry is not None]
        stays = index.place(old) == index.place(new)
        yield index.name, write_units(*sizes) if stays else sum(map(write_units, sizes))


def stored_bytes(indexes: Iterable[Index], item: Item) -> int:
    """Bytes that are paid for while an item stands in the table and, as far as they hold it, in its indexes."""
    copies = (item, *(entry for index in indexes if (entry := index.entry(item)) is not None))
    return sum(item_size(copy) + STORED_OVERHEAD for copy in copies)
