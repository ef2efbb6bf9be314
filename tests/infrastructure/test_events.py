"""Which events of S3 come in, and who may send them."""

import pytest

from tests.infrastructure.translation import Json, of_type

CHANGES = {
    "source": ["aws.s3"],
    "detail-type": [
        "Object Created",
        "Object Deleted",
        "Object Restore Completed",
        "Object Restore Expired",
        "Object Storage Class Changed",
        "Object Access Tier Changed",
        "Object ACL Updated",
    ],
}
"""Whatever may make another object of it, or one that can be read, or not any more: in an archive it has no pixels."""

RULES = [
    {"Fn::GetAtt": ["UploadEventsRule", "Arn"]},
    {"Fn::If": ["HasWatchedBuckets", {"Fn::GetAtt": ["ObjectEventsRule", "Arn"]}, {"Ref": "AWS::NoValue"}]},
]


def policies(template: Json) -> list[Json]:
    """Properties of the policies of queues."""
    return list(of_type(template, "AWS::SQS::QueuePolicy").values())


def test_only_changes_of_watched_buckets_and_of_uploads_come_in(template: Json) -> None:
    rules = {name: rule for name, rule in of_type(template, "AWS::Events::Rule").items() if "EventPattern" in rule}
    assert {name: rule["EventPattern"] for name, rule in rules.items()} == {
        "ObjectEventsRule": CHANGES | {"detail": {"bucket": {"name": {"Ref": "WatchedBuckets"}}}},
        "UploadEventsRule": CHANGES
        | {"detail": {"bucket": {"name": [{"Ref": "ArtifactsBucket"}]}, "object": {"key": [{"prefix": "uploads/"}]}}},
    }
    for rule in rules.values():
        assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": ["RegistrationsQueue", "Arn"]}]


def test_an_event_that_could_not_be_sent_is_a_dead_letter_like_any_other(template: Json) -> None:
    rules = [rule for rule in of_type(template, "AWS::Events::Rule").values() if "EventPattern" in rule]
    letters = {"Fn::GetAtt": ["RegistrationsDeadLetterQueue", "Arn"]}
    assert [target["DeadLetterConfig"] for rule in rules for target in rule["Targets"]] == [{"Arn": letters}] * 2


def test_our_bucket_tells_eventbridge(template: Json) -> None:
    (bucket,) = of_type(template, "AWS::S3::Bucket").values()
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


@pytest.mark.parametrize("queue", ["RegistrationsQueue", "RegistrationsDeadLetterQueue"])
def test_nobody_but_those_rules_may_put_anything_into_a_queue_of_registrations(template: Json, queue: str) -> None:
    (policy,) = (each for each in policies(template) if each["Queues"] == [{"Ref": queue}])
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sqs:SendMessage")
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == RULES


def test_a_statement_of_a_queue_names_that_queue_alone(template: Json) -> None:
    """SQS refuses a policy that names another queue, or several."""
    assert len(policies(template)) == 2
    for policy in policies(template):
        (queue,) = policy["Queues"]
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Resource"] == {"Fn::GetAtt": [queue["Ref"], "Arn"]}


def test_a_deployment_that_watches_nothing_has_no_rule_without_buckets(template: Json) -> None:
    assert template["Resources"]["ObjectEventsRule"]["Condition"] == "HasWatchedBuckets"
