"""Nothing lost, nothing half done: whatever dies, and wherever, whatever comes twice, late, never, or in between.

The real use cases over the real catalogue on a linearizable table in memory, one thread, so that every example can be
played again; GDAL is a stand-in that writes the members' paths, for whose account the use cases answer.
`RASTERLOOM_PROPERTY_EXAMPLES` sets how many histories are tried.
"""

import json
import logging
import os
from collections import Counter
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.property.happenings import Delivery, Deployment, Event, Happening, Trouble
from tests.property.requests import Request
from tests.support.wires import Mishap

EXAMPLES: Final = int(os.environ.get("RASTERLOOM_PROPERTY_EXAMPLES", "60"))
MANY: Final = 500
"""Histories among which everything has happened at least once."""
SECONDS: Final = (1, 61, 131, 301, 901, 3601)
"""Less than anything; a job unsent; a lease and its margin; a quiet period; a job sent; more than a sweep's grace."""

TALLY: Final = Counter[str]()
"""What happened in all histories, so that a run in which nothing did cannot pass."""


def weighted(**weights: int) -> st.SearchStrategy[str]:
    """Words, each as often as its weight says."""
    return st.sampled_from([word.replace("_", " ") for word, weight in weights.items() for _ in range(weight)])


SMALL = st.integers(0, 7)
REQUESTS = st.builds(
    Request,
    verb=weighted(create=1, add=3, remove=3, replace=3, roll_back=2, regenerate=3, weave=1, retry=3)
    | weighted(edit=2, edit_raster=2, switch=2, cancel=2, delete=1, delete_raster=4),
    one=SMALL,
    other=SMALL,
    key=st.sampled_from((0, 0, 0, 1, 2, 3)),
    knows=st.sampled_from((False, False, False, True)),
    stranger=st.sampled_from((False,) * 9 + (True,)),
)
DELIVERIES = st.builds(
    Delivery,
    index=SMALL,
    again=st.booleans(),
    hurried=st.sampled_from((False,) * 7 + (True,)),
    fails=st.sampled_from(("",) * 12 + ("assemble", "verify", "quicklooks", "partial", "partial")),
)
EVENTS = st.builds(
    Event,
    weighted(reconcile=6, dead_letter=2, resume=2, sweep=3, ask_again=3, lose=1, register=1)
    | weighted(overwrite=3, vanish=1, appear=2, event=6, mark=2, refresh=3, hold=2),
    SMALL,
)
WAITS = st.builds(Event, st.just("wait"), st.sampled_from(SECONDS))
KINDS: Final[list[st.SearchStrategy[Happening]]] = [DELIVERIES, DELIVERIES, REQUESTS, REQUESTS, EVENTS, WAITS]
HAPPENINGS: st.SearchStrategy[Happening] = st.integers(0, len(KINDS) - 1).flatmap(KINDS.__getitem__)
TROUBLES = st.none() | st.builds(
    Trouble,
    mishap=st.sampled_from([*Mishap, Mishap.MEANWHILE, Mishap.DIES_BEFORE, Mishap.DIES_AFTER]),
    at=st.integers(0, 59),
    meanwhile=st.lists(HAPPENINGS, min_size=1, max_size=4).map(tuple),
)


class EverythingHappens(RuleBasedStateMachine):
    """What may happen, in any order; each may be cut short at any of its side effects, or interrupted at any call."""

    def __init__(self) -> None:
        super().__init__()
        logging.disable()
        self.deployment = Deployment()

    def teardown(self) -> None:
        """Whatever happened, what was promised comes to an end."""
        try:
            self.deployment.settle()
        finally:
            logging.disable(logging.NOTSET)
            TALLY.update(self.deployment.tally)
            TALLY["published"] += self.deployment.ledger.published
            TALLY["taken over"] += self.deployment.ledger.taken_over

    @rule(happening=HAPPENINGS, trouble=TROUBLES)
    def happen(self, happening: Happening, trouble: Trouble | None) -> None:
        self.deployment.happen(happening, trouble)

    @invariant()
    def nothing_is_half_done(self) -> None:
        self.deployment.require_whole()


def test_whatever_happens_nothing_is_lost_and_nothing_is_half_done() -> None:
    TALLY.clear()
    run_state_machine_as_test(
        EverythingHappens,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    logging.getLogger(__name__).info(json.dumps(dict(sorted(TALLY.items()))))
    assert TALLY["published"] > 0
    assert TALLY["fresh by itself"] > 0
    assert TALLY["built by itself"] > 0
    assert sum(TALLY[mishap] for mishap in Mishap) > 0
    missing = [each for each in ("taken over", *Mishap) if not TALLY[each]]
    assert missing == [] or EXAMPLES < MANY, missing
