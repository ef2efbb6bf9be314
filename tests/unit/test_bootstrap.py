"""The composition root wires every use case from an environment."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from rasterloom import bootstrap
from rasterloom.http.usecases import UseCases
from rasterloom.settings import Settings, WatchedPrefix

ENVIRONMENT = {
    "TABLE_NAME": "catalog",
    "BUCKET_NAME": "artifacts",
    "BUILDS_QUEUE_URL": "http://127.0.0.1:4566/000000000000/builds",
    "REGISTRATIONS_QUEUE_URL": "http://127.0.0.1:4566/000000000000/registrations",
    "QUIET_PERIOD_SECONDS": "3",
    "SOURCE_ALLOW_LIST": json.dumps([{"bucket": "sources", "prefix": "", "region": "eu-central-1"}]),
    "TOKEN_ISSUER": "https://issuer.example",
    "TOKEN_AUDIENCE": "one, two",
    "BUILD_TIMEOUT_SECONDS": "30",
    "LEASE_MARGIN_SECONDS": "5",
    "DUE_UNSENT_SECONDS": "5",
    "DUE_SENT_SECONDS": "60",
    "DUE_MARGIN_SECONDS": "5",
    "MAX_ATTEMPTS": "3",
}


@pytest.fixture(scope="module")
def container() -> Iterator[bootstrap.Container]:
    """One for all tests of this file: its clients take long to make."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            patched.setenv(name, "eu-central-1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patched.setenv(name, "test")
        yield bootstrap.Container(Settings.from_environment(ENVIRONMENT))


def test_a_bucket_lies_where_either_list_says(container: bootstrap.Container) -> None:
    watched = WatchedPrefix(bucket="far", owner="alice", region="us-west-2")
    settings = replace(container.settings, watch_list=(watched,))
    assert bootstrap.Container(settings).sources.regions == {"sources": "eu-central-1", "far": "us-west-2"}


def test_vrts_that_use_one_raster_are_marked_side_by_side(container: bootstrap.Container) -> None:
    both = Barrier(2, timeout=10)
    assert len(list(container.mark_users.at_once(lambda _: both.wait() and None, [1, 2]))) == 2  # type: ignore[list-item, arg-type]


USE_CASES = [
    "verify_token",
    "register_raster",
    "request_upload",
    "complete_upload",
    "sweep_uploads",
    "create_vrt",
    "read_job",
    "read_jobs",
    "read_latest_job",
    "list_jobs",
    "retry_job",
    "cancel_job",
    "clean_up",
    "list_datasets",
    "read_dataset",
    "read_sources",
    "read_vrt_status",
    "read_artifact",
    "read_output",
    "edit_dataset",
    "hold_edits",
    "change_vrt",
    "preview_vrt",
    "replace_sources",
    "read_generations",
    "delete_dataset",
    "read_dependents",
    "build_generation",
    "reconcile",
    "resume_deletions",
    "sweep_orphans",
    "give_back",
]


@pytest.mark.parametrize("name", USE_CASES)
def test_a_use_case_is_made_once(container: bootstrap.Container, name: str) -> None:
    assert getattr(container, name) is getattr(container, name)


def test_the_container_is_what_the_routes_need(container: bootstrap.Container) -> None:
    use_cases: UseCases = container
    assert use_cases.bucket == "artifacts"


def test_only_an_initialization_that_nobody_waits_for_is_eager(monkeypatch: pytest.MonkeyPatch) -> None:
    warmed: list[bool] = []
    monkeypatch.setattr(bootstrap.Container, "warm", lambda _: warmed.append(True))
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for kind, expected in (("on-demand", []), ("snap-start", [True])):
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
        bootstrap.container.cache_clear()
        bootstrap.warm_if_nobody_waits()
        assert warmed == expected
    bootstrap.container.cache_clear()


def test_warming_makes_what_nearly_every_request_needs(container: bootstrap.Container) -> None:
    fresh = bootstrap.Container(container.settings)
    made = {"verify_token", "catalog", "read_job", "read_dataset"}
    assert made.isdisjoint(vars(fresh))
    fresh.warm()
    assert made <= vars(fresh).keys()


def test_what_reads_a_job_loads_neither_pydantic_nor_obstore_nor_gdal() -> None:
    script = """
import json, sys
from rasterloom.bootstrap import container
container().warm()
print(json.dumps([name for name in ("boto3", "obstore", "osgeo", "pydantic") if name in sys.modules]))
"""
    shared = str(Path(bootstrap.__file__).parents[2])
    environment = ENVIRONMENT | {
        "PYTHONPATH": shared,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == []


def test_whatever_loads_gdal_has_loaded_the_parser_of_xml_before_it() -> None:
    """Or else the parser would get the libexpat of GDAL's layer, which parses nothing, where it has none of its own."""
    script = "import rasterloom.adapters, sys; print('pyexpat' in sys.modules, 'osgeo' in sys.modules)"
    environment = ENVIRONMENT | {"PYTHONPATH": str(Path(bootstrap.__file__).parents[2])}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "False"]
