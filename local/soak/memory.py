"""Memory of a stack's processes over time: of the emulator, and of each function's execution environments."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Final, Self

PROC: Final = Path("/proc")
EVERY: Final = 5.0
"""Seconds between two looks, unless told otherwise."""
FLAT: Final = 1.15
"""How much larger a process may be in the last third of the time than in the second; the first warms up."""
_PAGE: Final = 4096
_FUNCTION: Final = b"AWS_LAMBDA_FUNCTION_NAME="


@dataclass
class Watch:
    """Looks at all processes below one, until it is told to stop."""

    root: int
    """Pid of the emulator."""
    seen: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Role -> bytes of its largest process at each look; resident, as `/proc/PID/statm` counts them."""
    every: float = EVERY
    """Seconds between two looks."""
    _stop: Event = field(default_factory=Event)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self.every):
            largest = dict[str, int]()
            for pid in family(self.root):
                found = role(pid, self.root)
                if found:
                    largest[found] = max(largest.get(found, 0), _resident(pid))
            for name, size in largest.items():
                self.seen[name].append(size)

    def growth(self) -> dict[str, tuple[float, float, float]]:
        """Role -> median MB in the second and in the last third of the looks, and the most at any time."""
        return {role: (*_thirds(sizes), max(sizes) / 1e6) for role, sizes in sorted(self.seen.items())}


def _thirds(sizes: Sequence[int]) -> tuple[float, float]:
    third = max(1, len(sizes) // 3)
    return median(sizes[-2 * third : -third] or sizes) / 1e6, median(sizes[-third:]) / 1e6


def family(root: int) -> Iterator[int]:
    """A process and all that descend from it."""
    children = defaultdict[int, list[int]](list)
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children[int(fields[1])].append(int(stat.parent.name))
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children[pid]


def role(pid: int, root: int) -> str | None:
    """`emulator`, the name of a function, or None for a process between them, such as a shell."""
    if pid == root:
        return "emulator"
    try:
        if b"awslambdaric" not in (PROC / str(pid) / "cmdline").read_bytes().split(b"\0"):
            return None
        names = [each for each in (PROC / str(pid) / "environ").read_bytes().split(b"\0") if each.startswith(_FUNCTION)]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return names[0].removeprefix(_FUNCTION).decode() if names else None


def _resident(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0
