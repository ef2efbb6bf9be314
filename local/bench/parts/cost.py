"""The part `cost`: requests, units, bytes and GB-seconds of single operations, and what amounts of them cost.

Functions run as built, each operation twice: through a proxy that counts on the wire, and past it under the processor
share of its memory setting, which tells how long it takes.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final, Protocol

from local import aws
from local.bench.functions import shares
from local.bench.functions.process import FunctionProcess, Launch, running
from local.bench.functions.workload import (
    LOG,
    QUEUES,
    Workload,
    fields_of,
    schedule,
    told,
    work_off,
    working,
)
from local.bench.metering.dynamo import DynamoMeter
from local.bench.metering.tally import Tally
from local.bench.metering.wire import counting
from local.bench.parts.run import Figures, Plan
from local.bench.pricing import prices, scenarios
from local.bench.pricing.scenarios import (
    ADD,
    BUILD,
    BUILD_ADDED,
    BULK_ASKED,
    BULK_LISTED,
    BULK_PART,
    CREATE,
    EVENTS,
    EVENTS_SEEN,
    IDLE_RUN,
    PART,
    POLL,
    REGISTRATION,
)
from local.bench.service.changes import INLINE
from local.terminal import StepError, step

STARTED: Final = ("api", "builder", "registrar", "reconciler")
FEWEST: Final = 100
"""Smallest N of the plan's that is looked at: it is that of the scenario."""
TIMED_ONCE: Final = 1000
"""Above this N each operation is timed once; below it is repeated."""
LAMBDA_LOG_BYTES: Final = 400
"""What Lambda itself logs of an invocation: START, END and REPORT, with CloudWatch's 26 bytes for each line."""
ACCESS_LOG_BYTES: Final = 350
"""A line of the gateway's access log."""
LINE_BYTES: Final = 26
"""What CloudWatch adds to each line."""
TAKEN_BY_LAMBDA: Final = 2
"""SQS requests for each batch that Lambda takes: to receive it, and to delete it."""
type Step = tuple[str, float]
"""An operation, and its N."""


class Observer(Protocol):
    """Looks at each operation."""

    def begin(self) -> None:
        """An operation is about to be done."""
        ...

    def seen(self, what: Step, function: FunctionProcess, /) -> None:
        """It was done."""
        ...


@dataclass
class Counter:
    """Counts what goes over the wire, and what is logged."""

    tally: Tally
    log: Path
    found: dict[Step, dict[str, float]] = field(default_factory=dict)
    _logged: int = 0

    def begin(self) -> None:
        """Forget what came before."""
        self.tally.take()
        self._logged = self.log.stat().st_size

    def seen(self, what: Step, _: FunctionProcess) -> None:
        """Keep what was counted."""
        with self.log.open("rb") as log:
            log.seek(self._logged)
            lines = log.read()
        self.found[what] = dict(self.tally.take()) | {"own log bytes": len(lines) + LINE_BYTES * lines.count(b"\n")}


@dataclass
class Timer:
    """Takes times."""

    seconds: dict[Step, list[float]] = field(default_factory=lambda: defaultdict(list))

    def begin(self) -> None:
        """Nothing is kept between operations."""

    def seen(self, what: Step, function: FunctionProcess) -> None:
        """Keep how long it took."""
        self.seconds[what].append(function.last.wall)


@dataclass(frozen=True, slots=True)
class Functions:
    """Running functions, by their short names."""

    api: FunctionProcess
    builder: FunctionProcess
    registrar: FunctionProcess
    reconciler: FunctionProcess


FUNCTION: Final = {
    REGISTRATION: "api",
    BULK_ASKED: "api",
    BULK_LISTED: "registrar",
    BULK_PART: "registrar",
    POLL: "api",
    CREATE: "api",
    ADD: "api",
    BUILD: "builder",
    BUILD_ADDED: "builder",
    EVENTS_SEEN: "registrar",
    IDLE_RUN: "reconciler",
}
"""Which function does an operation."""

QUEUED: Final = dict.fromkeys((BUILD, BUILD_ADDED, BULK_LISTED, BULK_PART), TAKEN_BY_LAMBDA) | {
    EVENTS_SEEN: TAKEN_BY_LAMBDA + EVENTS
}
"""SQS requests of an operation that its own process does not make; EventBridge sends each event."""


def measure(plan: Plan) -> Figures:
    """Do every operation, on mosaics of each N that a body lists from a hundred on; a thousand is added to but one."""
    counts = sorted({FEWEST, *(size for size in plan.sizes if FEWEST <= size <= INLINE)})
    counts = counts if len(counts) > 1 else [FEWEST, 10 * FEWEST]
    with working(plan, max(counts) + 1) as work:
        with step("counting on the wire"):
            counted = _counted(work, counts)
        with step("timing under the memory settings"):
            seconds, memory = _timed(work, counts, plan.repeats)
    operations = {
        name: {
            count: whole(name, counted[name, count], seconds[name, count], memory[FUNCTION[name]])
            for found, count in counted
            if found == name
        }
        for name in FUNCTION
    }
    return {
        "prices": {name: prices.prices()[name] for name in ("region", "as_of", "note")},
        "limited": shares.is_possible(),
        "pause_ms": plan.pause_ms,
        "memory_mb": memory,
        "seconds": {f"{name}, {count}": value for (name, count), value in seconds.items()},
        "operations": {name: {str(count): use for count, use in uses.items()} for name, uses in operations.items()},
        "scenarios": [
            {"name": each.name, "months": each.months, "costs": each.costs, "server": each.server, "note": each.note}
            for each in scenarios.scenarios(operations)
        ],
    }


def whole(name: str, counted: prices.Use, seconds: float, memory_mb: int) -> dict[str, float]:
    """All that an operation uses: what was counted on the wire, and what its invocation is billed for beside that."""
    function = FUNCTION[name]
    asked = 1 if function == "api" else 0
    logged = counted.get("own log bytes", 0.0) + LAMBDA_LOG_BYTES + asked * ACCESS_LOG_BYTES
    return {
        **counted,
        "sqs requests": counted.get("sqs requests", 0.0) + QUEUED.get(name, 0),
        "api gateway requests": asked,
        "lambda invocations": 1,
        "lambda GB-seconds": seconds * memory_mb / prices.MB_PER_GB,
        "log bytes": logged,
        "traces": asked,
    }


def _counted(work: Workload, counts: Sequence[int]) -> dict[Step, dict[str, float]]:
    tally = Tally()
    stack = work.target.stack
    meter = DynamoMeter.of(aws.client("dynamodb", stack.endpoint_url), stack.table, tally)
    with counting(stack.endpoint_url, work.target.server.url, meter, tally) as wire:
        queue = work.queue_url.replace(stack.endpoint_url, wire.url)
        changed = {"AWS_ENDPOINT_URL": wire.url, "AWS_ENDPOINT_URL_S3": wire.url, **dict.fromkeys(QUEUES, queue)}
        launches = {name: work.launch(name, **changed) for name in STARTED}
        observer = Counter(tally, LOG)
        with _functions(work, launches, limited=False) as functions:
            _everything(work, functions, counts, observer)
    return observer.found


def _timed(work: Workload, counts: Sequence[int], repeats: int) -> tuple[dict[Step, float], dict[str, int]]:
    launches = {name: work.launch(name) for name in STARTED}
    timer = Timer()
    with _functions(work, launches, limited=shares.is_possible()) as functions:
        for turn in range(repeats):
            few = [count for count in counts if count <= TIMED_ONCE or turn == 0]
            _everything(work, functions, few, timer)
    memory = {name: int(launch.deployed["MemorySize"]) for name, launch in launches.items()}
    return {what: float(median(seconds)) for what, seconds in timer.seconds.items()}, memory


@contextmanager
def _functions(work: Workload, launches: dict[str, Launch], *, limited: bool) -> Iterator[Functions]:
    """Every function, warm: each has done its work once."""
    with ExitStack() as ending:
        started = {
            name: ending.enter_context(running(launch, LOG, int(launch.deployed["MemorySize"]) if limited else None))
            for name, launch in launches.items()
        }
        functions = Functions(**started)
        _everything(work, functions, (2,), Timer())
        yield functions


def _everything(work: Workload, functions: Functions, counts: Sequence[int], observer: Observer) -> None:
    """Every operation, at every N."""
    observer.begin()
    functions.reconciler.invoke(schedule())
    observer.seen((IDLE_RUN, 1), functions.reconciler)
    events = work.events()
    observer.begin()
    work_off(functions.registrar, events)
    observer.seen((EVENTS_SEEN, 1), functions.registrar)
    event = work.registration()
    observer.begin()
    told(functions.api.invoke(event), 201)
    observer.seen((REGISTRATION, 1), functions.api)
    _bulk(work, functions, observer)
    for count in counts:
        job = _accepted(functions.api, work.creation(count), observer, (CREATE, count))
        message = _built(work, functions, observer, (BUILD, count))
        observer.begin()
        told(functions.api.invoke(work.request("GET", f"/jobs/{job}")), 200)
        observer.seen((POLL, 1), functions.api)
        body = {"source_dataset_id": work.sources[count]}
        added = work.request("POST", f"/ingest/vrt/{message['dataset']}/sources/", body)
        _accepted(functions.api, added, observer, (ADD, count))
        _built(work, functions, observer, (BUILD_ADDED, count))


def _bulk(work: Workload, functions: Functions, observer: Observer) -> None:
    """Ask for a bulk registration, list its prefix, register its one part.

    Raises:
        StepError: Not every object became a new raster.
    """
    token = work.stranger()
    job = _accepted(functions.api, work.bulk(token), observer, (BULK_ASKED, PART))
    for name in (BULK_LISTED, BULK_PART):
        message = work.message()
        observer.begin()
        work_off(functions.registrar, message)
        observer.seen((name, PART), functions.registrar)
    counts = told(functions.api.invoke(work.request("GET", f"/jobs/{job}", token=token)), 200)["registrations"]
    if counts["created"] != PART:
        raise StepError(f"job {job}: expected {PART} new rasters; found {counts}")


def _accepted(api: FunctionProcess, event: Any, observer: Observer, what: Step) -> str:
    observer.begin()
    answer = told(api.invoke(event), 202)
    observer.seen(what, api)
    return str(answer["job_id"])


def _built(work: Workload, functions: Functions, observer: Observer, what: Step) -> Any:
    """Have the message that waits worked off; its fields."""
    message = work.message()
    observer.begin()
    work_off(functions.builder, message)
    observer.seen(what, functions.builder)
    return fields_of(message)
