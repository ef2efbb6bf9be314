"""One run: the files, the server, and one part after the other, each saved when it has ended."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from local.bench import corpus, results
from local.bench.parts.run import Measure, Run
from local.bench.running import PEERS_PYTHON
from local.bench.server.nginx import PACKAGES, serving
from local.terminal import StepError, say, step

PARTS: Final[Mapping[str, str]] = {
    "heads": "local.bench.parts.heads",
    "assembly": "local.bench.parts.assembly",
    "peers": "local.bench.parts.peers",
    "service": "local.bench.parts.service",
}
"""What a run measures by itself, in this order; each module has `measure(run) -> figures`."""
SEPARATELY: Final = frozenset({"service"})
"""Parts whose server stands before a stack, which they start."""


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


def measure(plan: Plan) -> None:
    """Measure and save every part of the plan.

    Raises:
        StepError: There is no such part, or one could not be measured.
    """
    for part in plan.parts:
        if part not in PARTS:
            raise StepError(f"part {part!r}: expected some of {', '.join(PARTS)}")
    corpus.make(max(plan.sizes))
    versions = _versions()
    for part in plan.parts:
        with step(f"part {part}"):
            results.save(part, _figures(part, plan), versions)
    say(f"  results: {results.PARTS}")


def _figures(part: str, plan: Plan) -> results.Figures:
    if part in SEPARATELY:
        return import_module(PARTS[part]).measure(plan)
    measured: Measure = import_module(PARTS[part]).measure
    with serving(plan.pause_ms, port=plan.port) as server:
        return measured(Run(server, plan.sizes, plan.repeats, plan.limit, plan.pause_ms))


def _versions() -> dict[str, str]:
    """Of the server and of the peers that have an environment of their own."""
    nginx = subprocess.run(
        ["dpkg-deb", "--version"], capture_output=True, text=True, check=False
    )
    return {}
