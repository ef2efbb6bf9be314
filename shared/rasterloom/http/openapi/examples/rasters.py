"""Examples about getting rasters in."""

from http import HTTPStatus
from typing import Any, Final

from rasterloom.http.answers import Accepted, CompletedUpload, DatasetAnswer, PresignedUpload, UploadConfig
from rasterloom.http.openapi.examples.datasets import RASTER
from rasterloom.http.openapi.examples.ids import JOB, WEST, WEST_URI

_KEY: Final = f"uploads/{'5e' * 32}/{JOB}/jacksboro.tif"
_URL: Final = f"https://rasterloom-artifacts.s3.eu-central-1.amazonaws.com/{_KEY}"
_LIMITS: Final[UploadConfig] = {
    "presigned_uploads": True,
    "presigned_threshold_bytes": 8_388_608,
    "max_file_size_bytes": 5_368_709_120_000,
    "allowed_extensions": ".tif,.tiff,.jsonl,.jsonl.gz",
    "remaining_dataset_quota": None,
}
_REQUESTED: Final[PresignedUpload] = {
    "job_id": JOB,
    "urls": [f"{_URL}?uploadId=VXBsb2Fk&partNumber={number}&X-Amz-Signature=…" for number in (1, 2, 3)],
    "s3_key": _KEY,
    "s3_uri": f"s3://rasterloom-artifacts/{_KEY}",
    "upload_id": "VXBsb2Fk",
    "part_size": 8_388_608,
    "expires_at": "2026-11-22T15:41:07.250000Z",
}
_COMPLETED: Final[CompletedUpload] = {
    "job_id": JOB,
    "status": "complete",
    "message": f"jacksboro.tif is registered as dataset {WEST}",
    "dataset_id": WEST,
}
_LISTED: Final[CompletedUpload] = {
    "job_id": JOB,
    "status": "pending",
    "message": "jacksboro.jsonl has arrived; name it as manifest_uri within 24 hours of its request",
    "dataset_id": None,
}
_ACCEPTED: Final[Accepted] = {
    "job_id": JOB,
    "status": "accepted",
    "message": "The objects are being registered",
}
_REGISTERED: Final[DatasetAnswer] = {**RASTER, "findings": []}
_MASK_BESIDE: Final = "What lies beside the object is not used (.msk): pixels that the mask there hides will show"
_WITH_A_MASK_BESIDE: Final[DatasetAnswer] = {
    **RASTER,
    "findings": [
        {
            "loc": ["body", "uri"],
            "msg": _MASK_BESIDE,
            "type": "side_file_ignored",
            "input": WEST,
            "ctx": {
                "expected": "overviews and mask inside the file",
                "actual": [".msk"],
                "reference": None,
                "hint": "Write it again with gdal_translate -of COG -co COMPRESS=DEFLATE in.tif out.tif, "
                "upload that and register it. GDAL takes both in where they lie beside in.tif.",
            },
            "source_id": WEST,
            "code": "side_file_ignored",
            "message": _MASK_BESIDE,
            "field": "side_files",
            "severity": "warning",
        }
    ],
}

REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "register_raster": {
        "Named after its key": {"uri": WEST_URI},
        "For a group": {
            "uri": WEST_URI,
            "title": "Jacksboro, west",
            "summary": "Elevation in metres, 2025 survey.",
            "visibility": "restricted",
            "groups": ["survey"],
        },
    },
    "register_rasters": {
        "What a prefix holds": {"prefix": "s3://elevation-tiles/jacksboro/", "visibility": "internal"},
        "Named objects": {"uris": [WEST_URI, "s3://elevation-tiles/jacksboro/east.tif"]},
    },
    "request_upload": {"A GeoTIFF of three parts": {"filename": "jacksboro.tif", "file_size": 20_000_000}},
    "complete_upload": {
        "Three parts": {
            "parts": [
                {"part_number": number, "etag": f'"{digit * 32}"'} for number, digit in ((1, "a"), (2, "b"), (3, "c"))
            ]
        },
        "One request took the whole file": {},
    },
}
ANSWERS: Final[dict[str, dict[HTTPStatus, dict[str, Any]]]] = {
    "register_raster": {
        HTTPStatus.CREATED: {"A raster": _REGISTERED, "A raster with a mask beside it": _WITH_A_MASK_BESIDE},
        HTTPStatus.OK: {"A raster that was registered before": _REGISTERED},
    },
    "register_rasters": {HTTPStatus.ACCEPTED: {"A job": _ACCEPTED}},
    "read_upload_config": {HTTPStatus.OK: {"The limits": _LIMITS}},
    "request_upload": {HTTPStatus.CREATED: {"Three parts": _REQUESTED}},
    "complete_upload": {HTTPStatus.OK: {"A dataset": _COMPLETED, "A list of sources": _LISTED}},
}
