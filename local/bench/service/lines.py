"""What functions have logged, as the emulator keeps it: their own lines, and one about each invocation at its end."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from local import aws
from local.bench.service.deployed import Deployed

_REPORT: Final = re.compile(r"^REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms")


def durations(deployed: Deployed, function: str, since: float) -> Sequence[float]:
    """Milliseconds of each invocation that ended after a moment; the emulator tells whole ones.

    Args:
        deployed: Where the function is.
        function: Its short name.
        since: The moment, seconds since 1970.
    """
    found = (_REPORT.match(line) for line in _lines(deployed, function, since, "REPORT"))
    return [float(each.group(2)) for each in found if each]


def told(deployed: Deployed, function: str, since: float, word: str) -> Sequence[Any]:
    """The function's own lines that hold a word, each as the object that it is; arguments as those of `durations`."""
    lines = _lines(deployed, function, since, word)
    return [json.loads(line) for line in lines if line.startswith("{") and word in line]


def flush(deployed: Deployed, function: str) -> None:
    """Have a function that works off messages work off none.

    The emulator takes what a function has printed when it answers. What arrives a moment later it gives to the next
    invocation, however long that is away.
    """
    aws.client("lambda", deployed.stack.endpoint_url).invoke(
        FunctionName=deployed.stack.functions[function], Payload=json.dumps({"Records": []})
    )


def _lines(deployed: Deployed, function: str, since: float, pattern: str) -> Iterator[str]:
    """Lines with a word; the emulator gives them the time at which their invocation ended."""
    group = f"/aws/lambda/{deployed.stack.functions[function]}"
    logs = aws.client("logs", deployed.stack.endpoint_url)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=int(1000 * since), filterPattern=f'"{pattern}"'
    )
    return (event["message"] for page in pages for event in page["events"])
