"""The function `registrar`: every message of the registrations queue names something to be looked at."""

import logging
from dataclasses import fields
from enum import Enum, auto
from typing import Any

from rasterloom.adapters.registrations_sqs import decode_registration
from rasterloom.bootstrap import container
from rasterloom.domain.bulk import BulkCounts
from rasterloom.domain.errors import RasterloomError, UnknownMessageError
from rasterloom.domain.registration import BulkListing, BulkPart, ObjectEvent, Registration
from rasterloom.observability import count, observed, timed
from rasterloom.ports import Remaining

logger = logging.getLogger("rasterloom.registrar")


class Outcome(Enum):
    """What becomes of a message."""

    DONE = auto()
    """It is worked off: acknowledge."""
    PUT_OFF = auto()
    """A service did not answer: it comes again soon, and later each time."""
    BROKEN = auto()
    """Only other code can work it off: it waits out the queue's own time-out."""


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work off a batch; what is given back is received again, and after too many receives is a dead letter."""
    records = sorted(event["Records"], key=_is_part)
    ended = [(record, _work_off(record, remaining_of(context))) for record in records]
    given_back = [(record, outcome) for record, outcome in ended if outcome is not Outcome.DONE]
    for record, outcome in given_back:
        if outcome is Outcome.PUT_OFF:
            receives = int(record["attributes"]["ApproximateReceiveCount"])
            container().give_back_registration(record["receiptHandle"], receives)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record, _ in given_back]}


def _is_part(record: dict[str, Any]) -> bool:
    """Whether a message may take what is left of the time; all others come first, listings above all.

    A listing that came after nine parts would have time for one page, and be handed over to the end of the queue.
    """
    try:
        return isinstance(decode_registration(record["body"]), BulkPart)
    except UnknownMessageError:
        return False


def remaining_of(context: Any) -> Remaining:
    """How many seconds are left of this invocation."""
    return lambda: context.get_remaining_time_in_millis() / 1000


def _work_off(record: dict[str, Any], remaining: Remaining) -> Outcome:
    """One message; whatever goes wrong, it is given back: a message that is not understood is not lost either."""
    try:
        _look_at(decode_registration(record["body"]), remaining)
    except Exception as error:
        logger.exception("message %s is given back", record["messageId"])
        return Outcome.PUT_OFF if isinstance(error, RasterloomError) and error.transient else Outcome.BROKEN
    return Outcome.DONE


def _look_at(registration: Registration, remaining: Remaining) -> None:
    match registration:
        case BulkPart():
            with timed("PartSeconds"):
                _tell(container().register_part(registration, remaining))
        case BulkListing():
            container().list_prefix(registration, remaining)
        case ObjectEvent(ref):
            for outcome, number in container().observe_object(ref).items():
                count("Registrations", number, outcome=outcome.value)
        case _:
            raise UnknownMessageError(f"Nobody works off {type(registration).__name__}")


def _tell(counts: BulkCounts) -> None:
    """Count objects by what became of them."""
    for outcome in fields(counts):
        number = getattr(counts, outcome.name)
        if number:
            count("Registrations", number, outcome=outcome.name)
