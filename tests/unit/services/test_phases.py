"""How long each part of a request or a build takes."""

import logging

import pytest

from rasterloom.services import phases
from rasterloom.services.phases import measured, phase, told


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock whose one number is the time."""
    now = [0.0]
    monkeypatch.setattr(phases, "perf_counter", lambda: now[0])
    return now


def test_a_part_within_another_is_not_counted_twice(clock: list[float]) -> None:
    with measured() as seconds:
        with phase("stage"):
            clock[0] += 1
            with phase("put"):
                clock[0] += 4
                with phase("wait"):
                    clock[0] += 16
            clock[0] += 2
        with phase("put"):
            clock[0] += 8
    assert seconds == {"wait": 16.0, "put": 12.0, "stage": 3.0}
    assert sum(seconds.values()) == clock[0]


def test_a_part_that_fails_is_counted_and_ends(clock: list[float]) -> None:
    def fail() -> None:
        with phase("load"):
            clock[0] += 1
            raise KeyError("it")

    with measured() as seconds:
        with pytest.raises(KeyError, match="it"), phase("plan"):
            fail()
        with phase("plan"):
            clock[0] += 2
    assert seconds == {"load": 1.0, "plan": 2.0}


def test_a_block_within_another_measures_for_itself_and_nothing_is_measured_outside(clock: list[float]) -> None:
    with measured() as outer, phase("all"):
        with measured() as inner, phase("some"):
            clock[0] += 1
        clock[0] += 1
    with phase("none"):
        clock[0] += 1
    assert (outer, inner) == ({"all": 2.0}, {"some": 1.0})


def test_what_was_measured_is_told_in_milliseconds_however_it_ends(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        with told("a VRT was asked for"), phase("load"):
            clock[0] += 0.0126
            raise KeyError("it")

    with caplog.at_level(logging.INFO, "rasterloom.services.phases"), pytest.raises(KeyError, match="it"):
        fail()
    (record,) = caplog.records
    assert record.getMessage() == "a VRT was asked for"
    assert record.__dict__["milliseconds"] == {"load": 13}
