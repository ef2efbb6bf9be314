"""What a function's handler took, by the lines that the emulator writes after each invocation, and its memory."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from local.bench.service.deployed import Deployed
from local.bench.service.lines import durations
from local.soak.memory import family, role
from local.terminal import StepError

LINES_SECONDS: Final = 10.0
"""Until the line about an invocation is there."""


def handler_ms(deployed: Deployed, function: str, call: Callable[[], object], repeats: int) -> list[float]:
    """Milliseconds in the handler of each of so many calls, one after the other; the emulator tells whole ones.

    Raises:
        StepError: Not as many lines are there as calls were made.
    """
    since = time.time()
    for _ in range(repeats):
        call()
    deadline = time.monotonic() + LINES_SECONDS
    while len(found := durations(deployed, function, since)) < repeats:
        if time.monotonic() > deadline:
            raise StepError(f"function {function}: expected {repeats} invocations in its log; found {len(found)}")
        time.sleep(0.1)
    return list(found)


def peaks(deployed: Deployed) -> dict[str, int]:
    """The largest resident size so far of any process of each function, bytes, by its short name."""
    short = {physical: name for name, physical in deployed.stack.functions.items()}
    found: dict[str, int] = {}
    for pid in family(deployed.stack.pid):
        name = short.get(role(pid, deployed.stack.pid) or "")
        if name is not None:
            found[name] = max(found.get(name, 0), _peak(pid))
    return found


def _peak(pid: int) -> int:
    """`VmHWM` of a process; 0 if it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
