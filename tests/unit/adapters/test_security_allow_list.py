"""The allow list, held wherever an object is about to be read, whoever asks and whatever the catalogue says."""

import json
from typing import Any

import pytest

from rasterloom.adapters.object_stores import ObjectStores
from rasterloom.bootstrap import Container
from rasterloom.domain.errors import ObjectUnreadableError, UnavailableError
from rasterloom.domain.objects import ObjectRef
from rasterloom.settings import Settings

ALLOWED = [
    {"bucket": "cogs", "prefix": "open/", "region": "eu-central-1"},
    {"bucket": "ours", "prefix": "team/", "owners": ["alice"]},
    {"bucket": "artifacts", "prefix": "vrts/"},
]
ENVIRONMENT = {
    "TABLE_NAME": "catalog",
    "BUCKET_NAME": "artifacts",
    "BUILDS_QUEUE_URL": "http://127.0.0.1:1/builds",
    "REGISTRATIONS_QUEUE_URL": "http://127.0.0.1:1/registrations",
    "QUIET_PERIOD_SECONDS": "3",
    "SOURCE_ALLOW_LIST": json.dumps(ALLOWED),
    "BUILD_TIMEOUT_SECONDS": "300",
    "LEASE_MARGIN_SECONDS": "60",
    "DUE_UNSENT_SECONDS": "60",
    "DUE_SENT_SECONDS": "900",
    "DUE_MARGIN_SECONDS": "30",
    "MAX_ATTEMPTS": "5",
}

READABLE = ["s3://cogs/open/a.tif", "s3://ours/team/a.tif", "s3://artifacts/uploads/0a/j/a.tif"]
ELSEWHERE = [
    "s3://cogs/a.tif",
    "s3://cogs/opena.tif",
    "s3://cogs/OPEN/a.tif",
    "s3://cogs/%6fpen/a.tif",
    "s3://cogs.evil/open/a.tif",
    "s3://other/open/a.tif",
    "s3://artifacts/vrts/d/g/a/source.vrt",
    "s3://artifacts/headers/h",
    "s3://artifacts/staging/uploads/a.tif",
    "s3://artifacts/uploads",
]


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch) -> Container:
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "t",
        "AWS_SECRET_ACCESS_KEY": "t",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    return Container(Settings.from_environment(ENVIRONMENT))


@pytest.mark.parametrize("uri", READABLE)
def test_what_the_list_names_and_what_was_uploaded_may_be_read(container: Container, uri: str) -> None:
    container.sources.require(ObjectRef.parse(uri))


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_nothing_else_may_be_read(container: Container, uri: str) -> None:
    with pytest.raises(ObjectUnreadableError, match="outside of what this deployment may read"):
        container.sources.require(ObjectRef.parse(uri))


def test_nothing_else_is_asked_for_at_request_or_in_the_worker(container: Container) -> None:
    ref = ObjectRef.parse(ELSEWHERE[0])
    heads: Any = container.build_generation.assembler
    for read in (
        lambda: container.sources.of(ref),
        lambda: heads.heads.part(ref, 0, 16, None),
        lambda: container.register_raster.headers.read(ref),
        lambda: container.objects.read_source(ref, 10),
    ):
        with pytest.raises(ObjectUnreadableError, match="outside of what this deployment may read"):
            read()
    (outcome,) = container.objects.stat_many([ref])
    assert isinstance(outcome, ObjectUnreadableError)
    assert "SourceAllowList" in str(outcome.data["hint"])


def test_what_this_deployment_wrote_itself_is_looked_at_all_the_same(container: Container) -> None:
    with pytest.raises(UnavailableError):
        container.objects.stat_many([ObjectRef("artifacts", "vrts/d/g/a/mosaic.json")])


@pytest.mark.parametrize("uri", ["s3://cogs/open/../a.tif", "s3://cogs/open//a.tif", "s3://cogs/open/./a.tif"])
def test_a_key_cannot_climb_out_of_its_prefix(container: Container, uri: str) -> None:
    with pytest.raises(ObjectUnreadableError, match="cannot be a source"):
        container.sources.require(ObjectRef.parse(uri))


def test_without_a_list_only_uploads_may_be_read() -> None:
    settings = Settings.from_environment(ENVIRONMENT | {"SOURCE_ALLOW_LIST": "[]"})
    stores = ObjectStores(allows=settings.allows)
    stores.require(ObjectRef.parse(READABLE[2]))
    for uri in READABLE[:2]:
        with pytest.raises(ObjectUnreadableError):
            stores.require(ObjectRef.parse(uri))
