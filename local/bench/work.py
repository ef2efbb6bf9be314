"""What a measured process does around its work: it reads its task, takes the time, and prints what it found.

It imports nothing but the standard library, so that a peer's process holds the peer alone.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

type Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """What one process shall do.

    Attributes:
        count: How many tiles, from the first on.
        threads: How many at once, where the process decides that.
        output: A file for what it makes.
        repeats: How often, where repeating within one process is fair.
        tiles: Which ones, where the process can do with others; as `local.bench.tiles` names them.
    """

    count: int
    threads: int = 32
    output: str = ""
    repeats: int = 1
    tiles: str = "tiles"

    def text(self) -> str:
        """The task as an argument."""
        return json.dumps(asdict(self))


def main(work: Callable[[Task], Told]) -> None:
    """Do the work of the task in `sys.argv`, and print as one line of JSON what it took.

    `seconds` is wall time after all imports; `cpu` the process's own time meanwhile; `peak` its largest resident size,
    bytes, imports included. What `work` returns goes beside them, or in their place.
    """
    task = Task(**json.loads(sys.argv[1]))
    began, cpu = time.perf_counter(), time.process_time()
    told = work(task)
    found = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "peak": peak()}
    print(json.dumps({**found, **told}), flush=True)


def peak() -> int:
    """The largest resident size of this process so far, bytes; what `getrusage` tells begins with its parent's."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
