"""A deployed function's process beside its stack: what Lambda sets for it, its start and its end.

Whoever starts one says what runs: the bootstrap that was deployed, or the built function by itself.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from local import aws
from local.runtime_api import RuntimeApi
from local.state import StackState

END_SECONDS: Final = 10.0


def configuration(stack: StackState, name: str) -> Any:
    """What Lambda knows of a function (`GetFunctionConfiguration`), by its short name."""
    return aws.client("lambda", stack.endpoint_url).get_function_configuration(FunctionName=stack.functions[name])


def logical_id(name: str) -> str:
    """How the template names a function: `ApiFunction` is `api`."""
    return f"{name.capitalize()}Function"


def environment(stack: StackState, deployed: Any, stream: str) -> dict[str, str]:
    """What Lambda sets by itself: where AWS is, the permissions of the function's role, what the function is called.

    Args:
        stack: Where it is deployed.
        deployed: Its configuration.
        stream: Of its log, and the name of the role's session.
    """
    role = aws.client("sts", stack.endpoint_url).assume_role(RoleArn=deployed["Role"], RoleSessionName=stream)
    return {
        "AWS_ACCESS_KEY_ID": role["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": role["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": role["Credentials"]["SessionToken"],
        "AWS_REGION": stack.region,
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        "AWS_LAMBDA_FUNCTION_NAME": deployed["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": deployed["Version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(deployed["MemorySize"]),
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
    }


@contextmanager
def started(
    argv: Sequence[str | Path], folder: Path, variables: Mapping[str, str], output: IO[bytes], api: RuntimeApi
) -> Iterator[None]:
    """Run a function while the block runs; it ends with the process group that was started, and nothing else does.

    Args:
        argv: What runs.
        folder: Where.
        variables: Its environment, without the address of its Runtime API.
        output: Takes what it prints.
        api: Hands it its invocations; knows the process from then on.
    """
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env={**variables, "AWS_LAMBDA_RUNTIME_API": api.address},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    api.pid = process.pid
    watcher = threading.Thread(target=_watch, args=(process, api))
    watcher.start()
    try:
        yield
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
