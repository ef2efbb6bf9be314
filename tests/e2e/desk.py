"""A desk where changes are accepted of which no builder of the stack hears: their messages are the tests' own."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from local import aws, function_process
from local.runtime_api import RuntimeApi
from local.state import StackState
from tests.e2e.events import KEYS, SOURCES, TOKEN, Pending, body, sample
from tests.e2e.functions import running_function
from tests.e2e.stack import Caller

LATER: Final = "3600"
"""Seconds after which the stack's own reconciler may look at a job of these tests: when they are over."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A process of the function `api`, and the queue that it sends to."""

    api: RuntimeApi
    queue_url: str
    sqs: Any

    def accept(self, caller: Caller, name: str, ids: Mapping[str, str]) -> Pending:
        """Replay a sample event that has a VRT built, and take its message out of the queue."""
        answer = self.api.invoke(sample(name, {TOKEN: str(caller.token), **ids, KEYS[name]: str(uuid4())}))
        assert answer["statusCode"] == 202, answer
        (received,) = self.sqs.receive_message(QueueUrl=self.queue_url, WaitTimeSeconds=10)["Messages"]
        self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=received["ReceiptHandle"])
        pending = Pending(body(answer)["job_id"], json.loads(received["Body"]))
        assert pending.message["job"] == pending.job_id
        return pending

    def create(self, caller: Caller, source_ids: list[str]) -> Pending:
        """Have a mosaic of two sources created."""
        return self.accept(caller, "http/create_vrt", dict(zip(SOURCES, source_ids, strict=True)))


@contextmanager
def open_desk(stack: StackState, folder: Path, changed: Mapping[str, str] | None = None) -> Iterator[Desk]:
    """Run a desk while the block runs; `changed` are more variables of its process than the queue and the times."""
    endpoint = (changed or {}).get("AWS_ENDPOINT_URL", stack.endpoint_url)
    with own_queue(stack) as (sqs, url):
        ours = {
            "BUILDS_QUEUE_URL": url.replace(stack.endpoint_url, endpoint),
            "DUE_UNSENT_SECONDS": LATER,
            "DUE_SENT_SECONDS": LATER,
        }
        with running_function(stack, "api", folder, ours | dict(changed or {})) as api:
            yield Desk(api, url, sqs)


@contextmanager
def own_queue(stack: StackState) -> Iterator[tuple[Any, str]]:
    """A queue in the place of one of the stack's, into which `api` may send and from which no function receives."""
    sqs = aws.client("sqs", stack.endpoint_url)
    url = sqs.create_queue(QueueName=f"tests-{uuid4()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    role = function_process.configuration(stack, "api")["Role"]
    statement = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    try:
        yield sqs, url
    finally:
        sqs.delete_queue(QueueUrl=url)
