"""The part `coldstart`: init and first answers of the built functions, by the real runtime interface client."""

import re
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from local.bench.functions.process import FunctionProcess, Launch, Use, running
from local.bench.functions.workload import LOG, Workload, told, working
from local.bench.parts.run import Figures, Plan
from local.isolation import INTERPRETER
from local.paths import RUNTIME

PROCESSES: Final = 3
"""Fresh ones of each kind, for each repetition of the plan."""
SOURCES: Final = 100
FUNCTIONS: Final = ("api", "builder", "reconciler", "registrar")
GET: Final = "GET /jobs/{id}"
_IMPORT: Final = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")
FEW_MS: Final = 2.0
"""Packages that take less are told together."""

type Ask = Callable[[FunctionProcess, Workload], object]


def _create(count: int) -> Ask:
    def ask(api: FunctionProcess, work: Workload) -> None:
        told(api.invoke(work.creation(count)), 202)
        work.message()

    return ask


ANSWERS: Final[Mapping[str, Ask]] = {
    "GET /healthz": lambda api, work: told(api.invoke(work.request("GET", "/healthz")), 200),
    GET: lambda api, work: told(api.invoke(work.request("GET", f"/jobs/{work.waiting}")), 200),
    "POST /ingest/raster/register": lambda api, work: told(api.invoke(work.registration()), 201),
    "POST /ingest/vrt/create, 2 sources": _create(2),
    f"POST /ingest/vrt/create, {SOURCES} sources": _create(SOURCES),
}
"""What a fresh process is asked first."""


@dataclass
class Timings:
    """The same step of many processes.

    Attributes:
        uses: What each took.
    """

    uses: list[Use] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Medians and least ones, in milliseconds."""
        walls, cpus = [1000 * use.wall for use in self.uses], [1000 * use.cpu for use in self.uses]
        return {
            "wall_ms": round(median(walls), 1),
            "least_wall_ms": round(min(walls), 1),
            "cpu_ms": round(median(cpus), 1),
            "runs": len(self.uses),
        }


def measure(plan: Plan) -> Figures:
    """Start every function again and again."""
    runs = PROCESSES * plan.repeats
    with working(plan, SOURCES) as work:
        api = work.launch("api")
        with running(api, LOG) as process:
            work.job(process)
        present = [name for name in FUNCTIONS if name in work.target.stack.functions]
        return {
            "pause_ms": plan.pause_ms,
            "interpreter": _bare(runs, "pass").figures(),
            "runtime_client": _bare(runs, "import awslambdaric.__main__").figures(),
            "init": {name: _inits(work.launch(name), runs) for name in present},
            "first": {name: _first(api, work, ask, runs) for name, ask in ANSWERS.items()},
            "imports": _imports(work),
        }


def _bare(runs: int, code: str) -> Timings:
    """What the interpreter itself takes to run one line, in wall time alone."""
    timings = Timings()
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([INTERPRETER, "-S", "-c", code], env={"PYTHONPATH": str(RUNTIME)}, check=True)
        timings.uses.append(Use(time.perf_counter() - start, 0.0))
    return timings


def _inits(launch: Launch, runs: int) -> Figures:
    timings, peaks = Timings(), []
    for _ in range(runs):
        with running(launch, LOG) as function:
            timings.uses.append(function.init)
            peaks.append(function.peak_mb())
    return timings.figures() | {"peak_mb": round(max(peaks), 1)}


def _first(launch: Launch, work: Workload, ask: Ask, runs: int) -> Figures:
    """The first answer of fresh processes, the same with their initialization, and the answer after."""
    first, both, later, peaks = Timings(), Timings(), Timings(), []
    for _ in range(runs):
        with running(launch, LOG) as api:
            ask(api, work)
            first.uses.append(api.last)
            both.uses.append(Use(api.init.wall + api.last.wall, api.init.cpu + api.last.cpu))
            ask(api, work)
            later.uses.append(api.last)
            peaks.append(api.peak_mb())
    return {
        "first": first.figures(),
        "with_init": both.figures(),
        "second": later.figures(),
        "peak_mb": round(max(peaks), 1),
    }


def _imports(work: Workload) -> dict[str, Any]:
    """Milliseconds of imports by package: until the first invocation is asked for, and of the first `GET /jobs/{id}`.

    The measuring itself takes a part of this.
    """
    log = LOG.with_name("imports.log")
    log.write_bytes(b"")
    with running(work.launch("api", "-X", "importtime"), log) as api:
        before = log.read_text()
        ANSWERS[GET](api, work)
        after = log.read_text()[len(before) :]
    return {"init": by_package(before), f"first {GET}": by_package(after)}


def by_package(log: str) -> dict[str, float]:
    """Milliseconds by package out of what `-X importtime` prints, the longest first; of ours by part.

    Args:
        log: Lines such as `import time:       129 |       2195 | jmespath`: microseconds of the module itself, then
            with all that it imported.
    """
    taken: dict[str, float] = {}
    for own, module in _IMPORT.findall(log):
        name = ".".join(module.split(".")[: 2 if module.startswith("rasterloom.") else 1])
        taken[name] = taken.get(name, 0.0) + int(own) / 1000
    long = {name: round(ms, 1) for name, ms in sorted(taken.items(), key=lambda item: -item[1]) if ms >= FEW_MS}
    rest = sum(ms for ms in taken.values() if ms < FEW_MS)
    return {**long, "all others": round(rest, 1), "all": round(sum(taken.values()), 1)}
