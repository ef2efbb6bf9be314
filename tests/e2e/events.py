"""The sample events of `events/`: what is in them, and how a test fills them."""

import json
from dataclasses import dataclass
from typing import Any, Final

from local.paths import ROOT

EVENTS: Final = ROOT / "events"

# What the samples have in the place of what exists.
TOKEN: Final = "TOKEN"
DATASET: Final = "6a1f5a0e-3b1d-4f0b-8d8e-5c2b7e9f3c10"
JOB: Final = "f3c1b2a4-9d8e-4c7b-a6f5-0e1d2c3b4a59"
GENERATION: Final = "c0ffee00-1234-4abc-8def-0123456789ab"
FENCE: Final = r"\"fence\":1"
HANDLE: Final = "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a"
PREFIX: Final = "s3://sources/bluemarble/"
URI: Final = "s3://sources/bluemarble/n00e000.tif"
SOURCES: Final = ("0B9D7A52-6F0E-4A53-9F0E-2D1C8F0A1B01", "0b9d7a52-6f0e-4a53-9f0e-2d1c8f0a1b02")

PUBLIC: Final = {
    "http/healthz": "application/json",
    "http/openapi": "application/json",
    "http/docs": "text/html; charset=utf-8",
    "http/docs_asset": "text/css; charset=utf-8",
}
"""Samples without a token -> the type of their answers."""
READS: Final = (
    "http/read_job",
    "http/read_job_findings",
    "http/read_latest_job",
    "http/read_dataset",
    "http/list_vrt_sources",
    "http/list_vrt_generations",
    "http/read_vrt_status",
    "http/read_quicklook",
    "http/download_vrt",
    "http/download_output",
    "http/locate_relative_vrt",
    "http/read_footprints",
)
"""Samples that read one job or dataset."""
KEYS: Final = {
    "http/create_vrt": "5f0c1a3e-create",
    "http/add_vrt_source": "5f0c1a3e-add",
    "http/remove_vrt_source": "5f0c1a3e-remove",
    "http/regenerate_vrt": "5f0c1a3e-regenerate",
    "http/replace_vrt_sources": "5f0c1a3e-replace",
    "http/update_vrt_options": "5f0c1a3e-update",
    "http/roll_back_vrt": "5f0c1a3e-roll",
    "http/retry_job": "5f0c1a3e-retry",
}
"""Samples that have a VRT built -> their idempotency keys."""
CHANGES: Final = tuple(name for name in KEYS if name != "http/create_vrt")
BULK: Final = ("http/register_rasters", "http/list_registrations")
"""Samples about registrations in bulk."""
JOBS: Final = ("http/list_jobs", "http/read_job_statuses", "http/cancel_job", "http/clean_up_stale_jobs")
"""Samples about jobs that neither read one by its path nor have a VRT built."""
RASTERS: Final = ("http/update_dataset", "http/delete_dataset", "http/list_dependents")
"""Samples about one raster, which is the first of `SOURCES`."""
UPLOADS: Final = ("http/read_upload_config", "http/request_upload", "http/complete_upload")
"""Samples about a file that is sent straight into the bucket."""
WITH_TOKEN: Final = (
    *JOBS,
    *RASTERS,
    *UPLOADS,
    *BULK,
    "http/validate_vrt",
    "http/register_raster",
    "http/list_datasets",
    *KEYS,
    *READS,
)
OTHERS: Final = (
    "build_message",
    "bulk_listing",
    "bulk_part",
    "dead_letter",
    "schedule",
    "object_created",
    "object_deleted",
    "object_archived",
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A job that was accepted, and its message, which no builder has received.

    Attributes:
        job_id: The job.
        message: The body of the message in the builds queue.
    """

    job_id: str
    message: dict[str, Any]

    def fields(self) -> dict[str, str]:
        """What to put in the place of a sample message's ids and fence."""
        fence = self.message["fence"]
        ids = {DATASET: self.message["dataset"], JOB: self.job_id, GENERATION: self.message["generation"]}
        return ids | {FENCE: FENCE.replace("1", str(fence))}


def sample(name: str, replaced: dict[str, str] | None = None) -> Any:
    """Read a sample event with other texts in the place of some that it has."""
    text = (EVENTS / f"{name}.json").read_text(encoding="utf-8")
    for old, new in (replaced or {}).items():
        assert old in text, f"events/{name}.json: expected {old}"
        text = text.replace(old, new)
    return json.loads(text)


def body(answer: Any) -> Any:
    """The JSON of an answer to API Gateway."""
    return json.loads(answer["body"])


def problem(answer: Any) -> tuple[int, str]:
    """Status and code of a problem answer."""
    assert answer["headers"]["content-type"] == "application/problem+json"
    told = body(answer)
    assert told["status"] == answer["statusCode"]
    return told["status"], told["code"]
