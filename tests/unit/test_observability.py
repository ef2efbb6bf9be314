"""Lines of the log and metrics: what they hold, and what they never do."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from rasterloom import observability
from rasterloom.domain.findings import Finding, Severity
from rasterloom.observability import BLOTTED, line_of, report_build, report_refusals, timed, trace_id
from rasterloom.ports import BuildReport, BuildResult

type Told = Callable[[], list[dict[str, Any]]]

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
PRESIGNED = (
    "https://b.s3.amazonaws.com/k?X-Amz-Credential=ASIAEXAMPLE%2F20261122%2Feu&X-Amz-Expires=60"
    "&X-Amz-Security-Token=FwoGZXIvYXdzE&X-Amz-Signature=0f1e2d3c4b5a"
)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """The metrics that were told, each with its dimensions."""

    def read() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [{name: value for name, value in line.items() if name != "_aws"} for line in lines if "_aws" in line]

    return read


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        (f"Authorization: Bearer {TOKEN}", [TOKEN]),
        ("authorization: bearer opaque-token+/=", ["opaque-token"]),
        (f"the token {TOKEN} is not valid", [TOKEN]),
        (f"cannot read {PRESIGNED}", ["ASIAEXAMPLE", "FwoGZXIvYXdzE", "0f1e2d3c4b5a"]),
        (PRESIGNED.lower(), ["asiaexample", "fwogzxivyxdze", "0f1e2d3c4b5a"]),
    ],
)
def test_what_would_open_a_door_is_blotted_out_of_a_line(text: str, secrets: list[str]) -> None:
    line = line_of({"message": text, "exception": {"value": f'Error("{text}")'}})
    assert json.loads(line)["message"].count(BLOTTED) >= 1
    assert not any(secret in line for secret in secrets)


def test_a_line_without_secrets_stays_as_it_is() -> None:
    record = {"message": 'He said "Bearer of news", eyJ', "job_id": "6a1f5a0e", "fence": 3, "path": "/a?b=X-Amz-Date=1"}
    assert json.loads(line_of(record)) == record | {"message": f'He said "Bearer {BLOTTED} news", eyJ'}


def test_what_json_cannot_hold_is_told_as_text() -> None:
    assert json.loads(line_of({"value": {1}})) == {"value": "{1}"}


def test_every_module_s_lines_pass_through_the_blotter(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    formatter = observability.logger.registered_handler.formatter
    assert formatter is not None
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(formatter.format(record)))
    child = logging.getLogger("rasterloom.somewhere")
    child.addHandler(handler)
    try:
        child.error("failed with %s", TOKEN, exc_info=RuntimeError(PRESIGNED))
    finally:
        child.removeHandler(handler)
    (line,) = lines
    assert TOKEN not in line
    assert "0f1e2d3c4b5a" not in line
    assert json.loads(line)["level"] == "ERROR"


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (
            BuildReport(BuildResult.PUBLISHED, members=7),
            [{"Builds": [1.0], "outcome": "published"}, {"BuildMembers": [7.0]}],
        ),
        (
            BuildReport(BuildResult.REFUSED, "object_missing"),
            [{"Builds": [1.0], "outcome": "refused"}, {"BuildErrors": [1.0], "code": "object_missing"}],
        ),
        (BuildReport(BuildResult.UNCLAIMED), [{"Builds": [1.0], "outcome": "unclaimed"}]),
    ],
)
def test_a_build_is_counted_by_its_outcome_its_code_and_its_members(
    told: Told, monkeypatch: pytest.MonkeyPatch, report: BuildReport, expected: list[dict[str, Any]]
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "stack-builder")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "rasterloom")
    report_build(report)
    common = {"function": "stack-builder", "service": "rasterloom"}
    assert told() == [common | each for each in expected]


def test_refusals_are_counted_once_a_code_and_warnings_never(told: Told) -> None:
    def finding(code: str, severity: Severity = Severity.ERROR) -> Finding:
        return Finding(code, "id", 0, "crs", "message", severity=severity)

    many = [finding("crs_mismatch")] * 3 + [
        finding("band_count_mismatch"),
        finding("overviews_missing", Severity.WARNING),
    ]
    report_refusals(many)
    assert [(each["code"], each["Refusals"]) for each in told()] == [
        ("band_count_mismatch", [1.0]),
        ("crs_mismatch", [1.0]),
    ]


def test_what_fails_is_timed_too(told: Told) -> None:
    with pytest.raises(RuntimeError), timed("BuildSeconds"):
        raise RuntimeError
    (line,) = told()
    assert 0 <= line["BuildSeconds"][0] < 60


def test_the_id_of_a_trace_is_read_from_its_header() -> None:
    assert trace_id("Root=1-67891233-abcdef;Parent=463ac35c9f6413ad;Sampled=1") == "1-67891233-abcdef"
