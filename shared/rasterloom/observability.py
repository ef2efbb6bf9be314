"""Logs and metrics of every function, by Powertools.

Every log line is one JSON object with the request id and, where there is one, the job, its generation and its fence.
Tokens, bodies and presigned URLs are never logged; where a message of others holds one, it is blotted out.

A metric is a line in CloudWatch's embedded format. Its dimensions are the function, the service and at most one more,
which takes words of a list that this code has: never an id, a name or a message.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.generation import BuildMessage
from rasterloom.ports.reports import BuildReport, BuildResult

NAMESPACE: Final = "Rasterloom"

BLOTTED: Final = "[hidden]"

_SECRETS: Final = re.compile(
    r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # a token
    r"|(?<=\bBearer )[^\s\"\\]+"
    r"|(?<=X-Amz-Signature=)[^&\s\"\\]+"
    r"|(?<=X-Amz-Credential=)[^&\s\"\\]+"
    r"|(?<=X-Amz-Security-Token=)[^&\s\"\\]+",
    re.IGNORECASE,
)
_MAY_HOLD_SECRETS: Final = ("eyj", "bearer ", "x-amz-")
"""What a line with a secret has: looking for these first takes a twentieth of the time."""


def line_of(record: Mapping[str, Any]) -> str:
    """A line of the log as JSON, with whatever would open a door blotted out."""
    line = json.dumps(record, separators=(",", ":"), default=str)
    lower = line.lower()
    return _SECRETS.sub(BLOTTED, line) if any(word in lower for word in _MAY_HOLD_SECRETS) else line


logger: Final = Logger(service="rasterloom", use_rfc3339=True, utc=True, json_serializer=line_of)
"""It is the parent of every module's `logging.getLogger(__name__)`, and so formats them all."""

type Handler = Callable[[dict[str, Any], Any], Any]


def observed(handler: Handler) -> Handler:
    """Have every line of an invocation carry its id, and nothing of the invocation before.

    An event holds a caller's token, so no environment variable may have events logged.
    """
    decorated: Handler = logger.inject_lambda_context(handler, clear_state=True, log_event=False)
    return decorated


@contextmanager
def answering(request_id: str) -> Iterator[None]:
    """Have every line of this block carry the id that the caller is told."""
    with logger.append_context_keys(request_id=request_id):
        yield


@contextmanager
def working_on(message: BuildMessage, sent_by: str | None = None) -> Iterator[None]:
    """Have every line of this block say which build it is about.

    Args:
        message: What the build was asked for with.
        sent_by: The trace header that came with it; the lines of whoever sent it have its id as `xray_trace_id`.
    """
    keys = dict(message.labels)
    if sent_by:
        keys["sent_by_trace_id"] = trace_id(sent_by)
    with logger.append_context_keys(**keys):
        yield


def trace_id(header: str) -> str:
    """The id in an X-Ray trace header such as `Root=1-5e…;Parent=…;Sampled=1`."""
    return header.split(";", 1)[0].removeprefix("Root=")


def measure(name: str, value: float, unit: MetricUnit, **dimensions: str) -> None:
    """Tell CloudWatch one value, as a line of its embedded metric format.

    Args:
        name: What is measured, in CamelCase as CloudWatch has it.
        value: How much.
        unit: Of the value.
        **dimensions: What tells this value from others of its name: words of a short list.
    """
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local")
    with single_metric(name=name, unit=unit, value=value, namespace=NAMESPACE) as metric:
        for dimension, text in {"function": function, **dimensions}.items():
            metric.add_dimension(name=dimension, value=text)


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Count something; see `measure`."""
    measure(name, value, MetricUnit.Count, **dimensions)


@contextmanager
def timed(name: str, **dimensions: str) -> Iterator[None]:
    """Tell how many seconds this block takes, however it ends; see `measure`."""
    start = monotonic()
    try:
        yield
    finally:
        measure(name, monotonic() - start, MetricUnit.Seconds, **dimensions)


def report_build(report: BuildReport) -> None:
    """Count a build by its result, its failure by its code, and the members of what was published."""
    count("Builds", outcome=report.result.value)
    if report.code is not None:
        count("BuildErrors", code=report.code)
    if report.result is BuildResult.PUBLISHED:
        count("BuildMembers", report.members)


def report_refusals(findings: Iterable[Finding]) -> None:
    """Count each code that refused a request, once per request however many sources it found."""
    for code in sorted({finding.code for finding in findings if finding.severity is Severity.ERROR}):
        count("Refusals", code=code)
