"""A STAC Item of a VRT: STAC 1.1.0, with the extensions `proj` 2.0.0 and `raster` 2.0.0."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rasterloom.domain.dataset import BandSummary, Member, MosaicSummary, Published, VrtDataset, VrtType
from rasterloom.domain.framing import is_in_degrees
from rasterloom.domain.geojson import Polygons, bounding_box, coordinates
from rasterloom.domain.outputs import VRT_FILE
from rasterloom.domain.raster import Band, Crs

EXTENSIONS: Final = (
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
)
MOST_LINKS: Final = 1000
"""Sources that are linked; `footprints` lists all, however many."""

VRT_TYPE: Final = "application/x-gdal-vrt+xml"
COG_TYPE: Final = "image/tiff; application=geotiff; profile=cloud-optimized"

_METRES_PER_DEGREE: Final = 111_195.0
"""Of latitude, on a sphere of Earth's mean radius."""
_UNIT: Final = re.compile(r'UNIT\["[^"]*",\s*([0-9.eE+-]+)')

_DTYPES: Final[Mapping[str, str]] = {"Byte": "uint8", "CInt16": "cint16", "CInt32": "cint32", "CFloat32": "cfloat32"}
"""GDAL's names of types that STAC spells otherwise than in lower case."""
_KNOWN_DTYPES: Final = frozenset(
    [
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "cint16",
        "cint32",
        "cfloat32",
        "cfloat64",
    ]
)
_VRT_WORDS: Final = (
    f"A GDAL VRT. {VRT_TYPE} is the name that readers use for it and is not registered with IANA. It names its sources "
    "on S3, so a reader needs credentials for them."
)
_RELATIVE_WORDS: Final = (
    f"The same VRT with relative paths, to be opened in place where the buckets lie side by side. {VRT_TYPE} is not "
    "registered with IANA."
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A published VRT, and what PROJ says of where it lies."""

    vrt: VrtDataset
    published: Published
    bucket: str
    outline: Polygons | None
    """Of the whole VRT; None where it cannot be told."""
    projjson: Mapping[str, Any] | None
    """Its CRS; None where it has an EPSG code or cannot be told."""


def stac_item(placed: Placed, members: Sequence[Member]) -> bytes:
    """The item.

    Nobody told when the pixels were taken, so `datetime` is when the VRT was published, as `created` is.
    """
    vrt, published = placed.vrt, placed.published
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": list(EXTENSIONS),
        "id": vrt.id,
        "geometry": None,
        "properties": _properties(placed, len(members)),
        "links": list(_links(members)),
        "assets": _assets(f"s3://{placed.bucket}/{published.prefix}", _bands(vrt, published.summary, members)),
    }
    if placed.outline is not None:
        item["geometry"] = {"type": "MultiPolygon", "coordinates": coordinates(placed.outline)}
        item["bbox"] = list(bounding_box(placed.outline))
    return json.dumps(item, separators=(",", ":"), allow_nan=False).encode()


def _properties(placed: Placed, member_count: int) -> dict[str, Any]:
    vrt, published = placed.vrt, placed.published
    summary = published.summary
    (x_step, y_step), bounds = summary.resolution, summary.bounds
    published_at = published.published_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "title": vrt.title,
        **({"description": vrt.summary} if vrt.summary else {}),
        "datetime": published_at,
        "created": published_at,
        "proj:code": None if summary.epsg is None else f"EPSG:{summary.epsg}",
        **({} if placed.projjson is None else {"proj:projjson": placed.projjson}),
        "proj:bbox": list(bounds),
        "proj:shape": [summary.height, summary.width],
        "proj:transform": [x_step, 0.0, bounds.x_min, 0.0, -y_step, bounds.y_max],
        "rasterloom:vrt_type": vrt.vrt_type.value,
        "rasterloom:generation": published.generation_id,
        "rasterloom:source_count": member_count,
    }


def _links(members: Sequence[Member]) -> Iterator[dict[str, str]]:
    """The sources, or the first of them."""
    for member in members[:MOST_LINKS]:
        yield {"rel": "derived_from", "href": member.ref.uri, "type": COG_TYPE}


def _assets(folder: str, bands: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a build always makes, by `s3://` URIs: a signed one would end, and a relative one not survive a download."""
    return {
        "vrt": {
            "href": f"{folder}{VRT_FILE}",
            "type": VRT_TYPE,
            "title": "VRT",
            "description": _VRT_WORDS,
            "roles": ["data", "virtual"],
            "bands": list(bands),
        },
        "vrt-relative": {
            "href": f"{folder}source.relative.vrt",
            "type": VRT_TYPE,
            "title": "VRT with relative paths",
            "description": _RELATIVE_WORDS,
            "roles": ["data", "virtual"],
        },
        "quicklook": {
            "href": f"{folder}quicklook_512.png",
            "type": "image/png",
            "title": "Quicklook",
            "roles": ["thumbnail", "overview"],
        },
    }


def _bands(vrt: VrtDataset, summary: MosaicSummary, members: Sequence[Member]) -> list[dict[str, Any]]:
    sources: Sequence[Band | None] = [None] * len(summary.bands)
    if vrt.vrt_type is VrtType.MOSAIC and len(members[0].profile.bands) == len(summary.bands):
        sources = members[0].profile.bands
    resolution = _metres(summary, members[0].profile.crs)
    return [
        _band(number, band, source, resolution)
        for number, (band, source) in enumerate(zip(summary.bands, sources, strict=True), 1)
    ]


def _band(number: int, band: BandSummary, source: Band | None, resolution: float | None) -> dict[str, Any]:
    dtype = _DTYPES.get(band.dtype, band.dtype.lower())
    described: dict[str, Any] = {
        "name": f"b{number}",
        "data_type": dtype if dtype in _KNOWN_DTYPES else "other",
    }
    if band.description:
        described["description"] = band.description
    if band.nodata is not None:
        described["nodata"] = _number(band.nodata)
    if resolution is not None:
        described["raster:spatial_resolution"] = resolution
    if source is not None and source.scale is not None and math.isfinite(source.scale):
        described["raster:scale"] = source.scale
    if source is not None and source.offset is not None and math.isfinite(source.offset):
        described["raster:offset"] = source.offset
    return described


def _metres(summary: MosaicSummary, crs: Crs | None) -> float | None:
    """Height of a pixel on the ground; None where the CRS does not tell."""
    step = summary.resolution[1]
    if crs is not None and is_in_degrees(crs):
        return float(f"{step * _METRES_PER_DEGREE:.6g}")
    if crs is None or not crs.wkt.startswith("PROJCS["):
        return None
    # The unit of the coordinates stands after that of the geographic CRS that was projected.
    units = _UNIT.findall(crs.wkt)
    return float(f"{step * float(units[-1]):.6g}") if units else None


def _number(value: float) -> float | str:
    """A nodata value as STAC has it: JSON knows no NaN and no infinity."""
    if math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
