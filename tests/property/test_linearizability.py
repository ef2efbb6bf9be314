"""A hundred clients, ten VRTs: whatever they were told could have been told one after the other.

The clients are threads of which one runs at a time and gives way before every call of the table, in an order that a
seed decides; calls conflict, are throttled, and lose their answers. `RASTERLOOM_HISTORIES` sets how many are recorded.
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import pytest

from tests.property.register_history import Recorder, Register
from tests.support.expressions import pruned
from tests.support.linearizability import Operation, is_linearizable

HISTORIES: Final = int(os.environ.get("RASTERLOOM_HISTORIES", "5"))


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Lost answers are no news here."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def unexplained(recorder: Recorder, **numbers: int) -> list[str]:
    """VRTs whose histories nothing explains."""
    history = recorder.run(**numbers)
    return [vrt_id for vrt_id in recorder.ids if not is_linearizable(history[vrt_id], recorder.initial[vrt_id])]


def test_a_hundred_clients_of_ten_vrts_see_one_register_each() -> None:
    told, troubles = Counter[str](), Counter[str]()
    for seed in range(HISTORIES):
        recorder = Recorder(seed)
        assert unexplained(recorder) == [], f"seed {seed}"
        assert sum(map(len, recorder.history.values())) > 500
        told.update(recorder.told)
        troubles.update(recorder.client.troubles)
    assert all(troubles[each] for each in ("throttled", "conflict", "answer lost", "answer lost, sent again")), troubles
    assert all(told[each] for each in ("202", "409", "412", "503", "published", "ended unpublished")), told


@dataclass
class Careless:
    """A client that admits every change: the conditions of admissions are gone, as by a programming error."""

    client: Any

    def __getattr__(self, name: str) -> Any:
        """Only admissions are touched."""
        method = getattr(self.client, name)
        return (lambda **request: method(**_careless(request))) if name == "transact_write_items" else method


def _careless(request: dict[str, Any]) -> dict[str, Any]:
    if not any(":new_active_job" in str(item) for item in request["TransactItems"]):
        return request
    items = [
        {verb: pruned({**write, "ConditionExpression": ""})}
        for item in request["TransactItems"]
        for verb, write in item.items()
    ]
    return {**request, "TransactItems": items}


def test_a_lock_that_does_not_hold_is_found_out() -> None:
    recorder = Recorder(0, vrts=2, wrap=Careless, cancels=0, must_end=False)
    assert unexplained(recorder, clients=20) != []


# --- the judge itself ---

G0, G1, G2 = "g0", "g1", "g2"
IDLE: Final = Register(1, None, G0)


def looks(name: str, invoked: float, returned: float, holds: Callable[[Register], bool]) -> Operation[Register]:
    return Operation(name, invoked, returned, lambda at: at if holds(at) else None, only_looks=True)


def admits(generation: str, invoked: float, returned: float) -> Operation[Register]:
    return Operation(
        "admit",
        invoked,
        returned,
        lambda at: None if at.active else Register(at.admitted + 1, generation, at.served),
    )


def publishes(generation: str, invoked: float, returned: float) -> Operation[Register]:
    return Operation(
        "publish",
        invoked,
        returned,
        lambda at: Register(at.admitted, None, generation) if at.active == generation else None,
    )


def serves(generation: str, invoked: float, returned: float) -> Operation[Register]:
    return looks(f"serves {generation}", invoked, returned, lambda at: at.served == generation)


def busy(invoked: float, returned: float) -> Operation[Register]:
    return looks("409", invoked, returned, lambda at: at.active is not None)


EXPLAINED = {
    "one after the other": [admits(G1, 0, 1), publishes(G1, 2, 3), serves(G1, 4, 5)],
    "a read that overlaps sees either": [admits(G1, 0, 1), publishes(G1, 2, 9), serves(G1, 3, 4), serves(G1, 5, 6)],
    "a refusal overlaps the winner": [admits(G1, 0, 9), busy(1, 2), publishes(G1, 10, 11)],
    "an unanswered change came late": [admits(G1, 0, inf), serves(G0, 5, 6), publishes(G1, 7, 8), serves(G1, 9, 10)],
    "two, with an end between": [admits(G1, 0, 9), admits(G2, 0, 9), publishes(G1, 0, 9), publishes(G2, 0, 9)],
}
UNEXPLAINED = {
    "two admitted at once": [admits(G1, 0, 1), admits(G2, 2, 3), publishes(G1, 4, 5), publishes(G2, 6, 7)],
    "a stale read": [admits(G1, 0, 1), publishes(G1, 2, 3), serves(G0, 4, 5)],
    "a pointer that went back": [admits(G1, 0, 1), publishes(G1, 2, 9), serves(G1, 3, 4), serves(G0, 5, 6)],
    "a refusal of an idle register": [busy(0, 1), admits(G1, 2, 3)],
    "a lost update": [admits(G1, 0, 1), publishes(G1, 2, 3), admits(G2, 4, 5), publishes(G2, 6, 7), serves(G1, 8, 9)],
}


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_can_be_told_in_some_order_is_linearizable(name: str) -> None:
    assert is_linearizable(EXPLAINED[name], IDLE)


@pytest.mark.parametrize("name", UNEXPLAINED)
def test_what_can_be_told_in_no_order_is_not(name: str) -> None:
    assert not is_linearizable(UNEXPLAINED[name], IDLE)
