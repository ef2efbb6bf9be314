"""Work for functions that run beside a stack: registered tiles, requests, and build messages that no builder takes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from local import aws, tokens
from local.bench import corpus, tiles
from local.bench.function_process import FunctionProcess, Launch, running
from local.bench.server.nginx import FILES
from local.paths import ROOT
from local.state import StackState
from local.terminal import StepError, step

HTTP_EVENT: Final = ROOT / "events" / "http" / "create_vrt.json"
SCHEDULE: Final = ROOT / "events" / "schedule.json"
LATER: Final = "86400"
"""Seconds after which the stack's own reconciler may look at a job of the benchmark: when it is over."""


@dataclass
class Workload:
    """Registered tiles of one caller, and a queue of our own in the place of the stack's.

    Attributes:
        stack: Where the work is done.
        token: The caller's.
        queue_url: Where build messages go.
        sqs: A client of the queue.
        log: Takes what functions print.
        spare: Numbers of tiles that are in the bucket and not registered.
        sources: Ids of the registered tiles.
    """

    stack: StackState
    token: str
    queue_url: str
    sqs: Any
    log: Path
    spare: Iterator[int]
    sources: list[str] = field(default_factory=list)
    waiting: str = ""
    """A job that nobody builds."""

    def launch(self, name: str, *options: str, **changed: str) -> Launch:
        """How to start a function that sends to our queue."""
        launch = Launch.of(self.stack, name, *options)
        ours = {"BUILDS_QUEUE_URL": self.queue_url, "DUE_UNSENT_SECONDS": LATER, "DUE_SENT_SECONDS": LATER}
        return replace(launch, environment={**launch.environment, **ours, **changed})

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """An event of API Gateway."""
        event = json.loads(HTTP_EVENT.read_text(encoding="utf-8"))
        headers = event["headers"] | {"authorization": f"Bearer {self.token}", "idempotency-key": str(uuid4())}
        http = event["requestContext"]["http"] | {"method": method, "path": f"/api{path}"}
        context = event["requestContext"] | {"http": http}
        event |= {"rawPath": f"/api{path}", "headers": headers, "requestContext": context}
        return event | {"body": None if body is None else json.dumps(body)}

    def registration(self, number: int | None = None) -> Any:
        """A request to register a tile, or a spare one."""
        key = tiles.key(next(self.spare) if number is None else number)
        return self.request("POST", "/ingest/raster/register", {"uri": f"s3://{self.stack.source_bucket}/{key}"})

    def register(self, api: FunctionProcess, number: int | None = None) -> str:
        """Register a tile, or a spare one; its id."""
        return str(told(api.invoke(self.registration(number)), 201)["id"])

    def job(self, api: FunctionProcess) -> str:
        """The id of a job that waits for its build."""
        if not self.waiting:
            self.waiting = str(told(api.invoke(self.creation(2)), 202)["job_id"])
            self.message()
        return self.waiting

    def creation(self, count: int) -> Any:
        """A request for a mosaic of the first tiles."""
        if count > len(self.sources):
            raise ValueError(f"a mosaic of {count} tiles: expected {len(self.sources)} at most")
        body = {
            "source_dataset_ids": self.sources[:count],
            "vrt_type": "mosaic",
            "resolution_strategy": "finest",
            "title": f"{count} tiles",
        }
        return self.request("POST", "/ingest/vrt/create", body)

    def message(self) -> Any:
        """The build message that was sent last, as Lambda hands it to the builder; the queue is empty then."""
        received = self.sqs.receive_message(QueueUrl=self.queue_url, WaitTimeSeconds=10).get("Messages", [])
        if len(received) != 1:
            raise StepError(f"{self.queue_url}: expected one message; found {len(received)}")
        (message,) = received
        self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {"ApproximateReceiveCount": "1"},
            "eventSource": "aws:sqs",
        }
        return {"Records": [record]}

    def build(self, builder: FunctionProcess, message: Any) -> None:
        """Have a message worked off.

        Raises:
            StepError: It was given back.
        """
        answer = builder.invoke(message)
        if answer["batchItemFailures"]:
            raise StepError(f"a build was given back; see {self.log}")


def told(answer: Mapping[str, Any], status: int) -> Any:
    """The JSON of an answer that has this status.

    Raises:
        StepError: It has another.
    """
    if answer["statusCode"] != status:
        raise StepError(f"expected {status}; found {answer['statusCode']}: {answer['body'][:1000]}")
    return json.loads(answer["body"])


def fields_of(event: Any) -> Any:
    """What the one message of an event says."""
    (record,) = event["Records"]
    return json.loads(record["body"])


def schedule() -> Any:
    """The event that the reconciler gets once a minute."""
    return json.loads(SCHEDULE.read_text(encoding="utf-8"))


@contextmanager
def working(stack: StackState, folder: Path, count: int, spare: int = 0) -> Iterator[Workload]:
    """Register the first tiles for a caller of its own, and have a queue while the block runs.

    Args:
        stack: Where the work is done.
        folder: For the log of the functions.
        count: Tiles that are registered.
        spare: More tiles, which are only put into the bucket.
    """
    caller = tokens.Caller(f"bench-{uuid4()}", ("upload",))
    token = tokens.mint(stack.issuer, caller, audience=stack.audience)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "functions.log"
    log.write_bytes(b"")
    with ExitStack() as ending:
        sqs, url = ending.enter_context(_own_queue(stack))
        workload = Workload(stack, token, url, sqs, log, iter(range(count, count + spare)))
        _upload(stack, range(count + spare))
        with step(f"registering {count:,} tiles"), running(workload.launch("api"), log) as api:
            workload.sources = [workload.register(api, number) for number in range(count)]
        yield workload


def _upload(stack: StackState, numbers: Sequence[int]) -> None:
    corpus.make(len(numbers))
    s3 = aws.s3(stack.endpoint_url)
    with step(f"putting {len(numbers):,} tiles into the stack's bucket"):
        for number in numbers:
            s3.put_object(
                Bucket=stack.source_bucket, Key=tiles.key(number), Body=(FILES / tiles.key(number)).read_bytes()
            )


@contextmanager
def _own_queue(stack: StackState) -> Iterator[tuple[Any, str]]:
    """A queue in the place of the stack's, which `api` and `reconciler` may use and from which no builder receives."""
    sqs = aws.client("sqs", stack.endpoint_url)
    url = sqs.create_queue(QueueName=f"bench-{uuid4()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    lambdas = aws.client("lambda", stack.endpoint_url)
    roles = [lambdas.get_function_configuration(FunctionName=name)["Role"] for name in stack.functions.values()]
    statement = {"Effect": "Allow", "Principal": {"AWS": roles}, "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    try:
        yield sqs, url
    finally:
        sqs.delete_queue(QueueUrl=url)
