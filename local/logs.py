"""The functions' logs, followed as they appear."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from local import aws
from local.state import StackState
from local.terminal import say

_POLL_SECONDS = 1.0
_LOOK_BACK_MS = 10 * 60 * 1000
_PREFIX = "/aws/lambda/"
_FRAMES = ("START RequestId:", "END RequestId:")

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
            if passed[stream] > self._counts[stream] and not event["message"].startswith(_FRAMES):
                yield event["timestamp"], name.removeprefix(_PREFIX), event["message"].rstrip()
        self._counts |= passed

    def new(self) -> list[Event]:
        """The events that appeared since the last call, by time."""
        groups = self._logs.describe_log_groups(logGroupNamePrefix=_PREFIX)["logGroups"]
        found = [event for group in groups for event in self._group(group["logGroupName"])]
        return sorted(found, key=lambda event: event[0])


def follow(state: StackState, *, forever: bool = True) -> None:
    """Print the last ten minutes of all functions, then what comes; ends with the stack or with Ctrl-C."""
    reader = _Reader(state)
    while True:
        for moment, function, line in reader.new():
            at = datetime.fromtimestamp(moment / 1000, UTC).strftime("%H:%M:%S")
            say(f"{at} {function.removeprefix(state.stack_name + '-')}: {line}")
        if not forever:
            return
        time.sleep(_POLL_SECONDS)
