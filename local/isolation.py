"""An execution environment's file system by bubblewrap: `/var/task`, `/opt`, `/var/runtime`, `/var/lang`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

INTERPRETER = Path(sys.base_prefix) / "bin" / "python3.13"
SCRATCH_BYTES = 512 * 1024 * 1024
"""Lambda's default size of `/tmp`."""

ENVIRONMENT = {
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "PYTHONPATH": "/opt/python:/var/runtime",
}
"""The paths as Lambda names them; layers come before the runtime, as there."""

_HOST_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc")
_PROBE_SECONDS = 20.0


def bubble(layers: Path, runtime: Path) -> list[str]:
    """The bubblewrap command line up to the function's own code.

    Of the host only the system's folders are visible, read-only; so a function that works has everything it needs in
    its artifact, its layers and the runtime. The network is the host's, for the emulator on loopback.

    Args:
        layers: The merged layers, seen at `/opt`.
        runtime: The folder of `awslambdaric`, seen at `/var/runtime`.
    """
    argv = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    argv += ["--proc", "/proc", "--dev", "/dev", "--size", str(SCRATCH_BYTES), "--tmpfs", "/tmp"]  # noqa: S108 -- in the bubble
    for folder in _HOST_FOLDERS:
        if Path(folder).is_symlink():
            argv += ["--symlink", str(Path(folder).readlink()), folder]
        elif Path(folder).exists():
            argv += ["--ro-bind", folder, folder]
    argv += ["--ro-bind", sys.base_prefix, "/var/lang"]
    return [*argv, "--ro-bind", str(runtime), "/var/runtime", "--ro-bind", str(layers), "/opt"]


def works(layers: Path, runtime: Path) -> bool:
    """Whether the runtime interface client can be imported in the bubble: found out by running it.

    `RASTERLOOM_ISOLATION=off` in the environment makes functions plain processes also where it would work.
    """
    if os.environ.get("RASTERLOOM_ISOLATION") == "off" or shutil.which("bwrap") is None:
        return False
    probe = [*bubble(layers, runtime), "--", "/var/lang/bin/python3.13", "-S", "-c", "import awslambdaric, ctypes, ssl"]
    try:
        done = subprocess.run(
            probe,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
