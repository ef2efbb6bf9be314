"""Every term of every condition is needed: each is taken out in turn, and the test that the table names fails.

`condition_killers.json` is the table: step and kind of item -> term -> test. After a change of conditions, this test
says what is missing; `RASTERLOOM_WRITE_KILLERS=1` lets it write the table anew, for somebody to read the difference.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.condition_killers import TABLE_FILE

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the tests of the catalogue said of every term; they run in a process of their own."""
    written = tmp_path_factory.mktemp("mutants") / "report.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.condition_mutants", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [*command, str(HERE.relative_to(ROOT))],
        cwd=ROOT,
        env={**os.environ, "RASTERLOOM_MUTANTS": str(written), "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert written.exists(), ended.stdout[-4000:] + ended.stderr[-4000:]
    report = json.loads(written.read_text(encoding="utf-8"))
    if os.environ.get("RASTERLOOM_WRITE_KILLERS"):
        TABLE_FILE.write_text(json.dumps(report["killers"], indent=1) + "\n", encoding="utf-8")
    return report


def test_the_tests_hold_on_the_table_in_memory_with_every_term_in_place(report: Any) -> None:
    assert report["broken"] == []


def test_each_term_taken_out_is_noticed_by_the_test_that_the_table_names(report: Any) -> None:
    assert report["killers"] == json.loads(TABLE_FILE.read_text(encoding="utf-8"))
    nobody = [(step, term) for step, terms in report["killers"].items() for term, test in terms.items() if not test]
    assert nobody == [], "no test needs these terms: write one, or take them out"


def test_no_write_of_the_catalogue_goes_untried(report: Any) -> None:
    assert report["unmade"] == []
