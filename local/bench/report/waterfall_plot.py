"""The picture of where the time of a change goes: each part a bar that begins where the one before has ended."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from local.bench.report.tables import count, seconds
from local.bench.report.waterfall import BUILD, REQUEST, Pieces, ordered
from local.bench.results import Figures
from local.bench.service.waterfall import ELSE

SHOWN: Final = 2
"""The two largest N."""
LEAST: Final = 0.01
"""Of the whole: what takes less is shown with what is else."""
COLOURS: Final = {"request": "#2171b5", "queued": "#969696", "build": "#e34a33"}
PALE: Final = 0.45
"""Opacity of what is else."""

type Bar = tuple[str, str, float]
"""Its side, its part, its seconds."""


def draw(figures: Figures) -> Figure:
    """A panel for each kind of change at the two largest N."""
    rows = sorted(figures["rows"], key=lambda row: -row["count"])[:SHOWN]
    kinds = list(dict.fromkeys(kind for row in rows for kind in row["waterfall"]))
    figure = Figure(figsize=(5.2 * len(kinds), 4.8 * len(rows)), layout="constrained")
    panels = figure.subplots(len(rows), len(kinds), squeeze=False)
    for row, across in zip(rows, panels, strict=True):
        for kind, axes in zip(kinds, across, strict=True):
            if kind in row["waterfall"]:
                _panel(axes, f"{kind}, {count(row['count'])} sources", list(bars(row["waterfall"][kind])))
            else:
                axes.set_axis_off()
    figure.suptitle("From a request until it is complete: the request (blue), the queue, the build (red)", fontsize=12)
    return figure


def bars(pieces: Pieces) -> Iterator[Bar]:
    """The parts of a change in order, without those that take next to nothing."""
    whole = sum(pieces["request"].values()) + pieces["queued"] + sum(pieces["build"].values())
    yield from _side("request", REQUEST, pieces["request"], LEAST * whole)
    yield "queued", "queued", pieces["queued"]
    yield from _side("build", BUILD, pieces["build"], LEAST * whole)


def _side(side: str, words: Mapping[str, str], parts: Mapping[str, float], least: float) -> Iterator[Bar]:
    shown = {name: parts[name] for name in ordered(words, [parts]) if name != ELSE and parts[name] >= least}
    yield from ((side, name, taken) for name, taken in shown.items())
    yield side, ELSE, sum(parts.values()) - sum(shown.values())


def _panel(axes: Axes, title: str, found: list[Bar]) -> None:
    whole = sum(taken for _, _, taken in found)
    left = 0.0
    for place, (side, name, taken) in enumerate(found):
        faint: dict[str, Any] = {"alpha": PALE} if name == ELSE else {}
        axes.barh(place, taken, left=left, color=COLOURS[side], height=0.8, **faint)
        left += taken
        axes.text(left + 0.01 * whole, place, seconds(taken), va="center", fontsize=8)
    names = [name if name == side else f"{side}: {name}" for side, name, _ in found]
    axes.set_yticks(range(len(found)), names, fontsize=9)
    axes.set(xlim=(0, 1.14 * whole), xlabel="seconds", title=f"{title}: {seconds(whole)} s")
    axes.grid(visible=True, axis="x", alpha=0.35)
    axes.invert_yaxis()
