"""The function `reconciler`: works off what is due, on a schedule, and what the builds queue gave up."""

import logging
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from rasterloom.adapters.queue_sqs import decode_message
from rasterloom.bootstrap import container
from rasterloom.observability import count, measure, observed, working_on

logger = logging.getLogger("rasterloom.reconciler")


@observed
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Take dead letters where the event has some; any other event is the schedule's."""
    if "Records" in event:
        return _dead_letters(event["Records"])
    measure("OldestPendingJobSeconds", container().reconcile.oldest_pending_seconds(), MetricUnit.Seconds)
    done = _counted("Reconciled", container().reconcile())
    done |= _counted("Deletions", container().resume_deletions(), "deletions_")
    done |= _counted("SweptUploads", container().sweep_uploads(), "uploads_")
    report = container().sweep_orphans()
    count("SweptObjects", report.objects)
    count("SweptLinks", report.links)
    return done | _counted("Swept", report.looks, "swept_")


def _counted[Action: StrEnum](name: str, counts: Mapping[Action, int], prefix: str = "") -> dict[str, int]:
    """Count what was done, by action."""
    for action, number in counts.items():
        count(name, number, action=action.value)
    return {f"{prefix}{action.value}": number for action, number in counts.items()}


def _dead_letters(records: list[dict[str, Any]]) -> dict[str, Any]:
    """End their generations; a letter that cannot be worked off goes on to the parked queue, where a person looks."""
    failed = [record["messageId"] for record in records if not _is_settled(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_settled(record: dict[str, Any]) -> bool:
    try:
        message = decode_message(record["body"])
        with working_on(message):
            ended = container().reconcile.dead_letter(message)
            logger.warning("dead letter: %s", "its generation has failed" if ended else "its generation is not its own")
    except Exception:
        logger.exception("dead letter %s cannot be worked off", record["messageId"])
        return False
    count("DeadLetters", ended=str(ended).lower())
    return True
