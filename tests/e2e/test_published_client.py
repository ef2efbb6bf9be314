"""A person who has nothing but the published API's own generated client, `geolens`, gets everything done here.

Every answer, refusals too, is looked at down to its last field (`published.py`).
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from geolens.api.admin import cancel_job_jobs_job_id_cancel_post as cancel_job
from geolens.api.admin import cleanup_stale_jobs_jobs_cleanup_stale_post as clean_up
from geolens.api.admin import get_job_status_by_dataset_jobs_by_dataset_dataset_id_get as job_by_dataset
from geolens.api.admin import get_job_status_jobs_job_id_get as read_job
from geolens.api.admin import get_job_statuses_jobs_status_post as read_jobs
from geolens.api.admin import retry_job_jobs_job_id_retry_post as retry_job
from geolens.api.datasets import add_vrt_source_ingest_vrt_dataset_id_sources_post as add_source
from geolens.api.datasets import (
    complete_presigned_upload_ingest_upload_presigned_job_id_complete_post as complete_upload,
)
from geolens.api.datasets import create_vrt_ingest_vrt_create_post as create_vrt
from geolens.api.datasets import delete_dataset_endpoint_datasets_dataset_id_delete as delete_dataset
from geolens.api.datasets import get_quicklook_datasets_dataset_id_quicklook_get as quicklook
from geolens.api.datasets import get_single_dataset_datasets_dataset_id_get as read_dataset
from geolens.api.datasets import get_upload_config_ingest_upload_config_get as read_upload_config
from geolens.api.datasets import list_all_datasets_datasets_get as list_datasets
from geolens.api.datasets import (
    remove_vrt_source_ingest_vrt_dataset_id_sources_source_dataset_id_delete as remove_source,
)
from geolens.api.datasets import request_presigned_upload_ingest_upload_presigned_post as request_upload
from geolens.api.datasets import update_dataset_metadata_datasets_dataset_id_patch as update_dataset
from geolens.api.datasets_vrt import get_vrt_status_datasets_dataset_id_vrt_status_get as read_status
from geolens.api.datasets_vrt import list_vrt_generations_datasets_dataset_id_vrt_generations_get as list_generations
from geolens.api.datasets_vrt import list_vrt_sources_datasets_dataset_id_vrt_sources_get as list_sources
from geolens.api.datasets_vrt import regenerate_vrt_endpoint_datasets_dataset_id_vrt_regenerate_post as regenerate
from geolens.client import AuthenticatedClient
from geolens.models import (
    DatasetDeleteRequest,
    DatasetListResponse,
    DatasetMeta,
    DatasetResponse,
    JobCancelResponse,
    JobStatusBatchRequest,
    JobStatusBatchResponse,
    JobStatusResponse,
    PresignedCompleteRequest,
    PresignedPartInfo,
    PresignedUploadRequest,
    PresignedUploadResponse,
    ProblemDetail,
    ProblemDetailDetailType1,
    RasterMetadata,
    StaleCleanupResponse,
    UploadConfigResponse,
    UploadResponse,
    VrtAddSourceRequest,
    VrtCreateRequest,
    VrtCreateResponse,
    VrtGenerationListResponse,
    VrtMutationResponse,
    VrtSourceListResponse,
    VrtStatusResponse,
)
from geolens.types import File

from local.samples import Group
from local.state import StackState
from tests.e2e.published import parsed, signed_in
from tests.e2e.stack import PATIENCE, Caller, Sources, caller
from tests.e2e.test_recovery import builds_paused, registrations_paused

type Paths = Callable[[Group], list[Path]]
type Client = AuthenticatedClient


@pytest.fixture(scope="module")
def client(stack: StackState, alice: Caller) -> Iterator[Client]:
    with signed_in(stack, alice.token) as opened:
        yield opened


@pytest.fixture(scope="module")
def tiles(client: Client, paths: Paths) -> list[UUID]:
    return [uploaded(client, path) for path in paths(Group.DEM)]


def uploaded(client: Client, path: Path) -> UUID:
    """Send a file straight to S3 and have it registered."""
    content = path.read_bytes()
    body = PresignedUploadRequest(filename=path.name, file_size=len(content))
    place = parsed(PresignedUploadResponse, request_upload.sync(client=client, body=body))
    sent = [httpx.put(url, content=content, headers={"Content-Type": str(body.content_type)}) for url in place.urls]
    parts = [PresignedPartInfo(etag=put.headers["etag"], part_number=number) for number, put in enumerate(sent, 1)]
    listed = PresignedCompleteRequest(parts=parts if place.upload_id else [])
    parsed(UploadResponse, complete_upload.sync(place.job_id, client=client, body=listed))
    return ended(client, place.job_id, "complete")


def ended(client: Client, job_id: UUID, status: str) -> UUID:
    """Poll a job until it has ended in this way, and give its dataset."""
    dataset_id = polled(client, job_id, status).dataset_id
    assert isinstance(dataset_id, UUID)
    return dataset_id


def polled(client: Client, job_id: UUID, status: str) -> Any:
    """Poll a job until it has ended in this way; every poll is looked at."""
    assert isinstance(job_id, UUID)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        job = parsed(JobStatusResponse, read_job.sync(job_id, client=client))
        if job.status not in {"pending", "running"}:
            assert job.status == status, job
            return job
        time.sleep(0.2)
    raise AssertionError(f"job {job_id} has not ended within {PATIENCE} s: {job}")


def wanted(ids: list[UUID], title: str = "Jacksboro") -> VrtCreateRequest:
    return VrtCreateRequest(ids, vrt_type="mosaic", resolution_strategy="finest", title=title, summary="Four tiles")


def built(client: Client, ids: list[UUID]) -> UUID:
    accepted = parsed(VrtCreateResponse, create_vrt.sync(client=client, body=wanted(ids)))
    return ended(client, accepted.job_id, "complete")


def problem(status: int, answer: object) -> Any:
    """A refusal as the client has it."""
    refused = parsed(ProblemDetail, answer)
    assert refused.status == status, refused
    return refused


def newest(client: Client, vrt: UUID) -> Any:
    return parsed(VrtGenerationListResponse, list_generations.sync(vrt, client=client)).generations[0]


def test_it_creates_a_mosaic_of_what_it_uploaded_and_reads_everything_about_it(
    client: Client, tiles: list[UUID]
) -> None:
    vrt = built(client, tiles)
    dataset = parsed(DatasetResponse, read_dataset.sync(vrt, client=client))
    assert (dataset.id, dataset.record_id, dataset.record_type) == (vrt, vrt, "vrt_dataset")
    raster = parsed(RasterMetadata, dataset.raster)
    assert (raster.source_count, raster.vrt_type, raster.status) == (4, "mosaic", "ready")
    assert raster.bands[0].dtype == "float32"

    tile = parsed(DatasetResponse, read_dataset.sync(tiles[0], client=client))
    assert (tile.record_type, tile.raster.band_count, tile.raster.epsg) == ("raster_dataset", 1, 4326)
    listed = parsed(DatasetListResponse, list_datasets.sync(client=client, skip=0, limit=50))
    assert {vrt, *tiles} <= {each.id for each in listed.datasets}
    assert listed.total >= 5
    assert len(parsed(DatasetListResponse, list_datasets.sync(client=client, skip=1, limit=1)).datasets) == 1

    sources = parsed(VrtSourceListResponse, list_sources.sync(vrt, client=client))
    assert [(source.dataset_id, source.position) for source in sources.sources] == [
        (tile, position) for position, tile in enumerate(tiles)
    ]
    assert all(source.crs_epsg == 4326 and len(source.extent_bbox) == 4 for source in sources.sources)

    status = parsed(VrtStatusResponse, read_status.sync(vrt, client=client))
    assert (status.status, status.source_count, status.active_generation) == ("ready", 4, None)
    assert isinstance(status.last_generation_at, datetime)
    assert [health.status for health in status.source_health] == ["healthy"] * 4

    generations = parsed(VrtGenerationListResponse, list_generations.sync(vrt, client=client, limit=1))
    assert (generations.total, generations.generations[0].source_count) == (1, 4)

    picture = quicklook.sync(vrt, client=client, size=512)
    assert isinstance(picture, File)
    assert picture.payload.read(8) == b"\x89PNG\r\n\x1a\n"


def test_it_polls_jobs_one_by_one_by_dataset_and_in_batches(client: Client, tiles: list[UUID]) -> None:
    vrt = built(client, tiles[:2])
    job = parsed(JobStatusResponse, job_by_dataset.sync(vrt, client=client))
    assert (job.status, job.dataset_id, job.progress, job.warnings) == ("complete", vrt, 1.0, [])
    assert all(isinstance(moment, datetime) for moment in (job.started_at, job.completed_at))
    body = JobStatusBatchRequest(job_ids=[job.id, uuid4()])
    batch = parsed(JobStatusBatchResponse, read_jobs.sync(client=client, body=body))
    assert [entry.status for entry in batch.jobs] == ["complete", "not_found"]
    sent = parsed(JobStatusResponse, job_by_dataset.sync(tiles[0], client=client))
    assert (sent.status, sent.dataset_id) == ("complete", tiles[0])


def test_it_reads_bulk_registrations_among_its_other_jobs(
    stack: StackState, client: Client, alice: Caller, sources: Sources, paths: Paths, tiles: list[UUID]
) -> None:
    woven = parsed(JobStatusResponse, job_by_dataset.sync(built(client, tiles[:2]), client=client))
    *there, missing = (sources.put(path, f"bulk/{path.name}") for path in paths(Group.DEM)[:3])
    sources.delete(missing)
    asked = ({"uris": [*there, missing]}, {"prefix": missing.replace("bulk/", "none/")}, {"uris": there[:1]})
    with registrations_paused(stack):
        accepted = [alice.post("/ingest/raster/register/bulk", body) for body in asked]
        mixed, empty, unwanted = (UUID(answer.json["job_id"]) for answer in accepted)
        waiting = parsed(JobStatusResponse, read_job.sync(mixed, client=client))
        assert (waiting.status, waiting.current_step, waiting.dataset_id) == ("pending", "queued", None)
        cancelled = parsed(JobCancelResponse, cancel_job.sync(unwanted, client=client))
        assert (cancelled.id, cancelled.run_id) == (unwanted, None)
    done = polled(client, mixed, "complete")
    assert (done.source_filename, done.progress, done.current_step) == ("raster_bulk", 1.0, "complete")
    assert done.warning_message == "The objects were looked at with 1 warning: object missing (1)."
    failed = polled(client, empty, "failed")
    assert (failed.error_code, failed.can_retry) == ("nothing_listed", False)
    assert isinstance(problem(409, retry_job.sync(empty, client=client)).detail, str)

    body = JobStatusBatchRequest(job_ids=[mixed, woven.id, empty, unwanted])
    batch = parsed(JobStatusBatchResponse, read_jobs.sync(client=client, body=body))
    assert [entry.status for entry in batch.jobs] == ["complete", "complete", "failed", "cancelled"]
    assert [entry.dataset_id for entry in batch.jobs] == [None, woven.dataset_id, None, None]
    # The published API lists jobs for admins alone, so its client has no call for our list; each entry is its job.
    listed = alice.get("/jobs/?limit=200").json["jobs"]
    jobs = {job.id: job for job in (JobStatusResponse.from_dict(entry) for entry in listed)}
    assert all(parsed(JobStatusResponse, job) for job in jobs.values())
    found = [jobs[each].source_filename for each in (mixed, empty, unwanted, woven.id)]
    assert found == ["raster_bulk"] * 3 + ["vrt_mosaic"]


def test_it_adds_removes_and_regenerates(client: Client, tiles: list[UUID]) -> None:
    vrt = built(client, tiles[:2])
    body = VrtAddSourceRequest(source_dataset_id=tiles[2])
    for change in (
        partial(add_source.sync, vrt, body=body),
        partial(remove_source.sync, vrt, tiles[0]),
        partial(regenerate.sync, vrt),
    ):
        assert ended(client, parsed(VrtMutationResponse, change(client=client)).job_id, "complete") == vrt
    sources = parsed(VrtSourceListResponse, list_sources.sync(vrt, client=client))
    assert [source.dataset_id for source in sources.sources] == [tiles[1], tiles[2]]
    generations = parsed(VrtGenerationListResponse, list_generations.sync(vrt, client=client))
    assert [each.source_count for each in generations.generations] == [2, 2, 3, 2]


def test_it_cancels_a_job_that_waits_and_sees_the_vrt_regenerate_meanwhile(
    stack: StackState, client: Client, tiles: list[UUID]
) -> None:
    vrt = built(client, tiles[:2])
    with builds_paused(stack):
        accepted = parsed(VrtMutationResponse, regenerate.sync(vrt, client=client))
        status = parsed(VrtStatusResponse, read_status.sync(vrt, client=client))
        assert (status.status, status.active_generation.generation_id) == ("regenerating", newest(client, vrt).id)
        waiting = parsed(JobStatusResponse, read_job.sync(accepted.job_id, client=client))
        assert (waiting.status, waiting.current_step, waiting.started_at) == ("pending", "queued", None)
        busy = problem(409, regenerate.sync(vrt, client=client))
        assert isinstance(busy.detail, ProblemDetailDetailType1)
        assert busy.detail["code"] == "dataset_busy"
        for already in (False, True):
            cancelled = parsed(JobCancelResponse, cancel_job.sync(accepted.job_id, client=client))
            assert (cancelled.id, cancelled.already) == (accepted.job_id, already)
            assert cancelled.run_id == status.active_generation.generation_id
    assert ended(client, accepted.job_id, "cancelled") == vrt
    assert (newest(client, vrt).status, newest(client, vrt).error_message is None) == ("failed", False)


def test_it_tries_a_failed_job_again(
    stack: StackState, client: Client, alice: Caller, sources: Sources, paths: Paths, tiles: list[UUID]
) -> None:
    path = paths(Group.DEM)[3]
    uri = sources.put(path, path.name)
    doomed = UUID(alice.register(uri))
    with builds_paused(stack):
        accepted = parsed(VrtCreateResponse, create_vrt.sync(client=client, body=wanted([tiles[0], doomed])))
        sources.delete(uri)
    vrt = ended(client, accepted.job_id, "failed")
    failed = parsed(JobStatusResponse, job_by_dataset.sync(vrt, client=client))
    assert (failed.error_code, failed.can_retry, failed.retry_reason) == ("object_missing", True, None)
    assert parsed(VrtStatusResponse, read_status.sync(vrt, client=client)).status == "failed"
    problem(422, retry_job.sync(accepted.job_id, client=client))
    sources.put(path, path.name)
    again = parsed(UploadResponse, retry_job.sync(accepted.job_id, client=client))
    assert ended(client, again.job_id, "complete") == vrt
    assert isinstance(problem(409, retry_job.sync(again.job_id, client=client)).detail, str)
    assert isinstance(problem(409, cancel_job.sync(again.job_id, client=client)).detail, str)


def test_an_admin_cleans_up_stale_jobs(stack: StackState, client: Client) -> None:
    with signed_in(stack, caller(stack, permissions=("admin",)).token) as admin:
        parsed(StaleCleanupResponse, clean_up.sync(client=admin))
    problem(403, clean_up.sync(client=client))


def test_it_changes_shares_and_deletes_datasets(client: Client, alice: Caller, paths: Paths) -> None:
    ids = [uploaded(client, path) for path in paths(Group.DEM)[:2]]
    for dataset in ids:
        meta = DatasetMeta(visibility="restricted")
        assert parsed(DatasetResponse, update_dataset.sync(dataset, client=client, body=meta)).groups == []
    alice.request("PATCH", f"/datasets/{ids[0]}", {"groups": ["survey", "Vermessung"]})
    shared = parsed(DatasetResponse, read_dataset.sync(ids[0], client=client))
    assert {group.name for group in shared.groups} == {"survey", "Vermessung"}
    vrt = built(client, ids)
    renamed = DatasetMeta(title="Grünes Tal", summary="Two\nlines")
    edited = parsed(DatasetResponse, update_dataset.sync(vrt, client=client, body=renamed))
    assert (edited.title, edited.summary) == ("Grünes Tal", "Two\nlines")

    title = DatasetDeleteRequest(confirm_title=shared.title)
    used = problem(409, delete_dataset.sync(ids[0], client=client, body=title))
    assert isinstance(used.detail, ProblemDetailDetailType1)
    assert used.detail["dependent_vrts"] == [{"vrt_dataset_id": str(vrt), "vrt_dataset_title": "Grünes Tal"}]
    problem(400, delete_dataset.sync(vrt, client=client, body=title))
    for dataset, name in ((vrt, "Grünes Tal"), (ids[0], shared.title)):
        body = DatasetDeleteRequest(confirm_title=name)
        assert delete_dataset.sync_detailed(dataset, client=client, body=body).status_code == 204
        problem(404, read_dataset.sync(dataset, client=client))


def test_an_upload_that_never_came_is_refused_and_cancelled(client: Client) -> None:
    body = PresignedUploadRequest(filename="never.tif", file_size=100)
    limits = parsed(UploadConfigResponse, read_upload_config.sync(client=client))
    assert body.file_size <= limits.max_file_size_bytes
    place = parsed(PresignedUploadResponse, request_upload.sync(client=client, body=body))
    waiting = parsed(JobStatusResponse, read_job.sync(place.job_id, client=client))
    assert (waiting.status, waiting.dataset_id) == ("pending", None)
    nothing = PresignedCompleteRequest(parts=[])
    problem(422, complete_upload.sync(place.job_id, client=client, body=nothing))
    cancelled = parsed(JobCancelResponse, cancel_job.sync(place.job_id, client=client))
    assert cancelled.run_id is None
    problem(409, complete_upload.sync(place.job_id, client=client, body=nothing))
    problem(422, request_upload.sync(client=client, body=PresignedUploadRequest(filename="a.shp", file_size=1)))


def test_every_kind_of_refusal_is_its_problem(stack: StackState, client: Client, tiles: list[UUID]) -> None:
    vrt, unknown = built(client, tiles[:2]), uuid4()
    with signed_in(stack, "forged") as nobody:
        problem(401, read_dataset.sync(vrt, client=nobody))
        problem(401, create_vrt.sync(client=nobody, body=wanted(tiles)))
    with signed_in(stack, caller(stack, permissions=()).token) as reader:
        problem(403, create_vrt.sync(client=reader, body=wanted(tiles)))
    with signed_in(stack, caller(stack).token) as stranger:
        problem(404, read_dataset.sync(vrt, client=stranger))
        problem(404, regenerate.sync(vrt, client=stranger))
    for refused in (
        read_dataset.sync(unknown, client=client),
        read_job.sync(unknown, client=client),
        read_status.sync(tiles[0], client=client),
        quicklook.sync(unknown, client=client),
        cancel_job.sync(unknown, client=client),
    ):
        assert isinstance(problem(404, refused).detail, str)
    linked = VrtAddSourceRequest(source_dataset_id=tiles[0])
    problem(409, add_source.sync(vrt, client=client, body=linked))

    (entry,) = problem(422, create_vrt.sync(client=client, body=wanted([tiles[0], unknown]))).detail
    assert (entry["loc"], entry["input"]) == (["body", "source_dataset_ids", 1], str(unknown))
    (entry,) = problem(422, create_vrt.sync(client=client, body=wanted(tiles, title=" "))).detail
    assert (entry["loc"], entry["type"]) == (["body", "title"], "blank")
    assert problem(422, remove_source.sync(vrt, tiles[0], client=client)).detail[0]["type"] == "too_few_sources"
    assert problem(422, list_datasets.sync(client=client, limit=0)).detail[0]["loc"] == ["query", "limit"]
