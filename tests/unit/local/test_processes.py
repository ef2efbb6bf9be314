"""What was started is stopped, and nothing else: also after a crash."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import processes
from local.processes import Recorded

_SLEEP = "import time; time.sleep(60)"


def _eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "stack"


@pytest.fixture
def parent(folder: Path, tmp_path: Path) -> Iterator[tuple[Recorded, int]]:
    """A leader with a child that ignores SIGTERM; both know the stack's folder from their environment."""
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_SLEEP}"
    script = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {deaf!r}])
print(child.pid, flush=True)
time.sleep(60)
"""
    log = tmp_path / "log"
    env = os.environ | {"STACK": str(folder)}
    process, popen = processes.spawn("leader", [sys.executable, "-c", script], log, env, tmp_path)
    assert _eventually(lambda: log.read_text().strip().isdigit())
    child = int(log.read_text())
    assert _eventually(lambda: _ignores_sigterm(child))
    yield process, child
    processes.stop(process, folder)
    popen.wait()


def _ignores_sigterm(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigIgn"))
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


def test_a_process_and_its_descendants_are_ended(parent: tuple[Recorded, int], folder: Path) -> None:
    process, child = parent
    assert processes.stop(process, folder) == 2
    assert not processes.alive(process)
    assert processes.start_time(child) is None


def test_descendants_of_a_crashed_leader_are_ended(parent: tuple[Recorded, int], folder: Path) -> None:
    process, child = parent
    os.kill(process.pid, signal.SIGKILL)
    assert _eventually(lambda: not processes.alive(process))
    assert processes.start_time(child) is not None
    assert processes.stop(process, folder) == 1
    assert processes.start_time(child) is None


def test_descendants_of_another_folder_are_left_alone(parent: tuple[Recorded, int], tmp_path: Path) -> None:
    process, child = parent
    os.kill(process.pid, signal.SIGKILL)
    assert _eventually(lambda: not processes.alive(process))
    assert processes.stop(process, tmp_path / "other") == 0
    assert processes.start_time(child) is not None


def test_a_pid_that_was_given_out_again_is_left_alone(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _SLEEP], start_new_session=True) as stranger:
        started = processes.start_time(stranger.pid)
        assert started is not None
        assert processes.stop(Recorded("emulator", stranger.pid, started - 1), folder) == 0
        assert stranger.poll() is None
        stranger.kill()


def test_stopping_what_is_gone_does_nothing(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as short:
        started = processes.start_time(short.pid) or 0
    assert processes.stop(Recorded("issuer", short.pid, started), folder) == 0


def test_what_was_recorded_can_be_read_and_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "stack" / "processes.json"
    first, second = Recorded("emulator", 1, 2), Recorded("issuer", 3, 4)
    for process in (first, second):
        processes.record(file, process)
    assert processes.recorded(file) == [first, second]
    processes.forget(file, first)
    assert processes.recorded(file) == [second]


def test_a_torn_record_counts_as_none(tmp_path: Path) -> None:
    file = tmp_path / "processes.json"
    processes.record(file, Recorded("emulator", 1, 2))
    file.write_text(file.read_text()[:20])
    assert processes.recorded(file) == []
