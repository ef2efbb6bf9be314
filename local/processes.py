"""Start processes that outlive the command, and stop exactly those: also after a crash of either side.

A pid alone does not name a process, because the kernel gives it out again. It is ours when its start time (clock ticks
since boot, field 22 of `/proc/PID/stat`, see proc(5)) is the recorded one. Each process leads a session of its own, and
the kernel does not give out a pid that still names a session; so the members of a recorded session that also mention
this stack's folder are its descendants, even when the leader is gone.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PROC = Path("/proc")
GRACE_SECONDS = 3.0
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Recorded:
    """A started process: its role, its pid and its start time in clock ticks since boot."""

    role: str
    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class _Stat:
    state: str
    session: int
    started: int


def _stat(pid: int) -> _Stat | None:
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name stands in parentheses and may hold anything; the fields after the last one are numbered from 3.
    fields = text.rpartition(")")[2].split()
    return _Stat(state=fields[0], session=int(fields[3]), started=int(fields[19]))


def start_time(pid: int) -> int | None:
    """Clock ticks since boot at which a running process began; None if there is none (a zombie does not run)."""
    stat = _stat(pid)
    return None if stat is None or stat.state in "ZX" else stat.started


def alive(process: Recorded) -> bool:
    """Whether this very process still runs."""
    return start_time(process.pid) == process.started


def spawn(
    role: str, argv: Sequence[str | Path], log: Path, env: Mapping[str, str], cwd: Path
) -> tuple[Recorded, subprocess.Popen[bytes]]:
    """Start a process as the leader of a session of its own, with its output in `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    return Recorded(role, popen.pid, start_time(popen.pid) or 0), popen


def _write(file: Path, processes: Sequence[Recorded]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps([asdict(process) for process in processes], indent=1))
    draft.replace(file)


def record(file: Path, process: Recorded) -> None:
    """Write down what was started, beside what already is."""
    _write(file, [*recorded(file), process])


def forget(file: Path, process: Recorded) -> None:
    """Take back what `record` wrote about a process that has ended."""
    _write(file, [other for other in recorded(file) if other != process])


def recorded(file: Path) -> list[Recorded]:
    """What `record` wrote; nothing if there is no such file or it is not whole."""
    try:
        return [Recorded(**entry) for entry in json.loads(file.read_text())]
    except (FileNotFoundError, ValueError, TypeError):
        return []


def _mentions(pid: int, folder: Path) -> bool:
    needle = os.fsencode(folder)
    for name in ("cmdline", "environ"):
        try:
            if needle in (PROC / str(pid) / name).read_bytes():
                return True
        except OSError:
            continue
    return False


def members(process: Recorded, folder: Path) -> Iterator[int]:
    """The pids that are left of a recorded process and its descendants, the leader first."""
    leader = start_time(process.pid)
    if leader == process.started:
        yield process.pid
    elif leader is not None:
        return
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == process.pid:
            continue
        stat = _stat(int(entry.name))
        if stat is None or stat.session != process.pid or stat.state in "ZX":
            continue
        if stat.started >= process.started and _mentions(int(entry.name), folder):
            yield int(entry.name)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def stop(process: Recorded, folder: Path, grace: float = GRACE_SECONDS) -> int:
    """Ask a recorded process to end, then end what is left of its session; returns how many processes there were."""
    found = list(members(process, folder))
    if process.pid in found:
        _signal(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while alive(process) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    while left := list(members(process, folder)):
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)
    return len(found)
