"""How far a TIFF's header reaches, in both layouts and byte orders."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from rasterloom.adapters.tiff_extent import MAX_DIRECTORIES, header_extent
from rasterloom.adapters.tiff_tiles import NotTiffError

TILE_WIDTH, DESCRIPTION, TILE_OFFSETS = 322, 270, 324


def classic(order: str, *entries: tuple[int, int, int, int], after: int = 0) -> bytes:
    """A TIFF with one directory at byte 8."""
    start = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, 8)
    body = b"".join(struct.pack(order + "HHII", *entry) for entry in entries)
    return start + struct.pack(order + "H", len(entries)) + body + struct.pack(order + "I", after)


def big(order: str, *entries: tuple[int, int, int, int], after: int = 0) -> bytes:
    """A BigTIFF with one directory at byte 16."""
    start = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HHHQ", 43, 8, 0, 16)
    body = b"".join(struct.pack(order + "HHQQ", *entry) for entry in entries)
    return start + struct.pack(order + "Q", len(entries)) + body + struct.pack(order + "Q", after)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layout", [classic, big])
def test_values_outside_the_directory_count_and_tile_arrays_do_not(layout: Any, order: str) -> None:
    assert callable(layout)
    data = layout(order, (TILE_WIDTH, 4, 1, 256), (DESCRIPTION, 2, 100, 1_000), (TILE_OFFSETS, 4, 10**6, 50_000))
    assert header_extent(data)[:3] == (1_100, True, 0)


@pytest.mark.parametrize("layout", [classic, big])
def test_a_next_directory_that_is_not_there_yet_is_needed(layout: object) -> None:
    assert callable(layout)
    data = layout("<", (DESCRIPTION, 2, 4, 0), after=20_000)
    extent = header_extent(data)
    assert extent.end > 20_000
    assert not extent.tiled


def test_a_header_that_is_whole_ends_within_its_bytes() -> None:
    data = classic("<", (DESCRIPTION, 2, 4, 0))
    assert header_extent(data + bytes(100)).end == len(data)


def test_loops_are_found_however_long() -> None:
    first = classic("<", (DESCRIPTION, 2, 4, 0), after=26)
    second = struct.pack("<HHHIII", 1, DESCRIPTION, 2, 4, 0, 8)
    assert len(first) == 26
    with pytest.raises(NotTiffError, match="loop back to byte 8"):
        header_extent(first + second)


def test_chains_end() -> None:
    step = 18
    chain = b"".join(
        struct.pack("<HHHIII", 1, DESCRIPTION, 2, 4, 0, 8 + (n + 1) * step) for n in range(MAX_DIRECTORIES + 1)
    )
    with pytest.raises(NotTiffError, match=f"more than {MAX_DIRECTORIES} directories"):
        header_extent(struct.pack("<2sHI", b"II", 42, 8) + chain)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<VRTDataset rasterXSize", "it begins with the bytes 3c 56 52 54 (<VRT), which is no TIFF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "it begins with the bytes 89 50 4e 47, which is no TIFF"),
        (b"\xe6\x039\xf1" + bytes(20), "it begins with the bytes e6 03 39 f1, which is no TIFF"),
        (b"PK", "it begins with the bytes 50 4b (PK), which is no TIFF"),
        (b"II", "it ends after 2 bytes, before a TIFF's first directory"),
        (b"II*\x00", "it ends after 4 bytes, before a TIFF's first directory"),
        (b"", "it ends after 0 bytes, before a TIFF's first directory"),
    ],
)
def test_what_is_no_tiff_is_refused_with_its_first_bytes(data: bytes, words: str) -> None:
    with pytest.raises(NotTiffError) as caught:
        header_extent(data)
    assert str(caught.value) == words


@pytest.mark.parametrize("cut", range(16, 70))
def test_any_cut_of_a_header_asks_for_more_or_is_whole(cut: int) -> None:
    data = classic("<", (TILE_WIDTH, 4, 1, 256), (DESCRIPTION, 2, 20, 40))
    assert (header_extent(data[:cut]).end > cut) == (cut < 60)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layout", [classic, big])
def test_pixels_end_after_the_last_tile_whichever_comes_last_in_the_file(layout: Any, order: str) -> None:
    places, counts = [9000, 500, 70_000, 0], [100, 20, 3000, 0]
    form = f"{order}4I"
    arrays = struct.pack(form, *places) + struct.pack(form, *counts)
    where = len(layout(order, (324, 4, 4, 0), (325, 4, 4, 0)))
    data = layout(order, (324, 4, 4, where), (325, 4, 4, where + 16)) + arrays
    assert header_extent(data).pixels_end == 73_000
    assert header_extent(data[:-1]).pixels_end == 0, "an array that is not whole tells nothing"


@pytest.mark.parametrize("layout", [classic, big])
def test_the_place_of_a_single_strip_stands_in_the_directory_itself(layout: Any) -> None:
    assert header_extent(layout("<", (273, 4, 1, 800), (279, 4, 1, 50))).pixels_end == 850


def test_arrays_that_claim_to_be_huge_cost_nothing() -> None:
    assert header_extent(classic("<", (324, 4, 2**31, 64), (325, 4, 2**31, 64))).pixels_end == 0


def test_lists_of_tiles_that_directories_share_are_not_read_again_and_again() -> None:
    count, step = 100, 2 + 2 * 12 + 4
    where = 8 + count * step
    values = 4 * 200
    chain = b"".join(
        struct.pack(
            "<HHHIIHHIII", 2, 324, 4, 200, where, 325, 4, 200, where, 8 + (n + 1) * step if n < count - 1 else 0
        )
        for n in range(count)
    )
    data = struct.pack("<2sHI", b"II", 42, 8) + chain + bytes(values)
    with pytest.raises(NotTiffError, match="share their lists of tiles"):
        header_extent(data)


@pytest.mark.parametrize("layout", [classic, big])
def test_entries_that_claim_more_values_than_there_are_bytes_are_out_of_reach(layout: Any) -> None:
    extent = header_extent(layout("<", (DESCRIPTION, 2, 2**31, 64)))
    assert extent.end >= 2**31


def test_an_entry_of_an_unknown_type_is_one_byte_a_value() -> None:
    assert header_extent(classic("<", (65_000, 99, 50, 1_000))).end == 1_050
