"""Assembly alone: members in memory to the bytes of a VRT."""

from typing import Final

from local.bench.parts.run import Figures, Run
from local.bench.running import Program
from local.terminal import step

PROGRAM: Final = Program("ours.assembled")


def measure(run: Run) -> Figures:
    """Assemble at each N, repeated within one process, as a warm builder does."""
    with step(f"assembly of {', '.join(f'{count:,}' for count in run.sizes)} tiles"):
        return {"rows": [{"count": count, **run.once(PROGRAM, count, run.repeats).told} for count in run.sizes]}
