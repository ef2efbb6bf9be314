"""The function `registrar`: every message of the registrations queue names something to be looked at."""

import logging
from typing import Any

from rasterloom.adapters.registrations_sqs import decode_registration
from rasterloom.bootstrap import container
from rasterloom.domain.errors import UnknownMessageError
from rasterloom.domain.registration import ObjectEvent, Registration
from rasterloom.observability import count, observed

logger = logging.getLogger("rasterloom.registrar")


@observed
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Work off a batch; what is given back is received again, and after too many receives is a dead letter."""
    failed = [record["messageId"] for record in event["Records"] if not _is_settled(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_settled(record: dict[str, Any]) -> bool:
    """One message; whatever goes wrong, it is given back: a message that is not understood is not lost either."""
    try:
        _work_off(decode_registration(record["body"]))
    except Exception:
        logger.exception("message %s is given back", record["messageId"])
        return False
    return True


def _work_off(registration: Registration) -> None:
    match registration:
        case ObjectEvent(ref):
            for outcome, number in container().observe_object(ref).items():
                count("Registrations", number, outcome=outcome.value)
        case _:
            raise UnknownMessageError(f"Nobody works off {type(registration).__name__}")
