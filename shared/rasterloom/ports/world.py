"""Time, ids, the queue, and who calls."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from rasterloom.domain.access import Principal
from rasterloom.domain.generation import BuildMessage

type Clock = Callable[[], datetime]

type NewId = Callable[[], str]


class BuildQueue(Protocol):
    """The queue that starts builds."""

    def send(self, message: BuildMessage) -> None:
        """Put a message into the queue."""
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
