"""Where a mosaic begins and ends that lies across ±180°.

Longitudes in a CRS in degrees name a meridian once every 360°. Sources on both sides of the antimeridian would make
a mosaic that goes around the whole Earth the other way; moved by a whole turn, they lie side by side.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from rasterloom.domain.raster import Bounds, Crs, RasterProfile

TURN: Final = 360.0
HALF_TURN: Final = 180.0

_UNIT: Final = re.compile(r'UNIT\["[^"]*",\s*([0-9.eE+-]+)')
_DEGREE: Final = math.pi / HALF_TURN


def turns(profiles: Sequence[RasterProfile], extent: Bounds | None = None) -> tuple[int, ...]:
    """By how many turns each source has to be moved east for a mosaic that goes the short way around the Earth.

    All are 0, and the mosaic is GDAL's own, unless every source is in degrees and the mosaic as it stands is wider
    than half the Earth, while across ±180° it is narrower than that. So mosaics of the whole Earth stay as they are.

    An extent that somebody gave decides alone: a source in degrees is moved to where it meets the extent, if it does
    not meet it as it stands.
    """
    if extent is not None:
        return tuple(_turns_into(extent, profile) for profile in profiles)
    spans = list(_spans(profiles))
    if not spans or len(spans) < len(profiles):
        return (0,) * len(profiles)
    if max(east for _, east in spans) - min(west for west, _ in spans) <= HALF_TURN:
        return (0,) * len(profiles)
    start, width = _shortest_way(spans)
    if width >= HALF_TURN:
        return (0,) * len(profiles)
    return tuple(_turns_to(start, west) for west, _ in spans)


def moved_east(profile: RasterProfile, count: int) -> RasterProfile:
    """The profile of a raster that lies so many turns further east; the raster itself where that is none."""
    if not count or profile.geotransform is None:
        return profile
    x_origin = profile.geotransform.x_origin + count * TURN
    return replace(profile, geotransform=profile.geotransform._replace(x_origin=x_origin))


def is_in_degrees(crs: Crs) -> bool:
    """Whether coordinates are longitudes and latitudes in degrees; grads and radians are not."""
    wkt = crs.wkt
    geographic = wkt.startswith("GEOGCS[") or (
        wkt.startswith("COMPD_CS[") and "PROJCS[" not in wkt and "GEOGCS[" in wkt
    )
    if not geographic:
        return False
    unit = _UNIT.search(wkt, wkt.index("GEOGCS["))
    return unit is not None and math.isclose(float(unit[1]), _DEGREE, rel_tol=1e-9)


def _spans(profiles: Sequence[RasterProfile]) -> Iterator[tuple[float, float]]:
    """West and east of each, up to the first that has none: of 100,000 in metres one is looked at."""
    for profile in profiles:
        span = _span(profile)
        if span is None:
            return
        yield span


def _span(profile: RasterProfile) -> tuple[float, float] | None:
    """West and east, as the source has them; None where they are no degrees, or more than half the Earth."""
    if profile.crs is None or not is_in_degrees(profile.crs):
        return None
    bounds = profile.bounds
    if bounds is None:
        return None
    return (bounds.x_min, bounds.x_max) if bounds.x_max - bounds.x_min <= HALF_TURN else None


def _turns_into(extent: Bounds, profile: RasterProfile) -> int:
    """Turns that bring a source to where it meets an extent; none where it does already, or never will."""
    span = _span(profile)
    if span is None:
        return 0
    west, east = span
    first = math.floor((extent.x_min - east) / TURN) + 1
    last = math.ceil((extent.x_max - west) / TURN) - 1
    return min(max(first, 0), last) if first <= last else 0


def _shortest_way(spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Where the shortest arc that holds all spans begins, within ±180°, and how wide it is; widths in degrees."""
    reached, west = max(_gaps(spans), key=lambda gap: gap[1] - gap[0])
    return _within(west), TURN - (west - reached)


def _gaps(spans: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Gaps between spans on the circle, as (end of the one before, begin of the next), from west to east, once around.

    Where spans overlap or touch, the second is not greater than the first.
    """
    ordered = sorted((_within(west), east - west) for west, east in spans)
    # What reaches around into the first span's gap was met last.
    reached = max(west + width for west, width in ordered) - TURN
    for west, width in ordered:
        yield reached, west
        reached = max(reached, west + width)


def _within(longitude: float) -> float:
    """The same meridian, from -180° to below 180°; one that is there is not touched."""
    return longitude - TURN * math.floor((longitude + HALF_TURN) / TURN)


def _turns_to(start: float, west: float) -> int:
    """Turns that bring a span's begin to where the arc begins, or east of there by less than one turn."""
    return math.ceil((start - west) / TURN - 1e-12)
