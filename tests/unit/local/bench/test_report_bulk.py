"""The section of registration in bulk, made of a run's figures."""

from typing import Any

import pytest

from local.bench.report import bulk


def run(created: int, unchanged: int, registrar: int) -> dict[str, Any]:
    counts = {"created": created, "unchanged": unchanged, "refreshed": 0, "failed": 0}
    peaks = {"emulator": 1438, "rasterloom-benchmark-api": 90, "rasterloom-benchmark-registrar": registrar}
    return {
        "registrations": counts,
        "accepted_seconds": 0.055,
        "listed_seconds": 12.3,
        "seconds": 40.0,
        "objects_per_second": 500.0,
        "peak_resident_megabytes": peaks,
    }


def figures(registrar: int = 158, **more: Any) -> dict[str, Any]:
    return {"objects": 20_000, "put_seconds": 30.0, **run(20_000, 0, registrar), **more}


def test_each_run_is_a_row_and_the_emulator_is_no_function() -> None:
    text = bulk.render(figures(again=run(0, 20_000, 160)))
    assert "| first | 20,000 | 20,000 | 0 | 0 | 0.055 | 12.3 | 40.0 | 500 |" in text
    assert "| again | 20,000 | 0 | 20,000 | 0 |" in text
    assert text.endswith("`api` 90 MB, `registrar` 160 MB.")


@pytest.mark.parametrize(("peak", "met"), [(512, True), (513, False)])
def test_the_goal_is_about_the_largest_function(peak: int, met: bool) -> None:  # noqa: FBT001 - a table's column
    (verdict,) = bulk.goals({"bulk": figures(peak)})
    assert verdict.met is met
