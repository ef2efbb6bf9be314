"""The library stands without the command line, and both without the API's own package."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3] / "clients" / "python" / "src" / "rasterloom_client"


def imported(path: Path) -> set[str]:
    """Every module that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def test_the_library_knows_no_terminal() -> None:
    library = [path for path in ROOT.glob("*.py") if path.name != "__main__.py"]
    assert library
    found = {(path.name, module) for path in library for module in imported(path)}
    assert {
        (name, module) for name, module in found if module.startswith(("click", "rich", "rasterloom_client.cli."))
    } == set()


def test_nothing_of_the_package_that_runs_on_aws_is_imported() -> None:
    found = {module.split(".")[0] for path in ROOT.rglob("*.py") for module in imported(path)}
    assert "rasterloom_client" in found
    assert not found & {"rasterloom", "boto3", "osgeo", "pydantic", "local", "tests"}
