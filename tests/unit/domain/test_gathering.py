"""Rasters in a listing: each once, in order, with what lies beside it, wherever the listing is broken off."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from rasterloom.domain.bulk import is_raster_key
from rasterloom.domain.gathering import Gathering

type Found = tuple[str, tuple[str, ...] | None]


def gathered(keys: Sequence[str], most_waiting: int = 100) -> list[Found]:
    """What a whole listing gives out."""
    gathering = Gathering("", most_waiting)
    return [*(found for key in keys for found in gathering.take(key)), *gathering.end()]


def test_what_lies_beside_a_raster_is_told_though_other_keys_come_between() -> None:
    keys = ["a.tif", "a.tif-old.tif", "a.tif.msk", "a.tif.ovr", "a.tiff", "b.TIF", "b.TIF.ovr"]
    assert gathered(keys) == [
        ("a.tif", (".ovr", ".msk")),
        ("a.tif-old.tif", ()),
        ("a.tiff", ()),
        ("b.TIF", (".ovr",)),
    ]


def test_of_what_is_beside_no_raster_nothing_is_told() -> None:
    assert gathered(["a.ovr", "b.txt", "c.txt.msk", "d.tif.ovr"]) == []


def test_a_raster_that_keeps_too_many_waiting_goes_without_being_told_of_its_neighbours() -> None:
    keys = ["a.tif", *(f"a.tif-{number}.tif" for number in range(5)), "a.tif.ovr"]
    found = gathered(keys, most_waiting=3)
    assert [key for key, _ in found] == keys[:-1]
    assert found[0] == ("a.tif", None)


def test_what_keeps_the_position_gives_way_without_being_told_of_its_neighbours() -> None:
    gathering = Gathering("")
    assert [found for key in ("a.tif", "a.tif-1.json", "a.tif-2.tif") for found in gathering.take(key)] == []
    assert (gathering.position, list(gathering.give_way())) == ("", [("a.tif", None)])
    assert (gathering.position, list(gathering.give_way())) == ("a.tif", [("a.tif-2.tif", None)])
    assert (gathering.position, list(gathering.give_way())) == ("a.tif-2.tif", [])


def test_keys_are_ordered_by_their_bytes() -> None:
    keys = sorted(["\uff5e.tif", "\U0001f30d.tif", "\U0001f30d.tif.msk"], key=str.encode)
    assert gathered(keys) == [("\uff5e.tif", ()), ("\U0001f30d.tif", (".msk",))]


PIECES = st.lists(st.sampled_from(["a", ".tif", ".TIFF", ".ovr", ".msk", "-", "/", "z"]), min_size=1, max_size=5)
KEYS = st.lists(PIECES.map("".join), max_size=12, unique=True).map(lambda keys: sorted(keys, key=str.encode))


def broken_off(keys: Sequence[str], stops: Iterator[bool]) -> list[Found]:
    """A listing that is broken off now and then, and goes on from where its position says."""
    given_out: list[Found] = []
    gathering = Gathering("")
    left = list(keys)
    while left:
        given_out += gathering.take(left.pop(0))
        if next(stops, False):
            gathering = Gathering(gathering.position)
            left = [key for key in keys if key.encode() > gathering.position.encode()]
    return [*given_out, *gathering.end()]


@given(keys=KEYS, stops=st.lists(st.booleans(), max_size=12))
def test_wherever_it_is_broken_off_nothing_is_missed_and_nothing_comes_twice(
    keys: Sequence[str], stops: list[bool]
) -> None:
    expected = [
        (key, tuple(suffix for suffix in (".ovr", ".msk") if key + suffix in keys))
        for key in keys
        if is_raster_key(key)
    ]
    assert gathered(keys) == expected
    assert broken_off(keys, iter(stops)) == expected
