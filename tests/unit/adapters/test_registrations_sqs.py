"""Messages of the registrations queue: what is read of S3's events, and of our own."""

import json
from typing import Any

import pytest

from rasterloom.adapters.registrations_sqs import SqsRegistrationQueue, decode_registration, encode_registration
from rasterloom.domain.errors import UnavailableError, UnknownMessageError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.registration import BulkListing, BulkPart, ObjectEvent

JOB = "f3c1b2a4-9d8e-4c7b-a6f5-0e1d2c3b4a59"


def event(detail: Any) -> str:
    return json.dumps({"version": "0", "source": "aws.s3", "detail-type": "Object Created", "detail": detail})


@pytest.mark.parametrize("message", [BulkPart(JOB, 0), BulkPart(JOB, 99), BulkListing(JOB, 3)])
def test_a_message_of_our_own_reads_back(message: BulkPart | BulkListing) -> None:
    assert decode_registration(encode_registration(message)) == message


@pytest.mark.parametrize("key", ["tile.tif", "a b+c.tif", "100%25.tif", "é/ü.tif"])
def test_an_event_names_its_object_as_s3_spells_it(key: str) -> None:
    body = event({"bucket": {"name": "sources"}, "object": {"key": key, "size": 1, "etag": "abc"}})
    assert decode_registration(body) == ObjectEvent(ObjectRef("sources", key))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '"text"',
        "{}",
        event(None),
        event({}),
        event({"bucket": {"name": "sources"}, "object": {}}),
        event({"bucket": {"name": ""}, "object": {"key": "a.tif"}}),
        event({"bucket": {"name": 5}, "object": {"key": "a.tif"}}),
        event({"bucket": {"name": "sources"}, "object": {"key": ["a.tif"]}}),
        "[" * 100_000,
        '{"detail":' * 100_000,
        event({"bucket": {"name": "sources"}, "object": {"key": "k" * 1025}}),
        json.dumps({"schema_version": 2, "kind": "part", "job": JOB, "number": 0}),
        json.dumps({"schema_version": True, "kind": "part", "job": JOB, "number": 0}),
        json.dumps({"schema_version": 1, "kind": "whole", "job": JOB, "number": 0}),
        json.dumps({"schema_version": 1, "kind": [], "job": JOB, "number": 0}),
        json.dumps({"schema_version": 1, "kind": "part", "job": "nobody", "number": 0}),
        json.dumps({"schema_version": 1, "kind": "part", "job": JOB, "number": -1}),
        json.dumps({"schema_version": 1, "kind": "part", "job": JOB, "number": True}),
    ],
)
def test_what_is_not_understood_is_refused(body: str) -> None:
    with pytest.raises(UnknownMessageError):
        decode_registration(body)


class Sqs:
    """SQS, as far as sending in batches goes; every message whose number is in `refuses` is not taken."""

    def __init__(self, refuses: frozenset[int] = frozenset()) -> None:
        self.batches: list[list[str]] = []
        self._refuses = refuses

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "queue"
        self.batches.append([entry["MessageBody"] for entry in Entries])
        failed = [each["Id"] for each in Entries if json.loads(each["MessageBody"])["number"] in self._refuses]
        return {"Failed": [{"Id": identifier} for identifier in failed]}


def test_messages_are_sent_ten_by_a_call() -> None:
    sqs = Sqs()
    parts = [BulkPart(JOB, number) for number in range(25)]
    SqsRegistrationQueue(sqs, "queue").send(parts)  # type: ignore[arg-type]
    assert [len(batch) for batch in sqs.batches] == [10, 10, 5]
    assert [decode_registration(body) for batch in sqs.batches for body in batch] == parts


def test_a_message_that_sqs_does_not_take_is_told() -> None:
    queue = SqsRegistrationQueue(Sqs(frozenset({1})), "queue")  # type: ignore[arg-type]
    with pytest.raises(UnavailableError, match="1 of 3 messages were not taken"):
        queue.send([BulkPart(JOB, number) for number in range(3)])
