"""What lies beside named objects: told by a listing exactly as each of them would tell it, or not at all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.adapters.listed_beside import ListedBeside
from rasterloom.domain.errors import ObjectUnreadableError, RasterloomError, UnavailableError
from rasterloom.domain.gathering import SIDE_FILES
from rasterloom.domain.objects import ObjectPrefix, ObjectRef

BUCKET = "cogs"
STEMS = st.text("ab-./ü", min_size=1, max_size=3)
KEYS = st.sets(st.builds("{}{}".format, STEMS, st.sampled_from(["", ".tif", ".tif.ovr", ".tif.msk", ".ovr", ".msk"])))


@dataclass
class Bucket:
    """A bucket's listing; keys come in the order of their UTF-8."""

    keys: Iterable[str]
    page: int = 1000
    error: RasterloomError | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, prefix: ObjectPrefix, start_after: str) -> Iterator[Sequence[str]]:
        self.asked.append((prefix.prefix, start_after))
        if self.error is not None:
            raise self.error
        found = sorted(self.keys, key=str.encode)
        found = [key for key in found if key.startswith(prefix.prefix) and key.encode() > start_after.encode()]
        for start in range(0, len(found) or 1, self.page):
            yield found[start : start + self.page]


def anything(_: ObjectRef) -> None:
    """Let everything be read."""


def at_any_pace() -> None:
    """Wait for nothing."""


def refs(keys: Iterable[str]) -> list[ObjectRef]:
    return [ObjectRef(BUCKET, key) for key in keys]


def truth(key: str, keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(suffix for suffix in SIDE_FILES if key + suffix in set(keys))


@given(keys=KEYS, missing=st.sets(STEMS), page=st.integers(1, 6), data=st.data())
def test_whatever_is_told_is_true_however_keys_lie_and_pages_end(
    keys: set[str], missing: set[str], page: int, data: st.DataObject
) -> None:
    named = data.draw(st.lists(st.sampled_from(sorted(keys | missing | {"x.tif"})), unique=True))
    found = ListedBeside(Bucket(keys, page), anything, at_any_pace, worth=1)(refs(named))
    assert found == {ref: truth(ref.key, keys) for ref in found}
    assert found.keys() <= set(refs(named))


def test_a_page_settles_all_that_it_passes_and_the_next_one_begins_where_nothing_is_known() -> None:
    named = [f"in/{number:04}.tif" for number in range(1500)]
    bucket = Bucket([*named, "in/0000.tif.ovr", "in/0999.tif.msk", "in/0999.tif.ovr", "in/1499.tif.ovr"])
    taken: list[int] = []
    found = ListedBeside(bucket, anything, lambda: taken.append(1))(refs(reversed(named)))
    assert bucket.asked == [("in/", "in/0000.tif"), ("in/", "in/0999.tif")]
    assert len(taken) == 2
    assert found.keys() == set(refs(named))
    beside = {ref.key: suffixes for ref, suffixes in found.items() if suffixes}
    assert beside == {"in/0000.tif": (".ovr",), "in/0999.tif": (".ovr", ".msk"), "in/1499.tif": (".ovr",)}


def test_what_comes_last_of_all_is_left_to_be_asked_for() -> None:
    named = [f"in/{number:02}.tif" for number in range(30)]
    assert ListedBeside(Bucket(named), anything, at_any_pace)(refs(named)) == dict.fromkeys(refs(named[:-1]), ())


def test_a_folder_of_many_others_is_looked_at_once() -> None:
    others = [f"in/{number:05}.tif" for number in range(20_000)]
    bucket = Bucket(others)
    assert len(ListedBeside(bucket, anything, at_any_pace)(refs(others[::100]))) == 10
    assert len(bucket.asked) == 1


def test_two_folders_far_apart_cost_a_page_each() -> None:
    ours = [f"{folder}/{number:03}.tif" for folder in ("a", "z") for number in range(100)]
    bucket = Bucket([*ours, *(f"m/{number:05}.tif" for number in range(20_000))])
    found = ListedBeside(bucket, anything, at_any_pace)(refs(ours))
    assert bucket.asked == [("", "a/000.tif"), ("z/0", "z/000.tif")]
    assert found.keys() == set(refs(ours[:-1]))


def test_a_few_are_not_worth_a_page() -> None:
    bucket = Bucket([])
    assert ListedBeside(bucket, anything, at_any_pace)(refs(f"in/{number}.tif" for number in range(19))) == {}
    assert bucket.asked == []


@pytest.mark.parametrize(
    "error",
    [
        ObjectUnreadableError("s3://cogs/in/", "it cannot be listed", actual="AccessDenied"),
        UnavailableError("S3", "no"),
    ],
)
def test_a_bucket_that_cannot_be_listed_tells_of_none(error: RasterloomError) -> None:
    bucket = Bucket([], error=error)
    assert ListedBeside(bucket, anything, at_any_pace)(refs(f"in/{number}.tif" for number in range(99))) == {}
    assert len(bucket.asked) == 1


def test_nothing_is_listed_for_what_may_not_be_read() -> None:
    def refuse(ref: ObjectRef) -> None:
        raise ObjectUnreadableError(ref.uri, "it lies elsewhere", actual="elsewhere")

    bucket = Bucket([])
    assert ListedBeside(bucket, refuse, at_any_pace)(refs(f"in/{number}.tif" for number in range(99))) == {}
    assert bucket.asked == []
