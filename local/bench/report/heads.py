"""Cold headers."""

import math
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Final

from local.bench.report.ratios import ours_over, unlike_over
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
    return "\n\n".join([table(head, rows), words, *_unlike(figures)])


def _unlike(figures: Figures) -> Iterator[str]:
    """Tiles that are alike and tiles that are not, side by side; nothing where the latter were not measured."""
    if "unlike" not in figures:
        return
    alike = {row["count"]: row for row in figures["rows"]}
    gdal = {row["count"]: row["seconds"] for row in figures["unlike"]["gdal"]}
    faster = {figure: unlike_over(figures, figure) for figure in ("parsed", "each")}
    head = (
        "N",
        "alike, s",
        "GDAL opens",
        "own statistics, s",
        "GDAL opens",
        "all opened, s",
        "best-tuned GDAL, s",
        "over own statistics",
        "over all opened",
    )
    rows = [
        (
            count(row["count"]),
            spread(alike[row["count"]]["parsed"]),
            count(alike[row["count"]]["parsed_opened"]),
            spread(row["parsed"]),
            count(row["parsed_opened"]),
            spread(row["each"]),
            spread(gdal[row["count"]]),
            times(faster["parsed"].get(row["count"])),
            times(faster["each"].get(row["count"])),
        )
        for row in figures["unlike"]["rows"]
    ]
    yield table(head, rows)
    yield _UNLIKE


_WORDS: Final = """\
Each figure is of a new process, so no connection is open before; {concurrency} are opened at once, which
takes {opening} s: by so much is a first round of as many requests longer than a second one. *Ideal* is
⌈N/{concurrency}⌉ pauses of {pause_ms:g} ms. *Fetched* is the first 16 KiB of each object. *Parsed* is what a build will
need of each. These tiles differ in where they lie alone: GDAL opens the first one, and compares the stub that a build
will use with what it was made of; of the others only their places are read. A *registration* asks besides whether a
`.ovr` or a `.msk` lies beside the object. Median, and least to most; requests and bytes are the server's count,
answers' headers included."""

_UNLIKE: Final = """\
*Alike* are the tiles above. Those with *own statistics* GDAL wrote one by one: each has pixels, tile sizes, statistics
in its metadata (as `gdalinfo -stats` and `-co STATISTICS=YES` leave them) and a time of its own; those after the first
thousand are copies of these that lie elsewhere. Of a header that differs from one that GDAL has opened only in these,
in its place and in the size of its pixels, they are read, and the rest is what GDAL said of the other one. *All opened*
are the same tiles with nothing remembered from one to the next: so it is where each file has something else of its own
in its header, such as an item that names its scene. The best-tuned GDAL builds a VRT of these same tiles, over the same
server in the same run; *over* is how many times longer that took."""


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
    unlike = unlike_over(figures, "parsed")
    for row in figures["rows"]:
        tiles = row["count"]
        if tiles not in JUDGED_AT:
            continue
        if tiles in faster:
            what = f"{tiles:,} cold headers that are alike, fetched and parsed, beside the best-tuned GDAL"
            yield Verdict(what, f"at least {FASTER:.0f}x", times(faster[tiles]), faster[tiles] >= FASTER)
        if tiles in unlike:
            what = (
                f"{tiles:,} cold headers with statistics of their own, beside the best-tuned GDAL over the same tiles"
            )
            yield Verdict(what, f"at least {FASTER:.0f}x", times(unlike[tiles]), unlike[tiles] >= FASTER)
        least = ideal(tiles, figures["concurrency"], figures["pause_ms"])
        opening = median(figures["opening"])
        over = (median(row["fetched"]) - opening) / least
        what = (
            f"{tiles:,} cold headers, fetching alone, without opening connections, over the ideal of {seconds(least)} s"
        )
        yield Verdict(what, f"at most {NEAR}x", times(over), over <= NEAR)
    asked = {row["parsed_requests"] / row["count"] for row in figures["rows"]}
    yield Verdict("requests for each header", "exactly 1", ", ".join(f"{each:g}" for each in asked), asked == {1.0})
