"""Where sources lie, in the pixels of a picture."""

from collections.abc import Iterable
from itertools import accumulate

from rasterloom.adapters.mosaic_gdal import Rectangle
from rasterloom.adapters.pieces import Sides


def covered(sides: Sides, placed: Iterable[Rectangle]) -> bytes:
    """A byte per pixel of a picture, rows from the north: 255 where any source lies, 0 elsewhere.

    How long it takes depends on the sources and on the pixels, and not on how many sources lie on each pixel: every
    source only says in which rows its columns begin and end to be covered.

    Args:
        sides: Of the picture and of the mosaic.
        placed: Where sources lie, in pixels of the mosaic.
    """
    stride = sides.width + 1
    steps: dict[int, list[tuple[int, int]]] = {}
    for left, top, right, bottom in {_rounded(sides, place) for place in placed}:
        if left < right and top < bottom:
            steps.setdefault(top, []).extend(((left, 1), (right, -1)))
            steps.setdefault(bottom, []).extend(((left, -1), (right, 1)))
    rows: list[bytes] = []
    deltas, row = [0] * stride, bytes(sides.width)
    for number in range(sides.height):
        if number in steps:
            for column, step in steps[number]:
                deltas[column] += step
            row = bytes(255 if depth else 0 for depth in accumulate(deltas[:-1]))
        rows.append(row)
    return b"".join(rows)


def _rounded(sides: Sides, place: Rectangle) -> tuple[int, int, int, int]:
    """Left, top, right and bottom edge in the picture, within it."""
    x_scale, y_scale = sides.width / sides.mosaic_width, sides.height / sides.mosaic_height
    left, right = round(place.x * x_scale), round((place.x + place.width) * x_scale)
    top, bottom = round(place.y * y_scale), round((place.y + place.height) * y_scale)
    return max(0, left), max(0, top), min(sides.width, right), min(sides.height, bottom)
