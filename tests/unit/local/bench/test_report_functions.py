"""The sections of cold starts, memory settings and cost, made of a run's figures."""

from typing import Any

import pytest

from local.bench.pricing import scenarios
from local.bench.report import coldstart, cost, memory
from local.bench.report.document import render
from local.bench.results import Part


def timing(ms: float) -> dict[str, Any]:
    return {"wall_ms": ms, "least_wall_ms": ms - 1, "cpu_ms": ms / 2, "runs": 9, "peak_mb": 28.4}


def starts(init: float = 130.0) -> dict[str, Any]:
    first = {"first": timing(170), "with_init": timing(300), "second": timing(5), "peak_mb": 56.0}
    return {
        "pause_ms": 20.0,
        "interpreter": timing(8),
        "runtime_client": timing(32),
        "init": {"api": timing(init)},
        "first": {"GET /jobs/{id}": first},
        "imports": {"init": {"botocore": 3.0, "rasterloom.domain": 28.0, "all others": 9.0, "all": 40.0}},
    }


def settings(size: int | None) -> dict[str, Any]:
    took = {"warm_ms": {"idle run": 100.0}, "cpu_ms": {"idle run": 40.0}}
    row = {"memory_mb": size, "init_ms": 140.4, "first_ms": 210.0, **took, "peak_mb": 51.2}
    return {"limited": size is not None, "functions": {"reconciler": [row]}, "chosen": {"reconciler": 512}}


def costs() -> dict[str, Any]:
    use = {"dynamodb read units": 2.5, "dynamodb write units": 12.0, "lambda GB-seconds": 0.18, "lambda invocations": 1}
    many = {"100": {"s3 GET requests": 305.0}, "1000": {"s3 GET requests": 3005.0}}
    ones = (scenarios.POLL, scenarios.IDLE_RUN, scenarios.EVENTS_SEEN)
    thousand = (scenarios.BULK_ASKED, scenarios.BULK_LISTED, scenarios.BULK_PART)
    grown = (scenarios.CREATE, scenarios.BUILD, scenarios.ADD, scenarios.BUILD_ADDED)
    return {
        "pause_ms": 20.0,
        "memory_mb": {"api": 1769},
        "operations": {
            scenarios.REGISTRATION: {"1": use},
            **{name: {"1": {}} for name in ones},
            **{name: {"1000": {}} for name in thousand},
            **dict.fromkeys(grown, many),
        },
    }


def test_a_start_is_told_with_its_packages_and_its_first_answers() -> None:
    text = coldstart.render(starts())
    assert "| `api` | 130 ms | 129 ms | 65 ms | 28 |" in text
    assert "| `GET /jobs/{id}` | 170 ms | 300 ms | 299 ms | 150 ms | 5.0 ms | 56 |" in text
    assert "- init: 40 in all; rasterloom.domain 28, botocore 3" in text


@pytest.mark.parametrize(("init", "met"), [(399.0, True), (401.0, False)])
def test_the_goal_of_a_start_is_met_or_missed(init: float, met: bool) -> None:  # noqa: FBT001 - a table's column
    (verdict,) = coldstart.goals({"coldstart": starts(init)})
    assert verdict.met is met


def test_a_setting_has_its_price_and_the_default_stands_out() -> None:
    text = memory.render(settings(512))
    assert "| **512** | 140 | 210 | 100 | 3.13 | 1.03 | 51 |" in text


def test_what_could_not_be_limited_has_no_price_and_says_so() -> None:
    text = memory.render(settings(None))
    assert "No cgroup could be made" in text
    assert "| all | 140 | 210 | 100 | — | — | 51 |" in text


def test_cost_tells_operations_what_grows_and_amounts() -> None:
    text = cost.render(costs())
    assert "| register | 0 | 2.50 | 12 |" in text
    assert "- build of a create: 3 S3 GET, HEAD" in text
    (row,) = (line for line in text.splitlines() if line.startswith("| 1 M registrations one by one"))
    assert " | 7.81 | " in row  # 2.5 read units and 12 write units
    assert row.endswith(" | **11.01** | 34.37 |")  # and 0.18 GB-seconds in an invocation
    assert "| dynamodb write unit | 6.25e-07 | aws.amazon.com/dynamodb/pricing/on-demand |" in text


def test_the_document_has_all_three() -> None:
    figures = {"coldstart": starts(), "memory": settings(512), "cost": costs()}
    facts = {"processor": "a processor", "cores": 2, "memory_gb": 24, "system": "Linux 6", "load": 0.5}
    parts = {name: Part(name, "2026-11-27T23:00:00+00:00", facts, {}, each) for name, each in figures.items()}
    text = render(parts)
    assert "cold start: init of `api` | ≤ 400 ms | 130 ms | met" in text
    assert "SnapStart" in text
