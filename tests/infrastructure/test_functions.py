"""The functions: run time, environment, layers, triggers."""

import copy
from typing import Any

import pytest

from local.bench.functions.shares import MB_PER_PROCESSOR
from local.bench.parts.memory import SIZES
from rasterloom.settings import Settings
from tests.infrastructure.test_permissions import QUEUES
from tests.infrastructure.translation import FUNCTIONS, Json, default_of, of_type

COMMON = {
    "TABLE_NAME",
    "BUCKET_NAME",
    "BUILDS_QUEUE_URL",
    "REGISTRATIONS_QUEUE_URL",
    "QUIET_PERIOD_SECONDS",
    "BUILD_TIMEOUT_SECONDS",
    "LEASE_MARGIN_SECONDS",
    "DUE_UNSENT_SECONDS",
    "DUE_SENT_SECONDS",
    "DUE_MARGIN_SECONDS",
    "MAX_ATTEMPTS",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_LOG_LEVEL",
}
ENVIRONMENT = {
    "ApiFunction": COMMON
    | {"SOURCE_ALLOW_LIST", "WATCH_LIST", "REQUIRE_COG", "STAGE_NAME", "TOKEN_ISSUER", "TOKEN_AUDIENCE"},
    "BuilderFunction": COMMON | {"SOURCE_ALLOW_LIST", "WATCH_LIST"},
    "RegistrarFunction": COMMON
    | {"SOURCE_ALLOW_LIST", "WATCH_LIST", "REGISTRATION_RATE", "REGISTRAR_MAXIMUM_CONCURRENCY"},
    "ReconcilerFunction": COMMON,
}
LAYERS = {
    "ApiFunction": ["GdalLayer", "RasterloomLayer"],
    "BuilderFunction": ["GdalLayer", "RasterloomLayer"],
    "RegistrarFunction": ["GdalLayer", "RasterloomLayer"],
    "ReconcilerFunction": ["RasterloomLayer", "GdalLayer"],
}


def variables(template: Json, function: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][function]["Properties"]["Environment"]["Variables"]
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_runs_on_python_3_13_and_x86_64(template: Json, function: str) -> None:
    properties = template["Resources"][function]["Properties"]
    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["x86_64"]
    assert properties["Handler"] == "app.handler"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_exactly_the_environment_that_it_reads(template: Json, function: str) -> None:
    assert set(variables(template, function)) == ENVIRONMENT[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_default_environment_makes_settings(template: Json, function: str) -> None:
    found = {name: default_of(template, value) for name, value in variables(template, function).items()}
    environment = {name: "made-by-stack" if isinstance(value, dict) else str(value) for name, value in found.items()}
    settings = Settings.from_environment(environment)
    assert settings.lease > settings.build_timeout_seconds
    assert settings.due_sent_seconds > settings.due_unsent_seconds


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_its_layers(template: Json, function: str) -> None:
    layers = [layer["Ref"] for layer in template["Resources"][function]["Properties"]["Layers"]]
    assert [name.rstrip("0123456789abcdef") for name in layers] == LAYERS[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_its_own_log_which_is_not_kept_for_ever(template: Json, function: str) -> None:
    log = template["Resources"][function]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    assert log == function.replace("Function", "Logs")
    assert template["Resources"][log]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_api_answers_within_the_gateways_time(template: Json) -> None:
    (integration,) = of_type(template, "AWS::ApiGatewayV2::Integration").values()
    timeout = template["Resources"]["ApiFunction"]["Properties"]["Timeout"]
    assert 25 < timeout < integration["TimeoutInMillis"] / 1000 < 30


def test_the_lease_is_counted_from_the_builders_real_time_out(template: Json) -> None:
    timeout = template["Resources"]["BuilderFunction"]["Properties"]["Timeout"]
    assert timeout == variables(template, "BuilderFunction")["BUILD_TIMEOUT_SECONDS"] == {"Ref": "BuilderTimeout"}


def test_only_failed_messages_of_a_batch_come_back(template: Json) -> None:
    mappings = of_type(template, "AWS::Lambda::EventSourceMapping").values()
    consumers = {each["FunctionName"]["Ref"]: each["EventSourceArn"]["Fn::GetAtt"][0] for each in mappings}
    assert consumers == {
        "BuilderFunction": "BuildsQueue",
        "RegistrarFunction": "RegistrationsQueue",
        "ReconcilerFunction": "BuildsDeadLetterQueue",
    }
    for mapping in mappings:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert default_of(template, mapping["ScalingConfig"]["MaximumConcurrency"]) >= 2


def test_a_build_has_its_invocation_for_itself(template: Json) -> None:
    mapping = template["Resources"]["BuilderFunctionBuilds"]["Properties"]
    assert mapping["BatchSize"] == 1
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "BuilderMaximumConcurrency"}}


def test_only_the_function_that_sends_to_its_own_queue_may_be_invoked_by_itself(template: Json) -> None:
    fed: dict[str, set[str]] = {}
    for mapping in of_type(template, "AWS::Lambda::EventSourceMapping").values():
        fed.setdefault(mapping["FunctionName"]["Ref"], set()).add(mapping["EventSourceArn"]["Fn::GetAtt"][0])
    for name in FUNCTIONS:
        sent = {queue for action, queue in QUEUES[name.replace("Function", "Role")] if action == "sqs:SendMessage"}
        expected = "Allow" if sent & fed.get(name, set()) else None
        assert template["Resources"][name]["Properties"].get("RecursiveLoop") == expected, name
    assert template["Resources"]["RegistrarFunction"]["Properties"]["RecursiveLoop"] == "Allow"


def test_the_reconciler_runs_every_minute(template: Json) -> None:
    (rule,) = (rule for rule in of_type(template, "AWS::Events::Rule").values() if "ScheduleExpression" in rule)
    assert default_of(template, rule["ScheduleExpression"]) == "rate(1 minute)"
    assert rule.get("State", "ENABLED") == "ENABLED"
    (target,) = rule["Targets"]
    assert target["Arn"]["Fn::GetAtt"][0] == "ReconcilerFunction"


def test_a_run_of_the_schedule_that_failed_or_was_throttled_is_not_kept_for_later(template: Json) -> None:
    """Lambda would try an asynchronous event twice more, and keep one that is throttled for six hours."""
    (kept,) = of_type(template, "AWS::Lambda::EventInvokeConfig").values()
    assert kept["FunctionName"] == {"Ref": "ReconcilerFunction"}
    assert (kept["MaximumRetryAttempts"], kept["MaximumEventAgeInSeconds"]) == (0, 60)
    asynchronous = {
        target["Arn"]["Fn::GetAtt"][0]
        for rule in of_type(template, "AWS::Events::Rule").values()
        for target in rule["Targets"]
        if target["Arn"]["Fn::GetAtt"][0] in FUNCTIONS
    }
    assert asynchronous == {"ReconcilerFunction"}


@pytest.mark.parametrize("parameter", ["SourceAllowList", "WatchList"])
def test_the_longest_list_of_places_fits_into_the_environment_beside_all_else(template: Json, parameter: str) -> None:
    """Lambda takes 4 KB of names and values; what the stack makes is as long here as it may get."""
    template = copy.deepcopy(template)
    template["Parameters"][parameter]["Default"] = "x" * template["Parameters"][parameter]["MaxLength"]
    for function in FUNCTIONS:
        found = {name: default_of(template, value) for name, value in variables(template, function).items()}
        texts = {name: "x" * 110 if isinstance(value, dict) else str(value) for name, value in found.items()}
        assert sum(len(name) + len(text) for name, text in texts.items()) < 4096, function


@pytest.mark.parametrize(("parameter", "required"), [("true", True), ("false", False)])
def test_cogs_are_required_where_the_parameter_says_so(template: Json, parameter: str, required: bool) -> None:  # noqa: FBT001
    assert template["Parameters"]["RequireCog"]["Default"] == "false"
    assert variables(template, "ApiFunction")["REQUIRE_COG"] == {"Ref": "RequireCog"}
    names = {name: default_of(template, value) for name, value in variables(template, "ApiFunction").items()}
    environment = {name: "made-by-stack" if isinstance(value, dict) else str(value) for name, value in names.items()}
    assert Settings.from_environment(environment | {"REQUIRE_COG": parameter}).require_cog is required


def test_a_default_memory_setting_is_one_that_was_measured(template: Json) -> None:
    chosen = {
        name: default_of(template, properties["MemorySize"])
        for name, properties in of_type(template, "AWS::Lambda::Function").items()
    }
    assert set(chosen.values()) <= set(SIZES)
    whole = {name for name, size in chosen.items() if size == MB_PER_PROCESSOR}
    assert whole == {"ApiFunction", "BuilderFunction", "RegistrarFunction"}
