"""The function `builder`: every message of the builds queue is one attempt to build a generation."""

import logging
from typing import Any

from rasterloom.adapters.queue_sqs import decode_message
from rasterloom.bootstrap import container
from rasterloom.bootstrap.invocation import remaining_of
from rasterloom.domain.errors import RasterloomError
from rasterloom.domain.generation import BuildMessage
from rasterloom.observability import observed, report_build, timed, working_on
from rasterloom.ports.reports import BuildReport, BuildResult
from rasterloom.services.build_generation import BuildOutcome

logger = logging.getLogger("rasterloom.builder")


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work off a batch; what is given back is received again, and after too many receives is a dead letter."""
    given_back = [record for record in event["Records"] if _build(record, context) is BuildOutcome.GIVE_BACK]
    for record in given_back:
        container().give_back(record["receiptHandle"], int(record["attributes"]["ApproximateReceiveCount"]))
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in given_back]}


def _build(record: dict[str, Any], context: Any) -> BuildOutcome:
    """One message; whatever goes wrong, it is given back: a message that is not understood is not lost either."""
    try:
        message = decode_message(record["body"])
        with working_on(message, record["attributes"].get("AWSTraceHeader")):
            return _attempt(message, context)
    except Exception as error:
        logger.exception("message %s is given back", record["messageId"])
        known = error if isinstance(error, RasterloomError) else RasterloomError(str(error))
        report_build(BuildReport(BuildResult.RETRIED if known.transient else BuildResult.BROKEN, known.code))
        return BuildOutcome.GIVE_BACK


def _attempt(message: BuildMessage, context: Any) -> BuildOutcome:
    with timed("BuildSeconds"):
        return container().build_generation(message, remaining_of(context))
