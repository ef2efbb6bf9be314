"""The function `registrar`: every message of the registrations queue names something to be looked at."""

import logging
from dataclasses import fields
from enum import Enum, auto
from typing import Any, Final

from rasterloom.adapters.registrations_sqs import decode_registration
from rasterloom.bootstrap import container
from rasterloom.bootstrap.invocation import remaining_of
from rasterloom.domain.bulk import BulkCounts
from rasterloom.domain.errors import RasterloomError, UnknownMessageError
from rasterloom.domain.registration import BulkListing, BulkPart, ObjectEvent, Registration
from rasterloom.observability import count, observed, timed
from rasterloom.ports import Remaining
from rasterloom.services.register_part import BatchTime

LEAST_SECONDS: Final = 12.0
"""What has to be left of the invocation for another look at an object: S3 may take ten to say nothing."""

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
    """Work off a batch; what is given back is received again, and after too many receives is a dead letter.

    All of the batch was told before any of it is worked off, so one look at an object is for all that name it.
    """
    received = sorted(((_read(record), record) for record in event["Records"]), key=_rank)
    remaining, batches, outcomes = remaining_of(context), BatchTime(), dict[Registration, Outcome]()
    given_back = []
    for registration, record in received:
        outcome = Outcome.BROKEN
        if registration is not None:
            outcome = outcomes.get(registration) or _work_off(registration, record["messageId"], remaining, batches)
            outcomes[registration] = outcome
        if outcome is Outcome.PUT_OFF:
            receives = int(record["attributes"]["ApproximateReceiveCount"])
            container().give_back_registration(record["receiptHandle"], receives)
        if outcome is not Outcome.DONE:
            given_back.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": given_back}


def _read(record: dict[str, Any]) -> Registration | None:
    """What a message says; None where it is not understood, which is no reason to lose it, or to stop at it."""
    try:
        return decode_registration(record["body"])
    except UnknownMessageError:
        logger.exception("message %s is given back", record["messageId"])
        return None


def _rank(received: tuple[Registration | None, dict[str, Any]]) -> int:
    """What comes first: events, which take little of the time; listings take all but some seconds, parts all of it.

    A listing that came after nine parts would have time for one page, and be handed over to the end of the queue.
    """
    match received[0]:
        case BulkPart():
            return 2
        case BulkListing():
            return 1
    return 0


def _work_off(registration: Registration, message_id: str, remaining: Remaining, batches: BatchTime) -> Outcome:
    """One message; whatever goes wrong, it is given back."""
    if isinstance(registration, ObjectEvent) and remaining() < LEAST_SECONDS:
        logger.warning("message %s is given back: no time is left", message_id)
        return Outcome.PUT_OFF
    try:
        _look_at(registration, remaining, batches)
    except Exception as error:
        logger.exception("message %s is given back", message_id)
        return Outcome.PUT_OFF if isinstance(error, RasterloomError) and error.transient else Outcome.BROKEN
    return Outcome.DONE


def _look_at(registration: Registration, remaining: Remaining, batches: BatchTime) -> None:
    match registration:
        case BulkPart():
            with timed("PartSeconds"):
                _tell(container().register_part(registration, remaining, batches))
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
