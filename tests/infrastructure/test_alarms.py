"""Alarms and the dashboard: on metrics that exist, told to somebody, and explained in docs/operations.md."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest

from rasterloom.domain import errors
from rasterloom.services.build_generation import BLAMES_SOURCES
from tests.infrastructure.translation import ROOT, Json, of_type, source

AWS_METRICS: Final[dict[str, dict[str, set[str]]]] = {
    "AWS/SQS": {
        "ApproximateAgeOfOldestMessage": {"QueueName"},
        "ApproximateNumberOfMessagesVisible": {"QueueName"},
        "ApproximateNumberOfMessagesNotVisible": {"QueueName"},
    },
    "AWS/Lambda": {name: {"FunctionName"} for name in ("Errors", "Invocations", "Throttles")},
    "AWS/ApiGateway": {name: {"ApiId", "Stage"} for name in ("Count", "Latency", "4xx", "5xx")},
    "AWS/DynamoDB": {
        name: {"TableName"}
        for name in (
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ReadThrottleEvents",
            "WriteThrottleEvents",
        )
    },
}
"""Metrics of AWS by namespace, with the dimensions that they have, as the services' own documentation lists them."""

OF_AN_INDEX: Final = {"TableName", "GlobalSecondaryIndexName"}
"""What throttles an index is told by these two, and not by the table's name alone."""

OURS: Final = "Rasterloom"
COMMON: Final = {"function", "service"}
HURTS: Final = {
    "ParkedBuildsAlarm",
    "DeadLettersAlarm",
    "FailingDeadLettersAlarm",
    "RegistrationsDeadLettersAlarm",
    "WaitingBuildsAlarm",
    "WaitingRegistrationsAlarm",
    "OldestPendingJobAlarm",
    "FailedBuildsAlarm",
    "BrokenBuildsAlarm",
    "GivenUpJobsAlarm",
    "BuilderErrorsAlarm",
    "BuilderThrottlesAlarm",
    "ApiServerErrorsAlarm",
    "ApiErrorsAlarm",
    "ApiThrottlesAlarm",
    "ReconcilerErrorsAlarm",
    "ReconcilerSilentAlarm",
    "TableReadThrottlesAlarm",
    "TableWriteThrottlesAlarm",
    "OwnerIndexThrottlesAlarm",
    "AudienceIndexThrottlesAlarm",
    "DueIndexThrottlesAlarm",
}
TELLS: Final[dict[str, set[str]]] = {"count": set(), "measure": set(), "timed": set(), "_counted": {"action"}}
"""Functions that tell a metric, and the dimensions that they add by themselves."""
_SEARCH: Final = re.compile(
    r"""SEARCH\('\{(?P<schema>[^}]+)\} MetricName="(?P<name>\w+)" function="\S+"', '\w+', \d+\)"""
)


@cache
def told_by_the_code() -> Mapping[str, set[str]]:
    """Every metric that our code tells, with its dimensions; found where it is called, names being literals."""
    found: dict[str, set[str]] = {}
    for path in [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            name, more = node.args[0], TELLS.get(node.func.id)
            if more is not None and isinstance(name, ast.Constant) and isinstance(name.value, str):
                found[name.value] = COMMON | more | {each.arg for each in node.keywords if each.arg}
    return found


def alarms(template: Json) -> dict[str, Json]:
    return of_type(template, "AWS::CloudWatch::Alarm")


@pytest.fixture(scope="module")
def body() -> Any:
    """The dashboard's body with every reference replaced by a name."""
    text = source()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    return json.loads(re.sub(r"\$\{([\w:.]+)\}", lambda found: f"the-{found[1]}", text))


def metrics(widget: Any) -> Iterator[tuple[str, str, set[str]]]:
    """Namespace, name and dimensions of every metric of a widget."""
    for entry in widget["properties"].get("metrics", ()):
        if isinstance(entry[0], dict):
            found = _SEARCH.fullmatch(entry[0]["expression"])
            assert found, entry
            namespace, *dimensions = found["schema"].split(",")
            yield namespace, found["name"], set(dimensions)
        else:
            namespace, name, *pairs = [each for each in entry if isinstance(each, str)]
            yield namespace, name, set(pairs[::2])


def assert_exists(namespace: str, name: str, dimensions: set[str]) -> None:
    known = told_by_the_code() if namespace == OURS else AWS_METRICS[namespace]
    if namespace == "AWS/DynamoDB" and name.endswith("ThrottleEvents") and dimensions == OF_AN_INDEX:
        return
    assert known.get(name) == dimensions, f"{namespace} {name}: expected {known.get(name)}, found {dimensions}"


def test_what_hurts_has_an_alarm(template: Json) -> None:
    assert set(alarms(template)) == HURTS


@pytest.mark.parametrize("name", sorted(HURTS))
def test_an_alarm_watches_a_metric_that_exists(template: Json, name: str) -> None:
    alarm = alarms(template)[name]
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    assert_exists(alarm["Namespace"], alarm["MetricName"], set(dimensions))
    for value in dimensions.values():
        resource = value.get("Ref") or value["Fn::GetAtt"][0] if isinstance(value, dict) else None
        assert resource is None or resource in template["Resources"]


def test_dead_letters_that_the_reconciler_fails_at_are_told_of_though_they_are_hidden_most_of_the_time(
    template: Json,
) -> None:
    alarm, queue = alarms(template)["FailingDeadLettersAlarm"], template["Resources"]["BuildsDeadLetterQueue"]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesNotVisible"
    assert alarm["Dimensions"] == alarms(template)["DeadLettersAlarm"]["Dimensions"]
    seen = alarm["EvaluationPeriods"] * alarm["Period"]
    hidden = queue["Properties"]["VisibilityTimeout"]
    assert alarm["DatapointsToAlarm"] * alarm["Period"] > hidden, "one that is worked off at its second receive is none"
    assert seen >= 2 * hidden


def test_writes_of_every_index_are_watched(template: Json) -> None:
    indexes = {
        each["IndexName"] for each in template["Resources"]["CatalogTable"]["Properties"]["GlobalSecondaryIndexes"]
    }
    watched = [
        dimension["Value"]
        for alarm in alarms(template).values()
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "GlobalSecondaryIndexName" and alarm["MetricName"] == "WriteThrottleEvents"
    ]
    assert sorted(watched) == sorted(indexes)


@pytest.mark.parametrize("name", sorted(HURTS))
def test_an_alarm_is_told_to_somebody_and_so_is_its_end(template: Json, name: str) -> None:
    told = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert alarms(template)[name]["AlarmActions"] == told
    assert alarms(template)[name]["OKActions"] == told
    assert alarms(template)[name]["AlarmDescription"].endswith(".")


def test_only_the_alarm_on_silence_takes_missing_data_for_bad_news(template: Json) -> None:
    missing = {name: alarm["TreatMissingData"] for name, alarm in alarms(template).items()}
    assert {name for name, treated in missing.items() if treated == "breaching"} == {"ReconcilerSilentAlarm"}
    assert set(missing.values()) == {"breaching", "notBreaching"}


def test_every_metric_of_the_dashboard_exists(body: Any) -> None:
    found = [metric for widget in body["widgets"] for metric in metrics(widget)]
    for namespace, name, dimensions in found:
        assert_exists(namespace, name, dimensions)
    assert {name for namespace, name, _ in found if namespace == OURS} == set(told_by_the_code())


def test_the_dashboard_shows_every_alarm_and_its_widgets_do_not_overlap(body: Any) -> None:
    shown = next(widget for widget in body["widgets"] if widget["type"] == "alarm")
    assert {each.removeprefix("the-").removesuffix(".Arn") for each in shown["properties"]["alarms"]} == HURTS
    cells = [
        (x, y)
        for widget in body["widgets"]
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_no_metric_has_a_dimension_without_a_short_list_of_words() -> None:
    more = {each for dimensions in told_by_the_code().values() for each in dimensions - COMMON}
    assert more <= {"action", "code", "ended", "outcome"}


OPERATIONS: Final = (ROOT / "docs/operations.md").read_text("utf-8")
FIELDS: Final = {
    *("level", "message", "request_id", "function_request_id", "xray_trace_id", "exception", "exception_name"),
    *("dataset_id", "job_id", "generation_id", "fence", "sent_by_trace_id"),
}
"""What a line of the log may have of its own; see `observability`."""


def section(title: str) -> str:
    """What stands below a heading."""
    found = re.search(rf"^### {title}\n(.*?)(?=^##|\Z)", OPERATIONS, re.MULTILINE | re.DOTALL)
    assert found, f"docs/operations.md has no heading {title}"
    return found[1]


@pytest.mark.parametrize("name", sorted(HURTS))
def test_an_alarm_is_explained(name: str) -> None:
    for word in ("**means**", "**look**", "**do**"):
        assert word in section(name).casefold()


def test_no_alarm_is_explained_that_there_is_not() -> None:
    assert set(re.findall(r"^### (\w+Alarm)$", OPERATIONS, re.MULTILINE)) == HURTS


@pytest.mark.parametrize(
    "title",
    [
        "Parked messages",
        "A VRT that is stuck",
        "Deleting data",
        "Rotation of issuer keys",
        "Before the first deployment",
        "Restoring the table",
        "Deploy and roll back",
    ],
)
def test_there_is_a_runbook(title: str) -> None:
    assert len(section(title)) > 300


def test_queries_name_fields_that_lines_have() -> None:
    queries = re.findall(r"^```\n(.*?)^```$", OPERATIONS, re.MULTILINE | re.DOTALL)
    assert len(queries) >= 4
    named = {
        field
        for query in queries
        for line in re.findall(r"^(?:\| )?(?:fields|filter) (.*)$", query, re.MULTILINE)
        for field in re.findall(r"(?<![\w\"@.])[a-z_]+(?=\s*(?:,|$|=|in ))", line)
    }
    assert {"job_id", "request_id", "level", "message"} <= named <= FIELDS


def test_every_metric_of_ours_is_explained() -> None:
    table = OPERATIONS[OPERATIONS.index("| metric |") : OPERATIONS.index("## Error codes")]
    assert set(told_by_the_code()) <= set(re.findall(r"`([A-Z]\w+)`", table))


def test_every_code_of_a_failed_build_is_named() -> None:
    every = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.RasterloomError)
    ]
    transient = {each.code for each in every if each.transient}
    chapter = OPERATIONS[OPERATIONS.index("## Error codes") : OPERATIONS.index("## Alarms")]
    row = chapter[chapter.index("|---") :].splitlines()[1].split("|")
    assert set(re.findall(r"`(\w+)`", row[1])) == transient
    permanent = {each.code for each in BLAMES_SOURCES} | {errors.MembersDifferError.code, errors.RasterloomError.code}
    assert permanent <= set(re.findall(r"`(\w+)`", row[2]))
    assert permanent.isdisjoint(transient)
