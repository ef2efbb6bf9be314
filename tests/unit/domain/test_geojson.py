"""Polygons as RFC 7946 has them."""

from itertools import pairwise

from rasterloom.domain.geojson import bounding_box, coordinates
from rasterloom.domain.raster import Bounds

Ring = tuple[tuple[float, float], ...]


def square(west: float, south: float, side: float) -> Ring:
    east, north = west + side, south + side
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def turned_left(ring: list[list[float]]) -> bool:
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) > 0


def test_outer_rings_turn_left_and_holes_right_whichever_way_they_came() -> None:
    outer, inner = square(0, 0, 10), square(2, 2, 3)
    for one in (outer, outer[::-1]):
        for other in (inner, inner[::-1]):
            ((first, second),) = coordinates(((one, other),))
            assert (turned_left(first), turned_left(second)) == (True, False)


def test_a_box_is_around_all_parts() -> None:
    assert bounding_box(((square(0, 0, 1),), (square(5, 7, 2),))) == Bounds(0, 0, 7, 9)


def test_a_box_across_the_antimeridian_begins_in_the_east() -> None:
    assert bounding_box(((square(-180, 0, 3),), (square(178, 1, 2),))) == Bounds(178, 0, -177, 3)


def test_a_box_around_the_whole_earth_is_not_cut_open() -> None:
    whole = ((-180.0, -90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, 90.0), (-180.0, -90.0))
    assert bounding_box(((whole,),)) == Bounds(-180, -90, 180, 90)
