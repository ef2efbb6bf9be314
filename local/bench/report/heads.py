"""Cold headers."""

import math
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Final

from local.bench.report.ratios import ours_over
from local.bench.report.tables import NOTHING, count, megabytes, seconds, spread, table, times
from local.bench.report.verdicts import Verdict
from local.bench.results import Figures

JUDGED_AT: Final = (1_000, 10_000)
FASTER: Final = 50.0
NEAR: Final = 1.5
"""How much longer than the ideal fetching alone may take, without opening connections."""


def ideal(tiles: int, concurrency: int, pause_ms: float) -> float:
    """Seconds that nobody can be under: so many requests at once, each of which waits."""
    return math.ceil(tiles / concurrency) * pause_ms / 1000


def render(figures: Figures) -> str:
    """One row for each N."""
    head = (
        "N",
        "ideal, s",
        "fetched, s",
        "fetched and parsed, s",
        "requests",
        "MB",
        "as a registration, s",
        "requests",
    )
    rows = [_cells(row, figures) for row in figures["rows"]]
    words = _WORDS.format(**{**figures, "opening": spread(figures["opening"])})
    return f"{table(head, rows)}\n\n{words}"


_WORDS: Final = """\
Each figure is of a new process, so no connection is open before; {concurrency} are opened at once, which
takes {opening} s: by so much is a first round of as many requests longer than a second one. *Ideal* is
⌈N/{concurrency}⌉ pauses of {pause_ms:g} ms. *Fetched* is the first 16 KiB of each object; *parsed* has GDAL read them,
and compares the stub that a build will use with what it was made of. A *registration* asks besides whether a `.ovr` or
a `.msk` lies beside the object. Median, and least to most; requests and bytes are the server's count, answers' headers
included."""


def _cells(row: Figures, figures: Figures) -> tuple[str, ...]:
    return (
        count(row["count"]),
        seconds(ideal(row["count"], figures["concurrency"], figures["pause_ms"])),
        spread(row["fetched"]),
        spread(row["parsed"]),
        count(row["parsed_requests"]),
        megabytes(row["parsed_bytes"]),
        spread(row["registered"]) if "registered" in row else NOTHING,
        count(row["registered_requests"]) if "registered" in row else NOTHING,
    )


def goals(parts: Mapping[str, Figures]) -> Iterator[Verdict]:
    """Against the best-tuned GDAL, against the ideal, and the number of requests."""
    figures, faster = parts["heads"], ours_over(parts, "headers")
    for row in figures["rows"]:
        tiles = row["count"]
        if tiles not in JUDGED_AT:
            continue
        if tiles in faster:
            what = f"{tiles:,} cold headers, fetched and parsed, beside the best-tuned GDAL"
            yield Verdict(what, f"at least {FASTER:.0f}x", times(faster[tiles]), faster[tiles] >= FASTER)
        least = ideal(tiles, figures["concurrency"], figures["pause_ms"])
        opening = median(figures["opening"])
        over = (median(row["fetched"]) - opening) / least
        what = (
            f"{tiles:,} cold headers, fetching alone, without opening connections, over the ideal of {seconds(least)} s"
        )
        yield Verdict(what, f"at most {NEAR}x", times(over), over <= NEAR)
    asked = {row["parsed_requests"] / row["count"] for row in figures["rows"]}
    yield Verdict("requests for each header", "exactly 1", ", ".join(f"{each:g}" for each in asked), asked == {1.0})
