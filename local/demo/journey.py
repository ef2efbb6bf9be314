"""The steps of the demo, each one call of the API or of S3. Nothing here prints."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

from local.demo.client import Api, Json
from local.samples import Sample

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

type VrtType = Literal["mosaic", "band_stack"]

PREFIX = "samples"
PATIENCE_SECONDS = 180.0
_POLL_SECONDS = 0.5
_ENDED = frozenset({"complete", "failed", "cancelled"})


class JobError(Exception):
    """A job ended without its virtual raster, or did not end in time."""


@dataclass(frozen=True, slots=True)
class Job:
    """What `GET /jobs/{id}` says.

    Attributes:
        progress: 0 to 1.
        step: What the builder is doing: queued, validating, building, …
        warning: Summary of the compatibility warnings, if any.
    """

    id: str
    status: str
    dataset_id: str
    progress: float
    step: str
    warning: str | None


def upload(s3: "S3Client", bucket: str, sample: Sample) -> str:
    """Put a sample into the source bucket; returns its `s3://` URI."""
    key = f"{PREFIX}/{sample.group}/{sample.path.name}"
    s3.put_object(Bucket=bucket, Key=key, Body=sample.path.read_bytes(), ContentType="image/tiff")
    return f"s3://{bucket}/{key}"


def register(api: Api, uri: str, title: str) -> str:
    """Register a COG, or find it registered; returns its dataset's id."""
    return str(api.post("/ingest/raster/register", {"uri": uri, "title": title}).json()["id"])


def create_vrt(api: Api, vrt_type: VrtType, title: str, summary: str, sources: list[str]) -> str:
    """Ask for a virtual raster of these dataset ids; returns the job's id."""
    body = {
        "source_dataset_ids": sources,
        "vrt_type": vrt_type,
        "resolution_strategy": "finest",
        "title": title,
        "summary": summary,
    }
    return str(api.post("/ingest/vrt/create", body).json()["job_id"])


def watch(
    api: Api, job_id: str, patience: float = PATIENCE_SECONDS, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Job]:
    """Poll a job, as often as the server asks for, until it is complete; the last one given is.

    Args:
        api: The caller that created the job.
        job_id: The job.
        patience: Seconds after which waiting ends.
        sleep: Waits for a number of seconds.

    Raises:
        JobError: The job failed or was cancelled, or is not done when `patience` has run out.
    """
    deadline = time.monotonic() + patience
    while True:
        answer = api.get(f"/jobs/{job_id}")
        job = _job(answer.json())
        yield job
        if job.status in _ENDED:
            return
        if time.monotonic() > deadline:
            raise JobError(f"job {job_id}: expected an end within {patience:.0f} s, found {job.status} at {job.step}")
        sleep(answer.retry_after(_POLL_SECONDS))


def _job(body: Json) -> Job:
    if body["status"] in {"failed", "cancelled"}:
        why = body.get("error_message") or "no message"
        raise JobError(f"job {body['id']} {body['status']}: {why} ({body.get('error_code') or 'no code'})")
    return Job(
        id=str(body["id"]),
        status=str(body["status"]),
        dataset_id=str(body["dataset_id"]),
        progress=float(body.get("progress") or 0.0),
        step=str(body.get("step") or "queued"),
        warning=body.get("warning_message"),
    )


def vrt_uri(api: Api, dataset: Json, bucket: str) -> str:
    """Find where a virtual raster lies: `s3://bucket/key`.

    The dataset says so itself where it has a `connect` block; else it is where its download leads.

    Raises:
        ValueError: The download leads out of `bucket`.
    """
    connect = (dataset.get("raster") or {}).get("connect") or {}
    if connect.get("s3_uri"):
        return str(connect["s3_uri"])
    location = urlsplit(api.get(f"/datasets/{dataset['id']}/download/vrt").headers["location"])
    path = unquote(location.path).removeprefix("/")
    key = path if location.netloc.startswith(f"{bucket}.") else path.removeprefix(f"{bucket}/")
    if not key.startswith("vrts/"):
        raise ValueError(f"download of {dataset['id']}: expected an object in {bucket}, found {location.path}")
    return f"s3://{bucket}/{key}"
