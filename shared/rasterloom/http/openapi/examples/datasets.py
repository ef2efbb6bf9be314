"""Examples about datasets of either kind."""

from http import HTTPStatus
from typing import Any, Final

from rasterloom.http.answers import DatasetAnswer, DatasetList, DependentList
from rasterloom.http.openapi.examples.ids import GENERATION, GROUP, OWNER, VRT, WEST, WEST_URI

RASTER: Final[DatasetAnswer] = {
    "id": WEST,
    "record_id": WEST,
    "table_name": "",
    "title": "Jacksboro, west",
    "summary": "Elevation in metres, 2025 survey.",
    "feature_count": None,
    "source_filename": "west.tif",
    "visibility": "restricted",
    "created_by": OWNER,
    "created_by_display": "Alice",
    "created_at": "2026-11-22T09:30:00Z",
    "updated_at": "2026-11-22T09:30:00Z",
    "record_type": "raster_dataset",
    "record_status": "ready",
    "srid": 4326,
    "extent_bbox": [-84.41, 36.3, -84.205, 36.588],
    "groups": [{"id": GROUP, "name": "survey"}],
    "raster": {
        "epsg": 4326,
        "crs_is_geographic": True,
        "res_x": 0.0005,
        "res_y": 0.0005,
        "band_count": 1,
        "nodata": "-9999.0",
        "compression": "DEFLATE",
        "width": 410,
        "height": 576,
        "size_bytes": 412316,
        "bands": [{"index": 1, "dtype": "float32", "nodata": "-9999.0", "color_interp": "Gray"}],
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
        "s3_uri": WEST_URI,
        "connect": None,
    },
}
MOSAIC: Final[DatasetAnswer] = {
    "id": VRT,
    "record_id": VRT,
    "table_name": "",
    "title": "Jacksboro",
    "summary": None,
    "feature_count": None,
    "source_filename": "vrt_mosaic",
    "visibility": "private",
    "created_by": OWNER,
    "created_by_display": "Alice",
    "created_at": "2026-11-22T09:41:07.250000Z",
    "updated_at": "2026-11-22T09:41:09.815000Z",
    "record_type": "vrt_dataset",
    "record_status": "ready",
    "srid": 4326,
    "extent_bbox": [-84.41, 36.3, -84.0, 36.588],
    "groups": [],
    "raster": {
        "epsg": 4326,
        "crs_is_geographic": None,
        "res_x": 0.0005,
        "res_y": 0.0005,
        "band_count": 1,
        "nodata": "-9999.0",
        "compression": None,
        "width": 820,
        "height": 576,
        "size_bytes": 2871,
        "bands": [{"index": 1, "dtype": "float32", "nodata": "-9999.0", "color_interp": "Gray"}],
        "status": "ready",
        "vrt_type": "mosaic",
        "source_count": 2,
        "resolution_strategy": "finest",
        "resampling": "nearest",
        "nodata_override": None,
        "add_alpha": False,
        "target_extent": None,
        "target_resolution": None,
        "target_aligned_pixels": False,
        "s3_uri": f"s3://rasterloom-artifacts/vrts/{VRT}/{GENERATION}/source.vrt",
        "connect": None,
    },
}
_LIST: Final[DatasetList] = {"datasets": [MOSAIC, RASTER], "total": 2}
_DEPENDENTS: Final[DependentList] = {
    "dependents": [{"vrt_dataset_id": VRT, "vrt_dataset_title": "Jacksboro"}],
    "hidden": 1,
}

REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "update_dataset": {
        "Another title": {"title": "Jacksboro, 2025"},
        "For a group, without a summary": {"summary": None, "visibility": "restricted", "groups": ["survey"]},
    },
    "delete_dataset": {"Confirmed": {"confirm_title": "Jacksboro"}, "Not confirmed": {}},
}
ANSWERS: Final[dict[str, dict[HTTPStatus, dict[str, Any]]]] = {
    "list_datasets": {HTTPStatus.OK: {"A mosaic and one of its tiles": _LIST}},
    "read_dataset": {HTTPStatus.OK: {"A mosaic": MOSAIC, "A raster": RASTER}},
    "update_dataset": {HTTPStatus.OK: {"A mosaic": MOSAIC}},
    "list_dependents": {HTTPStatus.OK: {"Two mosaics, one of them somebody else's": _DEPENDENTS}},
}
