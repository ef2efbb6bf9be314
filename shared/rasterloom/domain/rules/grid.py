"""The grid that a VRT will have, computed as `gdal.BuildVRT` computes it, so that rules can tell before it is built."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from rasterloom.domain.dataset import MosaicSummary
from rasterloom.domain.framing import TURN, is_in_degrees
from rasterloom.domain.margins import Extreme, Margins
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds, RasterProfile

ON_GRID: Final = 1e-3
"""Pixels. GDAL itself takes a window for whole that is nearer to it than this (`RoundIfCloseToInt` in
`frmts/vrt/vrtsources.cpp`): from there on no pixel is resampled."""


@dataclass(frozen=True, slots=True)
class TargetGrid:
    """Extent and pixel size, north up; pixels are counted from its upper left corner."""

    bounds: Bounds
    """What it covers, in CRS units: the union of the sources' extents, unless the options say otherwise."""
    resolution: tuple[float, float]
    """Pixel size (x, y) in CRS units, both positive."""
    count: int
    """How many sources made it."""
    margins: Margins | None = None
    """Of the sources that made it, where they are known: those that one more is added to."""

    @classmethod
    def of(cls, placed: Sequence[tuple[Bounds, tuple[float, float]]], options: WeaveOptions) -> Self | None:
        """The grid of sources with these bounds and pixel sizes, in input order; None where there are none."""
        if not placed:
            return None
        x_sizes, y_sizes = zip(*(resolution for _, resolution in placed), strict=True)
        strategy = options.strategy
        resolution = options.target_resolution or (_common(x_sizes, strategy), _common(y_sizes, strategy))
        extent = options.target_extent or _union([bounds for bounds, _ in placed])
        return cls(_edges(extent, resolution, options), resolution, len(placed))

    @classmethod
    def published(cls, summary: MosaicSummary, count: int) -> Self:
        """The grid of a generation that is published."""
        return cls(summary.bounds, summary.resolution, count, summary.margins)

    def joined(self, bounds: Bounds, resolution: tuple[float, float], options: WeaveOptions) -> "TargetGrid":
        """The grid with one more source at the end."""
        sizes = zip(self.resolution, resolution, strict=True)
        x_size, y_size = options.target_resolution or (
            _joined(size, self.count, added, options.strategy) for size, added in sizes
        )
        # Edges that are multiples already must not be rounded again: they may move by a pixel.
        added = _edges(options.target_extent or bounds, (x_size, y_size), options)
        standing = self.bounds if self.margins is None else self.margins.extent
        extent = _union([standing, added]) if options.target_extent is None else added
        return TargetGrid(extent, (x_size, y_size), self.count + 1, self.margins)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in whole pixels, as numbers that may be too large for any raster, or not finite."""
        bounds, (x_size, y_size) = self.bounds, self.resolution
        return _whole((bounds.x_max - bounds.x_min) / x_size), _whole((bounds.y_max - bounds.y_min) / y_size)

    @property
    def standing(self) -> tuple[Extreme, ...]:
        """Of the sources that the VRT has: that with the fewest pixels across, and that with the fewest down.

        Neither where that is not known; of what rounding cuts off, 0 pixels or less are left.
        """
        if self.margins is None:
            return ()
        ours, (x_size, y_size), (width, height) = self.bounds, self.resolution, self.size
        (narrow, low), (east, south) = self.margins.thinnest, self.margins.last
        across = (
            narrow._replace(value=narrow.value / x_size),
            east._replace(value=width - max(0.0, (east.value - ours.x_min) / x_size)),
        )
        down = (
            low._replace(value=low.value / y_size),
            south._replace(value=height - max(0.0, (ours.y_max - south.value) / y_size)),
        )
        return tuple(min(both, key=lambda extreme: extreme.value) for both in (across, down))

    def holds(self, profile: RasterProfile, place: Bounds) -> bool:
        """Whether `gdal.BuildVRT` finds a part of a pixel for a source that lies here, and so does not leave it out."""
        ours = self.bounds
        if not (place.x_max > ours.x_min and place.x_min < ours.x_max):
            return False
        if not (place.y_min < ours.y_max and place.y_max > ours.y_min):
            return False
        return self._thinnest(profile, place) > 0

    def opens(self, profile: RasterProfile, place: Bounds) -> bool:
        """Whether it finds so much of one that GDAL can open the VRT.

        A window nearer to 0 than `ON_GRID` is written as 0, and not read.
        """
        return self.holds(profile, place) and self._thinnest(profile, place) >= ON_GRID

    def _thinnest(self, profile: RasterProfile, place: Bounds) -> float:
        """Pixels across a source's part within the grid, its own or the grid's: the fewest; 0 or less of none."""
        ours, resolution, (width, height) = self.bounds, profile.resolution, self.size
        if resolution is None:
            return 0.0
        return min(
            *_taken(place.x_min - ours.x_min, profile.width, resolution[0], self.resolution[0], width),
            *_taken(ours.y_max - place.y_max, profile.height, resolution[1], self.resolution[1], height),
        )


@dataclass(frozen=True, slots=True)
class Framed:
    """Where the sources of a mosaic lie in it, and the grid that they share."""

    places: Sequence[Bounds | None]
    """Of each source, moved by whole turns as the assembler moves it; None where it cannot be told."""
    grid: TargetGrid | None = None
    """With the margins of its sources; None where none of them has a place."""


def nearest_turn(profile: RasterProfile, grid: TargetGrid) -> int:
    """By how many turns to move a source east so that it lies nearest to a grid in degrees."""
    bounds = profile.bounds
    if bounds is None or profile.crs is None or not is_in_degrees(profile.crs):
        return 0

    def width(count: int) -> float:
        east = count * TURN
        return max(grid.bounds.x_max, bounds.x_max + east) - min(grid.bounds.x_min, bounds.x_min + east)

    return min((0, 1, -1), key=width)


def _union(extents: Sequence[Bounds]) -> Bounds:
    return Bounds(
        min(bounds.x_min for bounds in extents),
        min(bounds.y_min for bounds in extents),
        max(bounds.x_max for bounds in extents),
        max(bounds.y_max for bounds in extents),
    )


def _edges(extent: Bounds, resolution: tuple[float, float], options: WeaveOptions) -> Bounds:
    """An extent, widened to multiples of the pixel size where that is asked for."""
    if not options.target_aligned_pixels:
        return extent
    (x_size, y_size), (x_min, y_min, x_max, y_max) = resolution, extent
    return Bounds(
        _multiple(math.floor, x_min, x_size),
        _multiple(math.floor, y_min, y_size),
        _multiple(math.ceil, x_max, x_size),
        _multiple(math.ceil, y_max, y_size),
    )


def _multiple(rounded: Callable[[float], int], edge: float, size: float) -> float:
    pixels = edge / size
    whole = float(rounded(pixels)) if math.isfinite(pixels) else pixels
    # What is rounded in Python is an integer at first, of which there is no negative zero.
    return (whole or math.copysign(0.0, pixels)) * size


def _taken(begin: float, pixels: int, own: float, target: float, size: float) -> tuple[float, float]:
    """Pixels of a source within the grid along one axis, its own and the grid's (`GetSrcDstWin` of `gdalbuildvrt`).

    Args:
        begin: From the grid's corner to the source's, in CRS units.
        pixels: Of the source.
        own: Size of the source's pixels.
        target: Size of the grid's pixels.
        size: Pixels of the grid.
    """
    left = pixels - max(0.0, -begin / own)
    offset, ratio = max(0.0, begin / target), own / target
    taken = left * ratio
    if offset + taken > size:
        taken = size - offset
        left = taken / ratio if ratio else math.inf
    return left, taken


def _whole(pixels: float) -> float:
    """GDAL's rounding, `int(0.5 + pixels)`, of numbers that do not fit an `int`, too."""
    return float(math.floor(0.5 + pixels)) if math.isfinite(pixels) else math.inf


def _common(sizes: Iterable[float], strategy: ResolutionStrategy) -> float:
    """The pixel size that sources of these sizes get; x and y are none of each other's business."""
    match strategy:
        case ResolutionStrategy.FINEST:
            return min(sizes)
        case ResolutionStrategy.COARSEST:
            return max(sizes)
        case ResolutionStrategy.AVERAGE:
            mean = 0.0
            for number, size in enumerate(sizes, 1):
                mean += (size - mean) / number
            return mean


def _joined(size: float, count: int, added: float, strategy: ResolutionStrategy) -> float:
    """The same, of one more source."""
    if strategy is ResolutionStrategy.AVERAGE:
        return size + (added - size) / (count + 1)
    return _common((size, added), strategy)
