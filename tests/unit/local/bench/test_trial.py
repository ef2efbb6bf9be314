"""Which runs are written to `docs/`, and what becomes of the others."""

import sys
from pathlib import Path
from typing import Any

import pytest

from local.bench import __main__ as command
from local.bench import results
from local.bench.parts.run import LIMIT_SECONDS, PAUSE_MS, REPEATS, SIZES, Plan
from local.bench.report import document
from local.bench.results import Part
from local.bench.trial import why_trial

FEWER = SIZES[:-1]


def plan(*parts: str, **different: Any) -> Plan:
    """A whole run of these parts, up to the largest N."""
    whole = {"sizes": SIZES, "repeats": REPEATS, "limit": LIMIT_SECONDS, "pause_ms": PAUSE_MS}
    return Plan(parts=parts, port=1, stack="benchmark", **{**whole, **different})


def part(name: str, **figures: Any) -> Part:
    """A part of a run on a machine."""
    facts = {"processor": "a processor", "cores": 2, "memory_gb": 24, "system": "Linux 6", "load": 0.5}
    return Part(name, "2026-11-27T23:00:00+00:00", facts, {}, figures)


def kept() -> dict[str, Part]:
    """What `docs/` has: three parts, two of which were measured at the largest N, too."""
    rows = [{"count": size} for size in SIZES]
    return {"heads": part("heads", rows=rows), "bulk": part("bulk", objects=SIZES[-1]), "cost": part("cost", rows=[{}])}


def test_a_run_as_whole_as_what_is_kept_is_no_trial_whichever_parts_it_measures() -> None:
    assert why_trial(plan("heads", "bulk", "cost"), kept()) is None
    assert why_trial(plan("heads"), kept()) is None
    assert why_trial(plan("heads", "bulk"), {}) is None


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (plan("heads", repeats=1), "what is quick is not repeated"),
        (plan("heads", pause_ms=5.0), "S3 waits 5 ms and a process may take 300 s, not 20 and 300"),
        (plan("heads", limit=100.0), "S3 waits 20 ms and a process may take 100 s, not 20 and 300"),
        (plan("cost", sizes=(10, 100)), "not measured at 1,000, 10,000, 100,000"),
        (plan("heads", sizes=FEWER), "not measured at 100,000"),
        (plan("bulk", sizes=FEWER), "not measured at 100,000"),
        (plan("cost", sizes=FEWER), "not measured at 100,000"),
    ],
)
def test_a_run_that_would_take_something_from_the_document_is_a_trial(run: Plan, why: str) -> None:
    assert why_trial(run, kept()) == why


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A repository whose `docs/` has an assembly of 10; a run measures that again, and notes where it saves it."""
    saved: list[Path] = []
    kept = tmp_path / "docs" / "performance.json"
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(results, "KEPT", kept)
    monkeypatch.setattr(document, "TRIAL", tmp_path / ".local" / "bench" / "performance.json")
    for each in (kept, document.TRIAL):
        each.parent.mkdir(parents=True)
    document.write({"assembly": assembly(0.5)}, document.Place(kept))

    def measure(_plan: Plan, folder: Path) -> dict[str, Part]:
        saved.append(folder)
        return {"assembly": assembly(0.25)}

    monkeypatch.setattr(command, "measure", measure)
    return saved


def assembly(seconds: float) -> Part:
    """An assembly of 10."""
    row = {"count": 10, "seconds": [seconds], "sha256": "same", "size": 1, "peak_before": 1, "peak": 2}
    return part("assembly", rows=[row])


def ran(monkeypatch: pytest.MonkeyPatch, *argv: str) -> int:
    monkeypatch.setattr(sys, "argv", ["bench", "run", *argv])
    return command.main()


def test_a_quick_run_leaves_the_document_as_it_was_and_says_where_its_own_is(
    measured: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = results.KEPT.with_suffix(".md").read_bytes(), results.KEPT.read_bytes()
    assert ran(monkeypatch, "--quick") == 0
    assert (results.KEPT.with_suffix(".md").read_bytes(), results.KEPT.read_bytes()) == before
    assert "wrote .local/bench/performance.md; docs/ is as it was" in capsys.readouterr().out
    assert results.kept(document.TRIAL) == {"assembly": assembly(0.25)}
    assert measured == [results.TRIED]


def test_a_whole_run_of_a_part_replaces_that_part_alone(
    measured: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bulk = part("bulk", objects=10)
    monkeypatch.setattr(results, "kept", lambda _file: {"assembly": assembly(0.5), "bulk": bulk})
    written: list[tuple[object, document.Place]] = []

    def write(parts: dict[str, Part], place: document.Place) -> Path:
        written.append((parts, place))
        return place.figures.with_suffix(".md")

    monkeypatch.setattr(document, "write", write)
    assert ran(monkeypatch, "--parts", "assembly") == 0
    assert written == [({"assembly": assembly(0.25), "bulk": bulk}, document.Place(results.KEPT))]
    assert "wrote docs/performance.md" in capsys.readouterr().out
    assert measured == [results.PARTS]
