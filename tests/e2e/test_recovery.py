"""What is accepted comes to an end, whatever happens between the 202 and the build."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import FileLock

from local import aws
from local.paths import Layout
from local.samples import Group
from local.state import StackState
from tests.e2e.stack import Caller, Sources

type Paths = Callable[[Group], list[Path]]


def builds_paused(stack: StackState) -> AbstractContextManager[None]:
    """Stop the queue from starting builds, for as long as the block lasts."""
    return _paused(stack, "builder")


def registrations_paused(stack: StackState) -> AbstractContextManager[None]:
    """Stop the queue from starting registrations, for as long as the block lasts."""
    return _paused(stack, "registrar")


@contextmanager
def _paused(stack: StackState, function: str) -> Iterator[None]:
    client = aws.client("lambda", stack.endpoint_url)
    (mapping,) = client.list_event_source_mappings(FunctionName=stack.functions[function])["EventSourceMappings"]
    # One at a time, whatever other processes test: whoever is done first would start the queue again for all.
    with FileLock(Layout(stack.name).state_file.with_name(f"{stack.name}-{function}.lock")):
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        time.sleep(1.5)  # a poll that has begun may still take a message
        try:
            yield
        finally:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def test_a_source_deleted_between_the_202_and_the_build_fails_the_job_with_its_id(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths
) -> None:
    uris = [sources.put(path, path.name) for path in paths(Group.DEM)]
    ids = [alice.register(uri) for uri in uris]
    with builds_paused(stack):
        job_id = alice.create(ids)
        sources.delete(uris[2])
    job = alice.wait(job_id)
    assert (job["status"], job["error_code"], job["can_retry"]) == ("failed", "object_missing", True)
    assert ids[2] in {finding["source_id"] for finding in job["findings"]}
    state = alice.get(f"/datasets/{job['dataset_id']}/vrt/status/").json
    assert (state["status"], state["active_generation"]) == ("failed", None)


def test_a_source_overwritten_between_the_202_and_the_build_fails_the_job_with_its_id(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths
) -> None:
    files = paths(Group.DEM)
    uris = [sources.put(path, f"swap/{path.name}") for path in files]
    ids = [alice.register(uri) for uri in uris]
    with builds_paused(stack):
        job_id = alice.create(ids)
        sources.put(files[0], f"swap/{files[1].name}")
    job = alice.wait(job_id)
    assert (job["status"], job["error_code"]) == ("failed", "object_changed")
    assert [finding["source_id"] for finding in job["findings"] if finding["severity"] == "error"] == [ids[1]]


def test_a_message_that_was_lost_is_sent_again_by_the_reconciler(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths
) -> None:
    ids = [alice.register(sources.put(path, f"lost/{path.name}")) for path in paths(Group.DEM)]
    sqs = aws.client("sqs", stack.endpoint_url)
    with builds_paused(stack):
        job_id = alice.create(ids)
        sqs.purge_queue(QueueUrl=stack.queues["builds"])
    assert alice.wait(job_id)["status"] == "complete"
