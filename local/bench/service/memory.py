"""How much memory the stack's functions have taken."""

from pathlib import Path

from local.bench.service.deployed import Deployed
from local.soak.memory import family, role


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
