"""docs/security.md names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py::[\w:]+)`", DOCUMENT)))


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


def test_every_row_of_a_table_names_its_test() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| ") and not line.startswith("| tried")]
    assert len(rows) >= len(NAMED) - 5 > 30
    assert [row for row in rows if "`tests/" not in row] == []
