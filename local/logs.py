"""The functions' logs, followed as they appear: what they tell, without what only metrics and bills are made of."""

import json
import time
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from local import aws
from local.state import StackState
from local.terminal import say

LAST = 100
"""Lines of before that are shown first."""
_POLL_SECONDS = 1.0
_LOOK_BACK_MS = 10 * 60 * 1000
_PREFIX = "/aws/lambda/"
_FRAMES = ("START RequestId:", "END RequestId:", "REPORT RequestId:", "INIT_START ")
"""How Lambda's own lines about an invocation begin."""
_SHOWN = ("request_id", "job_id", "dataset_id", "generation_id", "fence")
"""What is told of a line beside its message."""

Event = tuple[int, str, str]
"""Milliseconds since 1970, the function's name, the line."""


class _Reader:
    """What is new in all functions' log groups; the emulator gives events no ids, so they are counted per stream."""

    def __init__(self, state: StackState) -> None:
        self._logs: Any = aws.client("logs", state.endpoint_url)
        self._since_ms = int(time.time() * 1000) - _LOOK_BACK_MS
        self._counts: Counter[tuple[str, str]] = Counter()

    def _group(self, name: str) -> Iterator[Event]:
        passed: Counter[tuple[str, str]] = Counter()
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=name, startTime=self._since_ms)
        for event in (event for page in pages for event in page["events"]):
            stream = name, event["logStreamName"]
            passed[stream] += 1
            if passed[stream] > self._counts[stream]:
                yield event["timestamp"], name.removeprefix(_PREFIX), event["message"].rstrip()
        self._counts |= passed

    def new(self) -> list[Event]:
        """The events that appeared since the last call, by time."""
        groups = self._logs.describe_log_groups(logGroupNamePrefix=_PREFIX)["logGroups"]
        found = [event for group in groups for event in self._group(group["logGroupName"])]
        return sorted(found, key=lambda event: event[0])


def told(line: str) -> str | None:
    """What a line tells a person: level, message, ids and, below, an exception; None of metrics and Lambda's own lines.

    What is no JSON object stays as it is.
    """
    if line.startswith(_FRAMES):
        return None
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    if not isinstance(fields, dict):
        return line
    if "_aws" in fields:
        return None
    ids = [f"{name}={fields[name]}" for name in _SHOWN if fields.get(name) is not None]
    words = [str(fields.get("level", "")), str(fields.get("message", "")), *ids]
    return "\n".join([" ".join(words), *([str(fields["exception"])] if fields.get("exception") else [])])


def follow(state: StackState, *, everything: bool = False, forever: bool = True) -> None:
    """Print the last of what all functions told in ten minutes, then what comes; ends with the stack or with Ctrl-C.

    Args:
        state: The stack.
        everything: All lines of these ten minutes and after, as they were logged.
        forever: Whether to go on.
    """
    reader, most = _Reader(state), None if everything else LAST
    while True:
        lines = deque(_lines(state, reader.new(), everything=everything), most)
        for line in lines:
            say(line)
        if not forever:
            return
        most = None
        time.sleep(_POLL_SECONDS)


def _lines(state: StackState, events: list[Event], *, everything: bool) -> Iterator[str]:
    for moment, function, line in events:
        text = line if everything else told(line)
        if text is not None:
            at = datetime.fromtimestamp(moment / 1000, UTC).strftime("%H:%M:%S")
            yield f"{at} {function.removeprefix(state.stack_name + '-')}: {text}"
