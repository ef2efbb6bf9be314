"""The documents name tests, files and samples that exist, and each of their rows is shown by a test."""

import ast
import json
import re
from pathlib import Path
from statistics import median

import pytest

import rasterloom
import rasterloom_client
from local.deploy import SOURCE_BUCKET
from local.environment import settings
from local.samples.catalogue import catalogue
from rasterloom.http.errors import MethodNotAllowedError, UnknownRouteError
from rasterloom.http.problems import STATUS

ROOT = Path(__file__).parents[2]
SECURITY, RELIABILITY = [(ROOT / "docs" / name).read_text("utf-8") for name in ("security.md", "reliability.md")]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py::[\w:]+)`", SECURITY + RELIABILITY)))
FAILURES = range(1, 31)
FIGURES = ROOT / "docs" / "performance.json"
ROUNDED = 0.03
"""As much as two digits are off at most, and a little."""
BESIDE_ALL_ROUTES = {UnknownRouteError, MethodNotAllowedError}
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "clients/python/README.md"]


def anchors(path: Path) -> set[str]:
    """What a link into a document may end with: its headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_within_the_repository_leads_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert "://" in link or target.exists(), link
        assert "://" in link or not anchor or anchor in anchors(target), link


def test_the_readme_registers_samples_that_the_demo_puts() -> None:
    put = {f"s3://{SOURCE_BUCKET}/samples/{each.path.as_posix()}" for each in catalogue(Path())}
    named = set(re.findall(r"s3://[\w/.-]+\.tif(?=\"})", README))
    assert len(named) == 2
    assert named <= put


def test_the_readme_s_table_has_figures_of_the_last_benchmark_that_is_kept() -> None:
    parts = {name: part["figures"] for name, part in json.loads(FIGURES.read_text("utf-8"))["parts"].items()}

    def kept(part: str, count: int, figure: str, **which: str) -> float:
        rows = (row for row in parts[part]["rows"] if row["count"] == count and which.items() <= row.items())
        return float(median(next(rows)[figure]))

    gdal = {count: kept("peers", count, "seconds", peer="buildvrt_tuned") for count in (1_000, 10_000)}
    expected = [
        (gdal[1_000], kept("heads", 1_000, "parsed")),
        (gdal[1_000], kept("service", 1_000, "complete")),
        (gdal[10_000], kept("service", 10_000, "complete")),
        (gdal[10_000], kept("service", 10_000, "add_one")),
    ]
    shown = [tuple(map(float, row)) for row in re.findall(r"\| ([\d.]+) s \| ([\d.]+) s \|", README)]
    assert shown == [pytest.approx(row, rel=ROUNDED) for row in expected]


def test_every_code_that_a_request_may_meet_is_in_the_openapi_document() -> None:
    document = (ROOT / "docs" / "openapi.json").read_text("utf-8")
    assert sorted(error.code for error in STATUS.keys() - BESIDE_ALL_ROUTES if f'"{error.code}"' not in document) == []


def test_every_setting_of_the_makefile_is_told_by_make_help() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    shown = "\n".join(re.findall(r"^\t@echo '(.*)'$", makefile, re.MULTILINE))
    settings = re.findall(r"^([A-Z_]+) \?=", makefile, re.MULTILINE)
    assert len(settings) > 10
    assert [name for name in settings if f"{name}=" not in shown] == []


def test_every_setting_of_a_stack_is_told() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "local.md").read_text("utf-8"), re.MULTILINE))
    inner = {"RASTERLOOM_ISOLATION", "RASTERLOOM_S3_ENDPOINT", "RASTERLOOM_SOURCE_BUCKETS"}
    assert told >= settings().keys() - inner


def test_the_newest_version_of_the_changelog_is_what_the_code_tells() -> None:
    newest = re.search(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == rasterloom.__version__ == rasterloom_client.__version__


def test_every_target_of_make_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for document in DOCUMENTS:
        named = set(re.findall(r"(?:`|^\$ |&& )make (?:-s )?([a-z-]+)", document.read_text("utf-8"), re.MULTILINE))
        assert named <= targets, document
