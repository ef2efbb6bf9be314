"""Work for functions that run beside a stack: registered tiles, requests, and build messages that no builder takes."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import count as numbers
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from local import aws, tokens
from local.bench import corpus, tiles
from local.bench.functions.process import FunctionProcess, Launch
from local.bench.functions.requests import request
from local.bench.parts.run import ADMITTED, Plan
from local.bench.pricing.scenarios import EVENTS, PART
from local.bench.results import FOLDER
from local.bench.server.nginx import FILES
from local.bench.service.deployed import CALLER, LIFETIME, Deployed, deployed
from local.bench.service.registered import registered
from local.paths import ROOT
from local.state import StackState
from local.terminal import StepError

SCHEDULE: Final = ROOT / "events" / "schedule.json"
LATER: Final = "86400"
"""Seconds after which the stack's own reconciler may look at a job of the benchmark: when it is over."""
FRESH: Final = "fresh-"
"""What keys of tiles begin with that nobody has registered."""
LOG: Final = FOLDER / "functions.log"
QUEUES: Final = ("BUILDS_QUEUE_URL", "REGISTRATIONS_QUEUE_URL")
"""Where functions find the stack's queues; ours takes the place of both."""


@dataclass
class Workload:
    """Registered tiles of one caller, and a queue of our own in the place of the stack's.

    Attributes:
        target: Where the work is done.
        token: The caller's.
        unseen: Keys of tiles that nobody has registered; each is made when it is asked for.
        queue_url: Where build messages go.
        sqs: A client of the queue.
        sources: Ids of the caller's tiles.
        waiting: A job that nobody builds, once it was asked for.
    """

    target: Deployed
    token: str
    unseen: Iterator[str]
    queue_url: str
    sqs: Any
    sources: list[str]
    waiting: str = ""

    def launch(self, name: str, *options: str, **changed: str) -> Launch:
        """How to start a function that sends to our queue; only the registrar watches, and only unseen tiles."""
        launch = Launch.of(self.target.stack, name, self.target.server.url, *options)
        ours = dict.fromkeys(QUEUES, self.queue_url) | {"DUE_UNSENT_SECONDS": LATER, "DUE_SENT_SECONDS": LATER}
        watcher = {"bucket": tiles.BUCKET, "prefix": FRESH, "owner": _new_name()}
        watched = [watcher] if name == "registrar" else []
        ours["WATCH_LIST"] = json.dumps(watched)
        return replace(launch, environment={**launch.environment, **ours, **changed})

    def request(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """An event of API Gateway; of the caller if no other token is given."""
        return request(token or self.token, method, path, body)

    def registration(self) -> Any:
        """A request to register a tile that nobody has registered."""
        body = {"uri": f"s3://{tiles.BUCKET}/{next(self.unseen)}"}
        return self.request("POST", "/ingest/raster/register", body)

    def stranger(self) -> str:
        """The token of a caller who has registered nothing."""
        return _token(self.target, tokens.Caller(_new_name(), CALLER.permissions))

    def bulk(self, token: str) -> Any:
        """A request to register the first tiles by their prefix."""
        body = {"prefix": f"s3://{tiles.BUCKET}/{tiles.folder(0)}"}
        return self.request("POST", "/ingest/raster/register/bulk", body, token)

    def events(self) -> Any:
        """A batch of events of tiles that nobody has registered, as Lambda hands it to the registrar."""
        bodies = [
            {"source": "aws.s3", "detail": {"bucket": {"name": tiles.BUCKET}, "object": {"key": key}}}
            for key in islice(self.unseen, EVENTS)
        ]
        return {"Records": [{"messageId": str(uuid4()), "body": json.dumps(body)} for body in bodies]}

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
        """The message that was sent last, as Lambda hands it to a worker; the queue is empty then."""
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


def work_off(function: FunctionProcess, messages: Any) -> None:
    """Have messages worked off.

    Raises:
        StepError: One was given back.
    """
    if function.invoke(messages)["batchItemFailures"]:
        raise StepError(f"a message was given back; see {LOG}")


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
def working(plan: Plan, count: int) -> Iterator[Workload]:
    """Have a stack behind the slow S3, so many registered tiles, and a queue while the block runs.

    Args:
        plan: Of the run.
        count: Tiles.
    """
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_bytes(b"")
    corpus.make(max(count, ADMITTED, PART) + 1)
    fresh = FILES / f"{FRESH}{uuid4()}"
    fresh.mkdir()
    with ExitStack() as ending:
        ending.callback(shutil.rmtree, fresh)
        target = ending.enter_context(deployed(plan.stack, plan.port))
        sqs, url = ending.enter_context(_own_queue(target.stack))
        ids = registered(target, count)
        target.server.pause(plan.pause_ms)
        yield Workload(target, _token(target, CALLER), _unseen(fresh), url, sqs, ids)


def _unseen(folder: Path) -> Iterator[str]:
    """Keys of ever more objects, each a tile under a name that nobody has heard of."""
    for number in numbers():
        (folder / f"{number}.tif").hardlink_to(FILES / tiles.key(0))
        yield f"{folder.name}/{number}.tif"


def _new_name() -> str:
    """A subject that nobody has had, as long as the caller's: its length counts in every item that it owns."""
    return uuid4().hex[: len(CALLER.subject)]


def _token(target: Deployed, caller: tokens.Caller) -> str:
    return tokens.mint(target.stack.issuer, caller, audience=target.stack.audience, lifetime=LIFETIME)


@contextmanager
def _own_queue(stack: StackState) -> Iterator[tuple[Any, str]]:
    """A queue in the place of the stack's, which its functions may use and from which no builder receives."""
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
