"""The processes of a stack: MiniStack and the token issuer, and the ticker once something is deployed."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from local import issuer
from local.environment import RECONCILE_SECONDS, for_commands, for_emulator
from local.paths import EMULATOR_PYTHON, ROOT, Layout
from local.ports import LOOPBACK, choose
from local.processes import Recorded, forget, record, recorded, spawn, stop
from local.terminal import StepError, tail

TICKER = "ticker"
HEALTH_PATH = "/_ministack/health"
START_SECONDS = 20.0
_ATTEMPTS = 3
_POLL_SECONDS = 0.05


def answers(url: str, seconds: float = 2.0) -> int | None:
    """The HTTP status of a GET; None if nothing answered within `seconds`."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as response:  # noqa: S310 -- http on loopback
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def endpoint(port: int) -> str:
    """The URL of everything that the emulator serves."""
    return f"http://{LOOPBACK}:{port}"


def _wait(popen: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and popen.poll() is None:
        if answers(url) == HTTPStatus.OK:
            return True
        time.sleep(_POLL_SECONDS)
    return False


@dataclass(frozen=True, slots=True)
class _Server:
    """How to start one server and to ask whether it answers; each callable takes the port."""

    role: str
    argv: Callable[[int], Sequence[str | Path]]
    env: Callable[[int], dict[str, str]]
    health: Callable[[int], str]


def _start(layout: Layout, server: _Server, preferred: int) -> tuple[Recorded, int]:
    """Start a server on the preferred port or a free one.

    Another process may take the port between the choice and the start, so a failure is tried again on another port.
    """
    log = layout.log(server.role)
    for attempt in range(_ATTEMPTS):
        port = choose(preferred if attempt == 0 else 0)
        process, popen = spawn(server.role, server.argv(port), log, server.env(port), ROOT)
        record(layout.processes_file, process)
        if _wait(popen, server.health(port)):
            return process, port
        end(layout, process)
        popen.wait()
    raise StepError(f"{server.role}: did not answer in {START_SECONDS:.0f} s. The end of {log}:\n{tail(log)}")


def end(layout: Layout, process: Recorded) -> int:
    """End a recorded process with its descendants; returns how many processes there were."""
    ended = stop(process, layout.folder)
    forget(layout.processes_file, process)
    return ended


def start_emulator(layout: Layout, preferred: int) -> tuple[Recorded, int]:
    """Start MiniStack; returns its process and its port."""
    layout.scratch.mkdir(parents=True, exist_ok=True)
    server = _Server(
        "emulator",
        lambda _: [EMULATOR_PYTHON, ROOT / "local" / "launcher.py"],
        lambda port: for_emulator(port, endpoint(port), layout.scratch),
        lambda port: endpoint(port) + HEALTH_PATH,
    )
    return _start(layout, server, preferred)


def start_issuer(layout: Layout, preferred: int) -> tuple[Recorded, int]:
    """Start the token issuer; returns its process and its port."""
    server = _Server(
        "issuer",
        lambda port: [sys.executable, "-m", "local.issuer", str(port)],
        lambda _: for_commands(layout.folder),
        lambda port: issuer.url(port) + issuer.DISCOVERY_PATH,
    )
    return _start(layout, server, preferred)


def start_ticker(layout: Layout) -> None:
    """Start the ticker of a deployed stack, in place of the one that runs."""
    for process in recorded(layout.processes_file):
        if process.role == TICKER:
            end(layout, process)
    argv = [sys.executable, "-m", "local.ticker", layout.name, RECONCILE_SECONDS]
    record(layout.processes_file, spawn(TICKER, argv, layout.log(TICKER), for_commands(layout.folder), ROOT)[0])
