"""The registrations queue on SQS: events of S3 as EventBridge tells them, and messages of our own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from rasterloom.adapters.aws_errors import translated
from rasterloom.adapters.queue_sqs import trace_attributes
from rasterloom.domain.errors import InvalidUriError, UnavailableError, UnknownMessageError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.registration import BulkListing, BulkPart, ObjectEvent, Registration

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

SCHEMA_VERSION: Final = 1
SEND_BATCH: Final = 10
"""Messages that one call of SQS takes."""

S3: Final = "aws.s3"
"""`source` of S3's events."""

_KINDS: Final[Mapping[str, type[BulkPart | BulkListing]]] = {"part": BulkPart, "listing": BulkListing}


@dataclass(frozen=True, slots=True)
class SqsRegistrationQueue:
    """The port `RegistrationQueue`."""

    client: "SQSClient"
    queue_url: str

    def send(self, messages: Sequence[BulkPart | BulkListing]) -> None:
        """Put messages into the queue, ten by a call.

        Raises:
            UnavailableError: SQS throttled, timed out or failed; any of the messages may have been queued all the same.
        """
        trace = trace_attributes()
        for batch in batched(messages, SEND_BATCH, strict=False):
            entries: list[Any] = [
                {"Id": str(position), "MessageBody": encode_registration(message), "MessageSystemAttributes": trace}
                for position, message in enumerate(batch)
            ]
            with translated("SQS"):
                answer = self.client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
            if answer.get("Failed"):
                raise UnavailableError("SQS", f"{len(answer['Failed'])} of {len(entries)} messages were not taken")


def encode_registration(message: BulkPart | BulkListing) -> str:
    """The body of a message of our own."""
    kind = next(name for name, known in _KINDS.items() if isinstance(message, known))
    body = {"schema_version": SCHEMA_VERSION, "kind": kind, "job": message.job_id, "number": message.number}
    return json.dumps(body, separators=(",", ":"))


def decode_registration(body: str) -> Registration:
    """Read the body of a message.

    Of an event only the object's name is read, as `bucket.name` and `object.key` have it: EventBridge encodes no key.

    Raises:
        UnknownMessageError: It is neither an event of S3, nor a message of the schema version that this code knows.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnknownMessageError(f"A registration message is no JSON, or nested too deeply: {body[:100]!r}") from error
    if not isinstance(fields, dict):
        raise UnknownMessageError(f"A registration message is no JSON object: {body[:100]!r}")
    return _event(fields) if fields.get("source") == S3 else _own(fields)


def _event(fields: Mapping[str, Any]) -> ObjectEvent:
    named = fields.get("detail")
    match named:
        case {"bucket": {"name": str(bucket)}, "object": {"key": str(key)}}:
            try:
                return ObjectEvent(ObjectRef(bucket, key))
            except InvalidUriError as error:
                raise UnknownMessageError(f"An event of S3 names no object: {error}") from error
    raise UnknownMessageError(f"An event of S3 names no object: {str(named)[:200]}")


def _own(fields: Mapping[str, Any]) -> BulkPart | BulkListing:
    version, kind = fields.get("schema_version"), fields.get("kind")
    if type(version) is not int or version != SCHEMA_VERSION:
        raise UnknownMessageError(
            f"A registration message has schema version {version!r}, expected {SCHEMA_VERSION}", found=version
        )
    known = _KINDS.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise UnknownMessageError(f"A registration message is of kind {kind!r}, expected {', '.join(_KINDS)}")
    return known(_job(fields), _number(fields))


def _job(fields: Mapping[str, Any]) -> str:
    """An id in the spelling that the catalogue has: lower case, with hyphens."""
    try:
        return str(UUID(fields["job"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnknownMessageError(f"A registration message's job is no UUID: {fields.get('job')!r}") from error


def _number(fields: Mapping[str, Any]) -> int:
    number = fields.get("number")
    if type(number) is not int or number < 0:
        raise UnknownMessageError(f"A registration message's number is no whole number from 0: {number!r}")
    return number
