"""Cold headers: fetched alone, fetched and parsed, and all that a registration asks about an object."""

from collections.abc import Sequence
from typing import Final

from local.bench import unlike
from local.bench.parts.peers import TUNED, rows_of
from local.bench.parts.run import CONCURRENCY, Figures, Plan, Run
from local.bench.report.ratios import unlike_ratios
from local.bench.running import Outcome, Program
from local.bench.server.nginx import serving
from local.bench.tiles import UNLIKE
from local.terminal import StepError, say

PROGRAMS: Final = {
    "fetched": Program("ours.heads_fetched"),
    "parsed": Program("ours.heads_parsed"),
    "registered": Program("ours.heads_registered"),
}
OPENED: Final = Program("ours.heads_opened")
OPENING: Final = Program("ours.connections")

MOST_UNLIKE: Final = 10_000
"""Tiles above which there are none with statistics of their own: the best-tuned GDAL would not end in time."""
MOST_ASKED: Final = 10_000
"""Tiles above which nobody registers one by one: three requests for each take minutes, and tell nothing new."""


def measure(plan: Plan) -> Figures:
    """Each way at each N, repeated, in a new process every time.

    Raises:
        StepError: More than one request was needed to fetch a header.
    """
    with serving(plan.pause_ms, port=plan.port) as server:
        run = Run(server, plan)
        opened = run.several(OPENING, min(CONCURRENCY, max(plan.sizes)))
        rows = [_row(run, count) for count in plan.sizes]
        others = _unlike(run, [count for count in plan.sizes if count <= MOST_UNLIKE])
    opening = [outcome.told["seconds"] for outcome in opened]
    figures: Figures = {"pause_ms": plan.pause_ms, "concurrency": CONCURRENCY, "opening": opening, "rows": rows}
    figures["unlike"] = others
    return {**figures, "ratios": unlike_ratios(figures)}


def _unlike(run: Run, sizes: Sequence[int]) -> Figures:
    """Tiles with statistics of their own: as we read them, as if none were like another, and the best-tuned GDAL."""
    unlike.make(max(sizes, default=0))
    rows: list[Figures] = []
    for count in sizes:
        row: Figures = {"count": count}
        for name, program in (("parsed", PROGRAMS["parsed"]), ("each", OPENED)):
            outcomes = run.several(program, count, UNLIKE)
            _require_one_each(name, count, outcomes)
            row[name] = [outcome.told["seconds"] for outcome in outcomes]
            row[f"{name}_cpu"] = [outcome.told["cpu"] for outcome in outcomes]
            row[f"{name}_opened"] = max(outcome.told["opened"] for outcome in outcomes)
            say(f"    {count:,} unlike, {name}: {min(row[name]):.3f} s")
        rows.append(row)
    return {"rows": rows, "gdal": rows_of(run, TUNED, sizes, UNLIKE)}


def _row(run: Run, count: int) -> Figures:
    row: Figures = {"count": count}
    for name, program in PROGRAMS.items():
        if name == "registered" and count > MOST_ASKED:
            continue
        outcomes = run.several(program, count)
        if name != "registered":
            _require_one_each(name, count, outcomes)
        row[name] = [outcome.told["seconds"] for outcome in outcomes]
        row[f"{name}_cpu"] = [outcome.told["cpu"] for outcome in outcomes]
        row[f"{name}_requests"] = max(outcome.counts.requests for outcome in outcomes)
        row[f"{name}_bytes"] = max(outcome.counts.sent for outcome in outcomes)
        row[f"{name}_peak"] = max(outcome.told["peak"] for outcome in outcomes)
        if name == "parsed":
            row["parsed_opened"] = max(outcome.told["opened"] for outcome in outcomes)
        say(f"    {count:,} {name}: {min(row[name]):.3f} s")
    return row


def _require_one_each(name: str, count: int, outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.counts.requests != count:
            found = outcome.counts.requests
            raise StepError(f"{name}, {count} tiles: expected one request for each; the server counted {found}")
