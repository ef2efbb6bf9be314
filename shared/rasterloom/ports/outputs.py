"""What outputs of a generation need of GDAL and PROJ."""

from collections.abc import Mapping
from typing import Any, Protocol

from rasterloom.domain.raster import Crs
from rasterloom.domain.tile_index import TileIndex


class TileIndexWriter(Protocol):
    """Writes a GDAL Raster Tile Index."""

    def __call__(self, index: TileIndex) -> bytes:
        """The file; the same index gives the same bytes."""
        ...


class CrsDocuments(Protocol):
    """CRSs as documents need PROJ."""

    def __call__(self, crs: Crs) -> Mapping[str, Any] | None:
        """A CRS as PROJJSON; None where it cannot be said so."""
        ...
