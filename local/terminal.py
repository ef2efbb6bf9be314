"""One quiet line per step; the full output of a tool goes to a log file."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

TAIL_LINES = 25


class StepError(Exception):
    """A step of the local stack failed; the message says which, and where its log is."""


def say(text: str) -> None:
    """Print one line at once, also into a pipe."""
    print(text, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print `what` and the seconds that it took, or that it failed."""
    started = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"  {what}: failed after {time.monotonic() - started:.1f} s")
        raise
    say(f"  {what}: {time.monotonic() - started:.1f} s")


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log file, or that there is none."""
    if not log.exists():
        return "(no log was written)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def run(what: str, argv: Sequence[str | Path], log: Path, env: Mapping[str, str], cwd: Path) -> None:
    """Run a tool with its output in `log`.

    Raises:
        StepError: It could not be started or its exit code was not 0; the message ends with the log's last lines.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        try:
            done = subprocess.run(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                check=False,
            )
        except OSError as error:
            raise StepError(f"{what}: could not start {argv[0]}: {error}") from error
    if done.returncode:
        where = os.path.relpath(log, cwd)
        raise StepError(f"{what}: exit code {done.returncode}. The end of {where}:\n{tail(log)}")


def fail(error: Exception) -> int:
    """Print why a command ended early; returns its exit code."""
    print(f"error: {error}", file=sys.stderr, flush=True)
    return 1
