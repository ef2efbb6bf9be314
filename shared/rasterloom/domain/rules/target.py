"""Rules about the grid that the sources will share."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.findings import Severity
from rasterloom.domain.raster import Bounds
from rasterloom.domain.rules.base import Pair, Source, Violation, Whole
from rasterloom.domain.rules.grid import ON_GRID, TargetGrid
from rasterloom.domain.rules.layout import AS_COG, LARGE, bytes_text, pixel_bytes
from rasterloom.domain.rules.size import DIMENSIONS, can_be, size_text

NOTICEABLE: Final = 16_000_000
"""Bytes. Reading less than this for a view of the whole takes no time that anybody would notice."""


def falls_on_grid(pair: Pair) -> Iterator[Violation]:
    """VAL-13: pixels of the target's size that begin where the target's do; of no grid that cannot be."""
    grid, place, resolution = pair.grid, pair.place, pair.source.resolution
    if grid is None or place is None or resolution is None or not can_be(grid):
        return
    if pair.weave.options.target_extent is not None and not grid.holds(pair.source, place):
        return
    width, height = grid.size
    columns = _off((place.x_min - grid.bounds.x_min, pair.source.width, resolution[0]), grid.resolution[0], width)
    rows = _off((grid.bounds.y_max - place.y_max, pair.source.height, resolution[1]), grid.resolution[1], height)
    if all(_is_whole(number) for number in (*columns, *rows)):
        return
    target, ours = size_text(grid.resolution), size_text(resolution)
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


def keeps_others_on_grid(whole: Whole) -> Iterator[tuple[Source, Violation]]:
    """VAL-13 of what is added: the pixels that the VRT has keep their size."""
    if whole.published is None or not can_be(whole.grid) or not resizes(whole.grid, whole.published):
        return
    pixels, before = size_text(whole.grid.resolution), size_text(whole.published.resolution)
    x_size, y_size = whole.published.resolution
    yield (
        whole.sources[0],
        Violation(
            code="resampling_required",
            field="resolution",
            message=(
                f"With this source the mosaic's pixels are {pixels}, and {before} without it: whoever reads the mosaic "
                "gets the sources that it has resampled"
            ),
            expected=f"pixels of {before}",
            actual=f"pixels of {pixels}",
            hint=(
                "Nothing needs to be done if that is good enough; otherwise give the mosaic a target_resolution of "
                f"[{x_size!r}, {y_size!r}], or warp this source onto its grid: "
                f"gdalwarp {_onto(whole.published, whole.places[0])} -of COG in.tif out.tif."
            ),
            own=True,
            severity=Severity.WARNING,
        ),
    )


def _onto(grid: TargetGrid, place: Bounds | None) -> str:
    """Options with which what lies here is warped onto a grid, wherever that begins."""
    x_size, y_size = grid.resolution
    size = f"-tr {x_size!r} {y_size!r}"
    if place is None:
        return f"{size} -tap"
    west, north = grid.bounds.x_min, grid.bounds.y_max
    columns = [(edge - west) / x_size for edge in (place.x_min, place.x_max)]
    rows = [(north - edge) / y_size for edge in (place.y_max, place.y_min)]
    (left, right), (top, bottom) = (
        (math.floor(begin + ON_GRID), math.ceil(end - ON_GRID)) for begin, end in (columns, rows)
    )
    edges = west + left * x_size, north - bottom * y_size, west + right * x_size, north - top * y_size
    return f"-te {' '.join(map(repr, edges))} {size}"


def resizes(grid: TargetGrid, published: TargetGrid) -> bool:
    """Whether pixels of one grid are of another size than those of the other, as far as GDAL would resample."""
    pairs = zip(grid.resolution, published.resolution, published.size, strict=True)
    return any(not abs(size / before - 1) * pixels < ON_GRID for size, before, pixels in pairs)


def within_extent(whole: Whole) -> Iterator[tuple[Source, Violation]]:
    """VAL-17: no source wholly outside the VRT, or nearly so.

    `gdal.BuildVRT` leaves the first out and says nothing; of the second it writes a window that GDAL does not read.
    """
    if min(whole.grid.size) < 1:
        return
    for source, place in zip(whole.sources, whole.places, strict=True):
        if place is None or whole.grid.opens(source.profile, place):
            continue
        asked, ours, theirs = whole.weave.options.target_extent, _box_text(place), _box_text(whole.grid.bounds)
        why = "lies outside target_extent" if asked else "is thinner than what rounding cuts off at the VRT's edge"
        what = f"{why}: none of its pixels would be in the VRT, and GDAL would leave it out"
        if whole.grid.holds(source.profile, place):
            what = "has less than a thousandth of a pixel in the VRT, which GDAL would write and could not open"
        mend = "give a larger target_extent, in units of the VRT's CRS, x before y" if asked else ""
        yield (
            source,
            Violation(
                code="outside_target_extent",
                field="bounds",
                message=f"The source {what}",
                expected=f"something within {theirs}",
                actual=ours,
                hint=f"Leave this source out, or {mend or 'choose a finer resolution'}.",
                own=True,
            ),
        )


def leaves_others_their_pixels(whole: Whole) -> Iterator[tuple[Source, Violation]]:
    """VAL-17 of what is added: pixels do not become so large that a source is lost which the VRT has.

    Which of them would be lost first is known (`Margins`), so this costs the same for any number of them.
    """
    for thin in _thin(whole.grid):
        source = f"its source {thin.source_id}"
        yield (
            whole.sources[0],
            thin.violation("With this source pixels", source, "remove that source, or leave this one out"),
        )


def lost(grid: TargetGrid) -> Iterator[tuple[str, Violation]]:
    """VAL-17 of what is left of a VRT, or is built again: no pixels so large that one of its sources is lost.

    Gives the source's id with what is wrong.
    """
    for thin in _thin(grid):
        yield thin.source_id, thin.violation("Pixels", "this source", "or remove this source")


@dataclass(frozen=True, slots=True)
class _Thin:
    """A source that has next to nothing of a pixel along one dimension of a grid."""

    dimension: str
    pixel: float
    """Of the grid, in CRS units."""
    source_id: str
    pixels: float
    """Of the grid that the source has; 0 or less of what rounding cuts off."""

    def violation(self, pixels: str, source: str, otherwise: str) -> Violation:
        """What is wrong.

        Args:
            pixels: How a sentence about the VRT's pixels begins.
            source: The source that is thin, within that sentence.
            otherwise: What to do where the VRT shall not be woven otherwise.
        """
        return Violation(
            code="too_coarse_for_source",
            field=self.dimension,
            message=(
                f"{pixels} of the VRT would have a {self.dimension} of {self.pixel:.12g}, in units of its CRS, and "
                f"{source} less than a thousandth of one: GDAL would leave that out, or write what it could not open"
            ),
            expected="a thousandth of a pixel, or more, of every source",
            actual=f"{max(0.0, self.pixels):.3g} pixels",
            hint=f"Have the VRT woven with a finer resolution (resolution_strategy, target_resolution), {otherwise}.",
            own=True,
        )


def _thin(grid: TargetGrid) -> Iterator[_Thin]:
    if min(grid.size) < 1:
        return
    for dimension, pixel, (source_id, pixels) in zip(DIMENSIONS, grid.resolution, grid.standing, strict=False):
        if pixels < ON_GRID:
            yield _Thin(dimension, pixel, source_id, pixels)


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


def _box_text(box: Bounds) -> str:
    return f"[{', '.join(f'{edge:.15g}' for edge in box)}]"
