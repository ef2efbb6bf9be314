"""The grid that a VRT will have, computed as `gdal.BuildVRT` computes it, so that rules can tell before it is built."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from rasterloom.domain.dataset import MosaicSummary
from rasterloom.domain.framing import TURN, is_in_degrees
from rasterloom.domain.options import ResolutionStrategy
from rasterloom.domain.raster import Bounds, RasterProfile


@dataclass(frozen=True, slots=True)
class TargetGrid:
    """Extent and pixel size, north up; pixels are counted from its upper left corner."""

    bounds: Bounds
    """The union of the sources', in CRS units."""
    resolution: tuple[float, float]
    """Pixel size (x, y) in CRS units, both positive."""
    count: int
    """How many sources made it."""

    @classmethod
    def of(cls, placed: Sequence[tuple[Bounds, tuple[float, float]]], strategy: ResolutionStrategy) -> Self | None:
        """The grid of sources with these bounds and pixel sizes, in input order; None where there are none."""
        if not placed:
            return None
        union = Bounds(
            min(bounds.x_min for bounds, _ in placed),
            min(bounds.y_min for bounds, _ in placed),
            max(bounds.x_max for bounds, _ in placed),
            max(bounds.y_max for bounds, _ in placed),
        )
        x_sizes, y_sizes = zip(*(resolution for _, resolution in placed), strict=True)
        return cls(union, (_common(x_sizes, strategy), _common(y_sizes, strategy)), len(placed))

    @classmethod
    def published(cls, summary: MosaicSummary, count: int) -> Self:
        """The grid of a generation that is published."""
        return cls(summary.bounds, summary.resolution, count)

    def joined(self, bounds: Bounds, resolution: tuple[float, float], strategy: ResolutionStrategy) -> "TargetGrid":
        """The grid with one more source at the end."""
        ours, theirs = self.bounds, bounds
        union = Bounds(
            min(ours.x_min, theirs.x_min),
            min(ours.y_min, theirs.y_min),
            max(ours.x_max, theirs.x_max),
            max(ours.y_max, theirs.y_max),
        )
        x_size, y_size = (
            _joined(size, self.count, added, strategy) for size, added in zip(self.resolution, resolution, strict=True)
        )
        return TargetGrid(union, (x_size, y_size), self.count + 1)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in whole pixels, as numbers that may be too large for any raster, or not finite."""
        bounds, (x_size, y_size) = self.bounds, self.resolution
        return _whole((bounds.x_max - bounds.x_min) / x_size), _whole((bounds.y_max - bounds.y_min) / y_size)


def nearest_turn(profile: RasterProfile, grid: TargetGrid) -> float:
    """By how much to move a source east, a whole turn or nothing, so that it lies nearest to a grid in degrees."""
    bounds = profile.bounds
    if bounds is None or profile.crs is None or not is_in_degrees(profile.crs):
        return 0.0

    def width(shift: float) -> float:
        return max(grid.bounds.x_max, bounds.x_max + shift) - min(grid.bounds.x_min, bounds.x_min + shift)

    return min((0.0, TURN, -TURN), key=width)


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
