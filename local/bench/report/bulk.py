"""A prefix of many COGs, registered by one job."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from local.bench.report.tables import count, seconds, table
from local.bench.report.verdicts import Verdict
from local.bench.results import Figures

MOST_MB: Final = 512.0
"""Of any function's process."""
FUNCTIONS: Final = ("api", "registrar", "reconciler")

_HEAD: Final = (
    "asked",
    "objects",
    "created",
    "unchanged",
    "failed",
    "to 202, s",
    "listed after, s",
    "to the end, s",
    "objects a second",
)


def render(figures: Figures) -> str:
    """What the job took, and what became of the objects; the same again where that was measured."""
    words = (
        "A prefix of small COGs (64 x 64 pixels), registered by one job; *again* asks for the same once more. S3 is "
        "the emulator's here: it does not wait, but takes a good part of the cores."
    )
    rows = [_row("first", figures["objects"], figures)]
    if "again" in figures:
        rows.append(_row("again", figures["objects"], figures["again"]))
    peaks = ", ".join(f"`{name}` {peak:,.0f} MB" for name, peak in _peaks(figures).items())
    return f"{words}\n\n{table(_HEAD, rows)}\n\nThe largest memory of any process of a function: {peaks}."


def _row(name: str, objects: int, run: Mapping[str, Any]) -> tuple[str, ...]:
    counts = run["registrations"]
    return (
        name,
        count(objects),
        *(count(counts[each]) for each in ("created", "unchanged", "failed")),
        *(seconds(run[each]) for each in ("accepted_seconds", "listed_seconds", "seconds")),
        count(run["objects_per_second"]),
    )


def goals(parts: Mapping[str, Figures]) -> Iterator[Verdict]:
    """Memory of the functions, whatever the number of objects."""
    figures = parts["bulk"]
    peak = max(_peaks(figures).values())
    what = f"memory of any function while {figures['objects']:,} are registered in bulk"
    yield Verdict(what, f"at most {MOST_MB:.0f} MB", f"{peak:,.0f} MB", peak <= MOST_MB)


def _peaks(figures: Figures) -> dict[str, float]:
    """MB by function, of all runs; the emulator is nobody's function."""
    runs = (figures, *([figures["again"]] if "again" in figures else []))
    found = [(name, peak) for run in runs for name, peak in run["peak_resident_megabytes"].items()]
    peaks = {each: max((peak for name, peak in found if name.endswith(f"-{each}")), default=0.0) for each in FUNCTIONS}
    return {name: peak for name, peak in peaks.items() if peak}
