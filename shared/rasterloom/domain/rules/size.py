"""Rules about how many pixels a VRT would have."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rasterloom.domain.raster import Bounds
from rasterloom.domain.rules.base import Source, Violation, Whole
from rasterloom.domain.rules.grid import TargetGrid

MOST_PIXELS: Final = 2**31 - 1
"""Of a side: GDAL holds it in an `int`, and writes -2147483648 into a VRT that is larger, without a word."""

DIMENSIONS: Final = ("width", "height")

_TOO_SMALL: Final[Mapping[str | None, str]] = {
    "target_extent": "target_extent is too small",
    "target_resolution": "target_resolution is too coarse",
    None: "this source makes its pixels too large",
}

COUNTABLE: Final = 1e15
"""Larger numbers are told by their size alone: a float has no more digits."""


def can_be(grid: TargetGrid) -> bool:
    """Whether a raster can have this grid: of one that cannot, nothing else needs to be said."""
    return all(1 <= size <= MOST_PIXELS for size in grid.size)


def fits_gdal(whole: Whole) -> Iterator[tuple[Source, Violation]]:
    """VAL-15: no more pixels per side than GDAL can count.

    One violation where an option of the request is to blame, or else one per dimension about the source that is.
    """
    axes = [axis for axis, size in enumerate(whole.grid.size) if not size <= MOST_PIXELS]
    option = _too_large_by(whole, axes) if axes else None
    if option is not None:
        yield whole.sources[0], _too_large(whole, option)
        return
    for axis in axes:
        dimension, pixels = DIMENSIONS[axis], f"{_count_text(whole.grid.size[axis])} pixels"
        source, reason, mend = _cause(whole, axis)
        yield (
            source,
            Violation(
                code="target_too_large",
                field=dimension,
                message=f"The VRT would have a {dimension} of {pixels}, and GDAL counts to {MOST_PIXELS}: {reason}",
                expected=f"at most {MOST_PIXELS} pixels",
                actual=pixels,
                hint=mend,
                own=True,
            ),
        )


def has_pixels(whole: Whole) -> Iterator[tuple[Source, Violation]]:
    """VAL-15: at least one pixel per side; one violation, about the option that is to blame, or else about the source.

    Sources alone always have one: it takes an extent or a pixel size that somebody asked for.
    """
    if all(size >= 1 for size in whole.grid.size):
        return
    option, grid, extent = _too_small_by(whole), whole.grid, _extent(whole.grid)
    pixels = " x ".join(f"{length / size:.6g}" for length, size in zip(extent, grid.resolution, strict=True))
    sizes = f"its pixels being {size_text(grid.resolution)} and all of it {size_text(extent)}, in units of its CRS"
    yield (
        whole.sources[0],
        Violation(
            code="target_too_small",
            field=option or "resolution",
            message=f"The VRT would have {_sides_text(grid)} pixels: {_TOO_SMALL[option]}, {sizes}",
            expected="at least half a pixel per side",
            actual=f"{pixels} pixels",
            hint=(
                "Choose a finer target_resolution or a larger target_extent; gdalinfo tells the sources' own."
                if option
                else "Leave this source out, or have the VRT woven with a finer resolution."
            ),
            own=True,
            option=option,
        ),
    )


def size_text(lengths: tuple[float, float]) -> str:
    """Lengths along x and y, for people."""
    return f"{lengths[0]:.12g} x {lengths[1]:.12g}"


def _too_large(whole: Whole, option: str) -> Violation:
    sides, resolution = f"{_sides_text(whole.grid)} pixels", size_text(whole.grid.resolution)
    if option == "target_extent":
        reason = f"target_extent is too large for pixels of {resolution}"
        mend = "Choose a smaller target_extent, in units of the VRT's CRS, x before y; gdalinfo tells the sources' own."
    else:
        reason = f"target_resolution is too fine for an extent of {size_text(_extent(whole.grid))} in units of its CRS"
        mend = f"Choose larger pixels with target_resolution; the sources' own have {size_text(_coarsest(whole))}."
    return Violation(
        code="target_too_large",
        field=option,
        message=f"The VRT would have {sides}, and GDAL counts to {MOST_PIXELS} per side: {reason}",
        expected=f"at most {MOST_PIXELS} pixels per side",
        actual=sides,
        hint=mend,
        own=True,
        option=option,
    )


def _too_large_by(whole: Whole, axes: Sequence[int]) -> str | None:
    """The option that makes the whole too large along these axes; None where a source does.

    An extent is to blame that is too large for the coarsest of the sources' own pixels, and pixels are that are too
    fine for an extent which those would suit. What a VRT was woven with before a source was added is not.
    """
    options = whole.weave.options
    if whole.published is not None:
        return None
    if not _suits(whole, axes):
        return None if options.target_extent is None else "target_extent"
    return None if options.target_resolution is None else "target_resolution"


def _too_small_by(whole: Whole) -> str | None:
    """The option that leaves the whole no pixel; None where the source that is added does."""
    options = whole.weave.options
    if whole.published is not None:
        return None
    if options.target_resolution is None:
        return "target_extent"
    own = TargetGrid(whole.grid.bounds, _finest(whole), 1)
    return "target_resolution" if all(size >= 1 for size in own.size) else "target_extent"


def _suits(whole: Whole, axes: Sequence[int]) -> bool:
    """Whether the coarsest of the sources' own pixels are few enough for the whole along these axes."""
    own = TargetGrid(whole.grid.bounds, _coarsest(whole), 1)
    return all(own.size[axis] <= MOST_PIXELS for axis in axes)


def _cause(whole: Whole, axis: int) -> tuple[Source, str, str]:
    """The source that makes the whole too large, the reason, and what to do about it."""
    is_far = whole.weave.options.target_resolution is not None or not _suits(whole, [axis])
    if is_far and whole.weave.options.target_extent is None:
        mend = "Leave it out, or check its origin with gdalinfo."
        return _farthest(whole, axis), "this source lies farthest from the others", mend
    mend = (
        "Leave it out, check its pixel size with gdalinfo, or choose a coarser resolution "
        "(resolution_strategy, target_resolution)."
    )
    return _finest_source(whole, axis), "this source has the smallest pixels", mend


def _finest_source(whole: Whole, axis: int) -> Source:
    placed = [source for source, _ in _placed(whole)]
    return min(placed, key=lambda source: _pixel(source)[axis], default=whole.sources[0])


def _farthest(whole: Whole, axis: int) -> Source:
    """The source that lies farthest from the first one; the first one where none has a place."""
    placed = _placed(whole)
    if not placed:
        return whole.sources[0]
    first = placed[0][1]

    def distance(pair: tuple[Source, Bounds]) -> float:
        away = abs(pair[1][axis] - first[axis])
        return away if math.isfinite(away) else math.inf

    return max(placed, key=distance)[0]


def _placed(whole: Whole) -> list[tuple[Source, Bounds]]:
    return [(source, place) for source, place in zip(whole.sources, whole.places, strict=True) if place is not None]


def _pixel(source: Source) -> tuple[float, float]:
    return source.profile.resolution or (math.inf, math.inf)


def _own_pixels(whole: Whole) -> list[tuple[float, float]]:
    """Pixel sizes of the sources, and of the VRT that they are added to."""
    before = [] if whole.published is None else [whole.published.resolution]
    return [_pixel(source) for source, _ in _placed(whole)] + before or [whole.grid.resolution]


def _coarsest(whole: Whole) -> tuple[float, float]:
    x_sizes, y_sizes = zip(*_own_pixels(whole), strict=True)
    return max(x_sizes), max(y_sizes)


def _finest(whole: Whole) -> tuple[float, float]:
    x_sizes, y_sizes = zip(*_own_pixels(whole), strict=True)
    return min(x_sizes), min(y_sizes)


def _extent(grid: TargetGrid) -> tuple[float, float]:
    bounds = grid.bounds
    return bounds.x_max - bounds.x_min, bounds.y_max - bounds.y_min


def _sides_text(grid: TargetGrid) -> str:
    width, height = grid.size
    return f"{_count_text(width)} x {_count_text(height)}"


def _count_text(count: float) -> str:
    if not math.isfinite(count):
        return "countless"
    return f"{count:.0f}" if count < COUNTABLE else f"{count:.3g}"
