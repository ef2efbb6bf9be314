"""A header that fits the mould of another one is told as the long way tells it, and hardly any other fits."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.adapters import tiff_alike
from rasterloom.adapters.tiff_alike import Followed, followed
from rasterloom.adapters.tiff_extent import header_extent
from rasterloom.adapters.tiff_kind import kind as kind_of
from rasterloom.adapters.tiff_mould import Mould
from rasterloom.adapters.tiff_moulding import mould_of
from rasterloom.adapters.tiff_texts import DESCRIPTION, ITEMS, MOMENT
from rasterloom.adapters.tiff_tiles import NotTiffError
from tests.support.tiffs import KINDS, pointers, tiff

MOST = 2**32 - 1


def items(mean: str, deviation: str, survey: str = "of all") -> bytes:
    """As GDAL writes them."""
    lines = [
        *("<GDALMetadata>", f'  <Item name="SURVEY">{survey}</Item>'),
        f'  <Item name="STATISTICS_MEAN" sample="0">{mean}</Item>',
        f'  <Item name="STATISTICS_STDDEV" sample="0">{deviation}</Item>',
        *("</GDALMetadata>", "\0"),
    ]
    return "\n".join(lines).encode()


def texts(
    mean: str = "1.5", deviation: str = "2e+30", words: str = "tile one", hour: int = 10
) -> list[tuple[int, bytes]]:
    """A description, a time and statistics."""
    moment = f"2026:11:28 {hour:02}:00:00\0".encode()
    return [(DESCRIPTION, f"{words}\0".encode()), (MOMENT, moment), (ITEMS, items(mean, deviation))]


def made(data: bytes) -> tuple[Mould, bytes]:
    """The mould of a header, and what its kind is."""
    extent = header_extent(data)
    kind = kind_of(data, extent)
    assert kind is not None
    return mould_of(data, extent, kind.texts), kind.digest


def told(way: Callable[[bytes], Followed | None], data: bytes) -> Followed | str | None:
    """What is said of a header, or why it is none."""
    try:
        return way(data)
    except NotTiffError as error:
        return str(error)


def long_way(data: bytes) -> Followed | str | None:
    """What is said of a header if none was followed before."""
    tiff_alike.forget()
    return told(followed, data)


def short_way(one: tuple[Mould, bytes], data: bytes) -> Followed | str | None:
    """What a mould says of a header; None where it does not fit."""
    shape, likeness = one

    def fitted(data: bytes) -> Followed | None:
        fitting = shape.fit(data)
        return fitting and Followed(fitting.extent, likeness, fitting.values)

    return told(fitted, data)


def fits(one: tuple[Mould, bytes], data: bytes) -> bool:
    """Whether a header fits a mould; if so, it has to be told as the long way tells it."""
    found = short_way(one, data)
    assert found is None or found == long_way(data)
    return isinstance(found, Followed)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map("{:.14g}".format)
WORDS = st.from_regex("[a-z][a-z0-9 ]{3,30}", fullmatch=True)


@pytest.mark.parametrize("kind", KINDS)
@given(
    own=st.builds(texts, NUMBERS, NUMBERS, WORDS.map(lambda words: f"{words} of a strip"), st.integers(0, 23)),
    corner=st.tuples(st.floats(), st.floats()),
    first=st.integers(900, 2**31),
)
def test_a_header_with_texts_and_a_place_of_its_own_fits(
    kind: dict[str, Any], own: list[tuple[int, bytes]], corner: tuple[float, float], first: int
) -> None:
    assert fits(made(tiff(**kind, texts=texts())), tiff(**kind, texts=own, corner=corner, first=first))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tiles", [1, 4])
@pytest.mark.parametrize("gap", [0, 20])
def test_lists_may_lie_in_their_directory_and_a_note_before_it(kind: dict[str, Any], tiles: int, gap: int) -> None:
    one = made(tiff(**kind, tiles=tiles, gap=gap, texts=texts()))
    assert fits(one, tiff(**kind, tiles=tiles, gap=gap, texts=texts(words="another tile"), first=5_000))
    assert not fits(one, tiff(**kind, tiles=tiles, gap=gap + 1, texts=texts()))
    assert not fits(one, tiff(**kind, tiles=tiles + 1, gap=gap, texts=texts()))


@pytest.mark.parametrize("kind", KINDS)
def test_with_any_byte_changed_a_header_is_told_as_the_long_way_tells_it(kind: dict[str, Any]) -> None:
    data = tiff(**kind, texts=texts(), gap=4)
    one = made(data)
    fitting = [
        at
        for at in range(len(data))
        for bits in (0x01, 0x08, 0x80, 0xFF)
        if fits(one, data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :])
    ]
    assert 50 < len(set(fitting)) < len(data) / 2, "numbers of texts, places, and lists of tiles"


@pytest.mark.parametrize("kind", KINDS)
@given(
    changes=st.lists(st.tuples(st.integers(0, 30), st.one_of(st.integers(0, 700), st.integers(0, MOST))), max_size=3)
)
def test_wherever_pointers_point_a_header_is_told_as_the_long_way_tells_it(
    kind: dict[str, Any], changes: list[tuple[int, int]]
) -> None:
    data = bytearray(tiff(**kind, texts=texts()))
    one = made(bytes(data))
    places = list(pointers(bytes(data), **kind))
    for which, pointer in changes:
        struct.pack_into(kind["order"] + ("Q" if kind["big"] else "I"), data, places[which % len(places)], pointer)
    assert short_way(one, bytes(data)) in (None, long_way(bytes(data)))


@pytest.mark.parametrize("kind", KINDS)
@given(which=st.tuples(st.integers(0, 30), st.integers(0, 30)), shift=st.integers(-20, 20))
def test_values_that_lie_over_those_of_another_entry_are_told_as_the_long_way_tells_them(
    kind: dict[str, Any], which: tuple[int, int], shift: int
) -> None:
    data = bytearray(tiff(**kind, texts=texts()))
    one = made(bytes(data))
    places, form = list(pointers(bytes(data), **kind)), kind["order"] + ("Q" if kind["big"] else "I")
    source, target = (places[each % len(places)] for each in which)
    (pointer,) = struct.unpack_from(form, data, source)
    struct.pack_into(form, data, target, max(0, pointer + shift))
    assert short_way(one, bytes(data)) in (None, long_way(bytes(data)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("images", [{}, {"has_overview": False}])
@given(end=st.integers(0, 1_000))
def test_a_header_that_reaches_beyond_its_bytes_does_not_fit(
    kind: dict[str, Any], images: dict[str, Any], end: int
) -> None:
    data = tiff(**kind, **images, texts=texts())
    needed = header_extent(data).end
    assert fits(made(data), data[:end]) is (end >= needed)


@pytest.mark.parametrize("kind", KINDS)
@given(
    raw=st.one_of(
        st.binary(max_size=60),
        st.builds(items, st.sampled_from(["", "1", "nan", " 2", "3<", "1.2.3", "7\0", "-"]), NUMBERS),
        st.builds(items, NUMBERS, NUMBERS, st.sampled_from(["of all", "of some", ""])).map(lambda raw: raw + b"\0"),
        st.builds(items, NUMBERS, NUMBERS).map(lambda raw: raw[:-1]),
    ),
    tag=st.sampled_from([DESCRIPTION, MOMENT, ITEMS]),
)
def test_a_text_that_is_not_cut_as_the_other_one_does_not_fit(kind: dict[str, Any], raw: bytes, tag: int) -> None:
    one = made(tiff(**kind, texts=texts()))
    other = tiff(**kind, texts=[(each, raw if each == tag else text) for each, text in texts()])
    if fits(one, other):
        assert isinstance(found := long_way(other), Followed)
        assert len(found.values) == 4


def test_a_directory_that_is_cut_off_by_a_byte_does_not_fit() -> None:
    data = tiff(order=">", texts=texts())
    overview = header_extent(data).directories[1].offset
    assert data[overview] == 0, "which a number does not show"
    end = max(pointers(data, big=False, order=">")) + 4
    pointer = struct.pack(">I", overview)
    assert data.count(pointer) == 1
    assert not fits(made(data), data.replace(pointer, struct.pack(">I", overview + 1))[:end])


def test_a_description_that_lies_in_its_entry_does_not_fit() -> None:
    data = bytearray(tiff(big=True, texts=texts(words="tile one")))
    one = made(bytes(data))
    entry, text = data.index(struct.pack("<HHQ", DESCRIPTION, 2, 9)), data.index(b"tile one")
    struct.pack_into("<Q", data, entry + 4, 5)
    data[text + 4] = 0
    assert not fits(one, bytes(data))


def test_texts_of_an_overview_are_part_of_the_kind() -> None:
    one = made(tiff(texts=texts(), overview_texts=texts()))
    assert fits(one, tiff(texts=texts(words="another one"), overview_texts=texts()))
    assert not fits(one, tiff(texts=texts(), overview_texts=texts(words="another one")))
    assert not fits(one, tiff(texts=texts(), overview_texts=texts(words="tile two")))


def test_the_third_header_of_a_kind_is_followed_entry_by_entry_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[dict[str, Any]] = [{"gap": gap} for gap in range(0, 12, 2)]
    files = [tiff(**kind, texts=texts(mean=mean)) for mean in ("1", "22", "333", "4444") for kind in kinds]
    expected = [long_way(data) for data in files]
    tiff_alike.forget()
    count = 2 * len(kinds)
    assert [followed(data) for data in files[:count]] == expected[:count]
    monkeypatch.setattr("rasterloom.adapters.tiff_alike.header_extent", _must_not_follow)
    assert [followed(data) for data in files[count:]] == expected[count:]
    with pytest.raises(AssertionError, match="entry by entry"):
        followed(tiff(big=True, texts=texts()))


def _must_not_follow(_data: bytes) -> object:
    raise AssertionError("entry by entry")


def test_a_header_without_a_corner_makes_no_mould() -> None:
    data = tiff()
    with pytest.raises(ValueError, match="corner"):
        mould_of(data, header_extent(data)._replace(corner=None), {})
