"""Headers of one kind: they are alike, and GDAL reads the same in all of them, but for where the raster lies.

The tiles of a survey come from one writer. Reading the CRS of one costs GDAL a look into PROJ's database, so reading
10,000 of them the same takes most of the time that registering them takes. Of a header like one that was read before,
only the corner is read here, and where on Earth that is; the rest is what GDAL told of the other one.

The corner's numbers count only where GDAL took them as they are for the first header, and there is a pixel size and one
tie point at the first pixel, without rotation: then it takes any other finite numbers as they are. Whoever makes a
header like another one, as `tiff_alike` has it, gets what GDAL would say.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final

from rasterloom.adapters.heads import Head
from rasterloom.adapters.lonlat_gdal import FARTHEST, lonlat_of, way_to_wgs84
from rasterloom.domain.raster import GeoTransform, RasterProfile

MOST: Final = 64
"""Kinds that this process remembers; the one that was met longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class _Kind:
    profile: RasterProfile
    way: Any
    """From its CRS to degrees, or None; gone under the lock, since PROJ's objects are not for two threads at once."""


_kinds: OrderedDict[bytes, _Kind] = OrderedDict()
_lock = Lock()


def profile(head: Head) -> RasterProfile | None:
    """The profile that GDAL would read, if a header of this kind was read before."""
    corner = _corner(head)
    if corner is None or head.likeness is None:
        return None
    with _lock:
        kind = _kinds.get(head.likeness)
        if kind is None:
            return None
        _kinds.move_to_end(head.likeness)
        geotransform = _placed(kind.profile, corner)
        bounds = None
        if kind.way is not None and geotransform is not None:
            bounds = lonlat_of(kind.way, geotransform, (kind.profile.width, kind.profile.height))
    return replace(kind.profile, geotransform=geotransform, lonlat_bounds=bounds)


def remember(head: Head, found: RasterProfile, reference: Any) -> RasterProfile:
    """Keep what GDAL read of a header, if others of its kind can be told from it; returns what it read.

    Args:
        head: The header.
        found: What GDAL read.
        reference: Its CRS as GDAL has it; None for none.
    """
    corner = _corner(head)
    if (
        corner is None
        or head.likeness is None
        or found.geotransform is None
        or found.area_or_point == "Point"
        or found.geotransform != _placed(found, corner)
    ):
        return found  # where pixels are points, GDAL moves the corner by half of one
    way = None if reference is None else way_to_wgs84(reference)
    with _lock:
        _kinds[head.likeness] = _Kind(found, way)
        while len(_kinds) > MOST:
            _kinds.popitem(last=False)
    return found


def forget() -> None:
    """Forget all kinds."""
    with _lock:
        _kinds.clear()


def _corner(head: Head) -> tuple[float, float] | None:
    """Where a header says that its corner is, CRS units, if it says so plainly."""
    if head.extent.corner is None:
        return None
    place = head.extent.corner.place(head.data)
    return place if all(math.isfinite(each) and abs(each) <= FARTHEST for each in place) else None


def _placed(known: RasterProfile, corner: tuple[float, float]) -> GeoTransform | None:
    """The geotransform of a raster that is not rotated, with its corner elsewhere."""
    if known.geotransform is None:
        return None
    _, width, across, _, down, height = known.geotransform
    # GDAL takes away as many pixels as the tie point is off the first one: none, which makes a zero of a negative zero.
    x, y = corner[0] - 0.0 * width, corner[1] - 0.0 * height
    return GeoTransform(x, width, across, y, down, height) if across == down == 0 else None
