"""The executable that the emulator starts for a function: settings on top of `bootstrap.sh`."""

import shlex
from collections.abc import Iterable
from pathlib import Path

from local.isolation import ENVIRONMENT, INTERPRETER, bubble

_BODY = Path(__file__).with_name("bootstrap.sh")

LAMBDA_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "_HANDLER",
)
"""What Lambda sets by itself and the emulator hands over; the endpoints are all that is added here."""

DEBUG_VARIABLES = ("DEBUG_SIGNAL", "DEBUG_SIGNAL_AT")
"""What only tests of recovery set, for a process of their own; no deployed function has them."""


def _array(name: str, values: Iterable[str]) -> str:
    return f"{name}=({shlex.join(values)})"


def render(variables: Iterable[str], layers: Path, runtime: Path, *, isolated: bool) -> str:
    """Write the bootstrap of one function.

    Args:
        variables: The names of the function's own environment variables; everything else that the emulator's process
            has in its environment stays outside.
        layers: The function's layers, merged into one folder.
        runtime: The folder of `awslambdaric`.
        isolated: Whether bubblewrap works here.
    """
    settings = [
        "#!/usr/bin/env bash",
        f"isolated={int(isolated)}",
        _array("variables", [*LAMBDA_VARIABLES, *DEBUG_VARIABLES, *sorted(set(variables) - set(LAMBDA_VARIABLES))]),
        _array("bubble", bubble(layers, runtime) if isolated else ()),
        _array("inside", [f"{name}={value}" for name, value in ENVIRONMENT.items()]),
        f"layers={shlex.quote(str(layers))}",
        f"runtime={shlex.quote(str(runtime))}",
        f"python={shlex.quote(str(INTERPRETER))}",
    ]
    return "\n".join(settings) + "\n\n" + _BODY.read_text()
