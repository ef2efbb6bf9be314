"""Values that would make a deployment fail half-way, or do nothing, are refused before it begins."""

import re

import pytest

from tests.infrastructure.translation import Json, source

GOOD: dict[str, list[str]] = {
    "TokenIssuer": ["", "https://login.example.org/realms/survey", "http://127.0.0.1:4000"],
    "SourceAllowList": ["[]", '[{"bucket": "a"}]', '[\n {"bucket": "a"}\n]'],
    "WatchList": ["[]", '[{"bucket": "a", "owner": "alice"}]'],
    "SourceBucketArns": ["", "arn:aws:s3:::my-bucket", "arn:aws-us-gov:s3:::my.bucket"],
    "SourceObjectArns": ["", "arn:aws:s3:::my-bucket/*", "arn:aws:s3:::my-bucket/cogs/*.tif"],
    "SourceKeyArns": ["", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    "WatchedBuckets": ["", "my-bucket", "my.bucket"],
    "ReconcileRate": ["rate(1 minute)", "cron(0/5 * * * ? *)"],
    "AlarmTopicArn": ["", "arn:aws:sns:eu-west-1:123456789012:alarms"],
}
BAD: dict[str, list[str]] = {
    "TokenIssuer": ["login.example.org", "https://login.example.org /x"],
    "SourceAllowList": ["", "my-bucket", '{"bucket": "a"}'],
    "WatchList": ["", "my-bucket"],
    "SourceBucketArns": ["my-bucket", "arn:aws:s3:::my-bucket/*", "arn:aws:s3:::*"],
    "SourceObjectArns": ["arn:aws:s3:::my-bucket", "s3://my-bucket/cogs/*"],
    "SourceKeyArns": ["alias/my-key", "arn:aws:kms:eu-west-1:123456789012:alias/my-key"],
    "WatchedBuckets": ["arn:aws:s3:::my-bucket", "My-Bucket"],
    "ReconcileRate": ["1 minute"],
    "AlarmTopicArn": ["alarms"],
}


def taken(template: Json, parameter: str, value: str) -> bool:
    """Whether CloudFormation takes a value of a text, or a member of a list: its pattern holds of the whole."""
    limits = template["Parameters"][parameter]
    fits = len(value) <= limits.get("MaxLength", len(value))
    return fits and re.fullmatch(limits["AllowedPattern"], value) is not None


@pytest.mark.parametrize("parameter", GOOD)
def test_what_a_parameter_means_is_taken(parameter: str) -> None:
    assert [value for value in GOOD[parameter] if not taken(source(), parameter, value)] == []
    assert taken(source(), parameter, source()["Parameters"][parameter]["Default"])


@pytest.mark.parametrize("parameter", BAD)
def test_what_a_parameter_does_not_mean_is_refused(parameter: str) -> None:
    assert [value for value in BAD[parameter] if taken(source(), parameter, value)] == []


@pytest.mark.parametrize("parameter", ["SourceAllowList", "WatchList"])
def test_a_list_that_no_environment_can_hold_is_refused(parameter: str) -> None:
    assert taken(source(), parameter, f"[{' ' * 2498}]")
    assert not taken(source(), parameter, f"[{' ' * 2499}]")


def test_every_parameter_with_a_pattern_is_tried() -> None:
    patterned = {name for name, each in source()["Parameters"].items() if "AllowedPattern" in each}
    assert patterned == GOOD.keys() == BAD.keys()
