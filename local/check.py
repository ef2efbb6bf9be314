"""What a change must pass before its tests run: formatting, lint, types, docstrings, structure, built layers.

Run as `python -m local.check`. Every check runs, also after one has failed, and two run at a time, for `mypy` takes as
long as all others; only a failed one prints what it found.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local.paths import BUILT, ROOT
from local.terminal import say

_CLIENT = "clients/python/src"
_CODE = ("shared", "functions", "local", _CLIENT)
_CLIENT_PYTHON = "3.11"
"""The oldest that the client runs on; all else runs on 3.13 only."""
_DOCUMENTED_PERCENT = 95


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it looks at, and the command (without the interpreter) that exits with 0 if all is well."""

    title: str
    argv: tuple[str, ...]


def checks() -> Iterator[Check]:
    """All checks, the longest one first; the last one looks at what `sam build` made."""
    yield Check("types", ("-m", "mypy", "--strict", *_CODE, "layers", "tests"))
    yield Check("formatting", ("-m", "ruff", "format", "--check", "."))
    yield Check("lint", ("-m", "ruff", "check", "--output-format", "concise", "."))
    yield Check("types of the client", ("-m", "mypy", "--strict", "--python-version", _CLIENT_PYTHON, _CLIENT))
    documented = ("-f", str(_DOCUMENTED_PERCENT), "-i", "-p", "-s", "-m", "-n", *_CODE)
    yield Check("docstrings", ("-m", "interrogate", *documented))
    structure = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "tests" / "unit").glob("test_structure*"))
    if structure:
        yield Check("structure", ("-m", "pytest", "-q", *structure))
    yield Check("built layers", ("layers/check.py", str(BUILT)))


def _passes(check: Check) -> bool:
    started = time.monotonic()
    env = os.environ | {"PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, *check.argv], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    found = f"{done.stdout}{done.stderr}".rstrip() + "\n" if done.returncode else ""
    say(f"{found}  {check.title}: {'failed' if done.returncode else f'{time.monotonic() - started:.1f} s'}")
    return done.returncode == 0


def main() -> int:
    """Run all checks; 1 if any failed."""
    found = list(checks())
    say(f"  checking {', '.join(check.title for check in found)}: two at a time, about a minute without a cache …")
    with ThreadPoolExecutor(2) as pool:
        return 0 if all(list(pool.map(_passes, found))) else 1


if __name__ == "__main__":
    sys.exit(main())
