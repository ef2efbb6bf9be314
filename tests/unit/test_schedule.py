"""One run of the schedule: no part keeps another from its own, whatever it has to do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

import pytest

from rasterloom.bootstrap.schedule import KEPT_SECONDS, PARTS, TURN, work_off
from rasterloom.services.sweep_orphans import SweepReport
from tests.support.fakes import SteppedClock

SECONDS: Final = 60.0
"""What the function has."""
NAMES: Final = ("jobs", "bulk", "deletions", "edits", "uploads", "orphans", "changes", "looks")
"""Its parts."""


class Stopped(BaseException):
    """The function has no time left."""


class Parts:
    """Every part of the schedule; each takes as long as it is told to."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.started, self.begun = self.clock(), list[str]()
        self.seconds = dict[str, float]()
        """How long each part had to begin with things."""
        self.takes: dict[str, Callable[[float], float]] = {}
        """Seconds that a part takes, of those that it has; one that is not named takes none."""

    def container(self) -> Any:
        reconcile, bulk = self._part("jobs"), self._part("bulk")
        reconcile.oldest_pending_seconds = bulk.idle_seconds = lambda: 0.0
        return SimpleNamespace(
            reconcile=reconcile,
            resume_bulk=bulk,
            resume_deletions=self._part("deletions"),
            hold_edits=SimpleNamespace(overdue=self._part("edits")),
            sweep_uploads=self._part("uploads"),
            sweep_orphans=self._part("orphans", SweepReport({}, 0, 0)),
            mark_users=SimpleNamespace(overdue=self._part("changes")),
            refresh_vrts=self._part("looks"),
        )

    def _part(self, name: str, answer: object = None) -> Any:
        def part(until: datetime) -> object:
            self.begun.append(name)
            self.seconds[name] = (until - self.clock()).total_seconds()
            self.clock.now += timedelta(seconds=self.takes.get(name, none_of_it)(self.seconds[name]))
            if self.remaining() <= 0:
                raise Stopped
            return answer or {}

        return part

    def remaining(self) -> float:
        return SECONDS - (self.clock() - self.started).total_seconds()

    def run(self) -> None:
        self.started, self.begun = self.clock(), []
        work_off(self.container(), self.remaining, self.clock)


def none_of_it(_: float) -> float:
    return 0.0


def all_of_it(seconds: float) -> float:
    return seconds


def test_a_part_with_more_to_do_than_there_is_time_leaves_every_other_one_as_much() -> None:
    parts = Parts()
    parts.takes = dict.fromkeys(NAMES, all_of_it)
    parts.run()
    assert sorted(parts.begun) == sorted(NAMES)
    equal = (SECONDS - KEPT_SECONDS) / (len(NAMES) + 1)
    assert min(parts.seconds.values()) >= equal
    assert max(parts.seconds.values()) - min(parts.seconds.values()) < 1
    assert parts.remaining() == pytest.approx(KEPT_SECONDS)


def test_what_one_part_does_not_need_the_others_have() -> None:
    parts = Parts()
    parts.run()
    assert max(parts.seconds.values()) == SECONDS - KEPT_SECONDS


def test_what_takes_longer_than_all_of_the_time_does_not_come_first_each_time() -> None:
    parts, begun = Parts(), set[str]()
    parts.takes = dict.fromkeys(NAMES, lambda _: SECONDS)
    for _ in PARTS:
        with pytest.raises(Stopped):
            parts.run()
        begun |= set(parts.begun)
        parts.clock.now = parts.started + TURN
    assert begun == set(NAMES)
