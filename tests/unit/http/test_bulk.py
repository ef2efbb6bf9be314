"""Bulk registrations over HTTP: what is taken, what is answered, and how their jobs are shown."""

from typing import Any

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.bulk import BulkCounts, BulkJob, ObjectResult, Outcome
from rasterloom.domain.errors import ForbiddenError, InvalidInputError
from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.objects import ObjectPrefix
from rasterloom.domain.refusals import InvalidInputsError
from rasterloom.services.cancel_job import Cancelled
from rasterloom.services.read_registrations import ResultPage
from rasterloom.services.request_bulk import BulkRequest
from tests.support.factories import NOW, OWNER, an_id
from tests.unit.http.api import FakeUseCases, ask

BULK = "/ingest/raster/register/bulk"
JOB = an_id("job")
RESULTS = f"/jobs/{JOB}/registrations"


@pytest.fixture
def fakes() -> FakeUseCases:
    return FakeUseCases(answers={"request_bulk": JOB})


def job(**changes: Any) -> BulkJob:
    values: dict[str, Any] = {
        "id": JOB,
        "created_by": OWNER,
        "created_by_display": "Alice",
        "caller_groups": (),
        "caller_permissions": (),
        "visibility": Visibility.PRIVATE,
        "groups": (),
        "status": JobStatus.RUNNING,
        "created_at": NOW,
        "due": NOW,
        "objects": 8,
        "parts": 2,
        "counts": BulkCounts(created=2, failed=1),
    }
    return BulkJob(**{**values, **changes})


def entries(fakes: FakeUseCases, body: object) -> list[dict[str, Any]]:
    answer = ask(fakes, "POST", BULK, body=body)
    assert answer.status == 422, answer.body
    found: list[dict[str, Any]] = answer.json["detail"]
    return found


def test_named_objects_are_accepted(fakes: FakeUseCases) -> None:
    body = {"uris": ["s3://b/1.tif", "s3://b/2.tif"], "visibility": "restricted", "groups": ["desk"]}
    answer = ask(fakes, "POST", BULK, body=body, headers={"idempotency-key": "k"})
    assert (answer.status, answer.json["job_id"], answer.json["status"]) == (202, JOB, "accepted")
    (_, (_, request, key), _) = fakes.calls[0]
    assert request == BulkRequest(("s3://b/1.tif", "s3://b/2.tif"), None, Visibility.RESTRICTED, ("desk",))
    assert key.key == "k"


def test_a_prefix_is_accepted(fakes: FakeUseCases) -> None:
    assert ask(fakes, "POST", BULK, body={"prefix": "s3://b/in/"}).status == 202
    (_, (_, request, key), _) = fakes.calls[0]
    assert (request, key) == (BulkRequest((), "s3://b/in/"), None)


@pytest.mark.parametrize("body", [{}, {"uris": ["s3://b/1.tif"], "prefix": "s3://b/"}, {"uris": None, "prefix": None}])
def test_either_objects_or_a_prefix_it_has_to_be(fakes: FakeUseCases, body: object) -> None:
    (entry,) = entries(fakes, body)
    assert (entry["type"], entry["loc"]) == ("one_place", ["body"])
    assert fakes.calls == []


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"uris": []}, ["body", "uris"]),
        ({"uris": ["s3://b/1.tif", ""]}, ["body", "uris", 1]),
        ({"uris": [1]}, ["body", "uris", 0]),
        ({"prefix": ""}, ["body", "prefix"]),
        ({"prefix": "s3://b/", "title": "T"}, ["body", "title"]),
        ({"prefix": "s3://b/", "visibility": "open"}, ["body", "visibility"]),
    ],
)
def test_a_field_that_is_not_right_is_named(fakes: FakeUseCases, body: object, loc: list[str | int]) -> None:
    assert [entry["loc"] for entry in entries(fakes, body)] == [loc]


def test_every_uri_that_is_refused_is_named_by_its_place(fakes: FakeUseCases) -> None:
    errors = [
        InvalidInputError(
            "duplicate_uri", "s3://b/k is listed before, at position 0", loc=("body", "uris", place), value="s3://b/k"
        )
        for place in (1, 3)
    ]
    fakes.answers["request_bulk"] = InvalidInputsError(errors)
    found = entries(fakes, {"uris": ["s3://b/k"] * 4})
    assert [(entry["loc"], entry["type"]) for entry in found] == [
        (["body", "uris", 1], "duplicate_uri"),
        (["body", "uris", 3], "duplicate_uri"),
    ]


def test_a_place_that_is_not_allowed_is_403(fakes: FakeUseCases) -> None:
    fakes.answers["request_bulk"] = ForbiddenError("2 of 3 objects may not be registered here by this caller: …")
    answer = ask(fakes, "POST", BULK, body={"prefix": "s3://b/in/"})
    assert (answer.status, answer.json["code"]) == (403, "forbidden")


def test_its_job_tells_counts_beside_what_every_job_tells(fakes: FakeUseCases) -> None:
    fakes.answers["read_job"] = job()
    told = ask(fakes, "GET", f"/jobs/{JOB}").json
    assert told["registrations"] == {
        "objects": 8,
        "listed": True,
        "created": 2,
        "unchanged": 0,
        "refreshed": 0,
        "failed": 1,
    }
    assert (told["status"], told["progress"], told["step"], told["current_step"]) == (
        "running",
        0.375,
        "registering",
        "registering",
    )
    assert (told["dataset_id"], told["source_filename"], told["can_retry"]) == (None, "raster_bulk", False)


def test_what_lists_is_analyzing_in_the_words_of_the_published_client(fakes: FakeUseCases) -> None:
    fakes.answers["read_job"] = job(prefix=ObjectPrefix("b", ""), is_listed=False)
    told = ask(fakes, "GET", f"/jobs/{JOB}").json
    assert (told["step"], told["current_step"], told["progress"]) == ("listing", "analyzing", 0.0)


def test_objects_that_failed_are_warnings_of_a_job_that_is_complete(fakes: FakeUseCases) -> None:
    failed = Finding("object_missing", "s3://b/1.tif", 1, "uri", "is not there", severity=Severity.WARNING)
    fakes.answers["read_job"] = job(
        status=JobStatus.COMPLETE, findings=(failed,), finding_counts=(("object_missing", 1),), due=None
    )
    answer = ask(fakes, "GET", f"/jobs/{JOB}")
    assert answer.json["warning_message"] == "The objects were looked at with 1 warning: object missing (1)."
    assert (answer.json["progress"], answer.json["findings"][0]["source_id"]) == (1.0, "s3://b/1.tif")
    assert (answer.json["findings_total"], answer.json["findings_url"]) == (1, None)
    assert "retry-after" not in answer.headers


def test_a_job_of_which_more_failed_than_it_tells_names_its_results(fakes: FakeUseCases) -> None:
    failed = Finding("object_missing", "s3://b/1.tif", 1, "uri", "is not there", severity=Severity.WARNING)
    fakes.answers["read_job"] = job(findings=(failed,) * 20, finding_counts=(("object_missing", 21),))
    told = ask(fakes, "GET", f"/jobs/{JOB}").json
    assert (told["findings_total"], told["findings_url"]) == (21, f"/jobs/{JOB}/registrations")


def test_results_are_answered_in_order_with_the_next_page(fakes: FakeUseCases) -> None:
    made = ObjectResult("s3://b/1.tif", Outcome.CREATED, an_id("raster"))
    failed = ObjectResult("s3://b/2.tif", Outcome.FAILED, None, "object_missing", "is not there")
    fakes.answers["read_registrations"] = ResultPage((made, failed), "0.2")
    answer = ask(fakes, "GET", RESULTS, query="limit=2")
    assert answer.json == {
        "results": [
            {
                "uri": "s3://b/1.tif",
                "outcome": "created",
                "dataset_id": an_id("raster"),
                "error_code": None,
                "error_message": None,
            },
            {
                "uri": "s3://b/2.tif",
                "outcome": "failed",
                "dataset_id": None,
                "error_code": "object_missing",
                "error_message": "is not there",
            },
        ],
        "next": "?limit=2&cursor=0.2",
    }
    assert answer.headers["link"] == '<?limit=2&cursor=0.2>; rel="next"'
    fakes.answers["read_registrations"] = ResultPage((), None)
    last = ask(fakes, "GET", RESULTS)
    assert (last.json, "link" in last.headers) == ({"results": [], "next": None}, False)


def test_a_cancelled_job_has_no_run(fakes: FakeUseCases) -> None:
    fakes.answers["cancel_job"] = Cancelled(job(), already=False)
    told = ask(fakes, "POST", f"/jobs/{JOB}/cancel").json
    assert told == {"id": JOB, "status": "cancelled", "run_id": None, "already": False}
