"""Uploads and manifests over HTTP: shapes, limits, and refusals that say which field, what was expected, what found."""

from typing import Any

import pytest

from rasterloom.domain.errors import IncompatibleSourcesError, InvalidInputError
from rasterloom.domain.findings import Finding, on_lines
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.refusals import InvalidInputsError, UploadEndedError
from rasterloom.domain.uploads import MAX_FILE_BYTES, Part
from rasterloom.ports import JobPage
from rasterloom.services.cancel_job import Cancelled
from rasterloom.services.request_upload import RequestedUpload, UploadRequest
from tests.support.factories import NOW, OWNER, an_id, upload
from tests.unit.http.api import FakeUseCases, ask

REQUEST = "/ingest/upload/presigned"
JOB = an_id("job")
COMPLETE = f"{REQUEST}/{JOB}/complete"
RASTER = an_id("raster")


@pytest.fixture
def fakes() -> FakeUseCases:
    return FakeUseCases()


def entries(fakes: FakeUseCases, path: str, body: object) -> list[dict[str, Any]]:
    answer = ask(fakes, "POST", path, body=body)
    assert answer.status == 422, answer.body
    found: list[dict[str, Any]] = answer.json["detail"]
    return found


# --- asking for one ---


@pytest.mark.parametrize("path", [REQUEST, f"{REQUEST}/"])
def test_a_request_is_answered_as_the_published_api_does(fakes: FakeUseCases, path: str) -> None:
    made = upload(id=JOB, upload_id="multipart", part_size=8 << 20, size_bytes=9 << 20)
    fakes.answers["request_upload"] = RequestedUpload(made, ("https://one", "https://two"), NOW)
    answer = ask(fakes, "POST", path, body={"filename": "scene.tif", "file_size": 9 << 20, "kind": None})
    assert answer.status == 201
    assert answer.json == {
        "job_id": JOB,
        "urls": ["https://one", "https://two"],
        "s3_key": made.key,
        "s3_uri": f"s3://artifacts/{made.key}",
        "upload_id": "multipart",
        "part_size": 8 << 20,
        "expires_at": "2026-11-21T12:00:00.123456Z",
    }
    (_, (_, asked, key), _) = fakes.calls[0]
    assert (asked, key) == (UploadRequest("scene.tif", 9 << 20, "application/octet-stream"), None)


def test_a_request_is_known_again_by_its_key(fakes: FakeUseCases) -> None:
    fakes.answers["request_upload"] = RequestedUpload(upload(), ("https://one",), NOW)
    for size in (1000, 1000, 1001):
        ask(fakes, "POST", REQUEST, body={"filename": "a.tif", "file_size": size}, headers={"Idempotency-Key": "k"})
    (first, again, other) = (arguments[2] for _, arguments, _ in fakes.calls)
    assert first == again
    assert (first.key, other.key) == ("k", "k")
    assert other.body_digest != first.body_digest


@pytest.mark.parametrize("size", [1, MAX_FILE_BYTES])
def test_every_size_that_s3_takes_in_a_thousand_parts_is_taken(fakes: FakeUseCases, size: int) -> None:
    fakes.answers["request_upload"] = RequestedUpload(upload(), ("https://one",), NOW)
    assert ask(fakes, "POST", REQUEST, body={"filename": "a.TIFF", "file_size": size}).status == 201


@pytest.mark.parametrize(
    ("size", "ctx"),
    [(0, {"ge": 1}), (-1, {"ge": 1}), (MAX_FILE_BYTES + 1, {"le": MAX_FILE_BYTES}), ("10", None), (1.5, None)],
)
def test_a_size_out_of_bounds_is_named_with_its_bound(fakes: FakeUseCases, size: object, ctx: object) -> None:
    (entry,) = entries(fakes, REQUEST, {"filename": "a.tif", "file_size": size})
    assert (entry["loc"], entry["input"], entry.get("ctx")) == (["body", "file_size"], size, ctx)


@pytest.mark.parametrize(
    ("filename", "kind"),
    [
        ("", "string_too_short"),
        ("a.zip", "unsupported_file_type"),
        ("tif", "unsupported_file_type"),
        ("a.tif.exe", "unsupported_file_type"),
        ("../a.tif", "invalid_filename"),
        ("a\\b.tif", "invalid_filename"),
        ("a\u0000.tif", "invalid_filename"),
        ("gpj\u202e.tif", "invalid_filename"),
        (".tif", "invalid_filename"),
        ("x" * 252 + ".tif", "string_too_long"),
    ],
)
def test_a_hostile_file_name_is_refused_at_its_field(fakes: FakeUseCases, filename: str, kind: str) -> None:
    (entry,) = entries(fakes, REQUEST, {"filename": filename, "file_size": 1})
    assert (entry["loc"], entry["type"]) == (["body", "filename"], kind)
    assert entry["input"] == filename[:200]
    assert fakes.calls == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "tiles3d"), ("content_type", "a\r\nx-evil: 1"), ("content_type", ""), ("surprise", 1)],
)
def test_a_field_that_means_nothing_here_is_refused(fakes: FakeUseCases, field: str, value: object) -> None:
    (entry,) = entries(fakes, REQUEST, {"filename": "a.tif", "file_size": 1, field: value})
    assert entry["loc"] == ["body", field]


# --- completing one ---


def test_a_completion_is_answered_as_the_published_api_does(fakes: FakeUseCases) -> None:
    fakes.answers["complete_upload"] = upload(id=JOB, status=JobStatus.COMPLETE, dataset_id=RASTER)
    parts = [{"part_number": 2, "etag": '"b"'}, {"part_number": 1, "etag": "a"}]
    answer = ask(fakes, "POST", COMPLETE, body={"parts": parts})
    assert answer.status == 200
    assert answer.json == {
        "job_id": JOB,
        "status": "complete",
        "message": f"scene.tif is registered as dataset {RASTER}",
        "dataset_id": RASTER,
    }
    assert fakes.calls[0][1][1:] == (JOB, (Part(2, "b"), Part(1, "a")))


@pytest.mark.parametrize("body", [None, {}, {"parts": []}])
def test_one_request_needs_no_list_of_parts(fakes: FakeUseCases, body: object) -> None:
    fakes.answers["complete_upload"] = upload(id=JOB, source_filename="list.jsonl")
    answer = ask(fakes, "POST", COMPLETE, body=body)
    assert (answer.status, answer.json["status"], answer.json["dataset_id"]) == (200, "pending", None)
    assert "manifest_uri" in answer.json["message"]


@pytest.mark.parametrize(
    ("part", "loc"),
    [
        ({"etag": "a", "part_number": 0}, ["body", "parts", 0, "part_number"]),
        ({"etag": "", "part_number": 1}, ["body", "parts", 0, "etag"]),
        ({"etag": "a"}, ["body", "parts", 0, "part_number"]),
        ({"etag": "a", "part_number": 1, "size": 3}, ["body", "parts", 0, "size"]),
    ],
)
def test_a_part_that_is_none_is_named(fakes: FakeUseCases, part: object, loc: list[object]) -> None:
    (entry,) = entries(fakes, COMPLETE, {"parts": [part]})
    assert entry["loc"] == loc


def test_more_parts_than_an_upload_can_have_are_refused(fakes: FakeUseCases) -> None:
    parts = [{"etag": "a", "part_number": number} for number in range(1, 1002)]
    (entry,) = entries(fakes, COMPLETE, {"parts": parts})
    assert (entry["loc"], entry["type"]) == (["body", "parts"], "too_long")


def test_what_is_wrong_with_parts_is_told_part_by_part(fakes: FakeUseCases) -> None:
    fakes.answers["complete_upload"] = InvalidInputsError(
        [
            InvalidInputError(
                "part_etag_mismatch", "another", loc=("body", "parts", 0, "etag"), value="f", expected="a", actual="f"
            ),
            InvalidInputError(
                "part_missing", "gone", loc=("body", "parts"), value=None, expected="8 bytes", actual=None
            ),
        ]
    )
    assert entries(fakes, COMPLETE, {"parts": []}) == [
        {
            "loc": ["body", "parts", 0, "etag"],
            "msg": "another",
            "type": "part_etag_mismatch",
            "input": "f",
            "ctx": {"expected": "a", "actual": "f"},
        },
        {
            "loc": ["body", "parts"],
            "msg": "gone",
            "type": "part_missing",
            "ctx": {"expected": "8 bytes", "actual": None},
        },
    ]


def test_a_file_that_is_no_geotiff_points_to_its_job(fakes: FakeUseCases) -> None:
    fakes.answers["complete_upload"] = IncompatibleSourcesError(
        [Finding("object_unreadable", "s3://artifacts/x", 0, "uri", "no TIFF")]
    )
    (entry,) = entries(fakes, COMPLETE, {})
    assert (entry["loc"], entry["code"]) == (["path", "job_id"], "object_unreadable")


def test_an_upload_that_has_ended_is_409(fakes: FakeUseCases) -> None:
    fakes.answers["complete_upload"] = UploadEndedError(JOB, "cancelled", None)
    answer = ask(fakes, "POST", COMPLETE, body={})
    assert (answer.status, answer.json["code"]) == (409, "upload_ended")


# --- as a job ---


def test_an_upload_is_shown_as_a_job_without_a_generation(fakes: FakeUseCases) -> None:
    finding = Finding("object_unreadable", "s3://artifacts/x", 0, "uri", "no TIFF")
    failed = upload(id=JOB, status=JobStatus.FAILED, findings=(finding,), error_code="object_unreadable")
    fakes.answers |= {
        "read_job": failed,
        "list_jobs": JobPage((failed,), 1),
        "read_jobs": {JOB: failed},
        "cancel_job": Cancelled(failed, already=True),
    }
    told = ask(fakes, "GET", f"/jobs/{JOB}").json
    assert (told["source_filename"], told["dataset_id"], told["can_retry"]) == ("scene.tif", None, False)
    assert told["retry_reason"] == "An upload cannot be retried; ask for another one"
    assert [entry["loc"] for entry in told["findings"]] == [["path", "job_id"]]
    assert ask(fakes, "GET", "/jobs/").json == {"jobs": [told], "total": 1}
    (entry,) = ask(fakes, "POST", "/jobs/status/", body={"job_ids": [JOB]}).json["jobs"]
    assert (entry["status"], entry["error_code"]) == ("failed", "object_unreadable")
    assert ask(fakes, "POST", f"/jobs/{JOB}/cancel").json["run_id"] is None


# --- manifests ---

CREATION = {"vrt_type": "mosaic", "resolution_strategy": "finest", "title": "Survey"}
URI = "s3://lists/survey.jsonl"


@pytest.mark.parametrize(
    ("lists", "found"),
    [
        ({}, "neither"),
        ({"source_dataset_ids": None, "manifest_uri": None}, "neither"),
        ({"source_dataset_ids": [an_id("a"), an_id("b")], "manifest_uri": URI}, "both"),
    ],
)
def test_a_vrt_has_one_list_of_sources(fakes: FakeUseCases, lists: dict[str, object], found: str) -> None:
    (entry,) = entries(fakes, "/ingest/vrt/create", {**CREATION, **lists})
    assert (entry["loc"], entry["type"], entry["ctx"]) == (["body"], "one_list_of_sources", {"found": found})


def test_a_manifest_takes_the_place_of_the_list(fakes: FakeUseCases) -> None:
    fakes.answers["create_vrt"] = JOB
    answer = ask(fakes, "POST", "/ingest/vrt/create", body={**CREATION, "manifest_uri": URI})
    assert answer.status == 202
    (_, (who, asked, _), _) = fakes.calls[0]
    assert (who.subject, asked.manifest_uri, asked.source_ids) == (OWNER, URI, ())


def test_a_finding_about_a_source_points_to_its_line_of_the_manifest(fakes: FakeUseCases) -> None:
    finding = Finding("crs_mismatch", RASTER, 1, "crs", "another CRS")
    fakes.answers["create_vrt"] = IncompatibleSourcesError(on_lines([finding], [2, 7]))
    (entry,) = entries(fakes, "/ingest/vrt/create", {**CREATION, "manifest_uri": URI})
    assert (entry["loc"], entry["source_id"]) == (["body", "manifest_uri", 7], RASTER)
