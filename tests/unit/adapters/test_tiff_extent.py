"""How far a TIFF's header reaches, in both layouts and byte orders."""

from __future__ import annotations

import struct

import pytest

from rasterloom.adapters.tiff_extent import MAX_DIRECTORIES, NotTiffError, header_extent

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
def test_values_outside_the_directory_count_and_tile_arrays_do_not(layout: object, order: str) -> None:
    assert callable(layout)
    data = layout(order, (TILE_WIDTH, 4, 1, 256), (DESCRIPTION, 2, 100, 1_000), (TILE_OFFSETS, 4, 10**6, 50_000))
    assert header_extent(data) == (1_100, True)


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


@pytest.mark.parametrize("data", [b"", b"II", b"II*\x00", b"<VRTDataset rasterXSize", b"\x89PNG\r\n\x1a\n" + bytes(20)])
def test_what_is_no_tiff_is_refused(data: bytes) -> None:
    with pytest.raises(NotTiffError, match="which is no TIFF"):
        header_extent(data)


@pytest.mark.parametrize("cut", range(16, 70))
def test_any_cut_of_a_header_asks_for_more_or_is_whole(cut: int) -> None:
    data = classic("<", (TILE_WIDTH, 4, 1, 256), (DESCRIPTION, 2, 20, 40))
    assert (header_extent(data[:cut]).end > cut) == (cut < 60)
