"""`sam build` of the functions and layers, skipped when nothing that goes into it changed.

Run as `python -m local.build`.
"""

import json
import sys
from pathlib import Path

from filelock import FileLock

from local.environment import for_tools
from local.paths import BUILT, LOCAL, ROOT, SAM
from local.terminal import StepError, fail, run, say, step
from local.trees import digest

BUILD_LOCK = LOCAL / "build.lock"
"""Held while `.aws-sam/build` is written or read."""

_INPUTS = ("template.yaml", "samconfig.toml", "functions", "layers", "shared")
_STAMP = LOCAL / "build.json"
_LOG = LOCAL / "logs" / "build.log"


def inputs_digest() -> str:
    """A digest of everything that `sam build` reads."""
    return digest([ROOT / name for name in _INPUTS], ROOT)


def _built(stamp: Path) -> str | None:
    try:
        return str(json.loads(stamp.read_text())["inputs"]) if (BUILT / "template.yaml").exists() else None
    except (FileNotFoundError, ValueError, KeyError):
        return None


def build() -> str:
    """Bring `.aws-sam/build` up to date; the caller holds `BUILD_LOCK`.

    Returns:
        The digest of what was built.

    Raises:
        StepError: `sam build` failed.
    """
    inputs = inputs_digest()
    if _built(_STAMP) == inputs:
        return inputs
    _STAMP.unlink(missing_ok=True)
    argv: list[str | Path] = [SAM, "build", "--cached", "--parallel", "--template-file", ROOT / "template.yaml"]
    with step("building functions and layers (sam build)"):
        run("sam build", argv, _LOG, for_tools(), ROOT)
    _STAMP.write_text(json.dumps({"inputs": inputs}))
    return inputs


def main() -> int:
    """Build; the exit code is 0 when `.aws-sam/build` is up to date."""
    LOCAL.mkdir(exist_ok=True)
    try:
        with FileLock(BUILD_LOCK):
            before = _built(_STAMP)
            if build() == before:
                say("  the build is up to date")
    except StepError as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
