"""Settings of a stack, and environments for the tools and for the emulator: nothing of the user's AWS gets in."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path

from local.paths import LOCAL, ROOT
from local.ports import LOOPBACK

ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 -- the emulator's root caller, on loopback
REGION = os.environ.get("RASTERLOOM_REGION") or "us-east-1"
CONCURRENCY = os.environ.get("CONCURRENCY") or str(max(8, 4 * (os.cpu_count() or 1)))
"""Execution environments at once over all functions; above it the emulator answers 429, as AWS does.

Cold starts share the processors, so that more of them at once make every caller wait longer.
"""

S3_ENDPOINT = os.environ.get("RASTERLOOM_S3_ENDPOINT", "")
"""Where the functions of a stack find S3, if not at the emulator: a server that passes on what is not its own."""
MORE_SOURCES = tuple(os.environ.get("RASTERLOOM_SOURCE_BUCKETS", "").split())
"""Buckets beside the stack's own whose objects may be registered; no events come from them."""
_PARAMETERS = os.environ.get("RASTERLOOM_PARAMETERS", "").split()
PARAMETERS = {name: value for name, _, value in (entry.partition("=") for entry in _PARAMETERS)}
"""Parameters of the template that a stack has otherwise than `samconfig.toml` says: `BuilderTimeout=120 …`."""
RECONCILE_SECONDS = os.environ.get("RECONCILE_SECONDS") or "5"
"""Between two invocations of the reconciler, which on AWS has its turn every minute."""

_KEPT = ("PATH", "HOME", "LANG", "TERM", "USER", "LOGNAME", "SSL_CERT_FILE", "SSL_CERT_DIR")
_KEPT_PREFIXES = ("PIP_", "UV_", "HTTP_", "HTTPS_", "http_", "https_")


def settings() -> dict[str, str]:
    """What a stack is started with, by the variable's name."""
    return {
        "CONCURRENCY": CONCURRENCY,
        "RECONCILE_SECONDS": RECONCILE_SECONDS,
        "RASTERLOOM_ISOLATION": os.environ.get("RASTERLOOM_ISOLATION", ""),
        "RASTERLOOM_REGION": REGION,
        "RASTERLOOM_S3_ENDPOINT": S3_ENDPOINT,
        "RASTERLOOM_SOURCE_BUCKETS": " ".join(MORE_SOURCES),
        "RASTERLOOM_PARAMETERS": " ".join(_PARAMETERS),
    }


def check(asked: Mapping[str, str]) -> None:
    """Refuse settings that nothing could be started with, before anything is stopped for them.

    Args:
        asked: As `settings` gives them.

    Raises:
        ValueError: One of them is no number, or no list of parameters.
    """
    if not re.fullmatch("0*[1-9][0-9]*", asked["CONCURRENCY"]):
        raise ValueError(f"CONCURRENCY: expected a whole number of 1 or more; found {asked['CONCURRENCY']!r}")
    if not _is_positive(asked["RECONCILE_SECONDS"]):
        raise ValueError(f"RECONCILE_SECONDS: expected seconds, more than 0; found {asked['RECONCILE_SECONDS']!r}")
    for entry in asked["RASTERLOOM_PARAMETERS"].split():
        if "=" not in entry:
            raise ValueError(f"RASTERLOOM_PARAMETERS: expected Name=value, several apart by blanks; found {entry!r}")


def _is_positive(text: str) -> bool:
    try:
        return 0 < float(text) < math.inf
    except ValueError:
        return False


def _base() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    return kept | {
        "NO_PROXY": f"{LOOPBACK},localhost",
        "no_proxy": f"{LOOPBACK},localhost",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }


def for_tools(endpoint_url: str | None = None) -> dict[str, str]:
    """The environment of SAM and of what it starts.

    Args:
        endpoint_url: The emulator; None for a build, which talks to no AWS.
    """
    path = os.pathsep.join([str(LOCAL / "tools" / "bin"), str(ROOT / ".venv" / "bin"), os.environ.get("PATH", "")])
    env = _base() | {
        "PATH": path,
        "UV_SYSTEM_CERTS": "1",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.5",
        "__SAM_CLI_APP_DIR": str(LOCAL / "sam-home"),
    }
    return env if endpoint_url is None else env | {"AWS_ENDPOINT_URL": endpoint_url}


def for_commands(folder: Path) -> dict[str, str]:
    """The environment of this project's own processes beside the emulator (issuer, ticker).

    Args:
        folder: The stack's folder, by which its processes are told from others.
    """
    return _base() | {"PYTHONUNBUFFERED": "1", "RASTERLOOM_LOCAL_FOLDER": str(folder)}


def for_emulator(port: int, endpoint_url: str, scratch: Path) -> dict[str, str]:
    """The emulator's environment: loopback only, IAM enforced, a cap on concurrent functions.

    Args:
        port: Where it listens.
        endpoint_url: What it tells the functions, as their `AWS_ENDPOINT_URL`.
        scratch: Its home and temporary folder; everything that it writes goes there.
    """
    elsewhere = {"AWS_ENDPOINT_URL_S3": S3_ENDPOINT} if S3_ENDPOINT else {}
    return elsewhere | {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PYTHONUNBUFFERED": "1",
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        # Servers that would listen on every interface, whatever BIND_HOST says.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_ACCOUNT_CONCURRENCY": CONCURRENCY,
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_ENDPOINT_URL": endpoint_url,
        "LOG_LEVEL": os.environ.get("EMULATOR_LOG_LEVEL", "INFO"),
    }
