"""Where on Earth a raster lies, in degrees, with PROJ."""

import math
import struct
from typing import Any, Final

from osgeo import ogr, osr

from rasterloom.adapters.gdal_environment import in_words
from rasterloom.domain.raster import Bounds

_DENSIFY: Final = 21
"""Points along each side of an extent that are transformed: a straight side may be a curve in degrees."""
_POINTS: Final = 4 * (_DENSIFY + 1)
_LINE: Final = struct.Struct(f"<BII{2 * _POINTS}d")
"""A line as WKB has it: byte order, type and number of its points, then x and y of each."""
_LINE_BEGINS: Final = (1, 2, _POINTS)
FARTHEST: Final = 1e9
"""CRS units. Earth is 40 million metres around; PROJ takes minutes to wind up coordinates of 1e15 metres."""
_PLAIN: Final = 10.0
"""Degrees of longitude; in such an outline lies neither a pole nor the antimeridian."""
_TURN: Final = 360.0
_HALF_TURN: Final = 180.0
_QUARTER_TURN: Final = 90.0


def lonlat_bounds(dataset: Any) -> Bounds | None:
    """Extent of an open dataset as (west, south, east, north) in degrees of WGS 84, west > east across ±180°.

    None where CRS or geotransform is missing, where PROJ finds no way, or where the extent is not on Earth.
    """
    reference, geotransform = dataset.GetSpatialRef(), dataset.GetGeoTransform(can_return_null=True)
    if reference is None or geotransform is None:
        return None
    way = way_to_wgs84(reference)
    return None if way is None else lonlat_of(way, geotransform, (dataset.RasterXSize, dataset.RasterYSize))


def way_to_wgs84(reference: Any) -> Any:
    """As `to_wgs84`; None where PROJ finds no way."""
    try:
        with in_words():
            return to_wgs84(reference)
    except RuntimeError:
        return None


def lonlat_of(way: Any, geotransform: tuple[float, ...], size: tuple[int, int]) -> Bounds | None:
    """As `lonlat_bounds`, of a raster whose CRS has this way to WGS 84, with this width and height in pixels."""
    extent = _extent(geotransform, *size)
    if not all(abs(side) <= FARTHEST for side in extent):
        return None
    try:
        with in_words():
            west, south, east, north = _outline_bounds(way, extent) or way.TransformBounds(*extent, _DENSIFY)
    except RuntimeError:
        return None
    if not all(map(math.isfinite, (west, south, east, north))):
        return None
    return Bounds(*_wrapped(west, east, south, north))


def _outline_bounds(way: Any, extent: Bounds) -> tuple[float, float, float, float] | None:
    """What `TransformBounds` gives, in a fraction of its time, where poles and the antimeridian are far.

    Around a pole, or across the antimeridian, longitudes of the outline differ by half a turn or more.
    """
    outline = ogr.CreateGeometryFromWkb(_LINE.pack(*_LINE_BEGINS, *_outline(extent)))
    try:
        outline.Transform(way)
    except RuntimeError:
        return None
    west, east, south, north = outline.GetEnvelope()
    return (west, south, east, north) if east - west < _PLAIN and max(-south, north) < _QUARTER_TURN else None


def _outline(extent: Bounds) -> list[float]:
    """Corners of an extent, and `_DENSIFY` points between two of them: x and y of one after the other."""
    x_min, y_min, x_max, y_max = extent
    parts = _DENSIFY + 1
    x_step, y_step = (x_max - x_min) / parts, (y_max - y_min) / parts
    columns = [*(x_min + x_step * part for part in range(parts)), x_max]
    rows = [y_min + y_step * part for part in range(1, parts)]
    flat = [0.0] * (2 * _POINTS)
    flat[::2] = [*columns, *columns, *[x_min] * _DENSIFY, *[x_max] * _DENSIFY]
    flat[1::2] = [*[y_min] * len(columns), *[y_max] * len(columns), *rows, *rows]
    return flat


def _extent(transform: tuple[float, ...], width: int, height: int) -> Bounds:
    corners = [(column, row) for column in (0, width) for row in (0, height)]
    xs = [transform[0] + column * transform[1] + row * transform[2] for column, row in corners]
    ys = [transform[3] + column * transform[4] + row * transform[5] for column, row in corners]
    return Bounds(min(xs), min(ys), max(xs), max(ys))


def to_wgs84(reference: Any) -> Any:
    """What transforms from a CRS to degrees of WGS 84, x before y and longitude before latitude."""
    source, target = reference.Clone(), osr.SpatialReference()
    target.ImportFromEPSG(4326)
    for side in (source, target):
        side.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return osr.CoordinateTransformation(source, target)


def _wrapped(west: float, east: float, south: float, north: float) -> tuple[float, float, float, float]:
    """Longitudes within ±180°, as (west, south, east, north); a whole turn or more is the whole globe."""
    south, north = max(south, -_QUARTER_TURN), min(north, _QUARTER_TURN)
    if east - west >= _TURN:
        return -_HALF_TURN, south, _HALF_TURN, north
    return _wrap(west, at_end=-_HALF_TURN), south, _wrap(east, at_end=_HALF_TURN), north


def _wrap(longitude: float, *, at_end: float) -> float:
    """The same meridian within ±180°; the antimeridian itself is spelled as the caller's side of it."""
    if -_HALF_TURN < longitude < _HALF_TURN:
        return longitude
    wrapped = (longitude + _HALF_TURN) % _TURN - _HALF_TURN
    return at_end if math.isclose(abs(wrapped), _HALF_TURN) else wrapped
