"""The documents name tests that exist, and each of their rows is shown by one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECURITY, RELIABILITY = [(ROOT / "docs" / name).read_text("utf-8") for name in ("security.md", "reliability.md")]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py::[\w:]+)`", SECURITY + RELIABILITY)))
FAILURES = range(1, 31)


def names_in(path: Path) -> set[str]:
    """Every test of a file, as pytest names it without parameters."""
    found = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {f"{prefix}{each.name}" for each in members if isinstance(each, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_is_named_exists(name: str) -> None:
    path, _, test = name.partition("::")
    assert test in names_in(ROOT / path)


def test_every_threat_names_its_test() -> None:
    rows = [line for line in SECURITY.splitlines() if line.startswith("| ") and not line.startswith("| tried")]
    assert len(rows) > 30
    assert [row for row in rows if "`tests/" not in row] == []


def test_every_failure_names_its_test() -> None:
    rows = {int(number): row for number, row in re.findall(r"^\| (\d+) (\|.*)$", RELIABILITY, re.MULTILINE)}
    assert rows.keys() == set(FAILURES)
    assert [number for number, row in rows.items() if "`tests/" not in row] == []
