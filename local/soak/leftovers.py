"""What is left in a stack's table, bucket and queues where nothing should be."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

from local import aws
from local.state import StackState

LONG_AGO: Final = "2020-01-01T00:00:00.000000Z"


def left_over(stack: StackState) -> list[str]:
    """Artifacts, datasets, links, due times and messages: one line for each kind of which there are some."""
    return [*_objects(stack), *_items(stack), *_messages(stack)]


def hasten(stack: StackState) -> None:
    """Have whatever the sweep waits an hour for be due now, as if the hour had passed."""
    age(stack, [item for item in _scanned(stack) if item["pk"]["S"].startswith("DATASET#")])


def age(stack: StackState, items: Iterable[Any]) -> None:
    """Have these be due now, as if they had ended long ago.

    What is due already stays as it is: whoever is at it decides under the due time that it saw.
    """
    client = aws.client("dynamodb", stack.endpoint_url)
    now = int(time.time() * 1e6)
    for item in items:
        if "due" not in item or int(item["due"]["N"]) <= now:
            continue
        with suppress(client.exceptions.ConditionalCheckFailedException):
            client.update_item(
                TableName=stack.table,
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET #due = :now, #ended = :then",
                ConditionExpression="#due = :seen",
                ExpressionAttributeNames={"#due": "due", "#ended": "ended_at"},
                ExpressionAttributeValues={":now": {"N": str(now)}, ":seen": item["due"], ":then": {"S": LONG_AGO}},
            )


def _objects(stack: StackState) -> Iterator[str]:
    for prefix in ("vrts/", "headers/"):
        found = aws.s3(stack.endpoint_url).list_objects_v2(Bucket=stack.bucket, Prefix=prefix)
        if found["KeyCount"]:
            yield f"{found['KeyCount']} objects under {prefix}, such as {found['Contents'][0]['Key']}"


def _items(stack: StackState) -> Iterator[str]:
    items = list(_scanned(stack))
    kinds: dict[str, Callable[[Any], bool]] = {
        "datasets": lambda item: item["pk"]["S"].startswith("DATASET#") and item["sk"]["S"] == "META",
        "links of rasters": lambda item: item["sk"]["S"].startswith("USED#"),
        "items that are due": lambda item: "due" in item,
    }
    for kind, belongs in kinds.items():
        keys = [f"{item['pk']['S']} {item['sk']['S']}" for item in items if belongs(item)]
        if keys:
            yield f"{len(keys)} {kind}, such as {keys[0]}"


def _messages(stack: StackState) -> Iterator[str]:
    sqs = aws.client("sqs", stack.endpoint_url)
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    for name, url in stack.queues.items():
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
        if any(int(number) for number in found.values()):
            yield f"messages in the queue {name}: {found}"


def _scanned(stack: StackState) -> Iterator[Any]:
    pages = aws.client("dynamodb", stack.endpoint_url).get_paginator("scan")
    for page in pages.paginate(TableName=stack.table, ConsistentRead=True):
        yield from page["Items"]
