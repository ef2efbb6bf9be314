"""Where the time of a change goes: a table for each kind of change, and what its words mean."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from local.bench.report.tables import count, seconds, table
from local.bench.results import Figures
from local.bench.service.waterfall import ELSE

REQUEST: Final[Mapping[str, str]] = {
    "manifest": "the list of sources is read from S3",
    "vrt": "the VRT is read from the catalogue",
    "plan": "the change is held against the VRT",
    "load": "sources are read from the catalogue",
    "rules": "all rules over all sources",
    "freshness": "S3 is asked whether sources are what they were",
    "stage": "what the build shall take is written down",
    "put": "and put",
    "links": "each source is linked to the VRT",
    "admit": "the transaction that promises the job",
    "send": "the message to the builder",
    ELSE: "the way there and back, the token, all that is not measured",
}
"""Parts of a request in order, and what they are."""

BUILD: Final[Mapping[str, str]] = {
    "steps": "the job's step is written, five times, each under the lock",
    "read": "what was staged, and what is published, is read from S3",
    "load": "sources are read from the catalogue",
    "rules": "all rules over all sources, where the request did not",
    "links": "each source is linked to the VRT, where the request did not",
    "states": "the catalogue is asked what has become of sources since",
    "freshness": "S3 is asked whether sources are what they were, twice",
    "grid": "the grid of all sources of a tile index",
    "assemble": "GDAL makes the VRT",
    "account": "the VRT holds exactly the members",
    "verify": "GDAL opens it and reads windows",
    "relative": "the VRT with relative paths",
    "index": "the tile index, written and read back",
    "pictures": "pictures, or a sketch of where many sources lie",
    "members": "the members are packed",
    "put": "everything is put",
    "publish": "the transaction that publishes",
    ELSE: "between these, and until the caller sees the end",
}
"""Parts of a build, about in order, and what they are."""

LEAST: Final = 0.0005
"""Seconds; what never takes as much has no row."""

type Pieces = Mapping[str, Any]
"""Of one change: `request` and `build`, seconds by part, and `queued`, seconds."""


def render(figures: Figures) -> str:
    """A table for each kind of change: its parts below one another, each N in a column."""
    words = (
        "Where that time goes, seconds: what the functions themselves measure of each part and log at the end (of "
        "several, medians, which need not add up). No part holds another."
    )
    return "\n\n".join([words, *_tables(figures)])


def _tables(figures: Figures) -> Iterator[str]:
    for kind in dict.fromkeys(name for row in figures["rows"] for name in row["waterfall"]):
        found = {row["count"]: row["waterfall"][kind] for row in figures["rows"] if kind in row["waterfall"]}
        head = (f"{kind}, N =", *(count(tiles) for tiles in found), "what is done")
        yield table(head, _rows(list(found.values())))


def _rows(found: Sequence[Pieces]) -> Iterator[tuple[str, ...]]:
    yield from _side("request", REQUEST, found)
    queued = (seconds(each["queued"]) for each in found)
    yield ("queued", *queued, "from the 202 until a builder has taken the job")
    yield from _side("build", BUILD, found)


def _side(side: str, words: Mapping[str, str], found: Sequence[Pieces]) -> Iterator[tuple[str, ...]]:
    for name in ordered(words, (each[side] for each in found)):
        taken = [each[side].get(name) for each in found]
        if max(value or 0.0 for value in taken) >= LEAST:
            yield (f"{side}: {name}", *map(seconds, taken), words.get(name, ""))


def ordered(words: Mapping[str, str], found: Iterable[Mapping[str, float]]) -> list[str]:
    """All parts that occur, in the order of the words; what has none comes before what is else."""
    names = dict.fromkeys(name for each in found for name in each)
    known = [name for name in words if name in names and name != ELSE]
    return [*known, *(name for name in names if name not in words), *([ELSE] if ELSE in names else [])]
