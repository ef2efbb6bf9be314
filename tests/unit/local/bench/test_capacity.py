"""The arithmetic of DynamoDB's request units, held against the figures of AWS's developer guide."""

from typing import Any

import pytest

from local.bench.metering.capacity import (
    Index,
    batch_read_units,
    index_units,
    item_size,
    number_size,
    read_units,
    stored_bytes,
    value_size,
    write_units,
)

DUE = Index("by_due", ("due_pk", "due"))
OWNER = Index("by_owner", ("owner_pk", "created_id"))
NARROW = Index("by_owner", ("owner_pk", "created_id"), frozenset({"pk", "owner_pk", "created_id", "kind"}))


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "café"}, 5),
        ({"N": "27"}, 2),
        ({"N": "-27"}, 3),
        ({"N": "1234567"}, 5),
        ({"N": "0.00001"}, 2),
        ({"N": "100000"}, 2),
        ({"B": "AAECAw=="}, 4),
        ({"B": b"\x00\x01"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": False}]}, 8),
        ({"M": {"name": {"S": "ab"}}}, 10),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["1", "-2"]}, 5),
    ],
)
def test_a_value_has_the_size_of_its_type(value: Any, size: int) -> None:
    assert value_size(value) == size


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    assert item_size({"pk": {"S": "DATASET#1"}, "due": {"N": "1795262400"}}) == 2 + 9 + 3 + number_size("1795262400")


def test_a_value_of_no_known_type_is_refused() -> None:
    with pytest.raises(ValueError, match="found 'X'"):
        value_size({"X": 1})


@pytest.mark.parametrize(("sizes", "units"), [((), 1), ((1,), 1), ((1024,), 1), ((1025,), 2), ((3000, 500), 3)])
def test_a_write_is_rounded_up_to_whole_kilobytes_of_the_larger_item(sizes: tuple[int, ...], units: int) -> None:
    assert write_units(*sizes) == units


@pytest.mark.parametrize(("size", "strong", "old"), [(0, 1, 0.5), (4096, 1, 0.5), (4097, 2, 1), (8192, 2, 1)])
def test_a_read_is_rounded_up_to_four_kilobytes_and_costs_half_where_it_may_be_old(
    size: int, strong: float, old: float
) -> None:
    assert read_units(size, consistent=True) == strong
    assert read_units(size, consistent=False) == old


def test_a_batch_rounds_every_item_up_and_pays_for_what_is_missing() -> None:
    assert batch_read_units([1500, 6500], 2, consistent=True) == 3
    assert batch_read_units([1500], 3, consistent=True) == 3
    assert batch_read_units([], 2, consistent=False) == 1


def an_item(due: str | None = None, filling: int = 0, owner: str = "alice") -> dict[str, Any]:
    listed = {"pk": {"S": "p"}, "owner_pk": {"S": owner}, "created_id": {"S": "1"}, "more": {"S": "x" * filling}}
    return listed | ({"due_pk": {"S": "0"}, "due": {"N": due}} if due else {})


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, an_item(), {"by_owner": 1}),
        (None, an_item("5"), {"by_due": 1, "by_owner": 1}),
        (None, an_item("5", filling=2048), {"by_due": 3, "by_owner": 3}),
        (an_item("5"), an_item("6"), {"by_due": 2, "by_owner": 1}),
        (an_item("5"), an_item(), {"by_due": 1, "by_owner": 1}),
        (an_item("5"), None, {"by_due": 1, "by_owner": 1}),
        (an_item(), an_item(filling=1), {"by_owner": 1}),
        (an_item(owner="alice"), an_item(owner="bob"), {"by_owner": 2}),
        (an_item("5"), an_item("5"), {}),
        (None, {"pk": {"S": "p"}}, {}),
    ],
)
def test_an_index_is_written_when_an_item_comes_changes_moves_or_goes(
    before: Any, after: Any, units: dict[str, int]
) -> None:
    assert dict(index_units((DUE, OWNER), before, after)) == units


def of_kind(kind: str, item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "kind": {"S": kind}}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, an_item(filling=2048), {"by_owner": 1}),
        (an_item(), an_item(filling=2048), {}),
        (an_item("5"), an_item("6"), {}),
        (of_kind("a", an_item()), of_kind("b", an_item()), {"by_owner": 1}),
        (an_item(owner="alice"), an_item(filling=2048, owner="bob"), {"by_owner": 2}),
        (an_item(filling=2048), None, {"by_owner": 1}),
        (of_kind("a" * 1024, an_item()), of_kind("b", an_item()), {"by_owner": 2}),
    ],
)
def test_an_index_that_holds_little_is_written_when_that_changes_and_costs_as_much_as_it_holds(
    before: Any, after: Any, units: dict[str, int]
) -> None:
    assert dict(index_units([NARROW], before, after)) == units


def test_a_stored_item_is_paid_for_in_an_index_as_far_as_it_is_there() -> None:
    item = an_item(filling=2048)
    held = {name: value for name, value in item.items() if name != "more"}
    assert stored_bytes([NARROW], item) == item_size(item) + item_size(held) + 200


def test_a_stored_item_is_paid_for_once_in_the_table_and_once_in_each_index_that_holds_it() -> None:
    item = an_item("5")
    assert stored_bytes((DUE, OWNER), item) == 3 * (item_size(item) + 100)
    assert stored_bytes((DUE,), an_item()) == item_size(an_item()) + 100
