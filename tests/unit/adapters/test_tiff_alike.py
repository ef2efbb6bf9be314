"""A header like the one before is followed the short way, and comes out as the long way has it."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.adapters.tiff_alike import Followed, followed
from rasterloom.adapters.tiff_extent import Extent, header_extent
from rasterloom.adapters.tiff_tiles import NotTiffError
from tests.support.tiffs import DOUBLE, KINDS, LONG, tiff


def found(data: bytes, way: Any) -> Extent | str:
    try:
        result = way(data)
    except NotTiffError as error:
        return str(error)
    extent: Extent = result.extent if isinstance(result, Followed) else result
    return extent


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_header_elsewhere_with_other_tiles_is_alike(kind: dict[str, Any]) -> None:
    one, other = tiff(**kind), tiff(**kind, corner=(-1.5, 7.25), first=2_000)
    first, second = followed(one), followed(other)
    assert first.likeness == second.likeness
    assert first.likeness is not None
    assert second.extent == header_extent(other)
    assert (first.extent.pixels_end, second.extent.pixels_end) == (1_700, 2_800)
    assert len(second.extent.directories) == 2


def test_whoever_follows_a_header_that_is_alike_reads_no_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    followed(tiff())
    monkeypatch.setattr("rasterloom.adapters.tiff_alike.header_extent", _must_not_follow)
    assert followed(tiff(corner=(1, 2), first=10_000)).extent.pixels_end == 10_800
    with pytest.raises(AssertionError, match="followed"):
        followed(tiff(big=True))


def _must_not_follow(_data: bytes) -> Extent:
    raise AssertionError("followed")


@pytest.mark.parametrize("kind", KINDS)
@given(
    changes=st.lists(st.tuples(st.integers(0, 499), st.binary(min_size=1, max_size=8)), max_size=3),
    cut=st.integers(0, 500),
    more=st.binary(max_size=32),
)
def test_whatever_is_changed_the_short_way_comes_out_where_the_long_way_does(
    kind: dict[str, Any], changes: list[tuple[int, bytes]], cut: int, more: bytes
) -> None:
    original = tiff(**kind)
    changed = original + more
    for at, replacement in changes:
        changed = changed[:at] + replacement + changed[at + len(replacement) :]
    if cut < 100:
        changed = changed[: len(changed) - cut]
    followed(original)
    assert found(changed, followed) == found(changed, header_extent)


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_that_is_no_number_of_its_own_and_no_pointer_makes_another_likeness(kind: dict[str, Any]) -> None:
    data = tiff(**kind)
    known = followed(data)
    assert known.extent.corner is not None
    left_out = [*known.extent.lists, *known.extent.corner.spans]
    pointers = pointers_to_own(data, **kind)
    assert len(pointers) == 6
    for at in range(known.extent.end):
        changed = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        try:
            alike = followed(changed).likeness == known.likeness
        except NotTiffError:
            alike = False
        is_left_out = any(start <= at < end for start, end in left_out)
        is_pointer = any(start <= at < end for start, end in pointers)
        assert alike is is_left_out or (alike and is_pointer), f"byte {at}"


def pointers_to_own(data: bytes, *, big: bool, order: str) -> list[tuple[int, int]]:
    """First byte, and byte after the last, of each pointer to a list of tiles, to the corner and to a pixel's size."""
    form, width = (order + "HHQ", 8) if big else (order + "HHI", 4)
    entries = [(324, LONG, 4), (325, LONG, 4), (33550, DOUBLE, 3), (33922, DOUBLE, 6)]
    sought = [struct.pack(form, *entry) for entry in entries]
    ends = [at + len(each) for each in sought for at in range(len(data)) if data.startswith(each, at)]
    return [(end, end + width) for end in ends]


def test_a_header_that_reaches_beyond_its_bytes_is_like_no_other() -> None:
    data = tiff()
    end = header_extent(data).end
    assert followed(data[:end]).likeness is not None
    assert followed(data[: end - 1]).likeness is None
    assert followed(data[:end]).extent.pixels_end == 1_300, "the overview's lists are not there"


def test_a_list_over_the_pointer_to_the_first_directory_is_left_out_of_no_likeness() -> None:
    data = tiff(big=True, gap=16)
    sizes = struct.pack("<HHQ", 325, LONG, 4)
    at = data.index(sizes) + len(sizes)
    over = data[:at] + struct.pack("<Q", 8) + data[at + 8 :]
    assert followed(data).likeness is not None
    assert followed(over).likeness is None
