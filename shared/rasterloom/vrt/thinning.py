"""A VRT with only those sources that a picture of it can show.

Of many sources in one place the last ones lie on top, yet GDAL reads them all. Where they lie deeper than `DEPTH`, a
picture is drawn from the top ones; what shines through more than so many layers of nodata is not shown.
"""

import re
from collections.abc import Sequence
from math import ceil, isqrt
from typing import Final

DEPTH: Final = 16
"""Sources in one place that a picture is drawn from."""
MAX_CELLS: Final = 128
"""Along each side, of the grid on which depth is counted."""

_BAND: Final = re.compile(rb"(?=<(?:VRTRasterBand|MaskBand)\b)")
SOURCE: Final = re.compile(rb"[ \t]*<(SimpleSource|ComplexSource)\b.*?</\1>\s*?\n?", re.DOTALL)
"""A source in a VRT, with its line's end."""
DST_RECT: Final = re.compile(rb'<DstRect xOff="([^"]+)" yOff="([^"]+)" xSize="([^"]+)" ySize="([^"]+)"')
"""Where a source lies in a VRT, as GDAL writes it: column, row, width and height, in pixels."""

type Place = tuple[float, float, float, float]
"""Column, row, width and height in the mosaic, in pixels."""


def thinned(document: bytes, size: tuple[int, int]) -> bytes:
    """Leave out sources that lie below `DEPTH` others everywhere, band by band; a mosaic without any is as it was.

    Args:
        document: What `gdal.BuildVRT` wrote.
        size: Width and height of the mosaic, in pixels.
    """
    return b"".join(_thinned_band(part, size) for part in _BAND.split(document))


def on_top(places: Sequence[Place], size: tuple[int, int]) -> list[bool]:
    """Which of the sources, the last one topmost, are among the top `DEPTH` of some cell that they reach into."""
    cells = min(MAX_CELLS, 2 * isqrt(len(places)) + 1)
    grid = [[0] * DEPTH for _ in range(cells)]
    kept = [False] * len(places)
    for index in range(len(places) - 1, -1, -1):
        rows, columns = _reached(places[index], size, cells)
        for row in rows:
            kept[index] |= _lay(grid[row], columns)
    return kept


def _lay(levels: list[int], columns: int) -> bool:
    """Lay a source over a row of cells; whether any of them was not full.

    Args:
        levels: At each depth, the cells that have at least one source more than that, as bits.
        columns: The cells that the source reaches into, as bits.
    """
    columns &= ~levels[-1]
    if not columns:
        return False
    for depth, level in enumerate(levels):
        levels[depth] = level | columns
        columns &= level
        if not columns:
            break
    return True


def _reached(place: Place, size: tuple[int, int], cells: int) -> tuple[range, int]:
    """Rows of cells that a source reaches into, and the cells of each as bits."""
    (left, top, width, height), (mosaic_width, mosaic_height) = place, size
    columns = _span(left, width, mosaic_width, cells)
    return _span(top, height, mosaic_height, cells), (1 << columns.stop) - (1 << columns.start)


def _span(start: float, length: float, whole: int, cells: int) -> range:
    first = max(0, int(start * cells / whole))
    last = min(cells, ceil((start + length) * cells / whole))
    return range(min(first, cells - 1), max(last, min(first, cells - 1) + 1))


def _thinned_band(part: bytes, size: tuple[int, int]) -> bytes:
    found = list(SOURCE.finditer(part))
    places = [place_of(match.group()) for match in found]
    if len(found) <= DEPTH or any(place is None for place in places):
        return part
    kept = on_top([place for place in places if place is not None], size)
    pieces: list[bytes] = []
    position = 0
    for match, keep in zip(found, kept, strict=True):
        pieces.append(part[position : match.end() if keep else match.start()])
        position = match.end()
    return b"".join([*pieces, part[position:]])


def place_of(source: bytes) -> Place | None:
    """Where a source lies; None where it does not say, and so fills the mosaic."""
    found = DST_RECT.search(source)
    if found is None:
        return None
    left, top, width, height = (float(number) for number in found.groups())
    return left, top, width, height
