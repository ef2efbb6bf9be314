"""Time, ids, the queue, and who calls."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from rasterloom.domain.access import Principal
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.registration import BulkListing, BulkPart

type Clock = Callable[[], datetime]

type NewId = Callable[[], str]


class BuildQueue(Protocol):
    """The queue that starts builds."""

    def send(self, message: BuildMessage) -> None:
        """Put a message into the queue."""
        ...


class RegistrationQueue(Protocol):
    """The queue that starts registrations."""

    def send(self, messages: Sequence[BulkPart | BulkListing]) -> None:
        """Put messages into the queue.

        Raises:
            UnavailableError: It did not answer; any of the messages may have been queued all the same.
        """
        ...


class Remaining(Protocol):
    """How much of an invocation is left."""

    def __call__(self) -> float:
        """Seconds."""
        ...


class TokenVerifier(Protocol):
    """The issuer of tokens, as far as a request needs it."""

    def __call__(self, token: str) -> Principal:
        """Tell who a bearer token is for.

        Raises:
            UnauthenticatedError: It does not hold; the message does not say more than that, or that it has expired.
            UnavailableError: The issuer's keys cannot be had.
        """
        ...
