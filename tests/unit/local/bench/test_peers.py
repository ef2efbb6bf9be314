"""Which peers are not run, and why."""

from typing import Any

import pytest

from local.bench.parts.peers import PEERS, QUICK, as_often_as_pays, too_much
from local.bench.report.peers import TITLES
from local.bench.running import Outcome
from local.bench.server.nginx import Counts


def row(count: int, *seconds: float, left_out: str | None = None) -> dict[str, Any]:
    return {"count": count, "seconds": list(seconds), "left_out": left_out}


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ([], None),
        ([row(10, 4.0)], None),
        ([row(10, 4.0), row(100, 22.0)], None),
        ([row(10, 4.0), row(100, 40.0)], "40.0 s at 100, so more than 300 s"),
        ([row(10, 4.0), row(100, 41.0, 40.0)], "40.0 s at 100, so more than 300 s"),
        ([row(10, 4.0), row(100, left_out="more than 300 s")], "more than 300 s"),
    ],
)
def test_a_peer_is_left_out_where_its_own_growth_says_so(before: list[dict[str, Any]], reason: str | None) -> None:
    assert too_much(before, 1_000, 300.0) == reason


def test_what_a_peer_takes_to_start_is_not_taken_for_growth() -> None:
    assert too_much([row(10, 20.0), row(100, 30.0)], 1_000, 300.0) is None


@pytest.mark.parametrize(("took", "runs"), [(QUICK - 0.1, 5), (QUICK, 1)])
def test_what_is_quick_is_run_again(took: float, runs: int) -> None:
    outcomes = [Outcome({"seconds": took, "run": number}, Counts(0, 0)) for number in range(5)]
    left = iter(outcomes)
    assert as_often_as_pays(lambda: next(left), 5) == outcomes[:runs]


def test_the_report_has_a_title_for_every_peer() -> None:
    assert [peer.name for peer in PEERS] == list(TITLES)
