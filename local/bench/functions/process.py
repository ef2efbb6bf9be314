"""A built function as a process: its layers, the real runtime interface client, and what it uses of time and memory.

It runs beside the deployed stack, with its environment and its role's permissions, and without bubblewrap, whose start
is no part of a function's.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local import function_process, template
from local.bench.functions import shares
from local.function_process import logical_id, started
from local.isolation import INTERPRETER
from local.paths import BUILT, RUNTIME
from local.processes import PROC
from local.runtime_api import RuntimeApi, runtime_api
from local.state import StackState

INIT_SECONDS: Final = 60.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Use:
    """What one step of a process took.

    Attributes:
        wall: Seconds.
        cpu: Seconds of processor time, user and system.
    """

    wall: float
    cpu: float


@dataclass
class FunctionProcess:
    """A running function.

    Attributes:
        api: Hands it its invocations.
        init: From its start until it asked for the first one.
    """

    api: RuntimeApi
    init: Use
    last: Use = field(default_factory=lambda: Use(0.0, 0.0))
    """What the last invocation took."""

    def invoke(self, event: Any) -> Any:
        """Invoke it; `last` is what that took. Raises as `RuntimeApi.invoke` does."""
        start, used = time.perf_counter(), cpu_seconds(self.api.pid)
        answer = self.api.invoke(event)
        self.last = Use(time.perf_counter() - start, cpu_seconds(self.api.pid) - used)
        return answer

    def peak_mb(self) -> float:
        """The most memory that it ever had resident, in units of 1,000,000 bytes."""
        status = (PROC / str(self.api.pid) / "status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, in steps of a clock tick (10 ms)."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def python_path(name: str) -> list[Path]:
    """The folders that a built function imports from beside its own: its layers, then the runtime."""
    described = template.load(BUILT / "template.yaml")
    folders = template.layer_folders(described, BUILT)
    (layers,) = (each.layers for each in template.functions(described, BUILT) if each.logical_id == logical_id(name))
    return [*(folders[layer] / "python" for layer in layers), RUNTIME]


def environment(stack: StackState, deployed: Any, name: str, s3_url: str) -> dict[str, str]:
    """What Lambda sets by itself, what the template gives the function, and where S3 is."""
    variables: dict[str, str] = deployed["Environment"]["Variables"]
    own = {
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(map(str, python_path(name))),
        "LAMBDA_TASK_ROOT": str(BUILT / logical_id(name)),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{deployed['FunctionName']}",
        "AWS_ENDPOINT_URL_S3": s3_url,
    }
    return variables | function_process.environment(stack, deployed, "bench") | own


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a function.

    Attributes:
        name: Its short name.
        deployed: What Lambda knows of it.
        environment: Its environment, without the address of its Runtime API.
        options: Options of the interpreter.
    """

    name: str
    deployed: Any
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, stack: StackState, name: str, s3_url: str, *options: str) -> "Launch":
        """Ask the stack.

        Args:
            stack: Where the function is deployed.
            name: Its short name.
            s3_url: Address of the S3 that it shall use.
            *options: Of the interpreter.
        """
        deployed = function_process.configuration(stack, name)
        return cls(name, deployed, environment(stack, deployed, name, s3_url), options)


@contextmanager
def running(launch: Launch, log: Path, memory_mb: int | None = None) -> Iterator[FunctionProcess]:
    """Start a function, wait until it asks for an invocation, and end it after the block.

    Args:
        launch: Which.
        log: Takes its output.
        memory_mb: Gives it the share of the processor of this memory setting; None gives it all.

    Raises:
        TimeoutError: It asked for nothing in time.
    """
    with ExitStack() as stack:
        api = stack.enter_context(runtime_api(launch.deployed["FunctionArn"], launch.deployed["Timeout"]))
        output = stack.enter_context(log.open("ab"))
        argv = [str(INTERPRETER), "-S", *launch.options, "-m", "awslambdaric", launch.deployed["Handler"]]
        if memory_mb is not None:
            group = stack.enter_context(shares.share(memory_mb))
            argv = ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group), *argv]
        start = time.perf_counter()
        stack.enter_context(started(argv, BUILT / logical_id(launch.name), launch.environment, output, api))
        if not api.asked.wait(INIT_SECONDS):
            raise TimeoutError(f"{launch.name}: not initialized within {INIT_SECONDS} s; see {log}")
        yield FunctionProcess(api, Use(time.perf_counter() - start, cpu_seconds(api.pid)))
