"""A header like one that was read before is told without GDAL, and is what GDAL would tell."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import pytest

from rasterloom.adapters import kindred
from rasterloom.adapters.headers import parse_head
from rasterloom.adapters.heads import MAX_HEAD_BYTES, head_of
from rasterloom.adapters.tiff_extent import header_extent
from rasterloom.domain.errors import ObjectUnreadableError
from rasterloom.domain.objects import ObjectStat
from rasterloom.domain.raster import RasterProfile
from tests.support.cogs import make_cog
from tests.support.corpus import CORPUS
from tests.support.heads import REF, head

pytestmark = pytest.mark.usefixtures("no_kinds")


def told(data: bytes) -> RasterProfile:
    """What GDAL itself says."""
    kindred.forget()
    return parse_head(REF, head(data))


def moved(data: bytes, x: float, y: float) -> bytes:
    """The same file elsewhere."""
    corner = header_extent(data).corner
    assert corner is not None
    start, end = corner.spans[0]
    return data[:start] + struct.pack(corner.form, x, y) + data[end:]


def whole(tmp_path: Path, **properties: Any) -> bytes:
    return make_cog(tmp_path / "it.tif", **properties).read_bytes()


@pytest.mark.parametrize("name", CORPUS)
def test_the_same_file_elsewhere_is_told_as_gdal_tells_it(tmp_path: Path, name: str) -> None:
    chance = random.Random(name)  # noqa: S311 - where tiles lie is no secret
    for number, properties in enumerate(_kinds(CORPUS[name])):
        data = make_cog(tmp_path / f"{number}.tif", **properties).read_bytes()
        if header_extent(data).corner is None:
            continue
        places = [(chance.uniform(-2e7, 2e7), chance.uniform(-2e7, 2e7)), (0.0, -0.0), (1 / 3, 1e-300)]
        places.append((chance.uniform(-180, 180), chance.uniform(-90, 90)))
        expected = [told(moved(data, *place)) for place in places]
        kindred.forget()
        parse_head(REF, head(data))
        found = [parse_head(REF, head(moved(data, *place))) for place in places]
        assert repr(found) == repr(expected)  # NaN is not equal to itself


def _kinds(sources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of sources that differ in their origins alone, the first."""
    return list({repr({**each, "origin": 0}): each for each in reversed(sources)}.values())


def test_gdal_opens_only_the_first_of_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = whole(tmp_path)
    expected = told(moved(data, 400_000.0, 5_000_000.0))
    parse_head(REF, head(data))
    monkeypatch.setattr("rasterloom.adapters.headers.open_gtiff", _must_not_open)
    assert parse_head(REF, head(moved(data, 400_000.0, 5_000_000.0))) == expected
    with pytest.raises(AssertionError, match="opened"):
        parse_head(REF, head(whole(tmp_path, nodata=7)))


def _must_not_open(_path: str) -> None:
    raise AssertionError("opened")


def test_every_byte_that_gdal_reads_makes_another_kind_or_none_that_gdal_tells_apart(tmp_path: Path) -> None:
    data = whole(tmp_path, nodata=1.0, metadata={"unit": "metre"})
    extent = header_extent(data)
    assert extent.corner is not None
    parse_head(REF, head(data))
    left_out = [*extent.lists, *extent.corner.spans]
    known: dict[int, tuple[bytes, RasterProfile]] = {}
    for at in range(16, extent.end):
        changed = data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :]
        found = _known(changed)
        if found is not None:
            known[at] = changed, found
    assert known.keys() >= {at for start, end in left_out for at in range(start, end)}
    others = {at: each for at, each in known.items() if not any(start <= at < end for start, end in left_out)}
    assert len(others) < 40, "where lists of tiles and numbers are said to lie"
    for at, (changed, found) in others.items():
        assert repr(_told_of_any_size(changed)) == repr(found), f"byte {at}"


def _told_of_any_size(data: bytes) -> RasterProfile:
    """What GDAL says; its pixels may be said to lie anywhere."""
    kindred.forget()
    found = head_of(REF, data[:MAX_HEAD_BYTES], ObjectStat("etag", 2**63))
    assert found is not None
    return parse_head(REF, found)


def _known(data: bytes) -> RasterProfile | None:
    """What is told of a header without GDAL; its pixels may be said to lie anywhere."""
    try:
        found = head_of(REF, data[:MAX_HEAD_BYTES], ObjectStat("etag", 2**63))
    except ObjectUnreadableError:
        return None
    return None if found is None else kindred.profile(found)


def test_other_pixels_in_tiles_of_other_sizes_make_no_other_kind(tmp_path: Path) -> None:
    one, other = whole(tmp_path, fill=3), whole(tmp_path, fill=lambda _band, rows, columns: rows * columns % 211)
    assert len(one) != len(other)
    expected = told(other)
    kindred.forget()
    parse_head(REF, head(one))
    assert kindred.profile(head(other)) == expected


@pytest.mark.parametrize("place", [(float("nan"), 0.0), (0.0, float("inf")), (1e10, 0.0)])
def test_a_corner_that_is_no_place_is_left_to_gdal(tmp_path: Path, place: tuple[float, float]) -> None:
    data = whole(tmp_path)
    parse_head(REF, head(data))
    assert kindred.profile(head(moved(data, *place))) is None


@pytest.mark.parametrize(
    "properties",
    [{"rotation": 30.0}, {"origin": None}],
    ids=["rotated", "without a place"],
)
def test_what_says_otherwise_where_it_lies_is_left_to_gdal(tmp_path: Path, properties: dict[str, Any]) -> None:
    data = whole(tmp_path, **properties)
    parse_head(REF, head(data))
    assert kindred.profile(head(data)) is None


def test_pixels_that_are_points_are_left_to_gdal(tmp_path: Path) -> None:
    data = whole(tmp_path)
    keys = struct.pack("<4H", 1025, 0, 1, 1)
    assert data.count(keys) == 1
    points = data.replace(keys, struct.pack("<4H", 1025, 0, 1, 2))
    assert told(points).area_or_point == "Point"
    assert kindred.profile(head(points)) is None


def test_the_kind_that_was_met_longest_ago_is_forgotten_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kindred, "MOST", 2)
    first, second, third = (head(whole(tmp_path, nodata=number)) for number in (1, 2, 3))
    parse_head(REF, first)
    parse_head(REF, second)
    parse_head(REF, first)
    parse_head(REF, third)
    assert kindred.profile(first) is not None
    assert kindred.profile(second) is None


def over(data: bytes) -> bytes:
    """The same file with a list of byte counts that is said to lie over the rest of the header."""
    entry = struct.pack("<HHI", 325, 4, 1)
    assert data.count(entry) == 1
    end = header_extent(data).end
    start = data.index(entry)
    return data[:start] + struct.pack("<HHII", 325, 4, (end - 4) // 4, 4) + data[start + 12 :]


def twice(data: bytes) -> bytes:
    """The same file with its tie point said a second time, elsewhere, in the place of its pixel interpretation."""
    entry, other = struct.pack("<HHII", 284, 3, 1, 1), data.index(struct.pack("<HHI", 33922, 12, 6))
    assert data.count(entry) == 1
    (start,) = struct.unpack_from("<I", data, other + 8)
    changed = data.replace(entry, struct.pack("<HHII", 33922, 12, 6, len(data)))
    return changed + data[start : start + 48]


@pytest.mark.parametrize("crafted", [over, twice])
def test_a_header_of_which_bytes_are_left_out_that_say_something_is_of_no_kind(tmp_path: Path, crafted: Any) -> None:
    one, other = (crafted(whole(tmp_path, nodata=number)) for number in (7, 8))
    parse_head(REF, head(one))
    assert parse_head(REF, head(other)).bands[0].nodata == 8
    assert header_extent(one).corner is None
