"""Domain values as answers."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID, uuid5

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import BandSummary, Dataset, MosaicSummary, Product, RasterDataset, VrtDataset, type_name
from rasterloom.domain.outputs import INDEX_FILE, VRT_FILE
from rasterloom.domain.raster import Band, Bounds, Crs, RasterProfile
from rasterloom.http.answers import BandAnswer, DatasetAnswer, GroupAnswer, RasterAnswer, RecordType

LISTED_BANDS: Final = 20
"""Bands of a dataset in a listing, so that a page of datasets with many bands stays small."""

_DTYPES: Final = {"Byte": "uint8", "CInt16": "complex_int16", "CInt32": "complex_int32"} | {
    "CFloat16": "complex32",
    "CFloat32": "complex64",
    "CFloat64": "complex128",
}
"""Where numpy's name of a pixel type is not GDAL's in lower case; of the first two numpy has none, rasterio does."""


PRODUCTS: Final = {Product.VRT: VRT_FILE, Product.GTI: INDEX_FILE}
"""Names of what people open."""

GROUPS: Final = UUID("6f0d6c52-1f6e-5c55-9c39-5c8f0a3f7d1b")
"""Namespace of the ids of groups."""


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC, with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def optional_time(moment: datetime | None) -> str | None:
    """As `time_text`, null where there is none."""
    return None if moment is None else time_text(moment)


def finite(number: float | None) -> float | None:
    """The number, or null where JSON cannot hold it."""
    return number if number is not None and math.isfinite(number) else None


def bounds_list(bounds: Bounds | None) -> list[float] | None:
    """West, south, east, north; null where one of them is not finite."""
    return list(bounds) if bounds is not None and all(math.isfinite(edge) for edge in bounds) else None


def numpy_name(dtype: str) -> str:
    """What numpy calls GDAL's pixel type."""
    return _DTYPES.get(dtype, dtype.lower())


def dataset_answer(dataset: Dataset, principal: Principal, bucket: str, bands: int | None = None) -> DatasetAnswer:
    """A dataset as this caller may see it.

    Args:
        dataset: A raster or a VRT that the caller may read.
        principal: The caller.
        bucket: Our bucket, where published VRTs are.
        bands: How many bands to tell of; all if None.

    Raises:
        TypeError: It is neither a raster nor a VRT.
    """
    is_changeable = dataset.audience.may_change(principal)
    kind: RecordType
    match dataset:
        case RasterDataset():
            raster = _raster(dataset, bands, is_changeable=is_changeable)
            extent, filename, kind = dataset.profile.lonlat_bounds, dataset.ref.key.rsplit("/", 1)[-1], "raster_dataset"
        case VrtDataset():
            raster = _vrt(dataset, bucket, bands)
            extent = dataset.published.summary.lonlat_bounds if dataset.published else None
            filename, kind = type_name(dataset.vrt_type), "vrt_dataset"
        case _:
            raise TypeError(f"{type(dataset).__name__} has no answer")
    return {
        "id": dataset.id,
        "record_id": dataset.id,
        "table_name": "",
        "title": dataset.title,
        "summary": dataset.summary,
        "feature_count": None,
        "source_filename": filename,
        "visibility": dataset.audience.visibility.value,
        "created_by": _as_uuid(dataset.audience.owner),
        "created_by_display": dataset.created_by_display,
        "created_at": time_text(dataset.created_at),
        "updated_at": time_text(dataset.updated_at),
        "record_type": kind,
        "record_status": "deleting" if isinstance(dataset, RasterDataset) and dataset.deletion else "ready",
        "srid": raster["epsg"],
        "extent_bbox": bounds_list(extent),
        "groups": [_group(name) for name in dataset.audience.groups] if is_changeable else None,
        "raster": raster,
    }


def _raster(dataset: RasterDataset, bands: int | None, *, is_changeable: bool) -> RasterAnswer:
    profile = dataset.profile
    x_size, y_size = profile.resolution or (None, None)
    return {
        "epsg": profile.crs.epsg if profile.crs else None,
        "crs_is_geographic": _is_geographic(profile.crs),
        "res_x": finite(x_size),
        "res_y": finite(y_size),
        "band_count": len(profile.bands),
        "nodata": _first_nodata(profile),
        "compression": profile.compression,
        "width": profile.width,
        "height": profile.height,
        "size_bytes": dataset.size_bytes,
        "bands": [band_answer(number, band) for number, band in enumerate(profile.bands[:bands], 1)],
        "status": "ready",
        "vrt_type": None,
        "source_count": None,
        "resolution_strategy": None,
        "resampling": None,
        "nodata_override": None,
        "add_alpha": None,
        "target_extent": None,
        "target_resolution": None,
        "target_aligned_pixels": None,
        "auto_regenerate": None,
        "stale": None,
        "object_state": dataset.object_state.value,
        "object_state_since": optional_time(dataset.object_state_since),
        "s3_uri": dataset.ref.uri if is_changeable else None,
        "connect": None,
    }


def _vrt(vrt: VrtDataset, bucket: str, bands: int | None) -> RasterAnswer:
    """What is published serves whatever the status is; before that there is only the request."""
    summary = vrt.published.summary if vrt.published else None
    x_size, y_size = summary.resolution if summary else (None, None)
    return {
        "epsg": summary.epsg if summary else None,
        "crs_is_geographic": None,
        "res_x": finite(x_size),
        "res_y": finite(y_size),
        "band_count": len(summary.bands) if summary else None,
        "nodata": _first_nodata(summary) if summary else None,
        "compression": None,
        "width": summary.width if summary else None,
        "height": summary.height if summary else None,
        "size_bytes": summary.size_bytes if summary else None,
        "bands": [band_answer(number, band) for number, band in enumerate(summary.bands[:bands], 1)] if summary else [],
        "status": vrt.status.value,
        "vrt_type": vrt.vrt_type.value,
        "source_count": vrt.member_count,
        "resolution_strategy": vrt.options.strategy.value,
        "resampling": vrt.options.resampling.value,
        "nodata_override": _number_or_nan(vrt.options.nodata_override),
        "add_alpha": vrt.options.add_alpha,
        "target_extent": _listed(vrt.options.target_extent),
        "target_resolution": _listed(vrt.options.target_resolution),
        "target_aligned_pixels": vrt.options.target_aligned_pixels,
        "auto_regenerate": vrt.auto_regenerate,
        "stale": vrt.is_stale,
        "object_state": None,
        "object_state_since": None,
        "s3_uri": f"s3://{bucket}/{vrt.published.prefix}{PRODUCTS[vrt.published.product]}" if vrt.published else None,
        "connect": None,
    }


def band_answer(number: int, band: Band | BandSummary) -> BandAnswer:
    """One band, by its number from 1."""
    return {
        "index": number,
        "dtype": numpy_name(band.dtype),
        "nodata": None if band.nodata is None else str(band.nodata),
        "color_interp": band.color_interpretation,
    }


def _first_nodata(described: RasterProfile | MosaicSummary) -> str | None:
    nodata = described.bands[0].nodata if described.bands else None
    return None if nodata is None else str(nodata)


def _listed(numbers: Sequence[float] | None) -> list[float] | None:
    return None if numbers is None else list(numbers)


def _number_or_nan(value: float | None) -> int | float | Literal["nan"] | None:
    return "nan" if value is not None and math.isnan(value) else value


def _is_geographic(crs: Crs | None) -> bool | None:
    """From the first word of WKT1."""
    return None if crs is None else crs.wkt.startswith("GEOGCS")


def _group(name: str) -> GroupAnswer:
    """A group by its name, with an id that is the same wherever the name is."""
    return {"id": str(uuid5(GROUPS, name)), "name": name}


def _as_uuid(subject: str) -> str | None:
    """The subject where it is a UUID, as the published API has it."""
    try:
        return str(UUID(subject))
    except ValueError:
        return None
