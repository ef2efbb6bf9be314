"""Which operations of the published client are served here, which are not, and that its answers are looked at well."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final, get_type_hints
from uuid import UUID

import geolens.api
import pytest
from attrs import evolve
from geolens.models import GroupRef, JobStatusBatchEntry, JobStatusResponse, VrtStatusResponse
from geolens.types import UNSET

from rasterloom.http.routes import ROUTES
from tests.e2e import test_published_client
from tests.e2e.published import misparsed
from tests.support.factories import an_id

FAMILIES: Final = re.compile(r"/(ingest|jobs|admin/jobs|datasets)(/|$)")
"""Paths of VRTs, jobs, datasets and uploads."""

NOT_SERVED: Final[Mapping[str, str]] = {
    r"GET /admin/jobs": "an admin reads a job by its id; everybody lists their own with GET /jobs/",
    r"POST /ingest/(commit|commit-fan-out|preview)/.*": "nothing is committed by hand: what is sent is registered",
    r"POST /ingest/upload(/url)?": "uploads go straight to S3",
    r"POST /ingest/(register|register/bulk|manifest/apply)|GET /ingest/discover": "tables that a database has already",
    r"POST /datasets/(create|bulk-delete|bulk)(/.*)?": "datasets are made of files, and deleted one by one",
    r"\w+ /datasets/\{\}/(features(.geojson)?|rows|columns|attributes|aggregate|analysis|export|maps)(/.*)?": "vectors",
    r"\w+ /datasets/(\{\}/)?(relationships|related)(/.*)?": "vectors",
    r"\w+ /datasets/\{\}/(reupload|refresh|refresh-runs|previous-version|previous-versions|versions)(/.*)?": (
        "an object that changed is registered again, and a VRT has generations"
    ),
    r"GET /datasets/(\{\}/)?(dcat|dcat-us|geodcat-ap)(/.*)?": "metadata standards",
    r"\w+ /datasets/\{\}/(copc|tiles3d)/.*": "point clouds and tilesets",
    r"GET /datasets/\{\}/download/cog": "the object of a raster is its owner's, at the s3_uri that they are told",
    r"\w+ /datasets/\{\}/(api-keys)(/.*)?": "callers have tokens",
    r"\w+ /datasets/\{\}/(groups|retention|status|target-status|history|validate|source-health)(/.*)?": (
        "groups and title are changed with PATCH /datasets/{id}, health is in vrt/status"
    ),
}
"""Operations of those families that are not served on purpose, by pattern, and why."""


def operations() -> Mapping[str, ModuleType]:
    """The client's operations of those families: method and path with `{}` for each parameter, without its slash."""
    found = {}
    for info in pkgutil.walk_packages(geolens.api.__path__, "geolens.api."):
        if info.ispkg:
            continue
        module = importlib.import_module(info.name)
        code = inspect.getsource(module._get_kwargs)
        method, path = (re.search(rf'"{name}": "([^"]+)"', code) for name in ("method", "url"))
        assert method is not None
        assert path is not None
        if FAMILIES.match(path[1]):
            found[named(method[1], path[1])] = module
    return found


def named(method: str, path: str) -> str:
    return f"{method.upper()} {re.sub(r'{\w+}', '{}', path).rstrip('/')}"


OPERATIONS: Final = operations()
SERVED: Final = {named(route.method, route.path) for route in ROUTES} & OPERATIONS.keys()


def test_every_operation_of_the_client_is_served_or_left_out_with_a_reason() -> None:
    unexplained = {
        operation
        for operation in OPERATIONS.keys() - SERVED
        if not any(re.fullmatch(pattern, operation) for pattern in NOT_SERVED)
    }
    assert unexplained == set()


@pytest.mark.parametrize("pattern", NOT_SERVED)
def test_what_is_left_out_is_there_in_the_client_and_not_here(pattern: str) -> None:
    meant = {operation for operation in OPERATIONS if re.fullmatch(pattern, operation)}
    assert meant
    assert meant & SERVED == set()


def test_every_operation_that_is_served_is_used_against_the_stack() -> None:
    used = {value.__name__ for value in vars(test_published_client).values() if inspect.ismodule(value)}
    assert {OPERATIONS[operation].__name__ for operation in SERVED} <= used
    assert len(SERVED) == 21


def a_job(**changes: Any) -> JobStatusResponse:
    plain = dict.fromkeys(get_type_hints(JobStatusResponse.from_dict), None)
    del plain["src_dict"], plain["return"]
    moment = "2026-11-22T04:00:00Z"
    known = {
        "id": an_id("job"),
        "status": "running",
        "created_at": moment,
        "can_retry": False,
        "current_step": "queued",
    }
    none = dict.fromkeys(("dataset_id", "source_filename", "error_message", "retry_reason", "started_at"), None)
    more = dict.fromkeys(("completed_at", "error_code", "warning_message"), None)
    ours = {"findings": [], "step": "queued", "progress": 0, "warnings": [], "registrations": None}
    found = {"findings_total": 0, "findings_url": None}
    return JobStatusResponse.from_dict(known | none | more | ours | found | changes)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, None),
        ({"progress": 1}, None),
        ({"current_step": "building"}, ".current_step"),
        ({"status": "pending", "can_retry": None}, ".can_retry"),
        ({"progress": True}, ".progress"),
        ({"dataset_id": "no id"}, ".dataset_id"),
        ({"started_at": "yesterday"}, ".started_at"),
        ({"source_filename": 7}, ".source_filename"),
    ],
)
def test_a_field_of_another_type_is_found(changes: dict[str, Any], place: str | None) -> None:
    found = [entry.split(":")[0] for entry in misparsed(a_job(**changes), JobStatusResponse)]
    assert found == ([] if place is None else [place])


def test_a_field_that_is_promised_and_missing_is_found_whether_the_client_knows_it_or_not() -> None:
    job = evolve(a_job(), error_code=UNSET)
    job.additional_properties = {"step": "queued"}
    missing = [".error_code", ".findings", ".findings_total", ".findings_url", ".registrations"]
    assert [entry.split(":")[0] for entry in misparsed(job, JobStatusResponse)] == missing


def test_a_dictionary_that_should_be_a_model_is_found_wherever_it_is() -> None:
    answer = {"status": "ready", "source_count": 1, "source_health": [], "last_generation_at": None}
    status = VrtStatusResponse.from_dict(answer | {"active_generation": {"generation_id": an_id("generation")}})
    found = [entry.split(":")[0] for entry in misparsed(status, VrtStatusResponse)]
    assert ".active_generation" in found
    (found_in_list,) = misparsed([GroupRef(UUID(an_id("group")), "a"), {"id": 1}], list[GroupRef])
    assert found_in_list.startswith("[1]")
    assert list(misparsed(status, JobStatusBatchEntry)) != []
