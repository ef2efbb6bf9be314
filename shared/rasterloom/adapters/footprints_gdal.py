"""The port `Footprints`, with PROJ and GEOS as GDAL brings them."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from osgeo import gdal, ogr, osr

from rasterloom.adapters.gdal_environment import quiet
from rasterloom.adapters.lonlat_gdal import FARTHEST, to_wgs84
from rasterloom.domain.raster import Crs, GeoTransform, RasterProfile
from rasterloom.ports import Polygons

_PARTS: Final = 16
"""Parts into which the longer side is cut before it is transformed: a straight side may be a curve in degrees."""
_TOLERANCE: Final = 1e-6
"""Degrees, a tenth of a metre: points that lie this close to the line between others are left out again."""


class GdalFootprints:
    """Cuts at the antimeridian and closes over the poles, as GDAL does for RFC 7946."""

    def __init__(self) -> None:
        """Have failures raise."""
        gdal.UseExceptions()
        ogr.UseExceptions()
        osr.UseExceptions()

    def __call__(self, profiles: Sequence[RasterProfile]) -> list[Polygons | None]:
        """Where each raster lies, in degrees of WGS 84; None where its CRS or geotransform is missing, or no help."""
        transformers: dict[Crs, Any] = {}
        with quiet():
            return [_footprint(profile, transformers) for profile in profiles]


def _footprint(profile: RasterProfile, transformers: dict[Crs, Any]) -> Polygons | None:
    crs, transform = profile.crs, profile.geotransform
    if crs is None or transform is None:
        return None
    corners = _corners(transform, profile.width, profile.height)
    if not all(abs(value) <= FARTHEST for corner in corners for value in corner):
        return None
    try:
        if crs not in transformers:
            transformers[crs] = _transformer(crs)
        return tuple(_polygons(_transformed(corners, *transformers[crs]))) or None
    except RuntimeError:
        return None


def _transformer(crs: Crs) -> tuple[Any, bool]:
    """What transforms from a CRS, and whether straight lines stay straight."""
    reference = osr.SpatialReference(crs.wkt)
    transformer = ogr.GeomTransformer(to_wgs84(reference), ["WRAPDATELINE=YES"])
    return transformer, bool(reference.IsGeographic())


def _corners(transform: GeoTransform, width: int, height: int) -> list[tuple[float, float]]:
    """The four corners in CRS units, around the raster; of a rotated raster too."""
    return [
        (
            transform.x_origin + column * transform.x_step + row * transform.x_skew,
            transform.y_origin + column * transform.y_skew + row * transform.y_step,
        )
        for column, row in ((0, 0), (0, height), (width, height), (width, 0))
    ]


def _transformed(corners: Sequence[tuple[float, float]], transformer: Any, is_straight: bool) -> Any:  # noqa: FBT001
    ring, outline = ogr.Geometry(ogr.wkbLinearRing), ogr.Geometry(ogr.wkbPolygon)
    for x, y in (*corners, corners[0]):
        ring.AddPoint_2D(x, y)
    outline.AddGeometry(ring)
    if is_straight:
        return transformer.Transform(outline)
    longest = max(math.dist(one, other) for one, other in pairwise(corners))
    outline.Segmentize(longest / _PARTS)
    transformed = transformer.Transform(outline)
    return None if transformed is None else transformed.SimplifyPreserveTopology(_TOLERANCE)


def _polygons(geometry: Any) -> Iterator[tuple[tuple[tuple[float, float], ...], ...]]:
    if geometry is None:
        return  # PROJ knows no way for some of its points
    parts = [geometry] if geometry.GetGeometryName() == "POLYGON" else list(geometry)
    for part in parts:
        rings = tuple(tuple(_on_earth(*point) for point in ring.GetPoints(2)) for ring in part)
        # Of what lies nowhere on Earth, as metres that are said to be degrees do, an empty polygon is left.
        latitudes = {latitude for ring in rings[:1] for _, latitude in ring}
        if len(latitudes) > 1 and all(math.isfinite(value) for ring in rings for point in ring for value in point):
            yield rings


def _on_earth(longitude: float, latitude: float) -> tuple[float, float]:
    """Grids whose pixels are points often reach half a pixel beyond the pole."""
    return longitude, min(max(latitude, -90.0), 90.0)
