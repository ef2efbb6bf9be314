"""From an error of a use case to a problem body."""

import json
import math
from typing import Any

import pytest

from rasterloom.domain import errors
from rasterloom.domain.findings import Finding, Severity
from rasterloom.http.problems import STATUS, problem, status_of
from tests.support.factories import an_id
from tests.unit.http.api import FakeUseCases, ask

JOB, ONE = an_id("job"), an_id("one")
BODY = {
    "source_dataset_ids": [ONE, an_id("two")],
    "vrt_type": "mosaic",
    "resolution_strategy": "finest",
    "title": "Alps",
}


def body_of(error: Exception) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(problem(error, "r").body)
    return parsed


def finding(index: int = 1, **changes: Any) -> Finding:
    values: dict[str, Any] = {
        "code": "crs_mismatch",
        "source_id": an_id("two"),
        "index": index,
        "field": "crs",
        "message": "The source is in A, the reference in B",
        "expected": "B",
        "actual": "A",
        "reference": ONE,
        "hint": "Reproject it.",
    }
    return Finding(**{**values, **changes})


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.UnauthenticatedError("no"), 401, "unauthenticated"),
        (errors.ForbiddenError("no"), 403, "forbidden"),
        (errors.NotFoundError("job", JOB), 404, "not_found"),
        (errors.NotPublishedError(ONE), 409, "not_published"),
        (errors.SourceAlreadyLinkedError(ONE, ONE), 409, "source_already_linked"),
        (errors.TooFewSourcesError(ONE, 2, 2), 422, "too_few_sources"),
        (errors.DatasetBusyError(ONE, JOB), 409, "dataset_busy"),
        (errors.DatasetInUseError("VRTs use it", [(ONE, "Mosaic")], 2), 409, "dataset_in_use"),
        (errors.BeingDeletedError(ONE), 409, "being_deleted"),
        (errors.TitleMismatchError(ONE), 400, "title_mismatch"),
        (errors.BaseChangedError("moved on"), 409, "base_changed"),
        (errors.IncompatibleSourcesError([finding()]), 422, "incompatible_sources"),
        (errors.InvalidInputError("bad", "no", loc=("query", "cursor"), value="x"), 422, "invalid_input"),
        (errors.InvalidUriError("http://x", "s3://bucket/key"), 422, "invalid_uri"),
        (errors.IdempotencyKeyReusedError("again"), 422, "idempotency_key_reused"),
        (errors.UnavailableError("DynamoDB", "ThrottlingException"), 503, "unavailable"),
        (errors.OutOfTimeError("late"), 503, "out_of_time"),
        (errors.ObjectMissingError("s3://artifacts/vrts/x"), 500, "internal_error"),
        (errors.LostLockError("lost"), 500, "internal_error"),
        (errors.RasterloomError("DynamoDB refused a call"), 500, "internal_error"),
        (KeyError("secret"), 500, "internal_error"),
    ],
)
def test_every_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    made = body_of(error)
    assert (made["status"], made["code"], made["request_id"]) == (status, code, "r")
    assert problem(error, "r").headers["content-type"] == "application/problem+json"


def test_a_code_is_told_only_where_the_table_has_the_error() -> None:
    every = {
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.RasterloomError)
    }
    hidden = {kind for kind in every if not any(issubclass(kind, told) for told in STATUS)}
    assert all(status_of(kind.__new__(kind)).value == 500 for kind in hidden)


@pytest.mark.parametrize(
    "error", [errors.UnavailableError("DynamoDB", "down", retry_after=7), errors.OutOfTimeError("late")]
)
def test_what_is_behind_the_api_is_not_told(error: Exception) -> None:
    assert "DynamoDB" not in problem(error, "r").body
    assert int(problem(error, "r").headers["retry-after"]) > 0


def test_a_busy_dataset_answers_as_the_published_api_and_names_the_job() -> None:
    error = errors.DatasetBusyError(ONE, JOB)
    made = body_of(error)
    assert made["detail"] == {"code": "dataset_busy", "message": error.message}
    assert made["job_id"] == JOB
    assert problem(error, "r").headers["retry-after"] == "2"


def test_a_finding_is_a_field_error_that_says_more(fakes: FakeUseCases) -> None:
    fakes.answers["create_vrt"] = errors.IncompatibleSourcesError([finding()])
    answered = ask(fakes, "POST", "/ingest/vrt/create", body=BODY)
    assert answered.status == 422
    assert answered.json["findings_total"] == 1
    assert answered.json["detail"] == [
        {
            "loc": ["body", "source_dataset_ids", 1],
            "msg": "The source is in A, the reference in B",
            "type": "crs_mismatch",
            "input": an_id("two"),
            "ctx": {"expected": "B", "actual": "A", "reference": ONE, "hint": "Reproject it."},
            "source_id": an_id("two"),
            "code": "crs_mismatch",
            "message": "The source is in A, the reference in B",
            "field": "crs",
            "severity": "error",
        }
    ]


def test_a_finding_of_a_registration_points_to_the_uri(fakes: FakeUseCases) -> None:
    fakes.answers["register_raster"] = errors.IncompatibleSourcesError([finding(0, code="object_missing")])
    answered = ask(fakes, "POST", "/ingest/raster/register", body={"uri": "s3://b/k.tif"})
    assert answered.json["detail"][0]["loc"] == ["body", "uri"]


def test_warnings_are_listed_beside_errors_and_of_many_a_thousand() -> None:
    found = [finding(index, severity=Severity.WARNING) for index in range(4000)]
    made = body_of(errors.IncompatibleSourcesError(found))
    assert (len(made["detail"]), made["findings_total"]) == (1000, 4000)
    assert made["detail"][-1]["severity"] == "warning"
    assert len(problem(errors.IncompatibleSourcesError(found), "r").body) < 1_000_000


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        ((1.0, math.nan), [1.0, "nan"]),
        ({"a": math.inf}, {"a": "inf"}),
        (2**70, 2**70),
        (True, True),
        (b"raw".hex(), "726177"),
        (Severity.ERROR, "error"),
    ],
)
def test_numbers_that_json_cannot_hold_are_told_by_name(value: object, told: object) -> None:
    made = body_of(errors.IncompatibleSourcesError([finding(expected=value, actual=value)]))
    assert made["detail"][0]["ctx"]["expected"] == told


def test_text_that_is_no_unicode_does_not_break_an_answer() -> None:
    made = body_of(errors.InvalidUriError("s3://b/\ud800", "s3://bucket/key"))
    assert made["detail"][0]["input"] == "s3://b/\ud800"


def test_a_reused_key_points_to_its_header() -> None:
    entry = body_of(errors.IdempotencyKeyReusedError("k-1"))["detail"][0]
    assert (entry["loc"], entry["type"]) == (["header", "Idempotency-Key"], "idempotency_key_reused")


@pytest.mark.parametrize("length", [341, 10])
def test_findings_about_the_longest_keys_fit_into_what_lambda_answers(length: int) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB for a synchronous answer."""
    uri = "s3://bucket/" + "\N{SNOWMAN}" * length
    found = [finding(number, message=f"{uri} is missing", actual=uri) for number in range(2000)]
    answer = problem(errors.IncompatibleSourcesError(found), "r")
    told = json.loads(answer.body)
    assert told["findings_total"] == 2000
    assert (len(told["detail"]) == 1000) is (length == 10)
    assert len(json.dumps(answer.to_gateway())) < 6_000_000
    assert len(told["detail"]) > 500


def test_a_reused_key_is_told_so_wherever_it_was_used_before() -> None:
    told = body_of(errors.IdempotencyKeyReusedError("k-1"))["detail"][0]["msg"]
    assert told == "Idempotency-Key 'k-1' came before with another request: method, path and body have to be the same"
