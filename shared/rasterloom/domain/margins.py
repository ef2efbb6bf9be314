"""What tells of all sources of a VRT which of them would be lost first, were its pixels larger or its edges others.

`gdal.BuildVRT` leaves out a source of which the VRT has nothing, and writes a window that it cannot open of one with
less than a thousandth of a pixel. Along each axis that happens first to the source that is thinnest, or to the one
that begins last, for the VRT's size is rounded to whole pixels and what hangs over is cut off. So two sources an axis
tell of any number of them what one more source would do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
    def of(cls, extent: Bounds, placed: Sequence[tuple[str, Bounds]]) -> Self:
        """The margins of sources with these ids, at these places.

        Args:
            extent: What the VRT covers.
            placed: At least one.
        """
        x_min, y_min, x_max, y_max = extent
        inside = [
            (source_id, max(west, x_min), max(south, y_min), min(east, x_max), min(north, y_max))
            for source_id, (west, south, east, north) in placed
        ]
        return cls(
            extent,
            (
                min((Extreme(source_id, east - west) for source_id, west, _, east, _ in inside), key=_value),
                min((Extreme(source_id, north - south) for source_id, _, south, _, north in inside), key=_value),
            ),
            (
                max((Extreme(source_id, west) for source_id, west, *_ in inside), key=_value),
                min((Extreme(source_id, north) for source_id, *_, north in inside), key=_value),
            ),
        )


def _value(extreme: Extreme) -> float:
    return extreme.value
