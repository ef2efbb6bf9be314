"""What all parts of a run have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.bench.running import MADE, Outcome, Program, run
from local.bench.server.nginx import Server
from local.bench.work import Task

PAUSE_MS: Final = 20.0
CONCURRENCY: Final = 128
"""What the service has at once, and what the ideal is computed with."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run: its server, and how much of everything.

    Attributes:
        server: The S3 of all sides.
        sizes: Each N.
        repeats: How often what is quick is repeated.
        limit: Seconds that one process may take.
        pause_ms: What the server waits before each answer, milliseconds.
    """

    server: Server
    sizes: Sequence[int]
    repeats: int = 5
    limit: float = 300.0
    pause_ms: float = PAUSE_MS

    def once(self, program: Program, count: int, repeats: int = 1) -> Outcome:
        """One process of a program with so many tiles."""
        name = program.module.rpartition(".")[2]
        task = Task(count, output=str(MADE / f"{name}-{count}.out"), repeats=repeats)
        return run(self.server, program, task, self.limit)

    def several(self, program: Program, count: int) -> list[Outcome]:
        """As many processes of a program as are repeated, one after the other."""
        return [self.once(program, count) for _ in range(self.repeats)]


type Figures = dict[str, Any]
type Measure = Callable[[Run], Figures]
