"""The port `TileIndexWriter`: a GeoPackage, as GDAL's GTI driver reads it.

The layer's GDAL has no GTI driver; the index is a vector layer with metadata, and any reader's GDAL from 3.10 opens it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from osgeo import gdal, ogr, osr

from rasterloom.adapters.gdal_environment import configure, memory_file, quiet, read_memory_file, writer
from rasterloom.domain.raster import Bounds
from rasterloom.domain.tile_index import TileIndex
from rasterloom.vrt.tile_index import LOCATION, POSITION

LAYER: Final = "index"


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
    for position, tile in enumerate(index.tiles):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField(LOCATION, tile.location)
        feature.SetField(POSITION, position)
        feature.SetGeometry(_rectangle(tile.bounds))
        layer.CreateFeature(feature)
    dataset.CommitTransaction()


def _rectangle(bounds: Bounds) -> Any:
    ring, polygon = ogr.Geometry(ogr.wkbLinearRing), ogr.Geometry(ogr.wkbPolygon)
    west, south, east, north = bounds
    for x, y in ((west, north), (east, north), (east, south), (west, south), (west, north)):
        ring.AddPoint_2D(x, y)
    polygon.AddGeometry(ring)
    return polygon
