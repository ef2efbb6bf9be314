"""What the builder tells of a job is waited for, and asked for where the emulator has kept it back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.bench.service import builds
from local.bench.service.builds import built

DEPLOYED: Any = None
TOLD = {"job_id": "a job", "milliseconds": {"assemble": 900}}


@dataclass
class Log:
    """What the emulator has of the builder, and what it gives to the next invocation only."""

    ended: int
    lines: list[dict[str, Any]]
    kept_back: list[dict[str, Any]] = field(default_factory=list)
    flushes: int = 0

    def durations(self, *_: object) -> Sequence[float]:
        """One for each invocation."""
        return [1.0] * self.ended

    def told(self, _deployed: object, _function: str, _since: float, word: str) -> Sequence[dict[str, Any]]:
        """Lines with a word in them."""
        return [line for line in self.lines if word in str(line)]

    def flush(self, *_: object) -> None:
        """One more invocation, whose lines are those that were kept back."""
        self.flushes, self.ended = self.flushes + 1, self.ended + 1
        self.lines += self.kept_back


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Log:
    """A log that is looked at without a pause."""
    log: Log = request.param
    for name in ("durations", "told", "flush"):
        monkeypatch.setattr(builds, name, getattr(log, name))
    monkeypatch.setattr(builds, "LOOK_SECONDS", 0.0)
    return log


@pytest.mark.parametrize("watched", [Log(1, [TOLD])], indirect=True)
def test_what_is_told_is_taken_and_nothing_asked_for(watched: Log) -> None:
    assert built(DEPLOYED, "a job", 0.0) == ({"assemble": 900}, 1)
    assert watched.flushes == 0


@pytest.mark.parametrize("watched", [Log(1, [], kept_back=[TOLD])], indirect=True)
def test_a_line_that_was_kept_back_is_asked_for_once_and_what_asked_is_not_counted(watched: Log) -> None:
    assert built(DEPLOYED, "a job", 0.0) == ({"assemble": 900}, 1)
    assert watched.flushes == 1


@pytest.mark.parametrize("watched", [Log(2, [{"message": "no claim on"}, TOLD])], indirect=True)
def test_an_invocation_that_found_the_work_done_is_not_counted(watched: Log) -> None:
    assert built(DEPLOYED, "a job", 0.0) == ({"assemble": 900}, 1)
    assert watched.flushes == 0
