"""Who may import whom. Imports point inward; only the bootstrap knows everybody."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "shared" / "rasterloom"

LAYERS = {
    "domain": {"domain"},
    "vrt": {"vrt", "domain"},
    "ports": {"ports", "domain"},
    "settings": {"domain"},
    "services": {"services", "vrt", "domain", "ports", "settings"},
    "adapters": {"adapters", "vrt", "domain", "ports", "settings"},
    "http": {"http", "services", "domain", "ports", "settings", "observability"},
    "observability": {"domain", "ports", "settings"},
}
"""Part of the package -> parts that it may import. `bootstrap` wires all of them; nothing imports it but functions."""

FORBIDDEN_IN = {
    "domain": {"boto3", "botocore", "osgeo", "obstore", "pydantic", "aws_lambda_powertools", "os", "pathlib", "socket"},
    "vrt": {"boto3", "botocore", "osgeo", "obstore", "aws_lambda_powertools", "os", "pathlib", "socket"},
    "services": {"boto3", "botocore", "osgeo", "obstore", "aws_lambda_powertools"},
    "http": {"boto3", "botocore", "osgeo", "obstore"},
}
"""Part of the package -> what it must not import from outside."""


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Every module that a file imports, wherever in the file."""
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files_of(part: str) -> list[Path]:
    """The files of one part of the package."""
    folder = PACKAGE / part
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{part}.py"]


@pytest.mark.parametrize("part", LAYERS)
def test_a_part_imports_only_what_lies_further_in(part: str) -> None:
    outward = {
        f"{path.relative_to(PACKAGE)} imports {module}"
        for path in files_of(part)
        for module in imported(path)
        if module.startswith("rasterloom.") and module.split(".")[1] not in LAYERS[part] | {"__version__"}
    }
    assert outward == set()


@pytest.mark.parametrize("part", FORBIDDEN_IN)
def test_the_inner_parts_know_no_sdk_and_do_no_io(part: str) -> None:
    found = {
        f"{path.relative_to(PACKAGE)} imports {module}"
        for path in files_of(part)
        for module in imported(path)
        if module.split(".")[0] in FORBIDDEN_IN[part]
    }
    assert found == set()


def test_every_part_of_the_package_has_its_rule() -> None:
    parts = {path.stem for path in PACKAGE.iterdir() if not path.stem.startswith("_") and path.name != "py.typed"}
    assert parts - {"bootstrap"} == set(LAYERS)


def test_nothing_imports_a_function_and_functions_do_not_import_each_other() -> None:
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py"), *(ROOT / "local").rglob("*.py")]
    assert {str(path) for path in files for module in imported(path) if module.split(".")[0] == "functions"} == set()


def test_rasterio_is_loaded_by_nothing_that_runs_on_aws() -> None:
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    assert {str(path) for path in files for module in imported(path) if module.split(".")[0] == "rasterio"} == set()
