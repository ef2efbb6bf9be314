"""Amounts of work, and a month without any, priced from what single operations used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from local import template
from local.bench.pricing.prices import HOURS_OF_MONTH, MONTHS, Use, at, kept, price, priced, server_month, times, total
from local.paths import ROOT

POLLS: Final = 3
"""How often a caller asks for a job until it has ended."""
MILLION: Final = 1_000_000
BIG: Final = 100_000
DAYS: Final = 365
RUNS_OF_MONTH: Final = HOURS_OF_MONTH * 60
"""The reconciler's, once a minute."""
POLLED_QUEUES: Final = 3
POLLERS: Final = 5
POLL_SECONDS: Final = 20
"""Lambda's long polls of an empty queue: five at a time, of twenty seconds (AWS's guide, "Using Lambda with SQS")."""
METRICS: Final = 25
"""About as many as the functions make: each of its name, and of the words of its dimensions."""
DISK_GB: Final = 50
REGISTRATION, POLL, IDLE_RUN = "register", "poll", "idle run"
EVENTS_SEEN = "ten events of new objects"
EVENTS: Final = 10
"""The registrar's batch."""
BULK_ASKED, BULK_LISTED, BULK_PART = "bulk: asked for", "bulk: a thousand listed", "bulk: a thousand registered"
PART: Final = 1_000
"""Objects of a part of a bulk registration."""
CREATE, BUILD, ADD, BUILD_ADDED = "create", "build of a create", "add one", "build of an added one"

type Operations = Mapping[str, Mapping[float, Use]]
"""Use by operation and N; N is 1 where there is none."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """An amount of work.

    Attributes:
        name: What it is.
        months: How long what it makes is kept.
        costs: Dollars by service, over all of it.
        server: Dollars of one small server over the same months.
        note: What else is to be known.
    """

    name: str
    months: float
    costs: Mapping[str, float]
    server: float
    note: str = ""

    @property
    def dollars(self) -> float:
        """All costs."""
        return sum(self.costs.values())


def scenarios(operations: Operations, *, listed: int = 100) -> list[Scenario]:
    """All scenarios.

    Args:
        operations: What was measured.
        listed: Sources of each of the million creates.
    """
    operations = with_events(operations)
    return [
        _idle(operations),
        *_registrations(operations),
        _creates(operations, listed),
        _big(operations),
    ]


def with_events(operations: Operations) -> Operations:
    """The same operations with what EventBridge is paid for the events that came in."""
    seen = {number: total(use, {"events": EVENTS * number}) for number, use in operations[EVENTS_SEEN].items()}
    return {**operations, EVENTS_SEEN: seen}


def month_of_nothing(operations: Operations) -> dict[str, float]:
    """Dollars by service of a month in which nobody asks for anything."""
    polls = POLLED_QUEUES * POLLERS * HOURS_OF_MONTH * 3600 / POLL_SECONDS
    use = total(times(RUNS_OF_MONTH, operations[IDLE_RUN][1]), {"sqs requests": polls})
    watching = alarms() * price("alarm month") + METRICS * price("metric month") + price("dashboard month")
    return total(priced(use), {"Alarms, metrics, dashboard": watching})


def alarms() -> int:
    """How many the template has."""
    return len(template.resources(template.load(ROOT / "template.yaml"), "AWS::CloudWatch::Alarm"))


def _idle(operations: Operations) -> Scenario:
    return Scenario("A month of nothing", 1, month_of_nothing(operations), server_month(DISK_GB))


def _registrations(operations: Operations) -> Iterator[Scenario]:
    """The same million of objects in three ways.

    In bulk it is counted as a thousand jobs of a thousand objects each: one job of a million asks for no more.
    """
    job = total(*(operations[name][PART] for name in (BULK_ASKED, BULK_LISTED, BULK_PART)))
    polled = total(job, times(POLLS, operations[POLL][1]))
    ways = {
        "one by one": times(MILLION, operations[REGISTRATION][1]),
        "by events": times(MILLION / EVENTS, operations[EVENTS_SEEN][1]),
        "in bulk by prefix": times(MILLION / PART, polled),
    }
    for way, use in ways.items():
        costs = total(priced(use), kept(use, 1))
        yield Scenario(f"1 M registrations {way}", 1, costs, server_month(DISK_GB), "and kept for a month")


def changed(operations: Operations, count: float, ask: str, build: str) -> dict[str, float]:
    """Use of one change of a mosaic of `count` sources, from the request to the last poll."""
    return total(at(count, operations[ask]), at(count, operations[build]), times(POLLS, operations[POLL][1]))


def _creates(operations: Operations, listed: int) -> Scenario:
    use = times(MILLION, changed(operations, listed, CREATE, BUILD))
    costs = total(priced(use), kept(use, 1))
    note = f"with {POLLS} polls each, and kept for a month"
    return Scenario(f"1 M creates of {listed} sources", 1, costs, server_month(DISK_GB), note)


def _big(operations: Operations) -> Scenario:
    """Every generation stays while its VRT stands: the first for a year, those after it for half a year on average."""
    first = total(
        times(BIG, operations[REGISTRATION][1]),
        changed(operations, BIG, CREATE, BUILD),
    )
    daily = times(DAYS, total(operations[REGISTRATION][1], changed(operations, BIG, ADD, BUILD_ADDED)))
    work = total(priced(first), priced(daily), kept(first, MONTHS), kept(daily, MONTHS / 2))
    costs = total(work, times(MONTHS, month_of_nothing(operations)))
    note = "registered, created, one source more each day, on an otherwise idle stack; every generation is kept"
    return Scenario(f"A year of a mosaic of {BIG:,}", MONTHS, costs, MONTHS * server_month(DISK_GB), note)
