"""How many times faster than a peer: the figures that another machine, and another day, should give again."""

from collections.abc import Mapping
from statistics import median
from typing import Final

from local.bench.results import Figures

type Parts = Mapping[str, Figures]

TUNED: Final = "buildvrt_tuned"
"""The peer that all ratios of goals are to: GDAL itself, as well as it can be set."""


def peer_seconds(parts: Parts, peer: str = TUNED) -> dict[int, float]:
    """Seconds that a peer took, by N; without those that it was left out at."""
    rows = parts.get("peers", {}).get("rows", ())
    return {row["count"]: median(row["seconds"]) for row in rows if row["peer"] == peer and row["seconds"]}


def our_seconds(parts: Parts, part: str, figure: str) -> dict[int, float]:
    """Median seconds of one figure of one of our parts, by N."""
    rows = parts.get(part, {}).get("rows", ())
    return {row["count"]: median(row[figure]) for row in rows if row.get(figure)}


def over(peer: Mapping[int, float], ours: Mapping[int, float]) -> dict[int, float]:
    """How many times longer the peer took, at each N at which both were measured."""
    return {count: peer[count] / seconds for count, seconds in ours.items() if count in peer}


OURS: Final = {
    "headers": ("heads", "parsed"),
    "assembly": ("assembly", "seconds"),
    "create": ("service", "complete"),
    "add one": ("service", "add_one"),
    "remove one": ("service", "remove_one"),
}
"""What is held against the best-tuned GDAL, and where its seconds are."""


def ours_over(parts: Parts, what: str) -> dict[int, float]:
    """How many times faster than the best-tuned GDAL one of `OURS` is, by N."""
    return over(peer_seconds(parts), our_seconds(parts, *OURS[what]))


def unlike_over(figures: Figures, figure: str) -> dict[int, float]:
    """How many times faster than the best-tuned GDAL, of tiles with statistics of their own, by N.

    Args:
        figures: Of the part `heads`; an older one has none of such tiles.
        figure: `parsed`, or `each`, where GDAL opens each of them.
    """
    of = figures.get("unlike", {"rows": (), "gdal": ()})
    gdal = {row["count"]: median(row["seconds"]) for row in of["gdal"] if row["seconds"]}
    return over(gdal, {row["count"]: median(row[figure]) for row in of["rows"]})


UNLIKE: Final = {"parsed": "headers with statistics of their own", "each": "headers of which GDAL opens each"}
"""What of such tiles is held against the best-tuned GDAL over the same tiles."""


def unlike_ratios(figures: Figures) -> dict[str, float]:
    """All of them by name, such as `headers of which GDAL opens each, 1000: times faster than the best-tuned GDAL`."""
    return {
        f"{what}, {count}: times faster than the best-tuned GDAL": round(ratio, 2)
        for figure, what in UNLIKE.items()
        for count, ratio in unlike_over(figures, figure).items()
    }


def across(parts: Parts) -> dict[str, float]:
    """All of them by name, such as `assembly, 1000: times faster than the best-tuned GDAL`."""
    return {
        f"{what}, {count}: times faster than the best-tuned GDAL": round(ratio, 2)
        for what in OURS
        for count, ratio in ours_over(parts, what).items()
    }
