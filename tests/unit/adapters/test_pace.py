"""A steady pace: never more than the rate allows, whoever asks."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from rasterloom.adapters.pace import Pace


class Time:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_the_first_come_at_once_and_the_rest_at_the_rate() -> None:
    time = Time()
    pace = Pace(10.0, burst=3, clock=time.clock, sleep=time.sleep)
    came = []
    for _ in range(8):
        pace()
        came.append(time.now)
    assert came[:3] == [100.0] * 3
    assert [later - earlier for earlier, later in pairwise(came[2:])] == pytest.approx([0.1] * 5)


def test_after_a_rest_there_is_no_more_than_a_burst_in_hand() -> None:
    time = Time()
    pace = Pace(10.0, burst=2, clock=time.clock, sleep=time.sleep)
    pace()
    time.now += 60
    for _ in range(3):
        pace()
    assert time.slept == pytest.approx([0.1])


def test_threads_share_one_pace() -> None:
    time = Time()
    waits: list[float] = []
    pace = Pace(100.0, clock=time.clock, sleep=waits.append)
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda _: pace(), range(50)):
            pass
    assert [wait for wait in sorted(waits) if wait > 1e-9] == pytest.approx([number / 100 for number in range(1, 50)])
