"""The stack that benchmarks run beside: one of their own, brought up when it is asked for."""

import os
from typing import Final

from local import stack, state
from local.bench import results
from local.paths import Layout

NAME: Final = os.environ.get("RASTERLOOM_STACK") or "bench-stack"
"""`RASTERLOOM_STACK` names another one."""
FOLDER: Final = results.FOLDER / "functions"
"""For the logs of functions that are measured."""


def bench_stack() -> state.StackState:
    """The stack, deployed from the sources as they are now."""
    return stack.up(Layout(NAME), 0)
