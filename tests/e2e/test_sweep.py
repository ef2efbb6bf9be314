"""What is deleted, or died half-way, leaves nothing in the bucket and nothing in the table that is still due."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local import aws
from local.samples import Group
from local.soak.leftovers import age
from local.state import StackState
from tests.e2e.stack import PATIENCE, Caller, Sources

type Paths = Callable[[Group], list[Path]]


def eventually(stack: StackState, holds: Callable[[], bool], what: str) -> None:
    """Run the reconciler, beside its schedule, until something holds."""
    functions = aws.client("lambda", stack.endpoint_url)
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        functions.invoke(FunctionName=stack.functions["reconciler"], Payload=json.dumps({"source": "aws.events"}))


def items(stack: StackState, dataset_id: str) -> list[Any]:
    """Everything that the table has under a dataset."""
    found = aws.client("dynamodb", stack.endpoint_url).query(
        TableName=stack.table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"DATASET#{dataset_id}"}},
        ConsistentRead=True,
    )
    return list(found["Items"])


def keys(stack: StackState, prefix: str) -> list[str]:
    page = aws.s3(stack.endpoint_url).list_objects_v2(Bucket=stack.bucket, Prefix=prefix)
    return [entry["Key"] for entry in page.get("Contents", [])]


def test_a_dead_attempt_goes_what_is_served_stays_and_a_deleted_vrt_leaves_nothing(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths
) -> None:
    ids = [alice.register(sources.put(path, f"swept/{path.name}")) for path in paths(Group.DEM)]
    vrt_id = alice.built(ids)
    served = keys(stack, f"vrts/{vrt_id}/")
    generation = served[0].split("/")[2]
    dead = f"vrts/{vrt_id}/{generation}/11111111-2222-4333-8444-555555555555/source.vrt"
    aws.s3(stack.endpoint_url).put_object(Bucket=stack.bucket, Key=dead, Body=b"<VRTDataset/>")

    age(stack, items(stack, vrt_id))
    eventually(stack, lambda: dead not in keys(stack, f"vrts/{vrt_id}/"), "the dead attempt was not swept")
    assert keys(stack, f"vrts/{vrt_id}/") == served
    assert alice.get(f"/datasets/{vrt_id}/download/vrt").status in {302, 303, 307}

    assert alice.request("DELETE", f"/datasets/{vrt_id}").status == 204
    assert keys(stack, f"vrts/{vrt_id}/") == served, "whoever has it open reads on"

    def is_swept() -> bool:
        found = items(stack, vrt_id)
        age(stack, found)
        return not any("due" in item for item in found)

    eventually(stack, is_swept, "something of the deleted VRT is still due")
    assert keys(stack, f"vrts/{vrt_id}/") + keys(stack, f"staging/{vrt_id}/") == []
    assert not [item for source in ids for item in items(stack, source) if item["sk"]["S"].startswith("USED#")]


def test_a_deletion_whose_process_died_is_finished_by_the_reconciler(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths
) -> None:
    (path, *_) = paths(Group.DEM)
    raster_id = alice.register(sources.put(path, f"died/{path.name}"))
    client = aws.client("dynamodb", stack.endpoint_url)
    client.update_item(  # what a DELETE writes first
        TableName=stack.table,
        Key={"pk": {"S": f"DATASET#{raster_id}"}, "sk": {"S": "META"}},
        UpdateExpression="SET deletion = :id, due_pk = :partition, due = :now",
        ExpressionAttributeValues={
            ":id": {"S": "of a process that died"},
            ":partition": {"S": "DUE#DELETIONS#0"},
            ":now": {"N": str(int(time.time() * 1e6))},
        },
    )
    eventually(stack, lambda: alice.get(f"/datasets/{raster_id}").status == 404, "the deletion was not finished")
    assert [item["sk"]["S"] for item in items(stack, raster_id)] == ["SWEEP"]
