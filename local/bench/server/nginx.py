"""Starts the server, sets its pause, reads its counts."""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from local import processes
from local.bench.server.configuration import COGS, CONTROL, OTHERS, Place, configuration
from local.bench.tiles import BUCKET
from local.emulator import answers
from local.environment import for_commands
from local.paths import LOCAL
from local.ports import LOOPBACK, free
from local.terminal import StepError, tail

PACKAGES: Final = LOCAL / "nginx"
FOLDER: Final = LOCAL / "bench" / "server"
FILES: Final = LOCAL / "bench" / "cogs"
PORT: Final = 4577
START_SECONDS: Final = 10.0
_SETTLE_SECONDS: Final = 10.0
_QUIET_SECONDS: Final = 0.5
"""Longer than the pause and what a client does between two requests."""
_REST_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What the server was asked, exactly."""

    requests: int = 0
    sent: int = 0
    """Bytes of all answers, their headers included."""


@dataclass
class Counted:
    """Filled in when the block of `Server.counting` has ended."""

    cogs: Counts = Counts()
    """Of the benchmark's bucket."""
    others: Counts = Counts()
    """Of all other buckets."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        """The S3 endpoint."""
        return url(self.port)

    def pause(self, milliseconds: float) -> None:
        """Wait this long before each answer from now on."""
        self._control("POST", f"?pause={milliseconds:g}")

    @contextmanager
    def counting(self) -> Iterator[Counted]:
        """Count what is asked while the block runs; nobody else may ask meanwhile.

        Raises:
            StepError: An answer is still not complete long after the block has ended.
        """
        self._control("POST")
        counted = Counted()
        yield counted
        found = self._settled()
        counted.cogs, counted.others = _counts(found, COGS), _counts(found, OTHERS)

    def rest(self) -> None:
        """Wait until nobody has asked for a tile for a while: a build goes on drawing after it has published.

        Raises:
            StepError: Somebody never stops.
        """
        deadline = time.monotonic() + _REST_SECONDS
        before = -1.0
        while time.monotonic() < deadline:
            started = self._control("GET").get(f"{COGS} started", 0)
            if started == before:
                return
            before = started
            time.sleep(_QUIET_SECONDS)
        raise StepError(f"the benchmark's server: expected an end of requests within {_REST_SECONDS:.0f} s")

    def _settled(self) -> dict[str, float]:
        """The counts once every answer is complete: a client has the last byte before it is counted.

        Of the other buckets an answer to somebody else, which began before the block, may be counted as well.
        """
        deadline = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < deadline:
            found = self._control("GET")
            if all(found.get(f"{of} started", 0) <= found.get(f"{of} finished", 0) for of in (COGS, OTHERS)):
                return found
            time.sleep(0.01)
        raise StepError(f"the benchmark's server: expected all answers complete; found {found}")

    def _control(self, method: str, query: str = "") -> dict[str, float]:
        request = urllib.request.Request(f"{self.url}{CONTROL}{query}", method=method)  # noqa: S310 -- http on loopback
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 -- as above
            found: dict[str, float] = json.loads(response.read())
        return found


def _counts(found: dict[str, float], of: str) -> Counts:
    return Counts(*(int(found.get(f"{of} {name}", 0)) for name in ("finished", "bytes")))


def url(port: int = PORT) -> str:
    """The address of a server on this port."""
    return f"http://{LOOPBACK}:{port}"


@contextmanager
def serving(pause_ms: float, emulator: int | None = None, port: int = PORT) -> Iterator[Server]:
    """Run the server while the block runs.

    Args:
        pause_ms: Milliseconds that each answer waits for.
        emulator: Port of the emulator that has all other buckets.
        port: Where to listen.

    Raises:
        StepError: nginx is not installed, the port is taken, it does not start, or another benchmark is running.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(FOLDER / "lock", timeout=0):
            yield from _served(pause_ms, emulator, port)
    except Timeout:
        raise StepError("another benchmark is running here: wait for its end") from None


def _served(pause_ms: float, emulator: int | None, port: int) -> Iterator[Server]:
    for left in processes.recorded(FOLDER / "processes.json"):
        processes.stop(left, FOLDER)
    if not free(port):
        raise StepError(f"port {port} is taken: end what listens there, or name another one with --port")
    user = "root" if os.geteuid() == 0 else None
    process = _start(Place(port, BUCKET, FILES, FOLDER, PACKAGES, emulator, user=user))
    try:
        server = Server(port)
        _wait(process, server)
        server.pause(pause_ms)
        yield server
    finally:
        processes.stop(process, FOLDER)
        processes.forget(FOLDER / "processes.json", process)


def version() -> str:
    """The version of nginx."""
    told = subprocess.run([_binary(), "-v"], env=_libraries(), capture_output=True, text=True, check=True).stderr
    return told.strip().rpartition("/")[2]


def _binary() -> Path:
    binary = PACKAGES / "usr" / "sbin" / "nginx"
    if not binary.exists():
        raise StepError("nginx is not installed: `make bench` fetches it with apt-get and dpkg-deb, without root")
    return binary


def _libraries() -> dict[str, str]:
    """Where the packages' libraries are, since they are not installed."""
    return {"LD_LIBRARY_PATH": ":".join(sorted({str(each.parent) for each in PACKAGES.glob("**/lib/*/lib*.so*")}))}


def _start(place: Place) -> processes.Recorded:
    binary = _binary()
    place.folder.mkdir(parents=True, exist_ok=True)
    place.files.mkdir(parents=True, exist_ok=True)
    file = place.folder / "nginx.conf"
    file.write_text(configuration(place))
    env = for_commands(place.folder) | _libraries()
    argv: list[str | Path] = [binary, "-e", place.folder / "error.log", "-p", place.folder, "-c", file]
    process, _ = processes.spawn("nginx", argv, place.folder / "nginx.log", env, place.folder)
    processes.record(place.folder / "processes.json", process)
    return process


def _wait(process: processes.Recorded, server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and processes.alive(process):
        if answers(server.url + CONTROL) is not None:
            return
        time.sleep(0.02)
    raise StepError(f"nginx has not started. The end of its log:\n{tail(FOLDER / 'nginx.log')}")
