"""Headers of one kind: they are alike, and GDAL reads the same in all of them, but for what each file has of its own.

The tiles of a survey come from one writer. Reading the CRS of one costs GDAL a look into PROJ's database, so reading
10,000 of them the same takes most of the time that registering them takes. Of a header like one that was read before,
only these are read here: its corner and the size of its pixels, and where on Earth that is; and values of some items of
metadata, such as statistics. The rest is what GDAL told of the other one.

All of these count only where GDAL took them as they are for the first header. There is a pixel size and one tie point
at the first pixel, without rotation: then it takes any other finite numbers as they are. Items are those that
`tiff_texts` takes out of texts: of each, GDAL made an item of this name and value for the first header, and none other
of that name. Whoever makes a header like another one, as `tiff_alike` has it, gets what GDAL would say.
"""

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final, NamedTuple

from rasterloom.adapters.heads import Head
from rasterloom.adapters.lonlat_gdal import FARTHEST, lonlat_of, way_to_wgs84
from rasterloom.adapters.tiff_texts import Value
from rasterloom.domain.raster import GeoTransform, RasterProfile

MOST: Final = 64
"""Kinds that this process remembers; the one that was met longest ago is forgotten first."""
SMALLEST: Final = 1e-12
"""CRS units: no pixel is a ten-thousandth of a millimetre wide, not even in degrees."""


@dataclass(frozen=True, slots=True)
class _Kind:
    profile: RasterProfile
    way: Any
    """From its CRS to degrees, or None; gone under the lock, since PROJ's objects are not for two threads at once."""
    slots: tuple[int, ...]
    """Which item of its band's metadata, or of the file's, has each of the header's own values, in their order."""


class Told(NamedTuple):
    """What is told of a header by one of its kind."""

    profile: RasterProfile
    """The other one's."""
    own: Mapping[str, Any]
    """Fields of it that are other ones here."""


_kinds: OrderedDict[bytes, _Kind] = OrderedDict()
_lock = Lock()


def profile(head: Head) -> RasterProfile | None:
    """The profile that GDAL would read, if a header of this kind was read before."""
    found = told(head)
    return replace(found.profile, **found.own) if found else None


def told(head: Head) -> Told | None:
    """As `profile`, for who has more to say of the same object."""
    place = _place(head)
    if place is None or head.likeness is None:
        return None
    with _lock:
        kind = _kinds.get(head.likeness)
        if kind is None:
            return None
        _kinds.move_to_end(head.likeness)
        geotransform = _placed(place)
        bounds = None
        if kind.way is not None:
            bounds = lonlat_of(kind.way, geotransform, (kind.profile.width, kind.profile.height))
    return Told(kind.profile, {"geotransform": geotransform, "lonlat_bounds": bounds, **_items(kind, head.values)})


def remember(head: Head, found: RasterProfile, reference: Any) -> RasterProfile:
    """Keep what GDAL read of a header, if others of its kind can be told from it; returns what it read.

    Args:
        head: The header.
        found: What GDAL read.
        reference: Its CRS as GDAL has it; None for none.
    """
    place, slots = _place(head), _slots(found, head.values)
    # Where pixels are points, GDAL moves the corner by half of one.
    if place is None or slots is None or head.likeness is None or found.area_or_point == "Point":
        return found
    # Text tells 0.0 from -0.0.
    if repr(found.geotransform) != repr(_placed(place)):
        return found
    way = None if reference is None else way_to_wgs84(reference)
    with _lock:
        _kinds[head.likeness] = _Kind(found, way, slots)
        while len(_kinds) > MOST:
            _kinds.popitem(last=False)
    return found


def forget() -> None:
    """Forget all kinds."""
    with _lock:
        _kinds.clear()


def _place(head: Head) -> tuple[float, float, float, float] | None:
    """Where a header says that its corner is, and a pixel's width and height, CRS units, if it says so plainly."""
    if head.extent.corner is None:
        return None
    place = head.extent.corner.place(head.data)
    if not all(math.isfinite(each) and abs(each) <= FARTHEST for each in place):
        return None
    return place if min(place[2:]) >= SMALLEST else None


def _placed(place: tuple[float, float, float, float]) -> GeoTransform:
    """The geotransform of a raster that is not rotated."""
    x, y, width, height = place
    # GDAL takes away as many pixels as the tie point is off the first one: none, which makes a zero of a negative zero.
    return GeoTransform(x - 0.0 * width, width, 0.0, y - 0.0 * -height, 0.0, -height)


def _slots(found: RasterProfile, values: Sequence[Value]) -> tuple[int, ...] | None:
    """Where GDAL put each value; None where it did not put each into an item that nothing else could be in."""
    holders = (found.metadata, *(band.metadata for band in found.bands))
    slots: list[int] = []
    for band, name, value in values:
        if band >= len(holders):
            return None
        items = holders[band]
        places = [at for at, (key, _) in enumerate(items) if key.upper() == name.upper()]
        if len(places) != 1 or items[places[0]] != (name, value):
            return None
        slots.append(places[0])
    return tuple(slots)


def _items(kind: _Kind, values: Sequence[Value]) -> dict[str, Any]:
    """Metadata of a file and of its bands, with a header's own values, as fields of a profile."""
    bands = kind.profile.bands
    holders = [kind.profile.metadata, *(band.metadata for band in bands)]
    changed: dict[int, list[tuple[str, str]]] = {}
    for (band, name, value), slot in zip(values, kind.slots, strict=True):
        items = changed.get(band) or changed.setdefault(band, list(holders[band]))
        items[slot] = (name, value)
    fields: dict[str, Any] = {}
    if 0 in changed:
        fields["metadata"] = tuple(changed.pop(0))
    if changed:
        own = list(bands)
        for band, items in changed.items():
            own[band - 1] = replace(bands[band - 1], metadata=tuple(items))
        fields["bands"] = tuple(own)
    return fields
