"""What shall be measured, and what all parts of a run have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.bench.running import MADE, Outcome, Program, run
from local.bench.server.nginx import Server
from local.bench.work import Task

CONCURRENCY: Final = 128
"""What the service has at once, and what the ideal is computed with."""
ADMITTED: Final = 500
"""Sources of the create whose admission is held against one round of HEADs."""

SIZES: Final = (10, 100, 1_000, 10_000, 100_000)
"""Each N of a whole run, at the least."""
REPEATS: Final = 5
PAUSE_MS: Final = 20.0
LIMIT_SECONDS: Final = 300.0

MOST_REPEATED: Final = 1_000
"""Above this N everything is done twice at most."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall be measured, as the command line says.

    Attributes:
        parts: Their names.
        sizes: Each N.
        repeats: How often what is quick is repeated.
        limit: Seconds for one process.
        pause_ms: What S3 waits before each answer, milliseconds.
        port: The server's.
        stack: The name of the stack that answers requests.
    """

    parts: Sequence[str]
    sizes: Sequence[int]
    repeats: int
    limit: float
    pause_ms: float
    port: int
    stack: str


@dataclass(frozen=True, slots=True)
class Run:
    """A plan at work: the S3 of all sides, and processes that use it."""

    server: Server
    plan: Plan

    def once(self, program: Program, count: int, repeats: int = 1) -> Outcome:
        """One process of a program with so many tiles."""
        name = program.module.rpartition(".")[2]
        task = Task(count, output=str(MADE / f"{name}-{count}.out"), repeats=repeats)
        return run(self.server, program, task, self.plan.limit)

    def several(self, program: Program, count: int) -> list[Outcome]:
        """As many processes of a program as are repeated, one after the other."""
        return [self.once(program, count) for _ in range(often(self.plan, count))]


def often(plan: Plan, count: int) -> int:
    """How often what is done with so many tiles is repeated."""
    return plan.repeats if count <= MOST_REPEATED else min(plan.repeats, 2)


type Figures = dict[str, Any]
type Measure = Callable[[Plan], Figures]
