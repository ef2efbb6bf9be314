"""Every refusal becomes an exception that carries what was said."""

import httpx
import pytest

from rasterloom_client import (
    ApiError,
    BusyError,
    ChangedError,
    ConflictError,
    ForbiddenError,
    InUseError,
    NotFoundError,
    RefusedError,
    ServerError,
    UnauthenticatedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from rasterloom_client.problems import error_of
from tests.unit.client.scripted import FIRST, JOB, VRT, answer, client, finding, problem


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "malformed_body", ApiError),
        (401, "unauthenticated", UnauthenticatedError),
        (403, "forbidden", ForbiddenError),
        (404, "not_found", NotFoundError),
        (409, "source_already_linked", ConflictError),
        (409, "dataset_busy", BusyError),
        (409, "dataset_in_use", InUseError),
        (412, "version_changed", ChangedError),
        (413, "body_too_large", ApiError),
        (422, "incompatible_sources", RefusedError),
        (429, "throttled", UnavailableError),
        (500, "internal", ServerError),
        (503, "unavailable", UnavailableError),
    ],
)
def test_status_and_code_choose_the_exception(status: int, code: str, kind: type[ApiError]) -> None:
    error = error_of(problem(status, code, "Because"))
    assert type(error) is kind
    assert (error.status, error.code, str(error), error.request_id) == (status, code, "Because", "r-1")


def test_a_422_carries_every_finding() -> None:
    findings = [finding(0, "crs_mismatch"), finding(1, "dtype_mismatch")]
    error = error_of(problem(422, "incompatible_sources", findings, findings_total=1200))
    assert [each["type"] for each in error.findings] == ["crs_mismatch", "dtype_mismatch"]
    assert error.refusal.findings_total == 1200
    assert str(error) == "1200 things are wrong with the request"


def test_a_422_with_one_entry_says_it_itself() -> None:
    error = error_of(problem(422, "invalid_fields", [{"loc": ["body", "title"], "msg": "Not blank", "type": "blank"}]))
    assert str(error) == "title: Not blank"


def test_a_busy_dataset_names_the_job_and_when_to_come_back() -> None:
    detail = {"code": "dataset_busy", "message": "It is regenerating"}
    error = error_of(problem(409, "dataset_busy", detail, job_id=JOB, retry_after=2))
    assert isinstance(error, BusyError)
    assert (error.job_id, error.retry_after, str(error)) == (JOB, 2.0, "It is regenerating")


def test_a_raster_in_use_names_the_vrts() -> None:
    listed = [{"vrt_dataset_id": VRT, "vrt_dataset_title": "Survey"}]
    error = error_of(problem(409, "dataset_in_use", {"message": "In use", "dependent_vrts": listed, "hidden": 1}))
    assert isinstance(error, InUseError)
    assert error.dependent_vrts == listed


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (httpx.Response(429, json={"message": "Too Many Requests"}), "Too Many Requests"),
        (httpx.Response(503, text="<html>"), "the address answers 503, but not as this API does"),
        (httpx.Response(404, json=["a", "list"]), "the address answers 404, but not as this API does"),
        (httpx.Response(409, json={"detail": 7, "title": "Conflict"}), "Conflict"),
    ],
)
def test_what_a_gateway_answers_is_understood_too(response: httpx.Response, text: str) -> None:
    error = error_of(response)
    assert str(error) == text
    assert error.code == f"http_{response.status_code}"


def test_an_answer_that_is_no_json_names_the_address() -> None:
    caller, _ = client(httpx.Response(200, html="<html>"))
    with pytest.raises(UnexpectedAnswerError, match=r"/datasets/.*expected JSON; found text/html"):
        caller.dataset(FIRST)


def test_a_redirect_is_not_followed_but_named() -> None:
    caller, script = client(httpx.Response(301, headers={"Location": "https://elsewhere.test/"}))
    with pytest.raises(UnexpectedAnswerError, match=r"found a redirect to https://elsewhere\.test/"):
        caller.dataset(FIRST)
    assert len(script.requests) == 1


def test_the_request_id_of_the_header_serves_where_the_body_has_none() -> None:
    assert error_of(httpx.Response(500, headers={"x-request-id": "h-1"})).request_id == "h-1"
    assert error_of(answer({}, 500)).request_id is None
