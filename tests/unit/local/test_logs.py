"""What `make logs` shows of what the functions have logged."""

import dataclasses
import json
from typing import Any

import pytest

from local import logs
from local.state import StackState

METRIC = json.dumps({"_aws": {"Timestamp": 1, "CloudWatchMetrics": []}, "function": "f", "SweptLinks": 0})
REPORT = "REPORT RequestId: 1\tDuration: 20 ms\tBilled Duration: 20 ms\tMemory Size: 512 MB"


def logged(**fields: Any) -> str:
    return json.dumps({"level": "INFO", "location": "f:1", "message": "done", "service": "rasterloom", **fields})


def stack() -> StackState:
    words = {field.name: field.name for field in dataclasses.fields(StackState)}
    return StackState(**{**words, "stack_name": "rasterloom-main"})  # type: ignore[arg-type]


@pytest.mark.parametrize("line", [METRIC, REPORT, "START RequestId: 1 Version: 1", "END RequestId: 1"])
def test_metrics_and_what_lambda_says_of_an_invocation_are_not_for_people(line: str) -> None:
    assert logs.told(line) is None


def test_a_line_is_its_level_its_message_and_whose_it_is() -> None:
    assert logs.told(logged(job_id="j", fence=1, cold_start=True)) == "INFO done job_id=j fence=1"


def test_an_exception_stands_below_its_message() -> None:
    assert logs.told(logged(level="ERROR", exception="Traceback\n  KeyError")) == "ERROR done\nTraceback\n  KeyError"


@pytest.mark.parametrize("line", ["2026 Task timed out after 30.00 seconds", "[1, 2]", "3", '{"cut": '])
def test_what_is_no_line_of_ours_is_shown_as_it_is(line: str) -> None:
    assert logs.told(line) == line


@pytest.mark.parametrize(
    ("everything", "shown"),
    [
        (False, [f"00:00:01 api: INFO line {each}" for each in range(50, 150)]),
        (True, ["00:00:01 api: " + text for each in range(150) for text in (logged(message=f"line {each}"), REPORT)]),
    ],
)
def test_the_last_hundred_of_what_is_told_are_shown_or_all_there_is(
    everything: bool,  # noqa: FBT001 -- pytest gives it by name
    shown: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Reader:
        def __init__(self, _state: StackState) -> None: ...

        def new(self) -> list[logs.Event]:
            lines = (text for each in range(150) for text in (logged(message=f"line {each}"), REPORT))
            return [(1000, "rasterloom-main-api", line) for line in lines]

    monkeypatch.setattr(logs, "_Reader", Reader)
    logs.follow(stack(), everything=everything, forever=False)
    assert capsys.readouterr().out.splitlines() == shown
