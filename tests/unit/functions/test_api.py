"""The function `api`, given the sample event of every route."""

import json
from pathlib import Path
from typing import Any

import pytest

from rasterloom.domain.lifecycle import VrtStatus
from rasterloom.http.routes import ROUTES
from rasterloom.ports import DatasetPage, GenerationPage, JobPage
from rasterloom.services.cancel_job import Cancelled
from rasterloom.services.clean_up import CleanedUp
from rasterloom.services.dependents import ToldDependents
from rasterloom.services.preview_vrt import Footprint, Preview
from rasterloom.services.read_generations import Generations
from rasterloom.services.read_registrations import ResultPage
from rasterloom.services.read_sources import SourcePage, VrtState
from rasterloom.services.register_raster import Registered
from rasterloom.services.request_upload import RequestedUpload
from tests.support.factories import NOW, an_id, generation, job, principal, raster, summary, upload, vrt
from tests.unit.functions.conftest import ROOT, Context, Load, Logged, Sample
from tests.unit.http.api import TOKEN, FakeUseCases

SAMPLE_JOB = "f3c1b2a4-9d8e-4c7b-a6f5-0e1d2c3b4a59"

STATUS = {
    "register_raster": 201,
    "register_rasters": 202,
    "request_upload": 201,
    "create_vrt": 202,
    "add_vrt_source": 202,
    "remove_vrt_source": 202,
    "regenerate_vrt": 202,
    "replace_vrt_sources": 202,
    "update_vrt_options": 202,
    "roll_back_vrt": 202,
    "retry_job": 202,
    "download_vrt": 307,
    "download_output": 307,
    "read_job_findings": 307,
    "delete_dataset": 204,
}


@pytest.fixture
def fakes() -> FakeUseCases:
    admin = principal(permissions=frozenset({"admin"}))
    answers = {
        "register_raster": Registered(raster(), created=True),
        "request_upload": RequestedUpload(upload(), ("https://bucket.example/signed",), NOW),
        "complete_upload": upload(dataset_id=an_id("raster")),
        "create_vrt": an_id("job"),
        "preview_vrt": Preview((), summary(), (Footprint(raster(), 0, None),), 1),
        "add": an_id("job"),
        "remove": an_id("job"),
        "regenerate": an_id("job"),
        "weave_otherwise": an_id("job"),
        "roll_back": an_id("job"),
        "replace_sources": an_id("job"),
        "read_generations": Generations(GenerationPage((generation(an_id("vrt")),), 1), is_owner=True, version="1-a"),
        "read_job": job(generation(an_id("vrt"))),
        "read_latest_job": None,
        "read_findings": "https://bucket.example/findings.jsonl.gz?signed",
        "read_jobs": {SAMPLE_JOB: job(generation(an_id("vrt"), job_id=SAMPLE_JOB))},
        "request_bulk": an_id("job"),
        "read_registrations": ResultPage((), None),
        "list_jobs": JobPage((job(generation(an_id("vrt"))),), 1),
        "retry_job": an_id("job"),
        "cancel_job": Cancelled(job(generation(an_id("vrt"))), already=False),
        "clean_up": CleanedUp(0, 0, 1, 0, 0),
        "list_datasets": DatasetPage((vrt(),), 1),
        "read_dataset": vrt(),
        "edit_dataset": raster(),
        "delete_dataset": None,
        "read_dependents": ToldDependents(((an_id("vrt"), "Mosaic"),), 1),
        "read_sources": SourcePage((), None, "1-a"),
        "read_vrt_status": VrtState(VrtStatus.READY, None, 0, None, None, (), {}, "1-a"),
        "quicklook": b"\x89PNG",
        "url": "https://bucket.example/source.gti.gpkg?signed",
        "relative_uri": "s3://artifacts/vrts/source.relative.vrt",
        "footprints_here": b'{"type":"FeatureCollection","features":[]}',
        "download_url": "https://bucket.example/source.vrt?signed",
    }
    return FakeUseCases(caller=admin, answers=answers)


@pytest.fixture
def api(load: Load, fakes: FakeUseCases, monkeypatch: pytest.MonkeyPatch) -> Any:
    from rasterloom.http.application import Application

    app = load("api")
    monkeypatch.setattr(app, "application", Application(ROUTES, lambda: fakes))
    return app


def test_every_route_has_a_sample_and_every_sample_a_route() -> None:
    samples = {file.stem for file in (ROOT / "events/http").glob("*.json")}
    assert samples == {route.operation_id for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
def test_the_sample_of_a_route_is_answered(api: Any, sample: Sample, context: Context, route: Any) -> None:
    event = sample(f"http/{route.operation_id}")
    if "authorization" in event["headers"]:
        event["headers"]["authorization"] = f"Bearer {TOKEN}"
    answered = api.handler(event, context)
    assert answered["statusCode"] == STATUS.get(route.operation_id, 200), answered["body"]
    assert answered["headers"]["x-request-id"] == event["requestContext"]["requestId"]


def test_a_sample_without_a_real_token_is_401(api: Any, sample: Sample, context: Context) -> None:
    assert api.handler(sample("http/create_vrt"), context)["statusCode"] == 401


def test_a_line_of_the_log_has_the_id_that_the_caller_is_told_and_never_the_token(
    api: Any, sample: Sample, context: Context, fakes: FakeUseCases, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    fakes.answers["read_job"] = RuntimeError("bug")
    event = sample("http/read_job")
    event["headers"]["authorization"] = f"Bearer {TOKEN}"
    answered = api.handler(event, context)
    assert answered["statusCode"] == 500
    lines = logged()
    line = next(line for line in lines if line["level"] == "ERROR")
    assert line["request_id"] == json.loads(answered["body"])["request_id"] == event["requestContext"]["requestId"]
    assert "RuntimeError: bug" in line["exception"]
    assert TOKEN not in json.dumps(lines)


@pytest.mark.parametrize("name", ["api", "builder", "reconciler"])
def test_an_entry_point_is_a_few_dozen_lines(name: str) -> None:
    assert len(Path(ROOT / f"functions/{name}/app.py").read_text("utf-8").splitlines()) <= 60
