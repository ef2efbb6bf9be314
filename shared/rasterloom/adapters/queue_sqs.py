"""The builds queue on SQS: messages carry ids and a schema version, never data."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from rasterloom.adapters.aws_errors import translated
from rasterloom.domain.errors import UnknownMessageError
from rasterloom.domain.generation import BuildMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

SCHEMA_VERSION: Final = 1
TRACE: Final = "_X_AMZN_TRACE_ID"
"""Where Lambda puts the trace header of an invocation."""


@dataclass(frozen=True, slots=True)
class SqsBuildQueue:
    """The port `BuildQueue`."""

    client: "SQSClient"
    queue_url: str

    def send(self, message: BuildMessage) -> None:
        """Put a message into the queue.

        Raises:
            UnavailableError: SQS throttled, timed out or failed; the message may have been queued all the same.
        """
        with translated("SQS"):
            self.client.send_message(
                QueueUrl=self.queue_url,
                MessageBody=encode_message(message),
                MessageSystemAttributes=trace_attributes(),
            )


def trace_attributes(environment: Mapping[str, str] = os.environ) -> "dict[Literal['AWSTraceHeader'], Any]":
    """The trace of this invocation, so that X-Ray shows the build beside the request; none outside of Lambda."""
    header = environment.get(TRACE)
    return {"AWSTraceHeader": {"DataType": "String", "StringValue": header}} if header else {}


def encode_message(message: BuildMessage) -> str:
    """The body of a message."""
    return json.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "dataset": message.dataset_id,
            "job": message.job_id,
            "generation": message.generation_id,
            "fence": message.fence,
        },
        separators=(",", ":"),
    )


def decode_message(body: str) -> BuildMessage:
    """Read the body of a message.

    Raises:
        UnknownMessageError: It is no message of the schema version that this code knows.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnknownMessageError(f"A build message is no JSON, or nested too deeply: {body[:100]!r}") from error
    version = fields.get("schema_version") if isinstance(fields, dict) else None
    if type(version) is not int or version != SCHEMA_VERSION:
        raise UnknownMessageError(
            f"A build message has schema version {version!r}, expected {SCHEMA_VERSION}", found=version
        )
    return BuildMessage(_uuid(fields, "dataset"), _uuid(fields, "job"), _uuid(fields, "generation"), _fence(fields))


def _uuid(fields: Mapping[str, Any], name: str) -> str:
    """An id in the spelling that the catalogue has: lower case, with hyphens."""
    try:
        return str(UUID(fields[name]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnknownMessageError(
            f"A build message's {name} is no UUID: {fields.get(name)!r}", field=name, found=fields.get(name)
        ) from error


def _fence(fields: Mapping[str, Any]) -> int:
    fence = fields.get("fence")
    if type(fence) is not int or fence < 1:
        raise UnknownMessageError(
            f"A build message's fence is no positive integer: {fence!r}", field="fence", found=fence
        )
    return fence
