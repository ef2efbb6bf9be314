"""`ETag` and `If-Match` on the wire."""

from typing import Any

import pytest

from rasterloom.domain.errors import VersionChangedError
from rasterloom.domain.versions import KnownVersions, version_of
from rasterloom.http.routes import ROUTES
from rasterloom.ports import GenerationPage
from rasterloom.services.read_generations import Generations
from rasterloom.services.read_sources import SourcePage
from tests.support.factories import an_id, vrt
from tests.unit.http.api import FakeUseCases, ask

VRT, JOB = an_id("vrt"), an_id("job")
REGENERATE = f"/datasets/{VRT}/vrt/regenerate/"


def test_a_dataset_tells_its_version(fakes: FakeUseCases) -> None:
    dataset = vrt(id=VRT, fence=10)
    fakes.answers |= {"read_dataset": dataset, "edit_dataset": dataset}
    for answered in (
        ask(fakes, "GET", f"/datasets/{VRT}"),
        ask(fakes, "PATCH", f"/datasets/{VRT}", body={"title": "A"}),
    ):
        assert answered.headers["etag"] == f'"{version_of(dataset)}"'


def test_what_tells_of_a_vrt_tells_its_version(fakes: FakeUseCases) -> None:
    fakes.answers |= {
        "read_sources": SourcePage((), None, "7-a"),
        "read_generations": Generations(GenerationPage((), 0), is_owner=True, version="7-a"),
    }
    for part in ("vrt-sources", "vrt/generations"):
        assert ask(fakes, "GET", f"/datasets/{VRT}/{part}").headers["etag"] == '"7-a"'


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        ('"7-a"', ("7-a",)),
        (' "7-a" , "8-b"', ("7-a", "8-b")),
        ('W/"7-a"', ()),
        ('W/"7-a", "8-b"', ("8-b",)),
        ('""', ("",)),
        ("*", None),
    ],
)
def test_versions_are_compared_strongly(fakes: FakeUseCases, header: str, versions: Any) -> None:
    fakes.answers["regenerate"] = JOB
    assert ask(fakes, "POST", REGENERATE, headers={"IF-MATCH": header}).status == 202
    assert fakes.calls[0][1][2].known == KnownVersions(versions)


@pytest.mark.parametrize("header", ["7-a", '"7-a', '"7-a" "8-b"', "", '"7-a",', '*, "7-a"'])
def test_what_is_no_list_of_tags_is_refused(fakes: FakeUseCases, header: str) -> None:
    answered = ask(fakes, "POST", REGENERATE, headers={"if-match": header})
    assert (answered.status, fakes.calls) == (422, [])
    (entry,) = answered.json["detail"]
    assert (entry["loc"], entry["type"]) == (["header", "If-Match"], "invalid_if_match")


def test_a_dataset_that_moved_on_is_a_412_that_tells_its_version(fakes: FakeUseCases) -> None:
    fakes.answers["regenerate"] = VersionChangedError(VRT, "9-c")
    answered = ask(fakes, "POST", REGENERATE, headers={"if-match": '"7-a"'})
    assert (answered.status, answered.json["code"], answered.headers["etag"]) == (412, "version_changed", '"9-c"')
    assert "read it again" in answered.json["detail"]


def test_every_write_of_one_vrt_is_conditional() -> None:
    writes = {
        route.operation_id
        for route in ROUTES
        if "{dataset_id}" in route.path and route.method in {"POST", "PUT", "PATCH", "DELETE"}
    }
    assert writes == {route.operation_id for route in ROUTES if route.is_conditional}
