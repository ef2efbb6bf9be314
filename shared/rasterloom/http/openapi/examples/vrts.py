"""Examples about making, changing and reading VRTs."""

from http import HTTPStatus
from typing import Any, Final

from rasterloom.http.answers import (
    Accepted,
    FootprintFeature,
    GenerationList,
    PreviewAnswer,
    SourceList,
    VrtStatusAnswer,
)
from rasterloom.http.openapi.examples.datasets import MOSAIC
from rasterloom.http.openapi.examples.ids import EARLIER_GENERATION, EAST, GENERATION, JOB, OWNER, WEST

_SOURCES: Final[SourceList] = {
    "sources": [
        {
            "dataset_id": WEST,
            "title": "Jacksboro, west",
            "position": 0,
            "band_count": 1,
            "resolution_x": 0.0005,
            "resolution_y": 0.0005,
            "crs_epsg": 4326,
            "extent_bbox": [-84.41, 36.3, -84.205, 36.588],
        },
        {
            "dataset_id": EAST,
            "title": "Jacksboro, east",
            "position": 1,
            "band_count": 1,
            "resolution_x": 0.0005,
            "resolution_y": 0.0005,
            "crs_epsg": 4326,
            "extent_bbox": [-84.205, 36.3, -84.0, 36.588],
        },
    ],
    "next": None,
}
_STATUS: Final[VrtStatusAnswer] = {
    "status": "ready",
    "last_generation_at": "2026-11-22T09:41:09.815000Z",
    "source_count": 2,
    "active_generation": None,
    "stale": True,
    "stale_since": "2026-11-21T09:12:44Z",
    "source_health": [
        {"dataset_id": WEST, "title": "Jacksboro, west", "status": "healthy"},
        {"dataset_id": EAST, "title": "Jacksboro, east", "status": "stale"},
    ],
    "source_health_summary": {"healthy": 1, "stale": 1},
}
_REGENERATING: Final[VrtStatusAnswer] = {
    **_STATUS,
    "status": "regenerating",
    "active_generation": {
        "generation_id": GENERATION,
        "started_at": "2026-11-22T10:02:11.500000Z",
        "elapsed_seconds": 1.25,
    },
}
_GENERATIONS: Final[GenerationList] = {
    "generations": [
        {
            "id": GENERATION,
            "status": "failed",
            "started_at": "2026-11-22T10:02:11.500000Z",
            "completed_at": "2026-11-22T10:02:12.700000Z",
            "duration_seconds": 1.2,
            "error_message": "s3://elevation-tiles/jacksboro/east.tif does not exist",
            "source_count": 3,
            "triggered_by": OWNER,
        },
        {
            "id": EARLIER_GENERATION,
            "status": "completed",
            "started_at": "2026-11-22T09:41:07.900000Z",
            "completed_at": "2026-11-22T09:41:09.815000Z",
            "duration_seconds": 1.915,
            "error_message": None,
            "source_count": 2,
            "triggered_by": OWNER,
        },
    ],
    "total": 2,
}


def _footprint(dataset_id: str, title: str, position: int, west: float, east: float) -> FootprintFeature:
    south, north = 36.3, 36.588
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "id": dataset_id,
        "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]},
        "properties": {"dataset_id": dataset_id, "title": title, "position": position},
    }


_PREVIEW: Final[PreviewAnswer] = {
    "valid": True,
    "findings": [],
    "findings_total": 0,
    "grid": {
        "width": 820,
        "height": 576,
        "resolution_x": 0.0005,
        "resolution_y": 0.0005,
        "bbox": [-84.41, 36.3, -84.0, 36.588],
        "extent_bbox": [-84.41, 36.3, -84.0, 36.588],
        "crs_epsg": 4326,
        "crs_name": "WGS 84",
        "band_count": 1,
        "bands": [{"index": 1, "dtype": "float32", "nodata": "-9999.0", "color_interp": "Gray"}],
    },
    "footprints": {
        "type": "FeatureCollection",
        "features": [
            _footprint(WEST, "Jacksboro, west", 0, -84.41, -84.205),
            _footprint(EAST, "Jacksboro, east", 1, -84.205, -84.0),
        ],
    },
    "footprints_total": 2,
}


def accepted(message: str) -> dict[HTTPStatus, dict[str, Any]]:
    """The answer to a change."""
    answer: Accepted = {"job_id": JOB, "status": "accepted", "message": f"{message}; poll /jobs/{JOB}"}
    return {HTTPStatus.ACCEPTED: {"A job": answer}}


REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "create_vrt": {
        "A mosaic": {
            "source_dataset_ids": [WEST, EAST],
            "vrt_type": "mosaic",
            "resolution_strategy": "finest",
            "title": "Jacksboro",
        },
        "A mosaic of one extent, on whole multiples of its pixels": {
            "source_dataset_ids": [WEST, EAST],
            "vrt_type": "mosaic",
            "resolution_strategy": "finest",
            "title": "Jacksboro, the ridge",
            "add_alpha": True,
            "target_extent": [-84.3, 36.4, -84.1, 36.5],
            "target_resolution": [0.0005, 0.0005],
            "target_aligned_pixels": True,
        },
        "A mosaic of many": {
            "manifest_uri": "s3://elevation-tiles/lists/jacksboro.jsonl",
            "vrt_type": "mosaic",
            "resolution_strategy": "finest",
            "title": "Jacksboro",
        },
        "A band stack for a group": {
            "source_dataset_ids": [WEST, EAST],
            "vrt_type": "band_stack",
            "resolution_strategy": "finest",
            "title": "Jacksboro, red and infrared",
            "summary": "Band 1 is red, band 2 near infrared.",
            "visibility": "restricted",
            "groups": ["survey"],
        },
    },
    "validate_vrt": {"A mosaic": {"source_dataset_ids": [WEST, EAST], "vrt_type": "mosaic"}},
    "replace_vrt_sources": {"The other way round": {"source_dataset_ids": [EAST, WEST]}},
    "update_vrt_options": {
        "Smoother": {"resampling": "bilinear"},
        "Coarser, with a nodata value of its own": {"resolution_strategy": "coarsest", "nodata_override": -9999},
        "As large as its sources again": {"target_extent": None},
        "Built again by itself when its sources change": {"auto_regenerate": True},
    },
    "add_vrt_source": {"One more tile": {"source_dataset_id": EAST}},
}
ANSWERS: Final[dict[str, dict[HTTPStatus, dict[str, Any]]]] = {
    "create_vrt": accepted("The VRT is being created"),
    "validate_vrt": {HTTPStatus.OK: {"A mosaic of two tiles": _PREVIEW}},
    "add_vrt_source": accepted("The source is being added"),
    "replace_vrt_sources": accepted("The sources are being replaced"),
    "update_vrt_options": accepted("The VRT is being built with other options")
    | {HTTPStatus.OK: {"Nothing but `auto_regenerate` was changed": MOSAIC}},
    "roll_back_vrt": accepted("The members of the generation are being built again"),
    "remove_vrt_source": accepted("The source is being removed"),
    "regenerate_vrt": accepted("The VRT is being built again"),
    "retry_job": accepted("The change is being tried again"),
    "list_vrt_sources": {HTTPStatus.OK: {"Two tiles": _SOURCES}},
    "read_vrt_status": {HTTPStatus.OK: {"One source has changed": _STATUS, "While it is built": _REGENERATING}},
    "list_vrt_generations": {HTTPStatus.OK: {"One that failed, and the first": _GENERATIONS}},
}
