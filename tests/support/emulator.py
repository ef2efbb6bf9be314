"""A real server process that speaks DynamoDB and SQS, for tests in which threads race."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from local.emulator import HEALTH_PATH, answers, endpoint
from local.environment import for_emulator
from local.paths import EMULATOR_PYTHON, ROOT
from local.ports import any_free

START_SECONDS: Final = 90.0
STOP_SECONDS: Final = 10.0


@contextmanager
def running_emulator(folder: Path) -> Iterator[str]:
    """Start MiniStack on a free loopback port, answer its URL, and stop the process that was started.

    Args:
        folder: Where it may write; its output is `emulator.log` there.

    Raises:
        RuntimeError: It is not installed, or did not answer in time.
    """
    if not EMULATOR_PYTHON.exists():
        raise RuntimeError(f"{EMULATOR_PYTHON} is missing; `make test` installs it")
    port = any_free()
    log = folder / "emulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [EMULATOR_PYTHON, ROOT / "local" / "launcher.py"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=for_emulator(port, endpoint(port), folder),
            cwd=folder,
        )
    try:
        _wait(process, endpoint(port), log)
        yield endpoint(port)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while answers(url + HEALTH_PATH) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the emulator did not answer at {url}:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
