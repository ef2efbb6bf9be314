"""Raster profiles as JSON values, exactly: what comes out equals what went in, NaN, -0.0 and 64-bit integers included.

A CRS is tens of lines of WKT and shared by thousands of rasters, so a profile holds the digest of its CRS and the CRS
itself is stored once. JSON has no NaN and no infinity: they are the strings `nan`, `inf` and `-inf`, in places that
hold numbers only.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasterloom.domain.raster import Band, Bounds, Crs, GeoTransform, LayoutFault, MaskKind, RasterProfile

type Json = Any
"""A value that `json` reads and writes."""


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
        "geotransform": [encode_number(value) for value in profile.geotransform] if profile.geotransform else None,
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

    Args:
        document: The JSON values.
        crs_of: Gives the CRS that has a digest.
    """
    transform, layout = document["geotransform"], document.get("layout")
    return RasterProfile(
        width=document["width"],
        height=document["height"],
        bands=tuple(_decode_band(band) for band in document["bands"]),
        crs=crs_of(document["crs"]) if document["crs"] else None,
        geotransform=GeoTransform(*(decode_number(value) for value in transform)) if transform else None,
        overviews=tuple((width, height) for width, height in document["overviews"]),
        tiled=document["tiled"],
        compression=document["compression"],
        area_or_point=document["area_or_point"],
        metadata=_pairs(document["metadata"]),
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


def encode_bounds(bounds: Bounds | None) -> Json:
    """An extent as JSON has it."""
    return None if bounds is None else [encode_number(value) for value in bounds]


def decode_bounds(value: Json) -> Bounds | None:
    """Read what `encode_bounds` made."""
    return None if value is None else Bounds(*(decode_number(part) for part in value))


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
    return tuple((name, value) for name, value in values)
