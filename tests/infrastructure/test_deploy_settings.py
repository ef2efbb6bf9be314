"""samconfig.toml names parameters that exist, with values that fit together."""

import re
import tomllib
from typing import Any

import pytest

from tests.infrastructure.translation import ROOT, source

CONFIG = (ROOT / "samconfig.toml").read_text(encoding="utf-8")
DEPLOYMENTS = ("local", "dev", "prod")


def overrides(deployment: str) -> dict[str, str]:
    pairs = tomllib.loads(CONFIG)[deployment]["deploy"]["parameters"]["parameter_overrides"]
    return {name: value.strip("'") for name, _, value in (pair.partition("=") for pair in pairs)}


def settings(deployment: str) -> dict[str, Any]:
    """Every parameter of a deployment; numbers as numbers."""
    defaults = {name: each.get("Default") for name, each in source()["Parameters"].items()}
    return defaults | {name: int(value) if value.isdigit() else value for name, value in overrides(deployment).items()}


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_deployment_sets_only_parameters_that_exist_within_their_limits(deployment: str) -> None:
    parameters = source()["Parameters"]
    for name, value in overrides(deployment).items():
        limits = parameters[name]
        if limits["Type"] == "Number":
            assert limits.get("MinValue", 0) <= int(value) <= limits.get("MaxValue", int(value)), name
        assert value in map(str, limits.get("AllowedValues", [value])), name


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_the_timings_of_a_deployment_fit_together(deployment: str) -> None:
    chosen = settings(deployment)
    factor = 1 if deployment == "local" else 6
    assert chosen["BuildsVisibilityTimeout"] >= factor * chosen["BuilderTimeout"]
    assert chosen["DueUnsent"] < chosen["DueSent"]


def test_recovery_is_seen_within_seconds_on_one_machine() -> None:
    chosen = settings("local")
    assert chosen["BuilderTimeout"] + chosen["LeaseMargin"] + chosen["DueMargin"] < 60


def test_no_account_and_no_address_is_written_down() -> None:
    assert not re.search(r"\d{12}|https?://|s3://|arn:aws", CONFIG)


@pytest.mark.parametrize("deployment", ["dev", "prod"])
def test_the_cost_of_a_deployment_can_be_told_apart(deployment: str) -> None:
    tags = tomllib.loads(CONFIG)[deployment]["deploy"]["parameters"]["tags"]
    assert tags == f"application=rasterloom deployment={deployment}"
