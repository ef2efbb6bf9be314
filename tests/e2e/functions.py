"""The deployed functions as processes of the tests' own: built code, merged layers, the real runtime interface client.

What runs is the bootstrap that the stack deployed, so `/var/task`, `/opt` and the environment are as there; each
process has the permissions of its function's role, and nothing else.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from local import function_process
from local.paths import Layout
from local.runtime_api import FunctionError, RuntimeApi, runtime_api
from local.state import StackState

LOG_TAIL: Final = 4000


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
    deployed = function_process.configuration(stack, name)
    task = Layout(stack.name).artifacts / function_process.logical_id(name)
    log = folder / f"{name}.log"
    # The bootstrap finds its tools by PATH, and passes on what it knows by name.
    own = {"PATH": os.environ.get("PATH", os.defpath), "TMPDIR": str(folder), "_HANDLER": deployed["Handler"]}
    variables = function_process.environment(stack, deployed, "events") | own | deployed["Environment"]["Variables"]
    with runtime_api(deployed["FunctionArn"], deployed["Timeout"]) as api, log.open("wb") as output:
        try:
            with function_process.started([task / "bootstrap"], task, variables | dict(changed or {}), output, api):
                yield api
        except (FunctionError, TimeoutError) as error:
            error.add_note(log.read_text(errors="replace")[-LOG_TAIL:])
            raise
