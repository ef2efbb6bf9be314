"""What tells of all sources of a VRT which of them would be lost first, were its pixels larger or its edges others.

`gdal.BuildVRT` leaves out a source of which the VRT has nothing, and writes a window that it cannot open of one with
less than a thousandth of a pixel. Along each axis that happens first to the source that is thinnest, or to the one
that begins last, for the VRT's size is rounded to whole pixels and what hangs over is cut off. So two sources an axis
tell of any number of them what one more source would do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import sub
from typing import NamedTuple, Self

from rasterloom.domain.raster import Bounds


class Extreme(NamedTuple):
    """The source of a VRT that has the least of something, or the most."""

    source_id: str
    value: float


@dataclass(frozen=True, slots=True)
class Margins:
    """What is nearest to being lost; coordinates and lengths are in units of the VRT's CRS."""

    extent: Bounds
    """What the VRT was asked to cover; it has whole pixels, and so ends a little before or behind that."""
    thinnest: tuple[Extreme, Extreme]
    """The source with the least width within the extent, and that with the least height."""
    last: tuple[Extreme, Extreme]
    """The source whose western edge lies farthest east, and that whose northern edge lies farthest south."""

    @classmethod
    def of(cls, extent: Bounds, ids: Sequence[str], places: Sequence[Bounds]) -> Self:
        """The margins of sources with these ids, at these places.

        Args:
            extent: What the VRT covers.
            ids: At least one.
            places: One for each.
        """
        wests, souths, easts, norths = zip(*places, strict=True)
        west, east = _from(extent.x_min, wests), _to(extent.x_max, easts)
        south, north = _from(extent.y_min, souths), _to(extent.y_max, norths)
        widths, heights = list(map(sub, east, west)), list(map(sub, north, south))
        return cls(
            extent,
            (_extreme(ids, widths, min(widths)), _extreme(ids, heights, min(heights))),
            (_extreme(ids, west, max(west)), _extreme(ids, north, min(north))),
        )


def _from(least: float, values: Sequence[float]) -> Sequence[float]:
    """The values, none of them below that; nearly always none is."""
    return values if min(values) >= least else [max(value, least) for value in values]


def _to(most: float, values: Sequence[float]) -> Sequence[float]:
    """The values, none of them above that."""
    return values if max(values) <= most else [min(value, most) for value in values]


def _extreme(ids: Sequence[str], values: Sequence[float], value: float) -> Extreme:
    return Extreme(ids[values.index(value)], value)
