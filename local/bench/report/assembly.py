"""Assembly alone."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Final

from local.bench.report.ratios import ours_over
from local.bench.report.tables import count, megabytes, spread, table, times
from local.bench.report.verdicts import Verdict
from local.bench.results import Figures

JUDGED_AT: Final = (1_000, 10_000)
FASTER: Final = 200.0


def render(figures: Figures) -> str:
    """One row for each N."""
    head = ("N", "seconds", "ms for each source", "VRT, MB", "peak before, MB", "peak after, MB")
    rows = [
        (
            count(row["count"]),
            spread(row["seconds"]),
            f"{1000 * median(row['seconds']) / row['count']:.3f}",
            megabytes(row["size"]),
            megabytes(row["peak_before"]),
            megabytes(row["peak"]),
        )
        for row in figures["rows"]
    ]
    return f"{table(head, rows)}\n\n{_WORDS}"


_WORDS: Final = """\
Members in memory to the bytes of the VRT, by the adapter that the builder has: a stub for each, `gdal.BuildVRT` over
them, and the account of what it wrote. S3 is asked nothing meanwhile. Repeated in one process, as a warm builder does;
the peak before is that of reading the headers, which the builder does not do."""


def goals(parts: Mapping[str, Figures]) -> Iterator[Verdict]:
    """Against the best-tuned GDAL, in seconds and in bytes."""
    faster = ours_over(parts, "assembly")
    for each in JUDGED_AT:
        if each in faster:
            what = f"assembly alone of {each:,}, beside the best-tuned GDAL over S3"
            yield Verdict(what, f"at least {FASTER:.0f}x", times(faster[each]), faster[each] >= FASTER)
    theirs = {row["count"]: row["sha256"] for row in parts.get("peers", {}).get("rows", ()) if _is_tuned(row)}
    same = {
        row["count"]: row["sha256"] == theirs[row["count"]]
        for row in parts["assembly"]["rows"]
        if row["count"] in theirs
    }
    if same:
        sizes = ", ".join(f"{each:,}" for each in same)
        found = (
            "identical"
            if all(same.values())
            else f"other bytes at {[each for each, is_same in same.items() if not is_same]}"
        )
        yield Verdict(
            f"bytes of the VRT beside those of the best-tuned GDAL, N = {sizes}", "identical", found, all(same.values())
        )


def _is_tuned(row: Figures) -> bool:
    return row["peer"] == "buildvrt_tuned" and row["left_out"] is None
