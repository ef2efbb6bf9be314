"""The plots of `docs/performance.md`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from local.bench.report import waterfall_plot
from local.bench.report.heads import ideal
from local.bench.report.peers import TITLES
from local.bench.report.ratios import OURS, our_seconds, peer_seconds
from local.bench.results import Figures

GROWTH: Final = "performance-growth.png"
WATERFALL: Final = "performance-waterfall.png"
OUR_COLOURS: Final = ("#b30000", "#e34a33", "#fc8d59", "#7f0000", "#fdbb84")
PEER_COLOURS: Final = ("#08306b", "#4ea3e0", "#222222", "#238b45", "#74c476", "#6a51a3", "#969696")
MARKERS: Final = "ovs^D<>"
OUR_MARKERS: Final = "*PXhd"

PEER: Final = ("-", 1.3, 5.0)
"""Line, its width and the size of its markers: of peers."""
COMPARED: Final = {"buildvrt_tuned": ("-", 4.2, 11.0), "raster_mosaic": ("--", 1.1, 3.5)}
"""The same of the two that are one program and lie on each other: the one that ours are held against shows around the
other, and through it."""

type Parts = Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Line:
    """One side of the growth plot.

    Attributes:
        title: Its name.
        seconds: By N.
        colour: As matplotlib has it.
        style: Of the line.
        marker: Of its points.
        width: Of the line, in points.
        size: Of the markers, in points.
    """

    title: str
    seconds: Mapping[int, float]
    colour: str
    style: str = "-"
    marker: str = "o"
    width: float = 1.3
    size: float = 5.0


def draw(parts: Parts, folder: Path) -> list[Path]:
    """Draw what can be drawn of these figures; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    if lines := list(_lines(parts)):
        drawn.append(_saved(_growth(lines, _pauses(parts)), folder / GROWTH))
    if parts.get("service", {}).get("rows"):
        drawn.append(_saved(waterfall_plot.draw(parts["service"]), folder / WATERFALL))
    return drawn


def _saved(figure: Figure, file: Path) -> Path:
    figure.savefig(file, dpi=110, metadata={"Software": None})
    return file


def _lines(parts: Parts) -> Iterator[Line]:
    for (peer, title), colour, marker in zip(TITLES.items(), PEER_COLOURS, MARKERS, strict=True):
        if found := peer_seconds(parts, peer):
            style, width, size = COMPARED.get(peer, PEER)
            yield Line(title.replace("`", ""), found, colour, style, marker, width, size)
    for (what, (part, figure)), colour, marker in zip(OURS.items(), OUR_COLOURS, OUR_MARKERS, strict=True):
        if found := our_seconds(parts, part, figure):
            yield Line(f"rasterloom: {what}", found, colour, "-", marker, width=2.4, size=8.0)
    heads = parts.get("heads")
    if heads is not None:
        sizes = [row["count"] for row in heads["rows"]]
        found = {size: ideal(size, heads["concurrency"], heads["pause_ms"]) for size in sizes}
        yield Line(f"ideal of N requests, {heads['concurrency']} at once", found, "black", ":", "")


def _pauses(parts: Parts) -> str:
    """What S3 waits, as the figures of the parts that ask it say."""
    found = sorted({part["pause_ms"] for part in parts.values() if "pause_ms" in part})
    return f" that waits {' or '.join(f'{pause:g}' for pause in found)} ms before every answer" if found else ""


def _growth(lines: list[Line], pauses: str) -> Figure:
    figure = Figure(figsize=(10, 6.2), layout="constrained")
    axes = figure.subplots()
    for line in lines:
        sizes = sorted(line.seconds)
        values = [line.seconds[size] for size in sizes]
        axes.plot(
            sizes,
            values,
            color=line.colour,
            linestyle=line.style,
            marker=line.marker,
            markersize=line.size,
            linewidth=line.width,
            label=line.title,
        )
    axes.set(xscale="log", yscale="log", xlabel="N, number of sources", ylabel="seconds, wall time")
    axes.set_title(f"How each side grows, behind one S3{pauses}")
    _plain(axes)
    axes.grid(visible=True, which="major", alpha=0.35)
    figure.legend(loc="outside right upper", fontsize=8)
    return figure


def _plain(axes: Axes) -> None:
    """Numbers as they are said, not as powers of ten."""
    plain = FuncFormatter(lambda value, _: f"{value:,g}")
    axes.xaxis.set_major_formatter(plain)
    axes.yaxis.set_major_formatter(plain)
