"""The part `memory`: every function under the processor share of each memory setting, and what that costs.

Run as `PYTHONPATH=shared python -m local.bench.memory`; it brings up a stack of its own. Lambda gives processor time in
proportion to memory; a cgroup does so here where root may make one. Elsewhere everything runs at full speed, and the
figures say so.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from local.bench import cgroups, results, workload
from local.bench.function_process import FunctionProcess, Launch, running
from local.bench.stack import FOLDER, bench_stack
from local.bench.workload import Workload, schedule, told
from local.terminal import say, step

PART: Final = "memory"
SIZES: Final = (256, 512, 1024, 1769, 3008)
"""MB. Above 1,769 a function has more than one processor."""
PROCESSES: Final = 3
"""Fresh ones of each function at each setting."""
WARM: Final = 3
"""Invocations of each kind in each process, after the first one."""
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
        warm: How often in each process.
    """

    function: str
    name: str
    prepare: Prepare
    invoke: Invoke
    warm: int = WARM


def _accepted(count: int) -> Prepare:
    """Have a mosaic of so many sources accepted; its build message."""

    def prepare(work: Workload, api: FunctionProcess) -> Any:
        told(api.invoke(work.creation(count)), 202)
        return work.message()

    return prepare


def _created(work: Workload, api: FunctionProcess, event: Any) -> None:
    told(api.invoke(event), 202)
    work.message()


JOBS: Final = (
    Job(
        "api",
        "GET /jobs/{id}",
        lambda work, api: work.request("GET", f"/jobs/{work.job(api)}"),
        lambda _, api, event: told(api.invoke(event), 200),
        warm=10,
    ),
    Job("api", f"POST create, {FEW} sources", lambda work, _: work.creation(FEW), _created),
    Job(
        "api",
        "POST register",
        lambda work, _: work.registration(),
        lambda _, api, event: told(api.invoke(event), 201),
    ),
    Job("builder", f"build of {FEW}", _accepted(FEW), lambda work, builder, event: work.build(builder, event)),
    Job("builder", f"build of {MANY}", _accepted(MANY), lambda work, builder, event: work.build(builder, event), 1),
    Job(
        "reconciler",
        "idle run",
        lambda *_: schedule(),
        lambda _, reconciler, event: reconciler.invoke(event),
        warm=5,
    ),
)
"""The first job of a function is also what a fresh process is asked first."""


def measure(processes: int = PROCESSES) -> results.Figures:
    """Run every job at every setting.

    Args:
        processes: Fresh ones of each function at each setting.
    """
    stack, limited = bench_stack(), cgroups.is_possible()
    if not limited:
        say("no cgroup can be made here (that takes root, and cgroup v1): everything is measured at full speed only")
    spare = len(SIZES) * processes * (WARM + 1)
    with workload.working(stack, FOLDER, MANY, spare) as work, running(work.launch("api"), work.log) as api:
        functions = {}
        for name in dict.fromkeys(job.function for job in JOBS):
            rows = []
            for size in SIZES if limited else (None,):
                with step(f"{name} with {size or 'all'} MB"):
                    rows.append(_row(work, api, name, size, processes))
            functions[name] = rows
    return {"limited": limited, "processes": processes, "functions": functions}


def _row(work: Workload, api: FunctionProcess, name: str, size: int | None, processes: int) -> dict[str, Any]:
    """One function at one setting: medians over its processes."""
    jobs = [job for job in JOBS if job.function == name]
    launch = work.launch(name)
    seen = [_process(work, api, launch, jobs, size) for _ in range(processes)]
    return {
        "memory_mb": size,
        "init_ms": _middle(each.init for each in seen),
        "first_ms": _middle(each.first for each in seen),
        "first": jobs[0].name,
        "warm_ms": {job.name: _middle(ms for each in seen for ms in each.warm[job.name]) for job in jobs},
        "cpu_ms": {job.name: _middle(ms for each in seen for ms in each.cpu[job.name]) for job in jobs},
        "peak_mb": round(max(each.peak_mb for each in seen), 1),
    }


def _middle(values: Any) -> float:
    return round(float(median(values)), 1)


@dataclass(frozen=True, slots=True)
class _Seen:
    init: float
    first: float
    warm: Mapping[str, list[float]]
    cpu: Mapping[str, list[float]]
    peak_mb: float


def _process(work: Workload, api: FunctionProcess, launch: Launch, jobs: list[Job], size: int | None) -> _Seen:
    """One process of a function: its start, its first invocation, and every job after that; milliseconds."""
    event = jobs[0].prepare(work, api)
    with running(launch, work.log, size) as function:
        jobs[0].invoke(work, function, event)
        first = 1000 * function.last.wall
        warm: dict[str, list[float]] = {job.name: [] for job in jobs}
        cpu: dict[str, list[float]] = {job.name: [] for job in jobs}
        for job in jobs:
            for _ in range(job.warm):
                event = job.prepare(work, api)
                # A quota that was used up is full again after a turn.
                time.sleep(2 * cgroups.PERIOD_US / 1e6)
                job.invoke(work, function, event)
                warm[job.name].append(1000 * function.last.wall)
                cpu[job.name].append(1000 * function.last.cpu)
        return _Seen(1000 * function.init.wall, first, warm, cpu, function.peak_mb())


if __name__ == "__main__":
    print(results.save(PART, measure()))
