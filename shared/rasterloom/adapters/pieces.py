"""How a picture is cut into the pieces that are read side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rasterloom.vrt.cutting import Cuttable, Window

LARGE: Final = 64
"""Sources of a piece, times bands, from which on it is halved."""
SMALL: Final = 8
"""Pixels of the picture along the longer side of a piece that is halved no further."""
NEAR: Final = 1e-9
"""Pixels of the mosaic; nobody sees them."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Width and height of a picture, and of the mosaic that it shows, in pixels of each."""

    width: int
    height: int
    mosaic_width: int
    mosaic_height: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a picture, in its pixels, and where that lies in the mosaic."""

    column: int
    row: int
    width: int
    height: int
    window: Window


def even_pieces(sides: Sides, per_side: int) -> list[Piece]:
    """Cut a picture into so many pieces along each side, row by row; into fewer where it has fewer pixels."""
    columns = sorted({sides.width * part // per_side for part in range(per_side + 1)})
    rows = sorted({sides.height * part // per_side for part in range(per_side + 1)})
    return [
        _piece(sides, (left, top, right, bottom)) for top, bottom in pairwise(rows) for left, right in pairwise(columns)
    ]


def halved_pieces(sides: Sides, whole: Cuttable, bands: int) -> Iterator[tuple[Piece, list[int]]]:
    """Halve a picture along its longer side until each piece has few sources, and tell which reach into it.

    A piece that no source reaches into is read as well: it holds what the mosaic holds where it has none.

    Args:
        sides: Of the picture and of the mosaic.
        whole: The mosaic.
        bands: How many bands it has.
    """
    margin = max(1.0, sides.mosaic_width / sides.width, sides.mosaic_height / sides.height)
    waiting: list[tuple[Piece, Sequence[int]]] = [(_piece(sides, (0, 0, sides.width, sides.height)), whole.sources)]
    while waiting:
        piece, near = waiting.pop()
        sources = whole.reaching(piece.window, near, margin)
        if len(sources) <= LARGE * bands or max(piece.width, piece.height) <= SMALL:
            yield piece, sources
        else:
            waiting += ((half, sources) for half in reversed(_halves(sides, piece)))


def _halves(sides: Sides, piece: Piece) -> tuple[Piece, Piece]:
    left, top, right, bottom = piece.column, piece.row, piece.column + piece.width, piece.row + piece.height
    if piece.width >= piece.height:
        middle = left + piece.width // 2
        return _piece(sides, (left, top, middle, bottom)), _piece(sides, (middle, top, right, bottom))
    middle = top + piece.height // 2
    return _piece(sides, (left, top, right, middle)), _piece(sides, (left, middle, right, bottom))


def _piece(sides: Sides, edges: tuple[int, int, int, int]) -> Piece:
    """The piece between these edges: left, top, right and bottom, in pixels of the picture."""
    left, top, right, bottom = edges
    x, far_x = (_place(edge, sides.width, sides.mosaic_width) for edge in (left, right))
    y, far_y = (_place(edge, sides.height, sides.mosaic_height) for edge in (top, bottom))
    return Piece(left, top, right - left, bottom - top, (x, y, far_x - x, far_y - y))


def _place(edge: int, side: int, mosaic_side: int) -> float:
    """Where an edge between pixels of the picture lies in the mosaic.

    It is no whole pixel: rounded windows would shift each piece by itself, and what lies in them would not be what one
    read of the whole mosaic gives. To see whether a window lies in the mosaic GDAL rounds its beginning and its size,
    and two halves rounded up would reach beyond the end: so none begins at a half.
    """
    place = edge * mosaic_side / side
    return place - NEAR if abs(place % 1 - 0.5) < NEAR else place
