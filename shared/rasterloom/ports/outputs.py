"""What outputs of a generation need of GDAL and PROJ."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from rasterloom.domain.raster import Crs
from rasterloom.domain.tile_index import Tile, TileIndex


class TileIndexes(Protocol):
    """GDAL Raster Tile Indexes as files."""

    def __call__(self, index: TileIndex) -> bytes:
        """The file; the same index gives the same bytes."""
        ...

    def tiles_of(self, body: bytes) -> Iterable[Tile]:
        """The tiles of a file, in the order in which they are drawn.

        Raises:
            VerificationFailedError: It cannot be read, or is no tile index.
        """
        ...


class CrsDocuments(Protocol):
    """CRSs as documents need PROJ."""

    def __call__(self, crs: Crs) -> Mapping[str, Any] | None:
        """A CRS as PROJJSON; None where it cannot be said so."""
        ...
