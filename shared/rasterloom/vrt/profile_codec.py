"""Raster profiles as JSON values, exactly: what comes out equals what went in, NaN, -0.0 and 64-bit integers included.

A CRS is tens of lines of WKT and shared by thousands of rasters, so a profile holds the digest of its CRS and the CRS
itself is stored once. JSON has no NaN and no infinity: they are the strings `nan`, `inf` and `-inf`, in places that
hold numbers only.
"""

import hashlib
import json
import marshal
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any, Final, cast

from rasterloom.domain.raster import Band, Bounds, Crs, GeoTransform, LayoutFault, MaskKind, RasterProfile

type Json = Any
"""A value that `json` reads and writes."""

REMEMBERED: Final = 1024
"""Documents of one kind that are kept decoded."""

_remembered: Final[defaultdict[Callable[..., Any], dict[bytes, Any]]] = defaultdict(dict)


@dataclass(frozen=True, slots=True)
class EncodedProfile:
    """A profile without its CRS, and the CRS beside it."""

    document: Mapping[str, Json]
    crs: Crs | None
    crs_sha256: str | None
    """Digest of the CRS, also in the document."""


def encode_profile(profile: RasterProfile) -> EncodedProfile:
    """Turn a profile into JSON values."""
    digest = crs_digest(profile.crs) if profile.crs else None
    document = {
        "width": profile.width,
        "height": profile.height,
        "bands": [_encode_band(band) for band in profile.bands],
        "crs": digest,
        "geotransform": encode_transform(profile.geotransform),
        "overviews": profile.overviews,
        "tiled": profile.tiled,
        "compression": profile.compression,
        "area_or_point": profile.area_or_point,
        "metadata": profile.metadata,
        "lonlat_bounds": encode_bounds(profile.lonlat_bounds),
        "stub_exact": profile.stub_exact,
        "layout": profile.layout,
        "side_files": profile.side_files,
    }
    return EncodedProfile(document, profile.crs, digest)


def decode_profile(document: Mapping[str, Json], crs_of: Callable[[str], Crs]) -> RasterProfile:
    """Read what `encode_profile` made.

    Documents without `layout` and `side_files` were written before anybody looked at either.

    What many rasters have in common (bands, overviews, metadata) they share once it is decoded: 100,000 tiles of one
    survey hold one tuple of bands.

    Args:
        document: The JSON values.
        crs_of: Gives the CRS that has a digest.
    """
    layout = document.get("layout")
    return RasterProfile(
        width=document["width"],
        height=document["height"],
        bands=_shared(_decode_bands, document["bands"]),
        crs=crs_of(document["crs"]) if document["crs"] else None,
        geotransform=decode_transform(document["geotransform"]),
        overviews=_shared(_decode_overviews, document["overviews"]),
        tiled=document["tiled"],
        compression=document["compression"],
        area_or_point=document["area_or_point"],
        metadata=_shared(_pairs, document["metadata"]),
        lonlat_bounds=decode_bounds(document["lonlat_bounds"]),
        stub_exact=document["stub_exact"],
        layout=None if layout is None else tuple(map(LayoutFault, layout)),
        side_files=tuple(document.get("side_files", ())),
    )


def encode_crs(crs: Crs) -> Mapping[str, Json]:
    """Turn a CRS into JSON values."""
    return {"wkt": crs.wkt, "name": crs.name, "epsg": crs.epsg, "axis_mapping": crs.axis_mapping}


def decode_crs(document: Mapping[str, Json]) -> Crs:
    """Read what `encode_crs` made."""
    return Crs(document["wkt"], document["name"], document["epsg"], tuple(document["axis_mapping"]))


def crs_digest(crs: Crs) -> str:
    """SHA-256 of all that a CRS says, hexadecimal: two CRSs share it only if they are interchangeable."""
    return hashlib.sha256(to_bytes(encode_crs(crs))).hexdigest()


def to_bytes(document: Json) -> bytes:
    """The one spelling of a JSON value: compact, ASCII, members in the order in which they stand."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode("ascii")


def encode_number(value: float) -> Json:
    """A number as JSON has it; what JSON has not, as a string that `float` reads."""
    return value if isinstance(value, int) or math.isfinite(value) else str(value)


def decode_number(value: Json) -> int | float:
    """Read what `encode_number` made, an integer staying one."""
    return float(value) if isinstance(value, str) else value


def encode_transform(transform: GeoTransform | None) -> Json:
    """A geotransform as JSON has it."""
    return [encode_number(value) for value in transform] if transform else None


def decode_transform(value: Json) -> GeoTransform | None:
    """Read what `encode_transform` made."""
    return GeoTransform(*map(decode_number, value)) if value else None


def encode_bounds(bounds: Bounds | None) -> Json:
    """An extent as JSON has it."""
    return None if bounds is None else [encode_number(value) for value in bounds]


def decode_bounds(value: Json) -> Bounds | None:
    """Read what `encode_bounds` made."""
    return None if value is None else Bounds(*map(decode_number, value))


def encode_optional(value: float | None) -> Json:
    """A number that may be absent, as JSON has it."""
    return None if value is None else encode_number(value)


def decode_optional(value: Json) -> int | float | None:
    """Read what `encode_optional` made."""
    return None if value is None else decode_number(value)


def _encode_band(band: Band) -> Mapping[str, Json]:
    return {
        "dtype": band.dtype,
        "block": [band.block_width, band.block_height],
        "nodata": encode_optional(band.nodata),
        "color_interpretation": band.color_interpretation,
        "color_table": band.color_table,
        "scale": encode_optional(band.scale),
        "offset": encode_optional(band.offset),
        "unit": band.unit,
        "description": band.description,
        "metadata": band.metadata,
        "mask": band.mask.value,
    }


def _shared[T](decode: Callable[[Json], T], document: Json) -> T:
    """What was decoded before of exactly this document, if it is remembered.

    Documents are compared as bytes, in which 0, 0.0 and -0.0 differ; they hold no NaN. No more than `REMEMBERED` of
    each kind are kept, then it begins anew; two threads may both decode what neither remembers.
    """
    known = _remembered[decode]
    key = marshal.dumps(document, 2)
    found = known.get(key)
    if found is None:
        if len(known) >= REMEMBERED:
            known.clear()
        found = known[key] = decode(document)
    return cast("T", found)


def _decode_bands(documents: Sequence[Mapping[str, Json]]) -> tuple[Band, ...]:
    return tuple(map(_decode_band, documents))


def _decode_overviews(sizes: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((width, height) for width, height in sizes)


def _decode_band(document: Mapping[str, Json]) -> Band:
    table = document["color_table"]
    width, height = document["block"]
    return Band(
        dtype=document["dtype"],
        block_width=width,
        block_height=height,
        nodata=decode_optional(document["nodata"]),
        color_interpretation=document["color_interpretation"],
        color_table=None if table is None else tuple((red, green, blue, alpha) for red, green, blue, alpha in table),
        scale=decode_optional(document["scale"]),
        offset=decode_optional(document["offset"]),
        unit=document["unit"],
        description=document["description"],
        metadata=_pairs(document["metadata"]),
        mask=MaskKind(document["mask"]),
    )


def _pairs(values: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Names are the same ones in all rasters, even where every value is another: each is held once."""
    return tuple((intern(name), value) for name, value in values)
