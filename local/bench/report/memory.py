"""What each memory setting gives and costs."""

from collections.abc import Iterable
from statistics import median
from typing import Final

from local.bench.pricing.prices import lambda_dollars
from local.bench.report.tables import NOTHING, count, table
from local.bench.results import Figures

MILLION: Final = 1e6


def render(figures: Figures) -> str:
    """A table for each function, and a note where nothing could be limited."""
    blocks = [_function(name, rows, figures["chosen"][name]) for name, rows in figures["functions"].items()]
    if not figures["limited"]:
        blocks.insert(0, "No cgroup could be made in this run, so everything ran at full speed.")
    return "\n\n".join(blocks)


def _function(name: str, rows: list[Figures], chosen: int) -> str:
    jobs = list(rows[0]["warm_ms"])
    times, dollars = [f"{job}, ms" for job in jobs], [f"$ per M {job}" for job in jobs]
    head = ["MB", "init, ms", f"first {jobs[0]}, ms", *times, "$ per M starts", *dollars, "peak, MB"]
    listed = table(head, (_row(row, chosen) for row in rows))
    work = ", ".join(f"{job} {_middle(row['cpu_ms'][job] for row in rows)}" for job in jobs)
    return f"`{name}`, whose default is {chosen} MB; processor time, ms: {work}.\n\n{listed}"


def _middle(values: Iterable[float]) -> str:
    return count(median(values))


def _row(row: Figures, chosen: int) -> list[str]:
    """Both of a start are billed: the initialization, and the first invocation."""
    size = row["memory_mb"]
    billed = [row["init_ms"] + row["first_ms"], *row["warm_ms"].values()]
    dollars = [NOTHING if size is None else f"{MILLION * lambda_dollars(ms / 1000, size):,.2f}" for ms in billed]
    label = "all" if size is None else f"**{size}**" if size == chosen else str(size)
    return [
        label,
        count(row["init_ms"]),
        count(row["first_ms"]),
        *(count(ms) for ms in row["warm_ms"].values()),
        *dollars,
        count(row["peak_mb"]),
    ]
