"""AWS that fails: what it recovers from nobody notices, what it does not is told, and nothing is half-done.

The built functions run as processes of these tests, and speak to the stack through a proxy that fails for them alone.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from local.runtime_api import RuntimeApi
from local.samples import Group
from local.state import StackState
from tests.e2e.desk import Desk, open_desk, own_queue
from tests.e2e.events import HANDLE, KEYS, SOURCES, TOKEN, body, problem, sample
from tests.e2e.functions import running_function
from tests.e2e.proxy import Proxy, running_proxy
from tests.e2e.stack import Caller, Sources
from tests.e2e.test_main_job import download

type Paths = Callable[[Group], list[Path]]
type Rule = dict[str, Any]

THROTTLED: Final[Rule] = {"service": "dynamodb", "error": {"code": "ProvisionedThroughputExceededException"}}
CONFLICT: Final[Rule] = {
    "service": "dynamodb",
    "operation": "TransactWriteItems",
    "error": {
        "code": "TransactionCanceledException",
        "fields": {"CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}]},
    },
}
UNACKNOWLEDGED: Final[Rule] = {
    "service": "dynamodb",
    "operation": "TransactWriteItems",
    "response": {"abort_bytes": 1},
}
"""It is carried out, and the connection breaks in the middle of the answer."""
BROKEN: Final[Rule] = {"service": "dynamodb", "error": {"code": "InternalServerError"}}
SLOW_DOWN: Final[Rule] = {"service": "s3", "error": {"code": "SlowDown", "status": 503}}
CUT: Final[Rule] = {"service": "s3", "operation": "GetObject", "response": {"abort_frac": 0.3}}
RESET: Final[Rule] = {"service": "s3", "reset": True}
CUT_UPLOAD: Final[Rule] = {"service": "s3", "operation": "PutObject", "request": {"cut_upload": {"after_bytes": 10}}}
NO_QUEUE: Final[Rule] = {"service": "sqs", "error": {"code": "InternalFailure", "status": 500}}

PASSING: Final[Mapping[str, Rule]] = {
    "DynamoDB throttles": THROTTLED | {"times": 2},
    "DynamoDB cancels for a conflict": CONFLICT | {"times": 2},
    "DynamoDB's acknowledgement is lost": UNACKNOWLEDGED | {"times": 3},
    "DynamoDB answers 500": BROKEN | {"times": 2},
    "S3 answers 503": SLOW_DOWN | {"times": 3},
    "S3 cuts bodies": CUT | {"times": 2},
    "S3 breaks connections": RESET | {"times": 2},
    "S3 breaks uploads": CUT_UPLOAD | {"times": 2},
}
"""What passes while a build goes on."""

ASKED_IN_VAIN: Final = {
    "DynamoDB throttles": THROTTLED,
    "DynamoDB cancels for a conflict": CONFLICT,
    "DynamoDB answers 500": BROKEN,
}
"""What does not pass while a caller waits."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def proxy(stack: StackState, folder: Path) -> Iterator[Proxy]:
    with running_proxy(stack, folder) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def desk(stack: StackState, folder: Path, proxy: Proxy) -> Iterator[Desk]:
    with open_desk(stack, folder, {"AWS_ENDPOINT_URL": proxy.url}) as desk:
        yield desk


@pytest.fixture(scope="module")
def builder(stack: StackState, folder: Path, proxy: Proxy) -> Iterator[RuntimeApi]:
    with running_function(stack, "builder", folder, {"AWS_ENDPOINT_URL": proxy.url}) as function:
        yield function


@pytest.fixture(scope="module")
def source_ids(alice: Caller, sources: Sources, paths: Paths) -> list[str]:
    return [alice.register(sources.put(path, path.name)) for path in paths(Group.TILES)[:2]]


@pytest.fixture(scope="module")
def undisturbed(alice: Caller, source_ids: list[str]) -> bytes:
    """The VRT of the same sources, built while nothing failed."""
    return download(alice, alice.built(source_ids))


def creation(caller: Caller, source_ids: list[str]) -> Any:
    """The sample event of a creation, for these sources."""
    key = {KEYS["http/create_vrt"]: str(uuid4())}
    return sample("http/create_vrt", {TOKEN: str(caller.token), **key, **dict(zip(SOURCES, source_ids, strict=True))})


def count(caller: Caller) -> int:
    """How many private VRTs the caller has: others of the same stack make VRTs that everybody may read."""
    listed = caller.get("/datasets/?record_type=vrt_dataset&limit=200").json
    assert listed["total"] == len(listed["datasets"]), "what the caller may read is on one page"
    return sum(each["visibility"] == "private" for each in listed["datasets"])


@pytest.mark.parametrize("fault", PASSING)
def test_a_build_gets_over(
    proxy: Proxy, desk: Desk, builder: RuntimeApi, alice: Caller, source_ids: list[str], undisturbed: bytes, fault: str
) -> None:
    pending = desk.create(alice, source_ids)
    with proxy.failing(PASSING[fault]):
        assert builder.invoke(sample("build_message", pending.fields())) == {"batchItemFailures": []}
    job = alice.get(f"/jobs/{pending.job_id}").json
    assert (job["status"], job["error_code"]) == ("complete", None)
    assert download(alice, pending.message["dataset"]) == undisturbed


def test_a_build_that_cannot_write_gives_its_message_back_and_is_done_later(
    proxy: Proxy, desk: Desk, builder: RuntimeApi, alice: Caller, source_ids: list[str], undisturbed: bytes
) -> None:
    pending = desk.create(alice, source_ids)
    event = sample("build_message", pending.fields())
    with proxy.failing(SLOW_DOWN | {"operation": "PutObject"}):
        failures = builder.invoke(event)["batchItemFailures"]
    assert failures == [{"itemIdentifier": record["messageId"]} for record in event["Records"]]
    assert alice.get(f"/jobs/{pending.job_id}").json["status"] == "running"
    assert alice.get(f"/datasets/{pending.message['dataset']}/vrt/status/").json["status"] == "regenerating"
    assert builder.invoke(event) == {"batchItemFailures": []}
    assert alice.get(f"/jobs/{pending.job_id}").json["status"] == "complete"
    assert download(alice, pending.message["dataset"]) == undisturbed


@pytest.mark.parametrize("rule", [THROTTLED | {"times": 2}, CONFLICT | {"times": 2}, UNACKNOWLEDGED | {"times": 2}])
def test_a_request_gets_over_what_passes_and_makes_one_vrt(
    proxy: Proxy, desk: Desk, alice: Caller, source_ids: list[str], rule: Rule
) -> None:
    before = count(alice)
    with proxy.failing(rule):
        desk.create(alice, source_ids)
    assert count(alice) == before + 1


@pytest.mark.parametrize("fault", ASKED_IN_VAIN)
def test_a_request_in_vain_is_a_503_that_says_when_to_come_again_and_leaves_nothing(
    proxy: Proxy, desk: Desk, alice: Caller, source_ids: list[str], fault: str
) -> None:
    before = count(alice)
    began = time.monotonic()
    with proxy.failing(ASKED_IN_VAIN[fault]):
        answer = desk.api.invoke(creation(alice, source_ids))
    assert time.monotonic() - began < desk.api.timeout
    assert problem(answer)[0] == 503
    assert int(answer["headers"]["retry-after"]) > 0
    assert count(alice) == before


def test_what_cannot_be_sent_is_accepted_and_sent_by_the_reconciler(
    stack: StackState, proxy: Proxy, alice: Caller, source_ids: list[str], tmp_path: Path
) -> None:
    event = creation(alice, source_ids)
    soon = {"AWS_ENDPOINT_URL": proxy.url, "DUE_UNSENT_SECONDS": "1"}
    with open_desk(stack, tmp_path, soon) as desk, proxy.failing(NO_QUEUE):
        answer = desk.api.invoke(event)
    assert answer["statusCode"] == 202
    assert alice.wait(body(answer)["job_id"])["status"] == "complete"


def test_a_registration_that_meets_a_service_that_fails_comes_again_long_before_the_time_out_of_its_queue(
    stack: StackState, proxy: Proxy, tmp_path: Path
) -> None:
    with own_queue(stack) as (sqs, url):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "900"})
        sqs.send_message(QueueUrl=url, MessageBody="a part")
        (received,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
        event = sample("bulk_part", {HANDLE: received["ReceiptHandle"]})
        there = {"AWS_ENDPOINT_URL": proxy.url, "REGISTRATIONS_QUEUE_URL": url.replace(stack.endpoint_url, proxy.url)}
        with running_function(stack, "registrar", tmp_path, there) as registrar, proxy.failing(BROKEN):
            failures = registrar.invoke(event)["batchItemFailures"]
        assert failures == [{"itemIdentifier": record["messageId"]} for record in event["Records"]]
        (again,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert again["MessageId"] == received["MessageId"]
