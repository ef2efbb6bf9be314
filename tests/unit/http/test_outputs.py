"""The routes of what a VRT serves in other formats."""

import pytest

from rasterloom.domain.errors import NotPublishedError
from rasterloom.domain.outputs import (
    NotForBandStacksError,
    NotInThisFormatError,
    OutputFormat,
    TooLargeForOutputError,
)
from tests.support.factories import an_id
from tests.unit.http.api import FakeUseCases, ask

VRT = an_id("vrt")
SIGNED = "https://bucket.s3/key?X-Amz-Signature=1"
GEOJSON = b'{"type":"FeatureCollection","features":[]}'


@pytest.mark.parametrize("output", ["gti", "mosaicjson", "stac", "footprints"])
def test_a_download_leads_to_a_url_that_nobody_keeps(fakes: FakeUseCases, output: str) -> None:
    fakes.answers["url"] = SIGNED
    answered = ask(fakes, "GET", f"/datasets/{VRT}/download/{output}")
    assert (answered.status, answered.headers["location"]) == (307, SIGNED)
    assert answered.headers["cache-control"] == "no-store"
    assert fakes.calls[0][1][1:] == (VRT, OutputFormat(output))


@pytest.mark.parametrize("name", ["GTI", "zip", "vrt_relative", "footprints.geojson"])
def test_a_format_that_there_is_not_is_404(fakes: FakeUseCases, name: str) -> None:
    answered = ask(fakes, "GET", f"/datasets/{VRT}/download/{name}")
    assert (answered.status, answered.json["code"]) == (404, "not_found")
    assert answered.json["detail"].endswith(f"{name!r}: expected vrt, vrt-relative, gti, mosaicjson, stac, footprints")
    assert fakes.calls == []


def test_the_relative_vrt_is_told_of_by_its_uri(fakes: FakeUseCases) -> None:
    fakes.answers["relative_uri"] = "s3://artifacts/vrts/source.relative.vrt"
    answered = ask(fakes, "GET", f"/datasets/{VRT}/download/vrt-relative")
    assert (answered.status, answered.json) == (200, {"s3_uri": "s3://artifacts/vrts/source.relative.vrt"})


def test_footprints_are_geojson_that_may_be_kept(fakes: FakeUseCases) -> None:
    fakes.answers["footprints_here"] = GEOJSON
    answered = ask(fakes, "GET", f"/datasets/{VRT}/footprints.geojson")
    assert (answered.status, answered.headers["content-type"]) == (200, "application/geo+json")
    assert answered.body == GEOJSON
    again = ask(
        fakes, "GET", f"/datasets/{VRT}/footprints.geojson", headers={"If-None-Match": answered.headers["etag"]}
    )
    assert (again.status, again.body) == (304, b"")


def test_footprints_that_are_too_large_for_an_answer_are_read_elsewhere(fakes: FakeUseCases) -> None:
    fakes.answers["footprints_here"] = SIGNED
    answered = ask(fakes, "GET", f"/datasets/{VRT}/footprints.geojson")
    assert (answered.status, answered.headers["location"], answered.body) == (307, SIGNED, b"")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotPublishedError(VRT), "not_published"),
        (NotForBandStacksError(VRT, "gti"), "not_for_band_stacks"),
        (NotInThisFormatError("gti", "its sources have no CRS"), "not_in_this_format"),
        (TooLargeForOutputError(VRT, 10_001, 10_000), "too_large"),
    ],
)
def test_what_cannot_be_had_is_a_conflict_that_says_why(fakes: FakeUseCases, error: Exception, code: str) -> None:
    fakes.answers["url"] = error
    answered = ask(fakes, "GET", f"/datasets/{VRT}/download/gti")
    assert (answered.status, answered.json["code"], answered.json["detail"]) == (409, code, str(error))
