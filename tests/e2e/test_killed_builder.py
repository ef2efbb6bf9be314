"""A builder that is killed at any moment of a build: what was promised is built all the same, once, and whole.

The killed process is the built function under the real runtime interface client; it kills itself with SIGKILL. Who
takes over are the stack's own reconciler and builder. `make soak` does the same many times over.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from local import aws
from local.runtime_api import FunctionError
from local.samples import Group
from local.state import StackState
from rasterloom.adapters.mortal_lock import CLAIMED, PUBLISHED
from rasterloom.domain.lifecycle import JobStep
from tests.e2e.desk import Desk, open_desk
from tests.e2e.events import Pending, sample
from tests.e2e.functions import running_function
from tests.e2e.stack import PATIENCE, Caller, Sources
from tests.e2e.test_main_job import download

type Paths = Callable[[Group], list[Path]]
type Killed = dict[tuple[str, int], tuple[Pending, Any, Any]]
"""By moment and number: what was promised, and its job and its VRT just after the death."""

STEPS: Final = (JobStep.VALIDATING, JobStep.BUILDING, JobStep.VERIFYING, JobStep.QUICKLOOK, JobStep.PUBLISHING)
MOMENTS: Final = (CLAIMED, *(step.value for step in STEPS), PUBLISHED)
TIMES: Final = range(int(os.environ.get("RASTERLOOM_KILLS", "1")))
"""How often at each moment; `make soak` asks for more."""
SHORT_LEASE: Final = {"BUILD_TIMEOUT_SECONDS": "5", "LEASE_MARGIN_SECONDS": "1", "DUE_MARGIN_SECONDS": "1"}
"""A lease that runs out soon after its holder is gone, and not before, however busy this machine is."""


@pytest.fixture(scope="module")
def desk(stack: StackState, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(stack, tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture(scope="module")
def source_ids(alice: Caller, sources: Sources, paths: Paths) -> list[str]:
    return [alice.register(sources.put(path, path.name)) for path in paths(Group.TILES)[:2]]


@pytest.fixture(scope="module")
def undisturbed(alice: Caller, source_ids: list[str]) -> bytes:
    """The VRT of the same sources, built by a worker that lived."""
    return download(alice, alice.built(source_ids))


@pytest.fixture(scope="module")
def killed(stack: StackState, desk: Desk, alice: Caller, source_ids: list[str], tmp_path_factory: Any) -> Killed:
    """Creations whose builders were killed, each at its moment."""
    found: Killed = {}
    for moment, number in product(MOMENTS, TIMES):
        pending = desk.create(alice, source_ids)
        changed = SHORT_LEASE | {"DEBUG_SIGNAL_AT": moment}
        with (
            running_function(stack, "builder", tmp_path_factory.mktemp(moment), changed) as builder,
            pytest.raises(FunctionError, match=r"ended with code (9|137)"),
        ):
            builder.invoke(sample("build_message", pending.fields()))
        dataset_id = pending.message["dataset"]
        job, status = alice.get(f"/jobs/{pending.job_id}").json, alice.get(f"/datasets/{dataset_id}/vrt/status/").json
        found[moment, number] = pending, job, status
    return found


@pytest.mark.parametrize("number", TIMES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_build_whose_worker_is_killed_is_ended_by_another(
    killed: Killed, alice: Caller, undisturbed: bytes, moment: str, number: int
) -> None:
    pending, job, status = killed[moment, number]
    dataset_id = pending.message["dataset"]
    if moment == PUBLISHED:
        assert (job["status"], status["status"]) == ("complete", "ready")
    else:
        assert (job["status"], status["status"]) == ("running", "regenerating")
    ended = alice.wait(pending.job_id)
    assert (ended["status"], ended["error_code"]) == ("complete", None)
    assert download(alice, dataset_id) == undisturbed
    (generation,) = alice.get(f"/datasets/{dataset_id}/vrt/generations/").json["generations"]
    assert (generation["id"], generation["status"]) == (pending.message["generation"], "completed")
    again = alice.post(f"/datasets/{dataset_id}/vrt/regenerate/", {})
    assert again.status == 202, again.body
    assert alice.wait(again.json["job_id"])["status"] == "complete"


def test_the_message_of_an_ended_build_comes_again_and_changes_nothing(
    stack: StackState, killed: Killed, alice: Caller, tmp_path: Path
) -> None:
    pending, _, _ = killed[PUBLISHED, 0]
    before = alice.get(f"/datasets/{pending.message['dataset']}/vrt/status/").json
    with running_function(stack, "builder", tmp_path) as builder:
        assert builder.invoke(sample("build_message", pending.fields())) == {"batchItemFailures": []}
    assert alice.get(f"/datasets/{pending.message['dataset']}/vrt/status/").json == before


def test_a_message_that_the_queue_delivers_twice_is_built_once(
    stack: StackState, desk: Desk, alice: Caller, source_ids: list[str]
) -> None:
    pending = desk.create(alice, source_ids)
    sqs, s3 = aws.client("sqs", stack.endpoint_url), aws.s3(stack.endpoint_url)
    for _ in range(2):
        sqs.send_message(QueueUrl=stack.queues["builds"], MessageBody=json.dumps(pending.message))
    assert alice.wait(pending.job_id)["status"] == "complete"
    prefix = f"vrts/{pending.message['dataset']}/{pending.message['generation']}/"
    attempts = s3.list_objects_v2(Bucket=stack.bucket, Prefix=prefix, Delimiter="/")["CommonPrefixes"]
    assert len(attempts) == 1


def test_of_two_builders_with_the_same_message_at_once_one_builds(
    stack: StackState, desk: Desk, alice: Caller, source_ids: list[str], tmp_path_factory: Any
) -> None:
    pending = desk.create(alice, source_ids)
    event = sample("build_message", pending.fields())
    (given_back,) = [{"itemIdentifier": record["messageId"]} for record in event["Records"]]
    with (
        running_function(stack, "builder", tmp_path_factory.mktemp("one")) as one,
        running_function(stack, "builder", tmp_path_factory.mktemp("two")) as two,
        ThreadPoolExecutor(2) as pool,
    ):
        answers = [answer["batchItemFailures"] for answer in pool.map(lambda each: each.invoke(event), (one, two))]
    assert [] in answers
    assert sorted(map(len, answers)) in ([0, 0], [0, 1]), "the loser gives it back, or came when all was over"
    assert all(failures in ([], [given_back]) for failures in answers)
    assert alice.get(f"/jobs/{pending.job_id}").json["status"] == "complete"


def test_a_zombie_that_wakes_after_the_take_over_publishes_nothing(
    stack: StackState, desk: Desk, alice: Caller, source_ids: list[str], tmp_path: Path
) -> None:
    pending = desk.create(alice, source_ids)
    status = f"/datasets/{pending.message['dataset']}/vrt/status/"
    changed = SHORT_LEASE | {"DEBUG_SIGNAL_AT": JobStep.PUBLISHING.value, "DEBUG_SIGNAL": "SIGSTOP"}
    with running_function(stack, "builder", tmp_path, changed) as builder, ThreadPoolExecutor(1) as pool:
        builder.timeout = PATIENCE  # Lambda's own would end while the other one still builds
        zombie: Future[Any] = pool.submit(builder.invoke, sample("build_message", pending.fields()))
        assert alice.wait(pending.job_id)["status"] == "complete"
        published = alice.get(status).json
        assert not zombie.done()
        os.killpg(builder.pid, signal.SIGCONT)
        assert zombie.result(PATIENCE) == {"batchItemFailures": []}
    assert alice.get(status).json == published
