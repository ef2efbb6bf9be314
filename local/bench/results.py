"""What was measured: a JSON file per part below `.local/bench/`, written when it has ended; and what `docs/` keeps."""

import json
import mmap
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any, Final

from local.paths import LOCAL, ROOT

FOLDER: Final = LOCAL / "bench"
"""What the benchmark keeps: files, results, environments."""
PARTS: Final = FOLDER / "parts"
"""Parts of runs that are kept, one by one as they ended."""
TRIED: Final = FOLDER / "tried"
"""Those of trials."""
KEPT: Final = ROOT / "docs" / "performance.json"
"""The figures of the document, all parts in one file."""

YARDSTICK_ROUNDS: Final = 9
YARDSTICK_STEPS: Final = 200_000
NEW_MEMORY: Final = 128 * 1024 * 1024

type Figures = Mapping[str, Any]
"""Numbers with their names, JSON all through: seconds, bytes, MB (1e6 bytes), counts. Keys are strings."""

PACKAGES: Final = ("gdal-wheel", "obstore", "boto3", "ministack")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a run.

    Attributes:
        part: Its name: `heads`, `peers`, `cost`, …
        at: When it ended, UTC, ISO 8601.
        machine: What it ran on, as `machine` tells.
        versions: Of Python and of the packages that matter, by name.
        figures: What was measured.
    """

    part: str
    at: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    figures: Figures


def save(part: str, figures: Figures, versions: Mapping[str, str], folder: Path = PARTS) -> Part:
    """Write down the figures of a part, in the place of those of the run before.

    Args:
        part: Its name.
        figures: What was measured.
        versions: Of what else took part, by name.
        folder: Where its file is.

    Returns:
        The part, as `read` gives it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    file = folder / f"{part}.json"
    draft = file.with_suffix(".draft")
    ended = Part(part, now, machine(), {**installed(), **versions}, figures)
    draft.write_text(json.dumps(asdict(ended), indent=1) + "\n")
    draft.replace(file)
    return read(file)


def read(file: Path) -> Part:
    """One part that was measured.

    Raises:
        ValueError: The file is no part.
    """
    try:
        return Part(**json.loads(file.read_text()))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file}: expected the figures of a part; {error}") from error


def kept(file: Path) -> dict[str, Part]:
    """All parts that a document has, by name; none where there is no document yet.

    Args:
        file: The JSON beside it.

    Raises:
        ValueError: It is another kind of file.
    """
    try:
        return {name: Part(**part) for name, part in json.loads(file.read_text())["parts"].items()}
    except FileNotFoundError:
        return {}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{file}: expected the JSON beside a performance.md, with `parts`; {error!r}") from error


def machine() -> dict[str, Any]:
    """Processor, cores that this process may use, memory in GB (1e9 bytes), system, and how busy it is.

    `load` is the mean number of processes that ran or wanted to in the last minute: above the number of cores, seconds
    are those of a machine that others use as well. `yardstick_ms` and `new_memory_ms` tell of others that do not show:
    they are what one and the same piece of work takes.
    """
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(int((_first("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) * 1024 / 1e9),
        "system": f"{platform.system()} {platform.release()}",
        "load": round(os.getloadavg()[0], 1),
        "yardstick_ms": yardstick_ms(),
        "new_memory_ms": new_memory_ms(),
    }


def yardstick_ms() -> float:
    """Milliseconds of processor time for a fixed sum, the median of several: how quick a core is at this moment.

    A virtual machine's cores are shared: the same code was measured to take half as long again an hour later. What
    peers take is mostly waiting for S3, so ratios to them differ as much.
    """
    taken = []
    for _ in range(YARDSTICK_ROUNDS):
        began = time.process_time()
        sum(number * number for number in range(YARDSTICK_STEPS))
        taken.append(1000 * (time.process_time() - began))
    return round(median(taken), 2)


def new_memory_ms() -> float:
    """Milliseconds that it takes to write to memory for the first time, 4 KB apart in 128 MB: what growing costs.

    Once, for what is returned and taken again may be quicker. Beneath a virtual machine even its own free memory may
    have to be fetched: 256 MB were seen to take 220 ms and 870, a second apart, while sums took as long as ever.
    """
    began = time.perf_counter()
    with mmap.mmap(-1, NEW_MEMORY) as memory:
        for place in range(0, NEW_MEMORY, mmap.PAGESIZE):
            memory[place] = 1
        return round(1000 * (time.perf_counter() - began), 1)


def _first(file: str, name: str) -> str | None:
    """The first value of a name in one of the kernel's lists."""
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def installed() -> dict[str, str]:
    """Versions of Python and of the packages that are installed here."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
