"""A request that takes too long is answered before the gateway gives up."""

import signal
import threading
import time

import pytest

from rasterloom.domain.errors import OutOfTimeError, RasterloomError
from rasterloom.http.application import Application
from rasterloom.http.deadline import deadline
from rasterloom.http.routes import ROUTES
from rasterloom.http.usecases import UseCases
from tests.support.factories import an_id
from tests.unit.http.api import FakeUseCases, event


class SlowUseCases(FakeUseCases):
    """Reads a job for ten seconds."""

    def called(self, name: str, args: object, options: object = None) -> object:
        time.sleep(10)
        raise AssertionError(f"{name} came to its end: {args} {options}")


def test_a_use_case_that_takes_too_long_is_a_503_that_says_when_to_come_back() -> None:
    fakes: UseCases = SlowUseCases()
    began = time.monotonic()
    answered = Application(ROUTES, lambda: fakes, seconds=0.2)(event("GET", f"/jobs/{an_id('job')}"))
    assert time.monotonic() - began < 5
    assert (answered["statusCode"], answered["headers"]["retry-after"]) == (503, "2")
    assert '"code":"out_of_time"' in answered["body"]


def test_nothing_tidies_up_after_an_interruption() -> None:
    tidied: list[str] = []

    def interrupted() -> None:
        try:
            time.sleep(10)
        except (RasterloomError, Exception):
            tidied.append("what another process may have promised")
            raise

    with pytest.raises(OutOfTimeError), deadline(0.1):
        interrupted()
    assert tidied == []


def test_what_ends_in_time_is_never_interrupted_afterwards() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with deadline(0.1):
        pass
    with pytest.raises(ValueError, match="own"), deadline(0.1):
        raise ValueError("own")
    time.sleep(0.2)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_another_thread_has_no_deadline() -> None:
    done: list[bool] = []

    def work() -> None:
        with deadline(0.05):
            time.sleep(0.2)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
