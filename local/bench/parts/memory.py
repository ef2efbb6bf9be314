"""The part `memory`: every function under the processor share of each memory setting, and what that costs.

Lambda gives processor time in proportion to memory; a cgroup does so here where root may make one. Elsewhere everything
runs at full speed, and the figures say so.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from local.bench.functions import shares
from local.bench.functions.process import FunctionProcess, Launch, running
from local.bench.functions.workload import LOG, Workload, schedule, told, work_off, working
from local.bench.parts.run import Figures, Plan
from local.bench.pricing.scenarios import EVENTS
from local.terminal import say, step

SIZES: Final = (256, 512, 1024, 1769, 3008)
"""MB. Above 1,769 a function has more than one processor."""
FEW: Final = 100
MANY: Final = 1000

type Prepare = Callable[[Workload, FunctionProcess], Any]
"""Makes an event, with a process of `api` that runs at full speed."""
type Invoke = Callable[[Workload, FunctionProcess, Any], object]


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of invocation.

    Attributes:
        function: Whose.
        name: What is done.
        prepare: Makes its event; not measured.
        invoke: Does it; measured.
        warm: How often in each process, after the first invocation.
    """

    function: str
    name: str
    prepare: Prepare
    invoke: Invoke
    warm: int = 3


def _accepted(count: int) -> Prepare:
    """Have a mosaic of so many sources accepted; its build message."""

    def prepare(work: Workload, api: FunctionProcess) -> Any:
        told(api.invoke(work.creation(count)), 202)
        return work.message()

    return prepare


def _created(work: Workload, api: FunctionProcess, event: Any) -> None:
    told(api.invoke(event), 202)
    work.message()


def _answered(status: int) -> Invoke:
    return lambda _, api, event: told(api.invoke(event), status)


def _worked_off(_: Workload, function: FunctionProcess, event: Any) -> None:
    work_off(function, event)


JOBS: Final = (
    Job("api", "GET /jobs/{id}", lambda work, api: work.request("GET", f"/jobs/{work.job(api)}"), _answered(200), 10),
    Job("api", f"create of {FEW}", lambda work, _: work.creation(FEW), _created),
    Job("api", "register", lambda work, _: work.registration(), _answered(201)),
    Job("builder", f"build of {FEW}", _accepted(FEW), _worked_off),
    Job("builder", f"build of {MANY}", _accepted(MANY), _worked_off, 1),
    Job("registrar", f"{EVENTS} new objects", lambda work, _: work.events(), _worked_off),
    Job("reconciler", "idle run", lambda *_: schedule(), lambda _, reconciler, event: reconciler.invoke(event), 5),
)
"""The first job of a function is also what a fresh process is asked first."""


def measure(plan: Plan) -> Figures:
    """Run every job at every setting, in as many fresh processes as the plan repeats."""
    limited = shares.is_possible()
    if not limited:
        say("no cgroup can be made here (that takes root, and cgroup v1): everything is measured at full speed only")
    with working(plan, MANY) as work, running(work.launch("api"), LOG) as api:
        functions: dict[str, list[Figures]] = defaultdict(list)
        for name in dict.fromkeys(job.function for job in JOBS):
            launch = work.launch(name)
            for size in SIZES if limited else (None,):
                with step(f"{name} with {size or 'all'} MB"):
                    seen = [_process(work, api, launch, size) for _ in range(plan.repeats)]
                    functions[name].append(_row(name, size, seen))
        chosen = {name: int(work.launch(name).deployed["MemorySize"]) for name in functions}
    return {"limited": limited, "pause_ms": plan.pause_ms, "functions": functions, "chosen": chosen}


@dataclass(frozen=True, slots=True)
class _Seen:
    """One process; milliseconds."""

    init: float
    first: float
    wall: Mapping[str, list[float]]
    cpu: Mapping[str, list[float]]
    peak_mb: float


def _row(name: str, size: int | None, seen: list[_Seen]) -> Figures:
    """One function at one setting: medians over its processes."""
    jobs = [job.name for job in JOBS if job.function == name]
    return {
        "memory_mb": size,
        "init_ms": _middle(each.init for each in seen),
        "first_ms": _middle(each.first for each in seen),
        "warm_ms": {job: _middle(ms for each in seen for ms in each.wall[job]) for job in jobs},
        "cpu_ms": {job: _middle(ms for each in seen for ms in each.cpu[job]) for job in jobs},
        "peak_mb": round(max(each.peak_mb for each in seen), 1),
    }


def _middle(values: Iterable[float]) -> float:
    return round(float(median(values)), 1)


def _process(work: Workload, api: FunctionProcess, launch: Launch, size: int | None) -> _Seen:
    """One process of a function: its start, its first invocation, and every job after that."""
    jobs = [job for job in JOBS if job.function == launch.name]
    event = jobs[0].prepare(work, api)
    with running(launch, LOG, size) as function:
        jobs[0].invoke(work, function, event)
        first, wall, cpu = function.last.wall, defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
        for job in [each for each in jobs for _ in range(each.warm)]:
            event = job.prepare(work, api)
            # A share that was used up is full again after a turn.
            time.sleep(2 * shares.PERIOD_US / 1e6)
            job.invoke(work, function, event)
            wall[job.name].append(1000 * function.last.wall)
            cpu[job.name].append(1000 * function.last.cpu)
        return _Seen(1000 * function.init.wall, 1000 * first, wall, cpu, function.peak_mb())
