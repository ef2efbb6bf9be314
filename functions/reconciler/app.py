"""The function `reconciler`: works off what is due, on a schedule, and what the builds queue gave up."""

import logging
from typing import Any

from rasterloom.adapters.queue_sqs import decode_message
from rasterloom.bootstrap import container
from rasterloom.bootstrap.invocation import remaining_of
from rasterloom.bootstrap.schedule import work_off
from rasterloom.observability import count, observed, working_on

logger = logging.getLogger("rasterloom.reconciler")


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take dead letters where the event has some; any other event is the schedule's."""
    if "Records" in event:
        return _dead_letters(event["Records"])
    return work_off(container(), remaining_of(context))


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
