"""The published API's own generated client, `geolens`, against this API: every answer parses into its models.

The client degrades silently to plain dictionaries and `Unset` where an answer misses a field, so what it parsed is
looked at all the way down.
"""

import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from attrs import fields, has
from geolens.api.admin import (
    get_job_status_by_dataset_jobs_by_dataset_dataset_id_get as job_by_dataset,
)
from geolens.api.admin import (
    get_job_status_jobs_job_id_get as read_job,
)
from geolens.api.admin import (
    get_job_statuses_jobs_status_post as read_jobs,
)
from geolens.api.datasets import (
    add_vrt_source_ingest_vrt_dataset_id_sources_post as add_source,
)
from geolens.api.datasets import (
    create_vrt_ingest_vrt_create_post as create_vrt,
)
from geolens.api.datasets import (
    get_single_dataset_datasets_dataset_id_get as read_dataset,
)
from geolens.api.datasets import (
    list_all_datasets_datasets_get as list_datasets,
)
from geolens.api.datasets import (
    remove_vrt_source_ingest_vrt_dataset_id_sources_source_dataset_id_delete as remove_source,
)
from geolens.api.datasets_vrt import (
    get_vrt_status_datasets_dataset_id_vrt_status_get as read_status,
)
from geolens.api.datasets_vrt import (
    list_vrt_generations_datasets_dataset_id_vrt_generations_get as list_generations,
)
from geolens.api.datasets_vrt import (
    list_vrt_sources_datasets_dataset_id_vrt_sources_get as list_sources,
)
from geolens.api.datasets_vrt import (
    regenerate_vrt_endpoint_datasets_dataset_id_vrt_regenerate_post as regenerate,
)
from geolens.client import AuthenticatedClient
from geolens.models import (
    DatasetListResponse,
    DatasetResponse,
    JobStatusBatchRequest,
    JobStatusBatchResponse,
    JobStatusResponse,
    ProblemDetail,
    RasterMetadata,
    VrtAddSourceRequest,
    VrtCreateRequest,
    VrtCreateResponse,
    VrtGenerationListResponse,
    VrtMutationResponse,
    VrtSourceListResponse,
    VrtStatusResponse,
)

from local.samples import Group
from local.state import StackState
from tests.e2e.stack import PATIENCE, Caller, Sources

type Paths = Callable[[Group], list[Path]]


class Patient(httpx.HTTPTransport):
    """Waits where the stack throttles, which the generated client does not."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE
        while True:
            response = super().handle_request(request)
            if response.status_code != 429 or time.monotonic() > deadline:
                return response
            response.close()
            time.sleep(random.uniform(0.1, 0.6))  # noqa: S311 - spreads load


def signed_in(stack: StackState, token: str | None) -> AuthenticatedClient:
    """The published client of somebody with a token."""
    assert token is not None
    return AuthenticatedClient(base_url=stack.api_url, token=token, httpx_args={"transport": Patient()})


@pytest.fixture(scope="module")
def client(stack: StackState, alice: Caller) -> Iterator[AuthenticatedClient]:
    with signed_in(stack, alice.token) as opened:
        yield opened


@pytest.fixture(scope="module")
def tiles(alice: Caller, sources: Sources, paths: Paths) -> list[UUID]:
    return [UUID(alice.register(sources.put(path, path.name))) for path in paths(Group.DEM)]


def parsed(model: type, answer: object) -> Any:
    """What the client made of an answer, which is its own model and nothing less."""
    assert type(answer) is model, answer
    assert list(plain_dictionaries(answer)) == []
    return answer


def wanted(ids: list[UUID], title: str = "Jacksboro") -> VrtCreateRequest:
    return VrtCreateRequest(
        source_dataset_ids=ids,
        vrt_type="mosaic",
        resolution_strategy="finest",
        title=title,
    )


def built(client: AuthenticatedClient, alice: Caller, ids: list[UUID]) -> UUID:
    accepted = parsed(VrtCreateResponse, create_vrt.sync(client=client, body=wanted(ids)))
    assert isinstance(accepted.job_id, UUID)
    return UUID(alice.wait(str(accepted.job_id))["dataset_id"])


def plain_dictionaries(value: Any, path: str = "") -> Iterator[str]:
    """Where a model holds a dictionary that the client failed to parse into another model."""
    if isinstance(value, dict):
        yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from plain_dictionaries(item, f"{path}[{index}]")
    elif has(type(value)) and not isinstance(value, Enum):
        for field in fields(type(value)):
            if field.name != "additional_properties":
                yield from plain_dictionaries(getattr(value, field.name), f"{path}.{field.name}")


def test_it_creates_a_mosaic_and_reads_everything_about_it(
    client: AuthenticatedClient, alice: Caller, tiles: list[UUID]
) -> None:
    vrt = built(client, alice, tiles)

    dataset = parsed(DatasetResponse, read_dataset.sync(vrt, client=client))
    assert (dataset.id, dataset.record_id, dataset.record_type) == (vrt, vrt, "vrt_dataset")
    assert isinstance(dataset.created_at, datetime)
    raster = parsed(RasterMetadata, dataset.raster)
    assert (raster.source_count, raster.vrt_type, raster.status) == (4, "mosaic", "ready")
    assert raster.bands[0].dtype == "float32"
    assert raster.connect is None

    listed = parsed(DatasetListResponse, list_datasets.sync(client=client))
    assert vrt in {each.id for each in listed.datasets}

    sources = parsed(VrtSourceListResponse, list_sources.sync(vrt, client=client))
    assert [(source.dataset_id, source.position) for source in sources.sources] == [
        (tile, position) for position, tile in enumerate(tiles)
    ]
    assert all(isinstance(source.resolution_x, float) and source.crs_epsg == 4326 for source in sources.sources)
    assert all(len(source.extent_bbox) == 4 for source in sources.sources)

    status = parsed(VrtStatusResponse, read_status.sync(vrt, client=client))
    assert (status.status, status.source_count, status.active_generation) == ("ready", 4, None)
    assert isinstance(status.last_generation_at, datetime)
    assert [health.status for health in status.source_health] == ["healthy"] * 4

    generations = parsed(VrtGenerationListResponse, list_generations.sync(vrt, client=client))
    (generation,) = generations.generations
    assert isinstance(generation.id, UUID)
    assert (generations.total, generation.source_count) == (1, 4)


def test_it_polls_jobs_one_by_one_by_dataset_and_in_batches(
    client: AuthenticatedClient, alice: Caller, tiles: list[UUID]
) -> None:
    vrt = built(client, alice, tiles[:2])
    newest = parsed(JobStatusResponse, job_by_dataset.sync(vrt, client=client))
    job = parsed(JobStatusResponse, read_job.sync(newest.id, client=client))
    assert (job.status, job.dataset_id, job.progress, job.warnings) == ("complete", vrt, 1.0, [])
    assert all(isinstance(moment, datetime) for moment in (job.created_at, job.started_at, job.completed_at))
    batch = parsed(
        JobStatusBatchResponse, read_jobs.sync(client=client, body=JobStatusBatchRequest(job_ids=[job.id, uuid4()]))
    )
    assert [entry.status for entry in batch.jobs] == ["complete", "not_found"]


def test_it_adds_removes_and_regenerates(client: AuthenticatedClient, alice: Caller, tiles: list[UUID]) -> None:
    vrt = built(client, alice, tiles[:2])
    body = VrtAddSourceRequest(source_dataset_id=tiles[2])
    added = parsed(VrtMutationResponse, add_source.sync(vrt, client=client, body=body))
    alice.wait(str(added.job_id))
    removed = parsed(VrtMutationResponse, remove_source.sync(vrt, tiles[0], client=client))
    alice.wait(str(removed.job_id))
    again = parsed(VrtMutationResponse, regenerate.sync(vrt, client=client))
    alice.wait(str(again.job_id))
    sources = parsed(VrtSourceListResponse, list_sources.sync(vrt, client=client))
    assert [source.dataset_id for source in sources.sources] == [tiles[1], tiles[2]]


def test_refusals_parse_as_its_problems(
    stack: StackState, client: AuthenticatedClient, alice: Caller, tiles: list[UUID]
) -> None:
    vrt = built(client, alice, tiles[:2])
    with signed_in(stack, "forged") as nobody:
        assert parsed(ProblemDetail, read_dataset.sync(vrt, client=nobody)).status == 401
    assert parsed(ProblemDetail, read_dataset.sync(uuid4(), client=client)).status == 404
    body = VrtAddSourceRequest(source_dataset_id=tiles[0])
    assert parsed(ProblemDetail, add_source.sync(vrt, client=client, body=body)).status == 409
    unknown = uuid4()
    invalid = create_vrt.sync(client=client, body=wanted([tiles[0], unknown]))
    assert isinstance(invalid, ProblemDetail)
    assert isinstance(invalid.detail, list)
    (entry,) = invalid.detail
    assert (invalid.status, entry["loc"]) == (422, ["body", "source_dataset_ids", 1])
    assert (entry["type"], entry["input"]) == ("source_not_found", str(unknown))
