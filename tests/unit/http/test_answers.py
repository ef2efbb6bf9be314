"""Answers, field by field, and the headers that come with them."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import BandSummary, Dataset, Member, ObjectState
from rasterloom.domain.errors import InvalidInputError
from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.generation import Job
from rasterloom.domain.lifecycle import JobStatus, JobStep, VrtStatus
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.raster import Bounds, Crs, GeoTransform
from rasterloom.http.present import numpy_name, time_text
from rasterloom.ports import DatasetPage
from rasterloom.services.read_sources import LinkedSource, SourceHealth, SourcePage, SourceStatus, VrtState
from tests.support.factories import (
    NOW,
    an_id,
    audience,
    band,
    generation,
    job,
    principal,
    profile,
    published,
    raster,
    summary,
    vrt,
)
from tests.unit.http.api import FakeUseCases, ask

ONE, VRT, JOB = an_id("one"), an_id("vrt"), an_id("job")
PUBLISHED_CLIENT_NEEDS = {
    "id",
    "record_id",
    "table_name",
    "title",
    "summary",
    "feature_count",
    "source_filename",
    "visibility",
    "created_by",
    "created_by_display",
    "created_at",
    "updated_at",
}


def dataset_answer(fakes: FakeUseCases, dataset: Dataset) -> Any:
    fakes.answers["read_dataset"] = dataset
    answered = ask(fakes, "GET", f"/datasets/{dataset.id}")
    assert answered.status == 200, answered.body
    return answered.json


def job_answer(fakes: FakeUseCases, **changes: Any) -> Any:
    fakes.answers["read_job"] = job(generation(VRT, job_id=JOB), **changes)
    return ask(fakes, "GET", f"/jobs/{JOB}").json


class TestDataset:
    """`GET /datasets/{id}`."""

    def test_a_raster_has_every_field_that_the_published_client_needs(self, fakes: FakeUseCases) -> None:
        answer = dataset_answer(fakes, raster(id=ONE, ref=ObjectRef("sources", "tiles/one.tif")))
        assert answer.keys() >= PUBLISHED_CLIENT_NEEDS
        assert answer["record_type"] == "raster_dataset"
        assert answer["source_filename"] == "one.tif"
        assert answer["created_at"] == "2026-11-21T12:00:00.123456Z"
        assert answer["raster"] == {
            "epsg": 32632,
            "crs_is_geographic": False,
            "res_x": 10.0,
            "res_y": 10.0,
            "band_count": 1,
            "nodata": "0",
            "compression": "DEFLATE",
            "width": 1024,
            "height": 1024,
            "size_bytes": 123456,
            "bands": [{"index": 1, "dtype": "uint16", "nodata": "0", "color_interp": "Gray"}],
            "status": "ready",
            "vrt_type": None,
            "source_count": None,
            "resolution_strategy": None,
            "resampling": None,
            "nodata_override": None,
            "add_alpha": None,
            "target_extent": None,
            "target_resolution": None,
            "target_aligned_pixels": None,
            "auto_regenerate": None,
            "stale": None,
            "object_state": "present",
            "object_state_since": None,
            "s3_uri": "s3://sources/tiles/one.tif",
            "connect": None,
        }

    def test_a_vrt_that_is_published_tells_what_it_serves(self, fakes: FakeUseCases) -> None:
        serving = published(VRT, an_id("generation"), "attempt")
        answer = dataset_answer(fakes, vrt(id=VRT, published=serving, member_count=2))
        assert answer.keys() >= PUBLISHED_CLIENT_NEEDS
        assert answer["record_type"] == "vrt_dataset"
        told = answer["raster"]
        assert (told["width"], told["height"], told["epsg"], told["source_count"]) == (2048, 1024, 32632, 2)
        assert (told["vrt_type"], told["resolution_strategy"], told["status"]) == ("mosaic", "finest", "ready")
        assert told["s3_uri"] == f"s3://artifacts/vrts/{VRT}/{an_id('generation')}/attempt/source.vrt"

    def test_a_vrt_before_its_first_generation_has_nothing_to_tell(self, fakes: FakeUseCases) -> None:
        told = dataset_answer(fakes, vrt(id=VRT, status=VrtStatus.REGENERATING))["raster"]
        assert told["status"] == "regenerating"
        assert told["bands"] == []
        assert [told[name] for name in ("epsg", "res_x", "width", "band_count", "s3_uri")] == [None] * 5

    def test_an_object_that_is_gone_is_told_with_what_it_was(self, fakes: FakeUseCases) -> None:
        told = dataset_answer(fakes, raster().lost(ObjectState.MISSING, NOW))["raster"]
        assert (told["object_state"], told["object_state_since"]) == ("missing", "2026-11-21T12:00:00.123456Z")
        assert told["width"] == 1024

    @pytest.mark.parametrize("stale", [True, False, None])
    def test_a_vrt_tells_whether_it_is_stale_and_looks_after_itself(
        self, fakes: FakeUseCases, *, stale: bool | None
    ) -> None:
        told = dataset_answer(fakes, vrt(is_stale=stale, auto_regenerate=bool(stale)))["raster"]
        assert (told["stale"], told["auto_regenerate"], told["object_state"]) == (stale, bool(stale), None)

    @pytest.mark.parametrize(
        ("owner", "told"), [("alice", None), (an_id("alice").upper(), an_id("alice")), (an_id("bob"), an_id("bob"))]
    )
    def test_an_owner_is_told_where_the_subject_is_a_uuid(
        self, fakes: FakeUseCases, owner: str, told: str | None
    ) -> None:
        assert dataset_answer(fakes, raster(audience=audience(owner, Visibility.INTERNAL)))["created_by"] == told

    @pytest.mark.parametrize(("caller", "is_told"), [("alice", True), ("bob", False)])
    def test_groups_and_place_are_told_to_who_may_change_it(self, caller: str, *, is_told: bool) -> None:
        fakes = FakeUseCases(caller=principal(caller))
        answer = dataset_answer(fakes, raster(audience=audience("alice", Visibility.RESTRICTED, "survey")))
        assert (answer["groups"] is not None) is is_told
        if is_told:
            (group,) = answer["groups"]
            assert (UUID(group["id"]).version, group["name"]) == (5, "survey")
        assert (answer["raster"]["s3_uri"] is not None) is is_told

    @pytest.mark.parametrize(("nodata", "told"), [(None, None), (0, "0"), (-9999.0, "-9999.0"), (math.nan, "nan")])
    def test_nodata_is_text(self, fakes: FakeUseCases, nodata: float | None, told: str | None) -> None:
        answer = dataset_answer(fakes, raster(profile=profile(bands=(band(nodata=nodata),))))
        assert answer["raster"]["nodata"] == answer["raster"]["bands"][0]["nodata"] == told

    def test_numbers_that_json_cannot_hold_are_null(self, fakes: FakeUseCases) -> None:
        broken = profile(
            geotransform=GeoTransform(math.nan, math.inf, 0, 0, 0, -math.nan),
            lonlat_bounds=Bounds(0, math.nan, 1, 1),
        )
        answer = dataset_answer(fakes, raster(profile=broken))
        assert (answer["raster"]["res_x"], answer["raster"]["res_y"], answer["extent_bbox"]) == (None, None, None)

    def test_an_extent_is_west_south_east_north(self, fakes: FakeUseCases) -> None:
        answer = dataset_answer(fakes, raster(profile=profile(lonlat_bounds=Bounds(170, -10, -170, 10))))
        assert answer["extent_bbox"] == [170, -10, -170, 10]

    @pytest.mark.parametrize(("crs", "told"), [(None, None), (Crs('GEOGCS["WGS 84"]', "WGS 84", 4326), True)])
    def test_a_geographic_crs_is_told(self, fakes: FakeUseCases, crs: Crs | None, told: object) -> None:
        assert dataset_answer(fakes, raster(profile=profile(crs=crs)))["raster"]["crs_is_geographic"] is told


@pytest.mark.parametrize(
    ("gdal", "numpy"),
    [("Byte", "uint8"), ("Int8", "int8"), ("UInt16", "uint16"), ("Float32", "float32"), ("CFloat64", "complex128")],
)
def test_pixel_types_have_numpy_s_names(gdal: str, numpy: str) -> None:
    assert numpy_name(gdal) == numpy


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:05Z"),
    ],
)
def test_times_are_utc_with_z(moment: datetime, text: str) -> None:
    assert time_text(moment) == text


class TestListing:
    """`GET /datasets/`."""

    def test_a_page_and_the_total_are_told(self, fakes: FakeUseCases) -> None:
        fakes.answers["list_datasets"] = DatasetPage((raster(id=ONE), vrt(id=VRT)), total=7)
        answer = ask(fakes, "GET", "/datasets/", query="skip=2&limit=3&record_type=vrt_dataset").json
        assert [dataset["id"] for dataset in answer["datasets"]] == [ONE, VRT]
        assert answer["total"] == 7
        assert fakes.calls[0][2] == {"record_type": "vrt_dataset", "skip": 2, "limit": 3}

    @pytest.mark.parametrize(
        ("query", "skip", "limit"),
        [("", 0, 50), ("offset=4", 4, 50), ("skip=5&offset=4", 5, 50), ("limit=200", 0, 200), ("skip=1&skip=2", 2, 50)],
    )
    def test_parameters_have_defaults_and_an_alias(
        self, fakes: FakeUseCases, query: str, skip: int, limit: int
    ) -> None:
        fakes.answers["list_datasets"] = DatasetPage((), 0)
        assert ask(fakes, "GET", "/datasets", query=query).json == {"datasets": [], "total": 0}
        assert fakes.calls[0][2] == {"record_type": None, "skip": skip, "limit": limit}

    @pytest.mark.parametrize(
        ("query", "name", "kind"),
        [
            ("limit=0", "limit", "greater_than_equal"),
            ("limit=201", "limit", "less_than_equal"),
            ("limit=", "limit", "int_parsing"),
            ("limit=1e2", "limit", "int_parsing"),
            ("limit=%D9%A3", "limit", "int_parsing"),
            ("skip=-1", "skip", "greater_than_equal"),
            ("offset=-1", "offset", "greater_than_equal"),
            ("skip=" + "9" * 5000, "skip", "int_parsing"),
            ("record_type=table", "record_type", "enum"),
        ],
    )
    def test_a_parameter_that_does_not_hold_is_named(
        self, fakes: FakeUseCases, query: str, name: str, kind: str
    ) -> None:
        answered = ask(fakes, "GET", "/datasets/", query=query)
        assert answered.status == 422
        assert [(entry["loc"], entry["type"]) for entry in answered.json["detail"]] == [(["query", name], kind)]

    def test_a_full_page_of_many_banded_datasets_stays_under_a_megabyte(self, fakes: FakeUseCases) -> None:
        wide = raster(profile=profile(bands=(band(),) * 300), summary="x" * 1000)
        fakes.answers["list_datasets"] = DatasetPage((wide,) * 200, 200)
        answered = ask(fakes, "GET", "/datasets/", query="limit=200")
        assert len(answered.body) < 1_000_000
        assert answered.json["datasets"][0]["raster"]["band_count"] == 300

    def test_one_dataset_tells_all_its_bands(self, fakes: FakeUseCases) -> None:
        many = summary(bands=(BandSummary("Float32", None, "Gray"),) * 300)
        answer = dataset_answer(fakes, vrt(id=VRT, published=published(VRT, ONE, summary=many)))
        assert [told["index"] for told in answer["raster"]["bands"]] == list(range(1, 301))


class TestJob:
    """`GET /jobs/{id}`."""

    def test_a_job_that_waits_tells_when_to_ask_again(self, fakes: FakeUseCases) -> None:
        fakes.answers["read_job"] = job(generation(VRT, job_id=JOB))
        answered = ask(fakes, "GET", f"/jobs/{JOB}")
        assert answered.headers["retry-after"] == "1"
        assert answered.json == {
            "id": JOB,
            "status": "pending",
            "dataset_id": VRT,
            "source_filename": "vrt_mosaic",
            "error_message": None,
            "error_code": None,
            "can_retry": False,
            "retry_reason": "Only a job that failed can be retried",
            "warning_message": None,
            "warnings": [],
            "findings": [],
            "findings_total": 0,
            "findings_url": None,
            "progress": 0.0,
            "current_step": "queued",
            "step": "queued",
            "registrations": None,
            "started_at": None,
            "completed_at": None,
            "created_at": "2026-11-21T12:00:00.123456Z",
        }

    @pytest.mark.parametrize("status", [JobStatus.COMPLETE, JobStatus.FAILED, JobStatus.CANCELLED])
    def test_a_job_that_has_ended_need_not_be_asked_again(self, fakes: FakeUseCases, status: JobStatus) -> None:
        fakes.answers["read_job"] = job(generation(VRT, job_id=JOB), status=status)
        assert "retry-after" not in ask(fakes, "GET", f"/jobs/{JOB}").headers

    def test_a_job_that_failed_can_be_retried_and_says_why_it_failed(self, fakes: FakeUseCases) -> None:
        found = Finding("object_missing", ONE, 0, "object", "s3://b/k does not exist")
        answer = job_answer(
            fakes,
            status=JobStatus.FAILED,
            step=JobStep.VALIDATING,
            error_code="object_missing",
            error_message="s3://b/k does not exist",
            completed_at=NOW,
            findings=(found,),
            finding_counts=(("object_missing", 1),),
        )
        assert (answer["can_retry"], answer["retry_reason"]) == (True, None)
        assert (answer["error_code"], answer["error_message"]) == ("object_missing", "s3://b/k does not exist")
        assert answer["findings"][0]["source_id"] == ONE
        assert answer["warning_message"] is None

    def test_a_job_with_more_findings_than_it_tells_names_where_all_of_them_are(self, fakes: FakeUseCases) -> None:
        found = Finding("nodata_collision", ONE, 1, "nodata", "…", severity=Severity.WARNING)
        many = {"findings": (found,) * 20, "finding_counts": (("nodata_collision", 412),)}
        answer = job_answer(fakes, **many, findings_key="staging/d/g.findings/w.jsonl.gz")
        assert (answer["findings_total"], answer["findings_url"]) == (412, f"/jobs/{JOB}/findings")
        lost = job_answer(fakes, **many)
        assert (lost["findings_total"], lost["findings_url"]) == (412, None)

    def test_warnings_are_summed_up(self, fakes: FakeUseCases) -> None:
        collision = Finding("nodata_collision", ONE, 1, "nodata", "…", 0, math.nan, severity=Severity.WARNING)
        resampling = Finding("resampling_required", ONE, 1, "grid", "…", severity=Severity.WARNING)
        answer = job_answer(
            fakes,
            findings=(collision, resampling),
            finding_counts=(("resampling_required", 1), ("nodata_collision", 412)),
        )
        expected = "The sources were accepted with 413 warnings: nodata collision (412), resampling required (1)."
        assert answer["warning_message"] == expected
        assert answer["warnings"] == []
        assert answer["findings"][0]["ctx"]["actual"] == "nan"

    def test_every_status_is_one_that_the_published_api_knows(self, fakes: FakeUseCases) -> None:
        known = {"pending", "running", "complete", "failed", "cancelled"}
        assert {job_answer(fakes, status=status)["status"] for status in JobStatus} == known


class TestVrt:
    """`GET /datasets/{id}/vrt-sources/` and `…/vrt/status/`."""

    def source(self, position: int) -> LinkedSource:
        member = Member(ONE, ObjectRef("b", "k"), '"etag"', 1, profile(lonlat_bounds=Bounds(1, 2, 3, 4)), "generation")
        return LinkedSource(position, "Tile", member)

    def test_sources_come_by_position_with_a_link_to_the_next_part(self, fakes: FakeUseCases) -> None:
        fakes.answers["read_sources"] = SourcePage((self.source(5),), "6", "1-a")
        answered = ask(fakes, "GET", f"/datasets/{VRT}/vrt-sources/", query="limit=1&cursor=5")
        assert answered.json == {
            "sources": [
                {
                    "dataset_id": ONE,
                    "title": "Tile",
                    "position": 5,
                    "band_count": 1,
                    "resolution_x": 10.0,
                    "resolution_y": 10.0,
                    "crs_epsg": 32632,
                    "extent_bbox": [1, 2, 3, 4],
                }
            ],
            "next": "?limit=1&cursor=6",
        }
        assert answered.headers["link"] == '<?limit=1&cursor=6>; rel="next"'
        assert fakes.calls[0][2] == {"limit": 1, "cursor": "5"}

    def test_the_last_part_has_no_link(self, fakes: FakeUseCases) -> None:
        fakes.answers["read_sources"] = SourcePage((), None, "1-a")
        answered = ask(fakes, "GET", f"/datasets/{VRT}/vrt-sources/")
        assert answered.json == {"sources": [], "next": None}
        assert "link" not in answered.headers

    def test_a_cursor_that_is_not_ours_is_named(self, fakes: FakeUseCases) -> None:
        fakes.answers["read_sources"] = InvalidInputError("invalid_cursor", "no", loc=("query", "cursor"), value="x")
        answered = ask(fakes, "GET", f"/datasets/{VRT}/vrt-sources/", query="cursor=x")
        entry = answered.json["detail"][0]
        assert (answered.status, entry["loc"], entry["input"]) == (422, ["query", "cursor"], "x")

    def test_status_tells_what_is_being_built_and_how_sources_are(self, fakes: FakeUseCases) -> None:
        from rasterloom.domain.dataset import Activity

        active = Activity(an_id("generation"), 3, JOB, NOW, started_at=NOW)
        health = (SourceHealth(ONE, "Tile", SourceStatus.STALE),)
        counts = {SourceStatus.STALE: 1, SourceStatus.HEALTHY: 600}
        fakes.answers["read_vrt_status"] = VrtState(
            VrtStatus.REGENERATING,
            NOW,
            601,
            active,
            elapsed_seconds=4.5,
            health=health,
            health_counts=counts,
            version="1-a",
            stale_since=NOW,
        )
        assert ask(fakes, "GET", f"/datasets/{VRT}/vrt/status/").json == {
            "status": "regenerating",
            "last_generation_at": "2026-11-21T12:00:00.123456Z",
            "source_count": 601,
            "active_generation": {
                "generation_id": an_id("generation"),
                "started_at": "2026-11-21T12:00:00.123456Z",
                "elapsed_seconds": 4.5,
            },
            "stale": True,
            "stale_since": "2026-11-21T12:00:00.123456Z",
            "source_health": [{"dataset_id": ONE, "title": "Tile", "status": "stale"}],
            "source_health_summary": {"stale": 1, "healthy": 600},
        }

    @pytest.mark.parametrize(("query", "probe"), [("", False), ("probe=true", True), ("probe=false", False)])
    def test_status_asks_s3_for_everything_where_it_is_told_to(
        self, fakes: FakeUseCases, query: str, *, probe: bool
    ) -> None:
        fakes.answers["read_vrt_status"] = VrtState(VrtStatus.READY, None, 0, None, None, (), {}, "1-a")
        answer = ask(fakes, "GET", f"/datasets/{VRT}/vrt/status/", query=query).json
        assert (answer["stale"], answer["stale_since"]) == (False, None)
        assert fakes.calls[0][2] == {"probe": probe}

    def test_a_flag_that_is_none_is_refused(self, fakes: FakeUseCases) -> None:
        answered = ask(fakes, "GET", f"/datasets/{VRT}/vrt/status/", query="probe=1")
        assert (answered.status, answered.json["detail"][0]["loc"]) == (422, ["query", "probe"])

    def test_status_without_a_build_has_no_active_generation(self, fakes: FakeUseCases) -> None:
        fakes.answers["read_vrt_status"] = VrtState(VrtStatus.READY, None, 0, None, None, (), {}, "1-a")
        answer = ask(fakes, "GET", f"/datasets/{VRT}/vrt/status/").json
        assert (answer["active_generation"], answer["last_generation_at"]) == (None, None)


class TestArtifacts:
    """`GET /datasets/{id}/quicklook` and `…/download/vrt`."""

    PNG = b"\x89PNG\r\n\x1a\n\x00\xff"

    def test_a_quicklook_is_a_picture_that_may_be_kept(self, fakes: FakeUseCases) -> None:
        fakes.answers["quicklook"] = self.PNG
        answered = ask(fakes, "GET", f"/datasets/{VRT}/quicklook", query="size=512")
        assert answered.body == self.PNG
        assert answered.headers["content-type"] == "image/png"
        assert answered.headers["cache-control"] == "private, no-cache"
        assert fakes.calls[0][1][2] == 512
        again = ask(
            fakes, "GET", f"/datasets/{VRT}/quicklook", headers={"If-None-Match": f'"x", {answered.headers["etag"]}'}
        )
        assert (again.status, again.body) == (304, b"")

    def test_head_of_a_picture_has_no_body(self, fakes: FakeUseCases) -> None:
        fakes.answers["quicklook"] = self.PNG
        answered = ask(fakes, "HEAD", f"/datasets/{VRT}/quicklook")
        assert (answered.status, answered.body) == (200, b"")
        assert "etag" in answered.headers

    @pytest.mark.parametrize("size", ["0", "513", "big"])
    def test_a_size_out_of_range_is_named(self, fakes: FakeUseCases, size: str) -> None:
        answered = ask(fakes, "GET", f"/datasets/{VRT}/quicklook", query=f"size={size}")
        assert answered.status == 422
        assert answered.json["detail"][0]["loc"] == ["query", "size"]

    def test_a_download_leads_to_a_url_that_nobody_keeps(self, fakes: FakeUseCases) -> None:
        fakes.answers["download_url"] = "https://bucket.s3/key?X-Amz-Signature=1"
        answered = ask(fakes, "GET", f"/datasets/{VRT}/download/vrt")
        assert answered.status == 307
        assert answered.headers["location"] == "https://bucket.s3/key?X-Amz-Signature=1"
        assert answered.headers["cache-control"] == "no-store"


def test_ids_in_answers_are_uuids(fakes: FakeUseCases) -> None:
    answer = dataset_answer(fakes, raster(id=ONE))
    assert str(UUID(answer["id"])) == answer["id"] == answer["record_id"]
    assert isinstance(job(generation(VRT)), Job)
