"""The deployed functions as processes of the tests' own: built code, merged layers, the real runtime interface client.

What runs is the bootstrap that the stack deployed, so `/var/task`, `/opt` and the environment are as there; each
process has the permissions of its function's role, and nothing else.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from local import aws
from local.paths import Layout
from local.runtime_api import FunctionError, RuntimeApi, runtime_api
from local.state import StackState

END_SECONDS: Final = 10.0
LOG_TAIL: Final = 4000


def configuration(stack: StackState, name: str) -> Any:
    """What Lambda knows of a function (`GetFunctionConfiguration`), by its short name."""
    client = aws.client("lambda", stack.endpoint_url)
    return client.get_function_configuration(FunctionName=stack.functions[name])


def _environment(stack: StackState, deployed: Any, address: str) -> dict[str, str]:
    """What Lambda sets by itself, and where bash finds its tools; the bootstrap passes on what it knows by name."""
    role = aws.client("sts", stack.endpoint_url).assume_role(RoleArn=deployed["Role"], RoleSessionName="events")
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "AWS_ACCESS_KEY_ID": role["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": role["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": role["Credentials"]["SessionToken"],
        "AWS_REGION": stack.region,
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": deployed["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": deployed["Version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(deployed["MemorySize"]),
        "AWS_LAMBDA_LOG_STREAM_NAME": "events",
        "_HANDLER": deployed["Handler"],
    }


@contextmanager
def running_function(
    stack: StackState, name: str, folder: Path, changed: Mapping[str, str] | None = None
) -> Iterator[RuntimeApi]:
    """Run a function while the block runs; it ends with the process group that was started, and nothing else does.

    Args:
        stack: Where it is deployed.
        name: Its short name.
        folder: For its log and its temporary files.
        changed: Environment variables that are others than in the stack.

    Raises:
        FunctionError: It raised, and the block let that pass; the end of the log is a note on it.
    """
    deployed = configuration(stack, name)
    task = Layout(stack.name).artifacts / f"{name.capitalize()}Function"
    log = folder / f"{name}.log"
    with runtime_api(deployed["FunctionArn"], deployed["Timeout"]) as api, log.open("wb") as output:
        environment = _environment(stack, deployed, api.address) | {"TMPDIR": str(folder)}
        process = subprocess.Popen(
            [task / "bootstrap"],
            cwd=task,
            env=environment | deployed["Environment"]["Variables"] | dict(changed or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        api.pid = process.pid
        watcher = threading.Thread(target=_watch, args=(process, api))
        watcher.start()
        try:
            yield api
        except (FunctionError, TimeoutError) as error:
            error.add_note(log.read_text(errors="replace")[-LOG_TAIL:])
            raise
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            watcher.join(END_SECONDS)
            process.wait(END_SECONDS)


def _watch(process: "subprocess.Popen[bytes]", api: RuntimeApi) -> None:
    """Tell whoever waits for an answer that the process has ended.

    It stays a zombie, so that its id, and its group's, is nobody else's until it has been signalled.
    """
    ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    if ended is not None:
        api.ended(ended.si_status)
