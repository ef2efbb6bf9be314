"""Assembly alone: members in memory to the bytes of a VRT."""

from typing import Final

from local.bench.parts.run import Figures, Plan, Run, often
from local.bench.running import Program
from local.bench.server.nginx import serving
from local.terminal import say

PROGRAM: Final = Program("ours.assembled")


def measure(plan: Plan) -> Figures:
    """Assemble at each N, repeated within one process, as a warm builder does."""
    with serving(plan.pause_ms, port=plan.port) as server:
        return {"rows": [_row(Run(server, plan), count) for count in plan.sizes]}


def _row(run: Run, count: int) -> Figures:
    told = run.once(PROGRAM, count, often(run.plan, count)).told
    say(f"    {count:,}: {min(told['seconds']):.3f} s")
    return {"count": count, **told}
