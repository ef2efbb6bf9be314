"""Objects that are put side by side."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from rasterloom.domain.errors import UnavailableError
from rasterloom.services.puts import Collected, together, under_way


class Bucket:
    """Takes every object but those that it fails at."""

    def __init__(self, fails: frozenset[str] = frozenset(), waits_for: int = 1) -> None:
        self.kept: dict[str, bytes] = {}
        self._fails = fails
        self._all_here = threading.Barrier(waits_for)

    def put_new(self, key: str, body: bytes, content_type: str) -> None:
        assert content_type == "text/plain"
        self._all_here.wait(timeout=30)
        if key in self._fails:
            raise UnavailableError("S3", "SlowDown")
        self.kept[key] = body


def test_nothing_is_put_before_the_block_has_ended_and_everything_then() -> None:
    bucket = Bucket()
    with together(bucket, map) as puts:
        puts.put_new("a", b"1", "text/plain")
        puts.put_new("b", b"2", "text/plain")
        assert bucket.kept == {}
    assert bucket.kept == {"a": b"1", "b": b"2"}


def test_nothing_is_put_where_the_block_fails() -> None:
    bucket = Bucket()

    def failing() -> None:
        with together(bucket, map) as puts:
            puts.put_new("a", b"1", "text/plain")
            raise KeyError("a member")

    with pytest.raises(KeyError):
        failing()
    assert bucket.kept == {}


def test_objects_that_are_put_at_once_wait_for_each_other_and_not_in_turn() -> None:
    bucket = Bucket(waits_for=3)
    with ThreadPoolExecutor(3) as pool, together(bucket, pool.map) as puts:
        for key in ("a", "b", "c"):
            puts.put_new(key, key.encode(), "text/plain")
    assert sorted(bucket.kept) == ["a", "b", "c"]


def test_objects_are_under_way_while_something_else_is_done() -> None:
    bucket = Bucket(waits_for=3)
    collected = Collected()
    for key in ("a", "b"):
        collected.put_new(key, b"", "text/plain")
    with ThreadPoolExecutor(2) as pool, under_way(bucket, pool.map, collected):
        bucket.put_new("beside", b"", "text/plain")  # the barrier opens only while both others are being put
    assert sorted(bucket.kept) == ["a", "b", "beside"]


def test_what_is_under_way_and_fails_is_told_when_the_block_has_ended() -> None:
    bucket, done = Bucket(frozenset({"a"})), []
    collected = Collected()
    collected.put_new("a", b"", "text/plain")

    def put() -> None:
        with ThreadPoolExecutor(1) as pool, under_way(bucket, pool.map, collected):
            done.append("the block")

    with pytest.raises(UnavailableError):
        put()
    assert done == ["the block"]


@pytest.mark.parametrize("failing", ["a", "b", "c"])
def test_one_that_cannot_be_put_is_told(failing: str) -> None:
    bucket = Bucket(frozenset({failing}))

    def put() -> None:
        with ThreadPoolExecutor(3) as pool, together(bucket, pool.map) as puts:
            for key in ("a", "b", "c"):
                puts.put_new(key, b"", "text/plain")

    with pytest.raises(UnavailableError):
        put()
