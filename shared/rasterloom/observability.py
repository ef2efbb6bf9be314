"""Logs and metrics of every function, by Powertools.

Every log line is one JSON object with the request id and, where there is one, the job, its generation and its fence.
Tokens, bodies and presigned URLs are never logged: whatever is added here has to keep to that.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from rasterloom.domain.generation import BuildMessage

NAMESPACE: Final = "Rasterloom"

logger: Final = Logger(service="rasterloom", use_rfc3339=True, utc=True)
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
def working_on(message: BuildMessage) -> Iterator[None]:
    """Have every line of this block say which build it is about."""
    with logger.append_context_keys(
        dataset_id=message.dataset_id,
        job_id=message.job_id,
        generation_id=message.generation_id,
        fence=message.fence,
    ):
        yield


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Count something, as a line of CloudWatch's embedded metric format.

    Args:
        name: What is counted, in CamelCase as CloudWatch has it.
        value: How many.
        **dimensions: What tells this count from others of its name.
    """
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local")
    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE) as metric:
        for dimension, text in {"function": function, **dimensions}.items():
            metric.add_dimension(name=dimension, value=text)
