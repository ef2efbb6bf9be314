"""The port `TileIndexes`: a GeoPackage, as GDAL's GTI driver reads it.

The layer's GDAL has no GTI driver; the index is a vector layer with metadata, and any reader's GDAL from 3.10 opens it.
"""

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

from osgeo import gdal, ogr, osr

from rasterloom.adapters.gdal_environment import configure, memory_file, quiet, read_memory_file, writer
from rasterloom.domain.errors import VerificationFailedError
from rasterloom.domain.raster import Bounds
from rasterloom.domain.tile_index import Tile, TileIndex
from rasterloom.vrt.tile_index import LOCATION, POSITION

LAYER: Final = "index"

_TILES: Final = f'SELECT "{LOCATION}", "{POSITION}", geom FROM "{LAYER}" ORDER BY "{POSITION}"'  # noqa: S608 - our names
_RING: Final = struct.Struct("<B3I10d")


class GpkgTileIndexes:
    """Writes GeoPackages; the same index gives the same bytes."""

    def __init__(self) -> None:
        """Configure GDAL for this process."""
        configure()
        ogr.UseExceptions()

    def __call__(self, index: TileIndex) -> bytes:
        """The file.

        Raises:
            RuntimeError: GDAL cannot write it; its words are the message.
        """
        moment = index.changed_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        with quiet(), _at(moment), memory_file(suffix=".gti.gpkg") as path:
            dataset = writer("GPKG").Create(path, 0, 0, 0, gdal.GDT_Unknown)
            _write(dataset, index)
            dataset.Close()
            return read_memory_file(path)

    def tiles_of(self, body: bytes) -> Iterator[Tile]:
        """The tiles of a file, in the order in which they are drawn.

        GDAL wrote it, so SQLite reads it: a GeoPackage is a database of that kind.

        Raises:
            VerificationFailedError: It cannot be read, or is no tile index.
        """
        try:
            with closing(sqlite3.connect(":memory:")) as database:
                database.deserialize(body)
                for location, position, shape in database.execute(_TILES):
                    yield Tile(location, _envelope(shape, position))
        except sqlite3.Error as error:
            raise VerificationFailedError(f"the tile index cannot be read: {error}") from error


@contextmanager
def _at(moment: str) -> Iterator[None]:
    """Have GeoPackages say that they were changed at a moment."""
    gdal.SetThreadLocalConfigOption("OGR_CURRENT_DATE", moment)
    try:
        yield
    finally:
        gdal.SetThreadLocalConfigOption("OGR_CURRENT_DATE", None)


def _write(dataset: Any, index: TileIndex) -> None:
    reference = osr.SpatialReference(index.crs.wkt)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    layer = dataset.CreateLayer(LAYER, reference, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn(LOCATION, ogr.OFTString))
    layer.CreateField(ogr.FieldDefn(POSITION, ogr.OFTInteger))
    layer.SetMetadata(dict(index.metadata))
    if index.xml is not None:
        layer.SetMetadata([index.xml], "xml:GTI")
    dataset.StartTransaction()
    feature = ogr.Feature(layer.GetLayerDefn())
    location, place = (layer.GetLayerDefn().GetFieldIndex(name) for name in (LOCATION, POSITION))
    for position, tile in enumerate(index.tiles):
        feature.SetFID(ogr.NullFID)
        feature.SetFieldString(location, tile.location)
        feature.SetFieldInteger64(place, position)
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(_rectangle(tile.bounds)))
        layer.CreateFeature(feature)
    dataset.CommitTransaction()


def _rectangle(bounds: Bounds) -> bytes:
    """A polygon of one ring of five points as well-known binary, little-endian, clockwise from the north-west."""
    west, south, east, north = bounds
    return _RING.pack(1, ogr.wkbPolygon, 1, 5, west, north, east, north, east, south, west, south, west, north)


def _envelope(shape: bytes, position: int) -> Bounds:
    """The extent that a GeoPackage keeps before a geometry (OGC 12-128r19, 2.1.3)."""
    order = "<" if shape[3] & 1 else ">"
    if shape[:2] != b"GP" or (shape[3] >> 1) & 7 != 1:
        raise VerificationFailedError(f"the geometry at position {position} of the tile index has no extent in x and y")
    west, east, south, north = struct.unpack_from(f"{order}4d", shape, 8)
    return Bounds(west, south, east, north)
