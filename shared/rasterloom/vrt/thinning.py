"""A VRT with only those sources that a picture of it can show.

Of many sources in one place the last ones lie on top, yet GDAL reads them all. Where they lie deeper than `DEPTH`, a
picture is drawn from the top ones; what shines through more than so many layers of nodata is not shown.
"""

import re
from collections.abc import Iterator, Sequence
from math import ceil, isqrt
from typing import Final

DEPTH: Final = 16
"""Sources in one place that a picture is drawn from."""
MAX_CELLS: Final = 128
"""Along each side, of the grid on which depth is counted."""

_BAND: Final = re.compile(rb"(?=<(?:VRTRasterBand|MaskBand)\b)")
_SOURCE: Final = re.compile(rb"[ \t]*<(SimpleSource|ComplexSource)\b.*?</\1>\s*?\n?", re.DOTALL)
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
    depths = [0] * (cells * cells)
    kept = [False] * len(places)
    for index in range(len(places) - 1, -1, -1):
        for cell in _cells(places[index], size, cells):
            kept[index] = kept[index] or depths[cell] < DEPTH
            depths[cell] += 1
    return kept


def _cells(place: Place, size: tuple[int, int], cells: int) -> Iterator[int]:
    """Cells that a source reaches into, row by row."""
    (left, top, width, height), (mosaic_width, mosaic_height) = place, size
    columns = _span(left, width, mosaic_width, cells)
    for row in _span(top, height, mosaic_height, cells):
        for column in columns:
            yield row * cells + column


def _span(start: float, length: float, whole: int, cells: int) -> range:
    first = max(0, int(start * cells / whole))
    last = min(cells, ceil((start + length) * cells / whole))
    return range(min(first, cells - 1), max(last, min(first, cells - 1) + 1))


def _thinned_band(part: bytes, size: tuple[int, int]) -> bytes:
    found = list(_SOURCE.finditer(part))
    places = [_place(match.group()) for match in found]
    if len(found) <= DEPTH or any(place is None for place in places):
        return part
    kept = on_top([place for place in places if place is not None], size)
    pieces: list[bytes] = []
    position = 0
    for match, keep in zip(found, kept, strict=True):
        pieces.append(part[position : match.end() if keep else match.start()])
        position = match.end()
    return b"".join([*pieces, part[position:]])


def _place(source: bytes) -> Place | None:
    found = DST_RECT.search(source)
    if found is None:
        return None
    left, top, width, height = (float(number) for number in found.groups())
    return left, top, width, height
