"""An end to waiting: an answer that comes after the gateway has given up helps nobody."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rasterloom.domain.errors import OutOfTimeError

SECONDS: Final = 25.0
"""What a request may take; the gateway waits for 29.5 s and its refusal cannot be shaped."""


class _ExpiredError(BaseException):
    """Passes through every handler of errors: whatever was being done is left as by the death of the process.

    A handler that tidied up after it might undo what a service has carried out and not yet said.
    """


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Interrupt the block after some seconds, wherever it waits; in other threads than the main one, never.

    Raises:
        OutOfTimeError: The time is over; what the block was about may or may not have been done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(*_: object) -> None:
        raise _ExpiredError

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _ExpiredError as error:
        raise OutOfTimeError(f"the request took more than {seconds:g} s") from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
