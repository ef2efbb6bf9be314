"""Rules about the grid that the sources will share."""

import math
from collections.abc import Iterator
from typing import Final

from rasterloom.domain.findings import Severity
from rasterloom.domain.raster import Bounds
from rasterloom.domain.rules.base import Pair, Source, Violation, Whole
from rasterloom.domain.rules.grid import TargetGrid
from rasterloom.domain.rules.layout import AS_COG, LARGE, bytes_text, pixel_bytes

ON_GRID: Final = 1e-3
"""Pixels. GDAL itself takes a window for whole that is nearer to it than this (`RoundIfCloseToInt` in
`frmts/vrt/vrtsources.cpp`): from there on no pixel is resampled."""

MOST_PIXELS: Final = 2**31 - 1
"""Of a side: GDAL holds it in an `int`, and writes -2147483648 into a VRT that is larger, without a word."""

NOTICEABLE: Final = 16_000_000
"""Bytes. Reading less than this for a view of the whole takes no time that anybody would notice."""


def falls_on_grid(pair: Pair) -> Iterator[Violation]:
    """VAL-13: pixels of the target's size that begin where the target's do."""
    grid, place, resolution = pair.grid, pair.place, pair.source.resolution
    if grid is None or place is None or resolution is None:
        return
    width, height = grid.size
    columns = _off((place.x_min - grid.bounds.x_min, pair.source.width, resolution[0]), grid.resolution[0], width)
    rows = _off((grid.bounds.y_max - place.y_max, pair.source.height, resolution[1]), grid.resolution[1], height)
    if all(_is_whole(number) for number in (*columns, *rows)):
        return
    target, ours = _size_text(grid.resolution), _size_text(resolution)
    offset = f"{abs(columns[0]):.3g} columns and {abs(rows[0]):.3g} rows off the grid"
    if _is_whole(columns[0]) and _is_whole(rows[0]):
        offset = "on the grid's corners"
    yield Violation(
        code="resampling_required",
        field="geotransform",
        message=(
            f"The source's pixels of {ours} begin {offset}, the mosaic's have {target}: "
            "whoever reads the mosaic gets it resampled"
        ),
        expected=f"pixels of {target}, on the grid's corners",
        actual=f"pixels of {ours}, {offset}",
        hint=(
            "Nothing needs to be done if that is good enough; otherwise warp all sources onto one grid: "
            f"gdalwarp -tr {grid.resolution[0]!r} {grid.resolution[1]!r} -tap -of COG in.tif out.tif."
        ),
        own=True,
        severity=Severity.WARNING,
    )


def fits_gdal(whole: Whole) -> Iterator[tuple[Source, Violation]]:
    """VAL-15: no more pixels per side than GDAL can count; one violation per dimension."""
    for dimension, size in zip(("width", "height"), whole.grid.size, strict=True):
        if size <= MOST_PIXELS:
            continue
        pixels = f"{size:.0f} pixels" if size < 1e15 else "more pixels than can be counted"  # noqa: PLR2004 - 15 digits
        yield (
            _to_blame(whole, dimension),
            Violation(
                code="target_too_large",
                field=dimension,
                message=(
                    f"The VRT would have a {dimension} of {pixels}, and GDAL counts to {MOST_PIXELS}: "
                    f"this source lies farthest from the others, or has the smallest pixels"
                ),
                expected=f"at most {MOST_PIXELS} pixels",
                actual=pixels,
                hint=(
                    "Leave it out, check its origin and pixel size with gdalinfo, or choose a coarser resolution "
                    "(resolution_strategy)."
                ),
                own=True,
            ),
        )


def readable_from_afar(whole: Whole) -> Iterator[tuple[Source, Violation]]:
    """VAL-11 of all together: what sources without overviews cost whoever looks at the whole.

    The overviews that GDAL gives a VRT are drawn from those of its sources, so they do not help.
    """
    bare = [source for source in whole.sources if not source.profile.overviews]
    cost = sum(pixel_bytes(source.profile) for source in bare)
    if cost < NOTICEABLE or max(whole.grid.size) <= LARGE:
        return
    count = f"{len(bare)} of the {len(whole.sources)} sources have" if len(whole.sources) > 1 else "The source has"
    yield (
        bare[0],
        Violation(
            code="overviews_missing",
            field="overviews",
            message=(
                f"{count} no overviews, so a view of the whole at a low zoom reads all of their pixels: "
                f"{bytes_text(cost)} before compression"
            ),
            expected="overviews in every source",
            actual=f"{len(bare)} without",
            hint=f"For each of them: {AS_COG[0].lower()}{AS_COG[1:]}",
            own=True,
            severity=Severity.WARNING,
        ),
    )


def _size_text(resolution: tuple[float, float]) -> str:
    return f"{resolution[0]:.12g} x {resolution[1]:.12g}"


def _off(source: tuple[float, int, float], target: float, size: float) -> tuple[float, float, float]:
    """How far a source is off the grid along one axis, each in pixels; what is nearer than `ON_GRID` is not.

    Args:
        source: Where it begins, in CRS units from the grid's corner; its pixels; their size.
        target: Size of the grid's pixels.
        size: Pixels of the grid.

    Returns:
        Its begin from the nearest whole pixel of the grid; its length there from its own; and what is cut off of it
        where it reaches over the last pixel, since GDAL rounds the grid's size.
    """
    distance, pixels, own = source
    begin, length = distance / target, pixels * own / target
    if not math.isfinite(begin) or not math.isfinite(length):
        return math.inf, math.inf, math.inf
    end = begin + length
    over = max(0.0, end - round(end)) if end > size - 0.5 else 0.0
    return begin - round(begin), length - pixels, over * target / own


def _is_whole(rest: float) -> bool:
    return abs(rest) < ON_GRID


def _to_blame(whole: Whole, dimension: str) -> Source:
    """The source that makes the whole too large: the farthest one if distance alone does it, or else the finest."""
    axis = 0 if dimension == "width" else 1
    placed = [(source, place) for source, place in zip(whole.sources, whole.places, strict=True) if place is not None]
    if not placed:
        return whole.sources[0]
    first = placed[0][1]

    def distance(pair: tuple[Source, Bounds]) -> float:
        away = abs(pair[1][axis] - first[axis])
        return away if math.isfinite(away) else math.inf

    def pixel_size(pair: tuple[Source, Bounds]) -> float:
        return (pair[0].profile.resolution or (math.inf, math.inf))[axis]

    farthest = max(placed, key=distance)
    coarse = TargetGrid(whole.grid.bounds, (max(map(pixel_size, placed)),) * 2, 1)
    return (farthest if coarse.size[axis] > MOST_PIXELS else min(placed, key=pixel_size))[0]
