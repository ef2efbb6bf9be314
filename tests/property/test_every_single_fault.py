"""Each call that a use case makes fails, in every way in which it can: nothing is lost, and asking again succeeds."""

import logging
from collections.abc import Iterator

import pytest

from tests.property.single_faults import ASKED_ONCE, BY_PEOPLE, BY_ROUTINE, Case, Estate
from tests.support.wires import Armed, Mishap, outcome

FAULTS = [mishap for mishap in Mishap if mishap is not Mishap.MEANWHILE]
MOST_CALLS = 60
"""More than any of them makes."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Lost answers are no news here."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def faults(case: Case, mishap: Mishap, *, again: bool) -> int:
    """Have every call fail once, each on a deployment of its own, and count them."""
    for at in range(MOST_CALLS):
        estate = Estate()
        call = case(estate)
        with estate.wires.armed(Armed(mishap, at)):
            ended = outcome(call)
        if not estate.wires.fired:
            return at
        if again and ended != "done":
            estate.clock.forward(seconds=2)
            assert outcome(call) == "done", f"after call {at}: {mishap}"
        estate.settle()
    raise AssertionError(f"more than {MOST_CALLS} calls")


@pytest.mark.parametrize("mishap", FAULTS)
@pytest.mark.parametrize("name", BY_PEOPLE)
def test_whatever_fails_of_a_request_asking_again_succeeds_and_nothing_is_half_done(name: str, mishap: Mishap) -> None:
    assert faults(BY_PEOPLE[name], mishap, again=True) > 0


@pytest.mark.parametrize("mishap", FAULTS)
@pytest.mark.parametrize("name", [*ASKED_ONCE, *BY_ROUTINE])
def test_whatever_fails_and_nobody_asks_again_nothing_is_half_done(name: str, mishap: Mishap) -> None:
    assert faults({**BY_PEOPLE, **BY_ROUTINE}[name], mishap, again=False) > 0
