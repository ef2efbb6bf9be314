"""The part `coldstart`: initialization and first answers, by the real runtime interface client over the built layers.

Run as `PYTHONPATH=shared python -m local.bench.coldstart`; it brings up a stack of its own.
"""

import re
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from local.bench import results, workload
from local.bench.function_process import FunctionProcess, Launch, Use, running
from local.bench.stack import FOLDER, bench_stack
from local.bench.workload import Workload, told
from local.isolation import INTERPRETER
from local.paths import RUNTIME

PART: Final = "coldstart"
RUNS: Final = 15
TILES: Final = 100
FUNCTIONS: Final = ("api", "builder", "reconciler", "registrar")
NO_JOB: Final = "f3c1b2a4-9d8e-4c7b-a6f5-0e1d2c3b4a59"
_IMPORT: Final = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")
FEW_MS: Final = 2.0
"""Packages that take less are told together."""

type Ask = Callable[[FunctionProcess, Workload], object]

ANSWERS: Final[Mapping[str, Ask]] = {
    "GET /healthz": lambda api, work: told(api.invoke(work.request("GET", "/healthz")), 200),
    "GET /jobs/{id}": lambda api, work: told(api.invoke(work.request("GET", f"/jobs/{NO_JOB}")), 404),
    "POST /ingest/raster/register": lambda api, work: work.register(api),
    "POST /ingest/vrt/create, 2 sources": lambda api, work: told(api.invoke(work.creation(2)), 202),
    "POST /ingest/vrt/create, 100 sources": lambda api, work: told(api.invoke(work.creation(TILES)), 202),
}
"""What a fresh process is asked first. Of a job that there is none of, DynamoDB is asked all the same."""


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
            "least_cpu_ms": round(min(cpus), 1),
            "runs": len(self.uses),
        }


def measure(runs: int = RUNS) -> results.Figures:
    """Start every function again and again.

    Args:
        runs: Processes of each kind.
    """
    stack = bench_stack()
    with workload.working(stack, FOLDER, TILES, spare=2 * runs) as work:
        launches = {name: work.launch(name) for name in FUNCTIONS if name in stack.functions}
        return {
            "runs": runs,
            "interpreter": _bare(runs, "pass").figures(),
            "runtime_client": _bare(runs, "import awslambdaric.__main__").figures(),
            "init": {name: _inits(launch, work, runs) for name, launch in launches.items()},
            "first": {name: _first(launches["api"], work, ask, runs) for name, ask in ANSWERS.items()},
            "imports": _imports(work),
        }


def _bare(runs: int, code: str) -> Timings:
    """What the interpreter itself takes to run one line, in wall time alone."""
    timings = Timings()
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(
            [INTERPRETER, "-S", "-c", code],
            env={"PYTHONPATH": str(RUNTIME)},
            check=True,
        )
        timings.uses.append(Use(time.perf_counter() - start, 0.0))
    return timings


def _inits(launch: Launch, work: Workload, runs: int) -> dict[str, float]:
    timings, peaks = Timings(), []
    for _ in range(runs):
        with running(launch, work.log) as function:
            timings.uses.append(function.init)
            peaks.append(function.peak_mb())
    return timings.figures() | {"peak_mb": round(max(peaks), 1)}


def _first(launch: Launch, work: Workload, ask: Ask, runs: int) -> dict[str, Any]:
    """The first answer of fresh processes, the same with their initialization, and the answers after."""
    first, both, later, peaks = Timings(), Timings(), Timings(), []
    for _ in range(runs):
        with running(launch, work.log) as api:
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


def _imports(work: Workload) -> dict[str, dict[str, float]]:
    """Milliseconds of imports by package: until the first invocation is asked for, and of the first `GET /jobs/{id}`.

    The measuring itself takes a part of this.
    """
    log = work.log.with_name("imports.log")
    log.write_bytes(b"")
    with running(work.launch("api", "-X", "importtime"), log) as api:
        before = log.read_text()
        ANSWERS["GET /jobs/{id}"](api, work)
        after = log.read_text()[len(before) :]
    return {"init": by_package(before), "first GET /jobs/{id}": by_package(after)}


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
    rest = sum(taken.values()) - sum(ms for ms in taken.values() if ms >= FEW_MS)
    return {**long, "all others": round(rest, 1), "all": round(sum(taken.values()), 1)}


if __name__ == "__main__":
    print(results.save(PART, measure()))
