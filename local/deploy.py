"""`sam deploy` into the emulator, and what came of it."""

import json
import shlex
import tomllib
from dataclasses import dataclass
from typing import Any

from local import aws, tokens
from local.artifacts import Artifacts
from local.environment import ACCESS_KEY, MORE_SOURCES, PARAMETERS, REGION, SECRET_KEY, for_tools, settings
from local.paths import ROOT, SAM, Layout
from local.state import StackState
from local.terminal import run

SOURCE_BUCKET = "rasterloom-sources"
WATCHED_PREFIX = "watched/"
"""Where a GeoTIFF that is put into the source bucket is registered by itself."""
WATCHER = "watcher"
"""Subject of the token of whoever owns what is registered there."""
_SAMCONFIG = ROOT / "samconfig.toml"
_ENVIRONMENT = "local"


@dataclass(frozen=True, slots=True)
class Servers:
    """What a stack is deployed into: the emulator's URL, the token issuer's, the emulator's process id."""

    endpoint_url: str
    issuer_url: str
    pid: int


def _configured() -> dict[str, str]:
    """The parameters that `samconfig.toml` gives the local environment."""
    try:
        config = tomllib.loads(_SAMCONFIG.read_text())
        overrides = config[_ENVIRONMENT]["deploy"]["parameters"]["parameter_overrides"]
    except (FileNotFoundError, KeyError):
        return {}
    entries = shlex.split(overrides if isinstance(overrides, str) else " ".join(overrides))
    return dict(entry.split("=", 1) for entry in entries)


def parameters(issuer_url: str) -> dict[str, str]:
    """The template's parameters for one machine: the configured ones, the development issuer, the source buckets."""
    buckets = (SOURCE_BUCKET, *MORE_SOURCES)
    arns = [f"arn:aws:s3:::{bucket}" for bucket in buckets]
    allowed = [{"bucket": bucket, "prefix": "", "region": REGION} for bucket in buckets]
    watched = [{"bucket": SOURCE_BUCKET, "prefix": WATCHED_PREFIX, "owner": WATCHER}]
    own = {
        "TokenIssuer": issuer_url,
        "TokenAudience": tokens.AUDIENCE,
        "SourceAllowList": json.dumps(allowed, separators=(",", ":")),
        "SourceBucketArns": ",".join(arns),
        "SourceObjectArns": ",".join(f"{arn}/*" for arn in arns),
        "WatchList": json.dumps(watched, separators=(",", ":")),
        "WatchedBuckets": SOURCE_BUCKET,
    }
    return _configured() | own | PARAMETERS


def _override(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'ParameterKey={name},ParameterValue="{escaped}"'


def deploy(layout: Layout, artifacts: Artifacts, servers: Servers) -> None:
    """Deploy what `artifacts.prepare` made.

    Raises:
        StepError: `sam deploy` failed.
    """
    s3 = aws.s3(servers.endpoint_url)
    s3.create_bucket(Bucket=SOURCE_BUCKET)
    events: Any = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=SOURCE_BUCKET, NotificationConfiguration=events)
    argv: list[Any] = [SAM, "deploy", "--template-file", artifacts.template, "--stack-name", layout.stack_name]
    argv += ["--config-file", _SAMCONFIG, "--config-env", _ENVIRONMENT, "--region", REGION]
    argv += ["--no-progressbar"]
    argv += ["--parameter-overrides", *(_override(*item) for item in parameters(servers.issuer_url).items())]
    run("sam deploy", argv, layout.log("deploy"), for_tools(servers.endpoint_url), ROOT)


def _short(logical_id: str, suffix: str) -> str:
    """`BuildsDeadLetterQueue` without its suffix, in snake case: `builds_dead_letter`."""
    stem = logical_id.removesuffix(suffix)
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in stem).lstrip("_")


def describe(layout: Layout, servers: Servers, *, isolated: bool, deployed: str) -> StackState:
    """Ask CloudFormation what the stack consists of."""
    formation = aws.client("cloudformation", servers.endpoint_url)
    found = formation.describe_stack_resources(StackName=layout.stack_name)["StackResources"]
    stack = formation.describe_stacks(StackName=layout.stack_name)["Stacks"][0]

    def of(kind: str) -> dict[str, str]:
        return {
            entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in found if entry["ResourceType"] == kind
        }

    def only(kind: str) -> str:
        (physical,) = of(kind).values()
        return physical

    api, stage = only("AWS::ApiGatewayV2::Api"), only("AWS::ApiGatewayV2::Stage")
    return StackState(
        name=layout.name,
        stack_name=layout.stack_name,
        api_url=f"{servers.endpoint_url}/_aws/execute-api/{api}/{stage}",
        endpoint_url=servers.endpoint_url,
        region=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        bucket=only("AWS::S3::Bucket"),
        source_bucket=SOURCE_BUCKET,
        table=only("AWS::DynamoDB::Table"),
        functions={_short(name, "Function"): physical for name, physical in of("AWS::Lambda::Function").items()},
        queues={_short(name, "Queue"): url for name, url in of("AWS::SQS::Queue").items()},
        outputs={entry["OutputKey"]: entry["OutputValue"] for entry in stack.get("Outputs", [])},
        issuer=servers.issuer_url,
        audience=tokens.AUDIENCE,
        pid=servers.pid,
        isolated=isolated,
        deployed=deployed,
        settings=settings(),
    )
