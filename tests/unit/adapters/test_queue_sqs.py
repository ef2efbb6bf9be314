"""The builds queue, on an in-process SQS."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from rasterloom.adapters.queue_sqs import SqsBuildQueue, decode_message, encode_message, trace_attributes
from rasterloom.domain.errors import UnavailableError, UnknownMessageError
from rasterloom.domain.generation import BuildMessage
from tests.support.dynamo_faults import Troubled, refused
from tests.support.factories import an_id

MESSAGE = BuildMessage(an_id("vrt"), an_id("job"), an_id("generation"), 3)


@pytest.fixture
def queue() -> Iterator[SqsBuildQueue]:
    with mock_aws():
        client = boto3.client("sqs", region_name="us-east-1")
        yield SqsBuildQueue(client, client.create_queue(QueueName="builds")["QueueUrl"])


def test_a_message_travels_as_ids_and_a_schema_version(queue: SqsBuildQueue) -> None:
    queue.send(MESSAGE)
    (received,) = queue.client.receive_message(QueueUrl=queue.queue_url)["Messages"]
    assert json.loads(received["Body"]) == {
        "schema_version": 1,
        "dataset": an_id("vrt"),
        "job": an_id("job"),
        "generation": an_id("generation"),
        "fence": 3,
    }
    assert decode_message(received["Body"]) == MESSAGE


def test_a_queue_that_throttles_is_unavailable(queue: SqsBuildQueue) -> None:
    troubled: Any = Troubled(queue.client, "send_message", [refused("RequestThrottled", "SendMessage", 403)])
    with pytest.raises(UnavailableError, match="SQS is not available: RequestThrottled"):
        SqsBuildQueue(troubled, queue.queue_url).send(MESSAGE)


def altered(**changes: Any) -> str:
    return json.dumps({**json.loads(encode_message(MESSAGE)), **changes})


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON, or nested too deeply"),
        ("[]", "schema version None"),
        (altered(schema_version=2), "schema version 2, expected 1"),
        (altered(schema_version=True), "schema version True"),
        (altered(dataset="vrt"), "dataset is no UUID: 'vrt'"),
        (altered(job=None), "job is no UUID: None"),
        (altered(generation=7), "generation is no UUID: 7"),
        (altered(fence="3"), "fence is no positive integer: '3'"),
        (altered(fence=0), "fence is no positive integer: 0"),
        (altered(fence=True), "fence is no positive integer: True"),
    ],
)
def test_a_message_that_cannot_be_understood_is_refused_with_the_reason(body: str, says: str) -> None:
    with pytest.raises(UnknownMessageError, match=says):
        decode_message(body)


def test_ids_are_read_in_the_catalogues_spelling() -> None:
    assert decode_message(altered(dataset=an_id("vrt").upper())).dataset_id == an_id("vrt")


def test_a_message_carries_the_trace_of_whoever_sends_it_and_none_outside_of_lambda() -> None:
    header = "Root=1-67891233-abcdef;Parent=463ac35c9f6413ad;Sampled=1"
    assert trace_attributes({}) == {}
    assert trace_attributes({"_X_AMZN_TRACE_ID": header}) == {
        "AWSTraceHeader": {"DataType": "String", "StringValue": header}
    }
