"""A tile index: what a GDAL Raster Tile Index (GTI) says of a mosaic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rasterloom.domain.raster import Bounds, Crs


@dataclass(frozen=True, slots=True)
class Tile:
    """One source of the mosaic."""

    location: str
    """What GDAL opens."""
    bounds: Bounds
    """Where it lies in the mosaic, in CRS units."""


@dataclass(frozen=True, slots=True)
class TileIndex:
    """All that is in the index, whatever format it is written in."""

    crs: Crs
    metadata: Mapping[str, str]
    """Of its layer: the grid and the bands of the mosaic, in the words of the GTI driver."""
    xml: str | None
    """What the driver takes from an XML document only: the palette, where there is one."""
    tiles: tuple[Tile, ...]
    """In the mosaic's order: where two overlap, the later one is on top."""
    changed_at: datetime
    """When the mosaic was published."""
