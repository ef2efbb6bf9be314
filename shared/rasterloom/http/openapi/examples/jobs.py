"""Examples about jobs."""

from http import HTTPStatus
from typing import Any, Final

from rasterloom.http.answers import JobAnswer, JobCancelled, JobList, JobStatusList, RegistrationResults, StaleCleanup
from rasterloom.http.openapi.examples.ids import EAST, GENERATION, JOB, OTHER_JOB, VRT, WEST, WEST_URI

_COMPLETE: Final[JobAnswer] = {
    "id": JOB,
    "status": "complete",
    "dataset_id": VRT,
    "source_filename": "vrt_mosaic",
    "error_message": None,
    "error_code": None,
    "can_retry": False,
    "retry_reason": "Only a job that failed can be retried",
    "warning_message": None,
    "warnings": [],
    "findings": [],
    "findings_total": 0,
    "findings_url": None,
    "progress": 1.0,
    "current_step": "complete",
    "step": "complete",
    "registrations": None,
    "started_at": "2026-11-22T09:41:07.900000Z",
    "completed_at": "2026-11-22T09:41:09.815000Z",
    "created_at": "2026-11-22T09:41:07.250000Z",
}
_RUNNING: Final[JobAnswer] = {
    **_COMPLETE,
    "status": "running",
    "progress": 0.4,
    "current_step": "analyzing",
    "step": "building",
    "completed_at": None,
}
_FAILED: Final[JobAnswer] = {
    **_COMPLETE,
    "id": OTHER_JOB,
    "status": "failed",
    "error_message": "s3://elevation-tiles/jacksboro/east.tif does not exist",
    "error_code": "object_missing",
    "can_retry": True,
    "retry_reason": None,
    "findings": [
        {
            "loc": ["body", "source_dataset_ids", 1],
            "msg": "s3://elevation-tiles/jacksboro/east.tif does not exist",
            "type": "object_missing",
            "input": EAST,
            "ctx": {"expected": "the object that was catalogued", "actual": None, "reference": None, "hint": None},
            "source_id": EAST,
            "code": "object_missing",
            "message": "s3://elevation-tiles/jacksboro/east.tif does not exist",
            "field": "object",
            "severity": "error",
        }
    ],
    "findings_total": 1,
    "progress": 0.1,
    "current_step": "validating",
    "step": "validating",
}
_REGISTERING: Final[JobAnswer] = {
    **_RUNNING,
    "dataset_id": None,
    "source_filename": "raster_bulk",
    "retry_reason": "A bulk registration is not retried: ask for it again, and only what is left is done",
    "progress": 0.625,
    "current_step": "registering",
    "step": "registering",
    "registrations": {
        "objects": 1600,
        "listed": True,
        "created": 980,
        "unchanged": 15,
        "refreshed": 4,
        "failed": 1,
    },
}
_RESULTS: Final[RegistrationResults] = {
    "results": [
        {"uri": WEST_URI, "outcome": "created", "dataset_id": WEST, "error_code": None, "error_message": None},
        {
            "uri": "s3://elevation-tiles/jacksboro/east.tif",
            "outcome": "failed",
            "dataset_id": None,
            "error_code": "object_missing",
            "error_message": "s3://elevation-tiles/jacksboro/east.tif does not exist",
        },
    ],
    "next": "?limit=2&cursor=0.2",
}
_LIST: Final[JobList] = {"jobs": [_RUNNING, _FAILED], "total": 2}
_STATUSES: Final[JobStatusList] = {
    "jobs": [
        {
            "id": JOB,
            "status": "running",
            "dataset_id": VRT,
            "progress": 0.4,
            "current_step": "analyzing",
            "step": "building",
            "error_code": None,
            "warnings": [],
            "can_retry": False,
            "refresh_run": None,
        },
        {
            "id": OTHER_JOB,
            "status": "not_found",
            "dataset_id": None,
            "progress": None,
            "current_step": None,
            "step": None,
            "error_code": None,
            "warnings": [],
            "can_retry": False,
            "refresh_run": None,
        },
    ]
}
_CANCELLED: Final[JobCancelled] = {"id": JOB, "status": "cancelled", "run_id": GENERATION, "already": False}
_CLEANED: Final[StaleCleanup] = {
    "pending_failed": 0,
    "running_failed": 1,
    "total_cleaned": 1,
    "vrt_assets_recovered": 2,
    "vrt_generations_failed": 1,
    "terminal_jobs_purged": 0,
    "staged_paths_considered": 0,
    "local_files_reaped": 0,
    "storage_objects_reaped": 0,
    "staged_paths_skipped": 0,
    "staged_cleanup_failures": 0,
    "total_affected": 4,
    "resent": 2,
    "taken_over": 1,
    "left": 0,
}

REQUESTS: Final[dict[str, dict[str, Any]]] = {"read_job_statuses": {"Two jobs": {"job_ids": [JOB, OTHER_JOB]}}}
ANSWERS: Final[dict[str, dict[HTTPStatus, dict[str, Any]]]] = {
    "list_jobs": {HTTPStatus.OK: {"One that runs and one that failed": _LIST}},
    "read_job": {
        HTTPStatus.OK: {
            "It runs": _RUNNING,
            "It is complete": _COMPLETE,
            "It failed": _FAILED,
            "It registers many objects": _REGISTERING,
        }
    },
    "list_registrations": {HTTPStatus.OK: {"One that was made, and one that was not": _RESULTS}},
    "read_latest_job": {HTTPStatus.OK: {"It runs": _RUNNING, "There is none": None}},
    "read_job_statuses": {HTTPStatus.OK: {"One that runs, and one that is not found": _STATUSES}},
    "cancel_job": {HTTPStatus.OK: {"It was running": _CANCELLED}},
    "clean_up_stale_jobs": {HTTPStatus.OK: {"One was given up, one taken over, two sent again": _CLEANED}},
}
