"""Each role may do what its function does, to what its function does it to, and nothing else."""

import json
from typing import Any

import pytest

from tests.infrastructure.translation import FUNCTIONS, Json, of_type

LOGS_AND_TRACES = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}

ACTIONS = {
    "ApiRole": LOGS_AND_TRACES
    | {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:Query",
        "sqs:SendMessage",
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
        "kms:Decrypt",
        "s3:ListMultipartUploadParts",
        "s3:AbortMultipartUpload",
    },
    "BuilderRole": LOGS_AND_TRACES
    | {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:Query",
        "dynamodb:BatchWriteItem",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ChangeMessageVisibility",
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
        "kms:Decrypt",
    },
    "RegistrarRole": LOGS_AND_TRACES
    | {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:Query",
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
        "kms:Decrypt",
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ChangeMessageVisibility",
    },
    "ReconcilerRole": LOGS_AND_TRACES
    | {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:Query",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    },
}

DERIVED = {f"vrts/*/{name}" for name in ("source.gti.gpkg", "mosaic.json", "item-*.json", "footprints.geojson")}
WRITABLE = {
    "ApiRole": {"headers/*", "staging/*", "uploads/*"} | DERIVED,
    "BuilderRole": {"staging/*.findings/*", "vrts/*"},
    "RegistrarRole": {"headers/*", "staging/*"},
    "ReconcilerRole": set(),
}
READABLE = {
    "ApiRole": {"headers/*", "staging/*", "uploads/*", "vrts/*"},
    "BuilderRole": {"headers/*", "staging/*", "uploads/*", "vrts/*"},
    "RegistrarRole": {"headers/*", "staging/*", "uploads/*", "vrts/*/summary.json.z"},
    "ReconcilerRole": {"headers/*", "staging/*", "vrts/*"},
}
SWEPT = {"headers/*", "staging/*", "uploads/*", "vrts/*"}
QUERIED = {
    "ApiRole": {"", "/index/by_owner", "/index/by_audience", "/index/by_due"},
    "BuilderRole": {""},
    "RegistrarRole": {""},
    "ReconcilerRole": {"", "/index/by_due"},
}
QUEUES = {
    "ApiRole": {("sqs:SendMessage", "BuildsQueue"), ("sqs:SendMessage", "RegistrationsQueue")},
    "BuilderRole": {
        ("sqs:ReceiveMessage", "BuildsQueue"),
        ("sqs:DeleteMessage", "BuildsQueue"),
        ("sqs:GetQueueAttributes", "BuildsQueue"),
        ("sqs:ChangeMessageVisibility", "BuildsQueue"),
    },
    "RegistrarRole": {
        ("sqs:SendMessage", "RegistrationsQueue"),
        ("sqs:ReceiveMessage", "RegistrationsQueue"),
        ("sqs:DeleteMessage", "RegistrationsQueue"),
        ("sqs:GetQueueAttributes", "RegistrationsQueue"),
        ("sqs:ChangeMessageVisibility", "RegistrationsQueue"),
    },
    "ReconcilerRole": {
        ("sqs:SendMessage", "BuildsQueue"),
        ("sqs:SendMessage", "RegistrationsQueue"),
        ("sqs:ReceiveMessage", "BuildsDeadLetterQueue"),
        ("sqs:DeleteMessage", "BuildsDeadLetterQueue"),
        ("sqs:GetQueueAttributes", "BuildsDeadLetterQueue"),
    },
}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def grants(template: Json, role: str) -> list[tuple[str, Any]]:
    """Every (action, resource) that a role has, with statements that hang on a condition."""
    policies = template["Resources"][role]["Properties"]["Policies"]
    statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    statements = [each["Fn::If"][1] if "Fn::If" in each else each for each in statements]
    assert {each["Effect"] for each in statements} == {"Allow"}
    return [
        (action, resource)
        for each in statements
        for action in as_list(each["Action"])
        for resource in as_list(each["Resource"])
    ]


def text(resource: Any) -> str:
    """A resource in a form to compare: `Queue.Arn`, `Bucket.Arn/prefix/*`, `&Parameter`."""
    match resource:
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{name}.{attribute}"
        case {"Fn::Sub": str(pattern)}:
            return pattern.replace("${", "").replace("}", "")
        case {"Ref": parameter}:
            return f"&{parameter}"
    return str(resource)


def resources(template: Json, role: str, action: str) -> set[str]:
    """What a role may do an action to."""
    return {text(resource) for granted, resource in grants(template, role) if granted == action}


def test_every_function_has_a_role_of_its_own_and_there_are_no_others(template: Json) -> None:
    functions = of_type(template, "AWS::Lambda::Function")
    roles = {name: properties["Role"]["Fn::GetAtt"][0] for name, properties in functions.items()}
    assert roles == {name: name.replace("Function", "Role") for name in FUNCTIONS}
    assert set(of_type(template, "AWS::IAM::Role")) == set(ACTIONS)


@pytest.mark.parametrize("role", ACTIONS)
def test_a_role_has_exactly_these_actions(template: Json, role: str) -> None:
    assert {action for action, _ in grants(template, role)} == ACTIONS[role]


@pytest.mark.parametrize("role", ACTIONS)
def test_no_action_is_a_pattern_and_only_traces_have_no_resource(template: Json, role: str) -> None:
    assert not [action for action, _ in grants(template, role) if "*" in action]
    anywhere = {action for action, resource in grants(template, role) if resource == "*"}
    assert anywhere == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


@pytest.mark.parametrize("role", ACTIONS)
def test_no_managed_policy_adds_to_a_role(template: Json, role: str) -> None:
    properties = template["Resources"][role]["Properties"]
    assert "ManagedPolicyArns" not in properties
    trust = properties["AssumeRolePolicyDocument"]["Statement"]
    assert [statement["Principal"] for statement in trust] == [{"Service": "lambda.amazonaws.com"}]


@pytest.mark.parametrize("role", ACTIONS)
def test_a_role_reads_and_writes_only_its_prefixes(template: Json, role: str) -> None:
    own = {f"ArtifactsBucket.Arn/{prefix}" for prefix in READABLE[role]}
    sources = set() if role == "ReconcilerRole" else {"&SourceObjectArns"}
    assert resources(template, role, "s3:GetObject") == own | sources
    assert resources(template, role, "s3:PutObject") == {f"ArtifactsBucket.Arn/{prefix}" for prefix in WRITABLE[role]}


def test_only_the_reconciler_deletes_and_only_what_this_system_wrote(template: Json) -> None:
    uploads = {"ArtifactsBucket.Arn/uploads/*"}
    assert {role: resources(template, role, "s3:DeleteObject") for role in ACTIONS} == {
        "ApiRole": set(),
        "BuilderRole": set(),
        "RegistrarRole": set(),
        "ReconcilerRole": {f"ArtifactsBucket.Arn/{prefix}" for prefix in SWEPT},
    }
    for role in ("ApiRole", "ReconcilerRole"):
        assert resources(template, role, "s3:AbortMultipartUpload") == uploads
    assert resources(template, "ApiRole", "s3:ListMultipartUploadParts") == uploads


@pytest.mark.parametrize("role", ["ApiRole", "BuilderRole", "RegistrarRole"])
def test_a_missing_object_is_told_from_a_forbidden_one(template: Json, role: str) -> None:
    assert resources(template, role, "s3:ListBucket") == {"ArtifactsBucket.Arn", "&SourceBucketArns"}


@pytest.mark.parametrize("role", ["ApiRole", "BuilderRole", "RegistrarRole"])
def test_a_role_that_reads_sources_decrypts_them_with_the_keys_that_are_named(template: Json, role: str) -> None:
    assert resources(template, role, "kms:Decrypt") == {"&SourceKeyArns"}


def test_the_reconciler_lists_our_bucket_and_no_other(template: Json) -> None:
    assert resources(template, "ReconcilerRole", "s3:ListBucket") == {"ArtifactsBucket.Arn"}


@pytest.mark.parametrize("role", ACTIONS)
def test_a_role_queries_what_it_lists_and_scans_nothing(template: Json, role: str) -> None:
    assert resources(template, role, "dynamodb:Query") == {f"CatalogTable.Arn{path}" for path in QUERIED[role]}
    items = {
        text(resource)
        for action, resource in grants(template, role)
        if action.startswith("dynamodb:") and action != "dynamodb:Query"
    }
    assert items == {"CatalogTable.Arn"}


@pytest.mark.parametrize("role", ACTIONS)
def test_a_role_uses_only_its_queues(template: Json, role: str) -> None:
    queues = {(action, text(each)) for action, each in grants(template, role) if action.startswith("sqs:")}
    assert queues == {(action, f"{queue}.Arn") for action, queue in QUEUES[role]}


@pytest.mark.parametrize("role", ACTIONS)
def test_a_role_writes_only_the_log_of_its_function(template: Json, role: str) -> None:
    logs = {text(each) for action, each in grants(template, role) if action.startswith("logs:")}
    assert logs == {f"{role.replace('Role', 'Logs')}.Arn"}


def test_without_sources_no_statement_has_an_empty_resource(template: Json) -> None:
    for role in ("ApiRole", "BuilderRole", "RegistrarRole"):
        (policy,) = template["Resources"][role]["Properties"]["Policies"]
        optional = [each["Fn::If"] for each in policy["PolicyDocument"]["Statement"] if "Fn::If" in each]
        assert [(condition, otherwise) for condition, _, otherwise in optional] == [
            ("HasSourceObjects", {"Ref": "AWS::NoValue"}),
            ("HasSourceBuckets", {"Ref": "AWS::NoValue"}),
            ("HasSourceKeys", {"Ref": "AWS::NoValue"}),
        ]
        # Each by the list that it names: IAM takes no statement whose resource is an empty text.
        for condition, statement, _ in optional:
            named = {"Fn::Join": ["", statement["Resource"]]}
            assert template["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [named, ""]}]}


LONGEST_ARN = "arn:aws:dynamodb:ap-southeast-2:123456789012:table/" + "x" * 50


def resolved(value: Any) -> Any:
    """A policy as IAM gets it, every ARN as long as one of ours may be; lists of parameters are empty."""
    made = value
    match value:
        case {"Fn::GetAtt": _}:
            made = LONGEST_ARN
        case {"Fn::Sub": str(pattern)}:
            made = LONGEST_ARN + pattern.partition("/")[2]
        case {"Fn::If": [_, statement, _]}:
            made = resolved(statement)
        case {"Ref": _}:
            made = ""
        case dict():
            made = {name: resolved(each) for name, each in value.items()}
        case list():
            made = [resolved(each) for each in value]
    return made


@pytest.mark.parametrize("role", ACTIONS)
def test_a_role_has_room_for_a_hundred_arns_of_sources(template: Json, role: str) -> None:
    """IAM takes 10,240 characters of all policies that are a role's own."""
    policies = template["Resources"][role]["Properties"]["Policies"]
    size = len(json.dumps(resolved(policies), separators=(",", ":")))
    assert size + 100 * 60 < 10_240
