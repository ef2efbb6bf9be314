"""Runs one measured process: its environment, its limit of time, its answer, and what the server counted of it."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local.bench.results import FOLDER
from local.bench.server.nginx import Counts, Server
from local.bench.work import Task
from local.environment import for_commands
from local.paths import ROOT
from local.terminal import StepError, tail

PYTHON: Final = ROOT / ".venv" / "bin" / "python"
PEERS_PYTHON: Final = FOLDER / "venv" / "bin" / "python"
MADE: Final = FOLDER / "made"
"""What measured processes write."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one process: what it told of itself, and what the server counted meanwhile."""

    told: Mapping[str, Any]
    counts: Counts


class TooSlowError(Exception):
    """A process did not end within its limit."""


@dataclass(frozen=True, slots=True)
class Program:
    """A module that does measured work.

    Attributes:
        module: Its name below `local.bench`.
        settings: Environment variables of its own.
        python: The interpreter of the environment that has what it imports.
    """

    module: str
    settings: Mapping[str, str] = field(default_factory=dict)
    python: Path = PYTHON


def environment(server: Server, settings: Mapping[str, str]) -> dict[str, str]:
    """What every measured process has in its environment: the server as its S3, credentials, no proxy."""
    return (
        for_commands(FOLDER)
        | {
            "AWS_ENDPOINT_URL_S3": server.url,
            "AWS_S3_ENDPOINT": server.url.removeprefix("http://"),
            "AWS_HTTPS": "NO",
            "AWS_VIRTUAL_HOSTING": "FALSE",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "shared")]),
        }
        | dict(settings)
    )


def run(server: Server, program: Program, task: Task, limit: float) -> Outcome:
    """Run a program in a process of its own, and count its requests.

    Args:
        server: The S3 that it uses; nobody else may use it meanwhile.
        program: What runs.
        task: Its work.
        limit: Seconds, its start included.

    Raises:
        TooSlowError: It did not end in time, and was ended.
        StepError: It failed.
    """
    what = f"{program.module} with {task.count} tiles"
    log = MADE / f"{program.module.rpartition('.')[2]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    argv = [str(program.python), "-m", f"local.bench.{program.module}", task.text()]
    with server.counting() as counted, log.open("w") as errors:
        try:
            done = subprocess.run(
                argv,
                cwd=ROOT,
                env=environment(server, program.settings),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                timeout=limit,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TooSlowError(f"{what}: more than {limit:g} s") from error
    if done.returncode:
        raise StepError(f"{what}: exit code {done.returncode}. The end of its errors:\n{tail(log)}")
    return Outcome(json.loads(done.stdout.splitlines()[-1]), counted.cogs)
