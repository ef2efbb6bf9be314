"""Where things lie on Earth, as RFC 7946 has it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from rasterloom.domain.raster import Bounds

type Polygons = tuple[tuple[tuple[tuple[float, float], ...], ...], ...]
"""Polygons of rings of (longitude, latitude) in degrees, each ring closed, the outer one first."""

DECIMALS: Final = 7
"""Of a coordinate in degrees: about a centimetre."""
_HALF_TURN: Final = 180.0


def coordinates(polygons: Polygons) -> list[list[list[list[float]]]]:
    """The coordinates of a `MultiPolygon`: outer rings counterclockwise, inner ones clockwise (section 3.1.6)."""
    return [[_ring(ring, is_outer=number == 0) for number, ring in enumerate(polygon)] for polygon in polygons]


def _ring(ring: Sequence[tuple[float, float]], *, is_outer: bool) -> list[list[float]]:
    twice_area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))
    ordered = ring if (twice_area > 0) is is_outer else ring[::-1]
    return [[round(longitude, DECIMALS), round(latitude, DECIMALS)] for longitude, latitude in ordered]


def boxes(polygons: Polygons) -> list[Bounds]:
    """West, south, east and north of each polygon, in degrees; none crosses ±180°, for what does is two polygons."""
    return [
        Bounds(
            min(longitude for longitude, _ in outer),
            min(latitude for _, latitude in outer),
            max(longitude for longitude, _ in outer),
            max(latitude for _, latitude in outer),
        )
        for outer, *_inner in polygons
    ]


def bounding_box(polygons: Polygons) -> Bounds:
    """West, south, east and north of polygons, in degrees; west > east where they lie on both sides of ±180°.

    They do where they touch it from both sides and leave longitude 0 or another meridian free between them
    (section 5.2).
    """
    known = boxes(polygons)
    south, north = min(box.y_min for box in known), max(box.y_max for box in known)
    west, east = min(box.x_min for box in known), max(box.x_max for box in known)
    if west <= -_HALF_TURN and east >= _HALF_TURN:
        spans = sorted((box.x_min, box.x_max) for box in known)
        reached = spans[0][1]
        widest, ends = 0.0, (west, east)
        for start, end in spans[1:]:
            if start - reached > widest:
                widest, ends = start - reached, (start, reached)
            reached = max(reached, end)
        west, east = ends
    return Bounds(west, south, east, north)
