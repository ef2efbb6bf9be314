"""Puts the document together: prose that is kept, then what each part's own module makes of its figures.

A part's module, `local.bench.report.<part>`, has `render(figures) -> str`, Markdown without a heading of the first two
levels; it may have `goals(parts) -> Iterable[Verdict]`, where `parts` are the figures of all parts by name, for a ratio
needs two. A part whose figures hold `ratios`, a mapping from a name to a number, has them compared between two runs.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from local.bench.report.plots import draw
from local.bench.report.ratios import across
from local.bench.report.sections import SECTIONS, Section, of_a_trial
from local.bench.report.tables import table
from local.bench.report.verdicts import Verdict
from local.bench.results import FOLDER, Figures, Part
from local.paths import ROOT
from local.terminal import StepError

TRIAL: Final = FOLDER / "performance.json"
"""The figures of the last trial."""
PROSE: Final = ROOT / "docs" / "performance"
UNMEASURED: Final = "Not measured in this run."

type Parts = Mapping[str, Part]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a report is written.

    Attributes:
        figures: The JSON; the document stands beside it, and its plots in a folder `images`.
        trial: Why its figures are not kept; None of those that are.
    """

    figures: Path
    trial: str | None = None


def write(parts: Parts, place: Place) -> Path:
    """Write the document, the JSON beside it and the plots; returns the document's file.

    Raises:
        StepError: A part was measured that no section shows, or by another version of this benchmark.
    """
    _require_shown(parts)
    try:
        text, found = render(parts, place.trial), ratios(parts)
        draw(_figures(parts), place.figures.parent / "images")
    except KeyError as error:
        raise StepError(f"the figures of a part lack {error}: measure it again with this version") from error
    document = place.figures.with_suffix(".md")
    document.write_text(text)
    kept = {"parts": {name: asdict(part) for name, part in parts.items()}, "ratios": found}
    place.figures.write_text(json.dumps(kept, indent=1) + "\n")
    return document


def _require_shown(parts: Parts) -> None:
    shown = {section.part for section in SECTIONS}
    for name in parts:
        if name not in shown:
            raise StepError(f"part {name!r}: expected one of the parts in report/sections.py; found none of that name")


def render(parts: Parts, trial: str | None = None) -> str:
    """The whole document as Markdown; of a trial with the reason why it is one, and with what it measured only."""
    sections = SECTIONS if trial is None else of_a_trial(parts)
    note = [] if trial is None else [f"**A trial**: {trial}. The figures that are kept are in `docs/performance.md`."]
    blocks = [_head(parts), *note, _goals(parts), *(_section(section, parts) for section in sections)]
    return "\n\n".join(block.strip() for block in blocks) + "\n"


def ratios(parts: Parts) -> dict[str, float]:
    """All ratios of a run by name: of one part to another, and those that the parts have of their own."""
    own = {name: value for part in parts.values() for name, value in part.figures.get("ratios", {}).items()}
    return dict(sorted({**across(_figures(parts)), **own}.items()))


def _figures(parts: Parts) -> dict[str, Figures]:
    return {name: part.figures for name, part in parts.items()}


def _head(parts: Parts) -> str:
    if not parts:
        raise StepError("nothing was measured yet: `make bench` measures and writes the report")
    latest = max(parts.values(), key=lambda part: part.at)
    facts = latest.machine
    versions = {name: version for part in parts.values() for name, version in part.versions.items()}
    listed = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    written = (
        "Written by `make bench`; [the same figures as JSON](performance.json). "
        f"Last measured {latest.at} on {facts['cores']} cores of {facts['processor']}, {facts['memory_gb']} GB, "
        f"{facts['system']}, load {facts['load']}; {listed}."
    )
    return f"# Performance\n\n{written}"


def _goals(parts: Parts) -> str:
    rows = [verdict.cells() for verdict in verdicts(parts)]
    return "## Goals\n\n" + (table(("what", "goal", "measured", ""), rows) if rows else UNMEASURED)


def verdicts(parts: Parts) -> Iterator[Verdict]:
    """Every goal of which something was measured, in the order of the sections."""
    for section in SECTIONS:
        if section.part is not None and section.part in parts:
            goals = getattr(_module(section.part), "goals", None)
            if goals is not None:
                yield from goals(_figures(parts))


def _section(section: Section, parts: Parts) -> str:
    blocks = [f"## {section.title}"]
    if section.prose is not None:
        blocks.append((PROSE / section.prose).read_text().strip())
    if section.part is not None:
        part = parts.get(section.part)
        blocks.append(UNMEASURED if part is None else _module(section.part).render(part.figures).strip())
    return "\n\n".join(blocks)


def _module(part: str) -> ModuleType:
    return import_module(f"local.bench.report.{part}")
