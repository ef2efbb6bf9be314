"""What holds for every route: paths, methods, tokens, problem bodies."""

import json
from typing import Any

import pytest

from rasterloom.domain.access import ANONYMOUS
from rasterloom.domain.errors import NotFoundError
from rasterloom.http.problems import PROBLEM_JSON
from rasterloom.http.routes import ROUTES
from rasterloom.http.routing import Route
from tests.support.factories import an_id, generation, job, raster
from tests.unit.http.api import Answered, FakeUseCases, answer_to, ask, event

GUARDED = [route for route in ROUTES if not route.is_public and not route.is_open]
OPEN = [route for route in ROUTES if route.is_open]
JOB = an_id("job")


def path_of(route: Route) -> str:
    path = route.path
    for name in route.parameters:
        path = path.replace(f"{{{name}}}", an_id(name))
    return path


def by_operation(route: Route) -> str:
    return route.operation_id


def assert_problem(answered: Answered, status: int, code: str) -> dict[str, Any]:
    assert answered.status == status, answered.body
    assert answered.headers["content-type"] == PROBLEM_JSON
    problem: dict[str, Any] = answered.json
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["request_id"] == "request-1"
    assert {"type", "title", "detail"} <= problem.keys()
    return problem


@pytest.mark.parametrize("route", GUARDED, ids=by_operation)
@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, "Bearer"),
        ({"Authorization": "Basic YWxpY2U6c2VjcmV0"}, 'Bearer error="invalid_token"'),
        ({"authorization": "Bearer"}, 'Bearer error="invalid_token"'),
        ({"Authorization": "Bearer other.token.here"}, 'Bearer error="invalid_token"'),
        ({"Authorization": "Bearer a, Bearer b"}, 'Bearer error="invalid_token"'),
    ],
)
def test_every_guarded_route_wants_a_token(
    fakes: FakeUseCases, route: Route, headers: dict[str, str], challenge: str
) -> None:
    answered = ask(fakes, route.method, path_of(route), token=None, headers=headers)
    assert_problem(answered, 401, "unauthenticated")
    assert answered.headers["www-authenticate"] == challenge
    assert fakes.calls == []


@pytest.mark.parametrize("route", OPEN, ids=by_operation)
def test_what_may_be_public_is_asked_for_by_nobody_where_there_is_no_token(fakes: FakeUseCases, route: Route) -> None:
    fakes.answers = {"quicklook": b"picture"}
    assert ask(fakes, route.method, path_of(route), token=None).status == 200
    (_, (caller, *_), _) = fakes.calls[0]
    assert caller is ANONYMOUS
    fakes.answers = {"quicklook": NotFoundError("dataset", JOB)}
    answered = ask(fakes, route.method, path_of(route), token=None)
    assert_problem(answered, 401, "unauthenticated")
    assert answered.headers["www-authenticate"] == "Bearer"
    assert_problem(ask(fakes, route.method, path_of(route)), 404, "not_found")


@pytest.mark.parametrize("route", OPEN, ids=by_operation)
@pytest.mark.parametrize("header", ["Basic YWxpY2U6c2VjcmV0", "Bearer", "", "Bearer other.token.here"])
def test_a_credential_that_does_not_hold_is_never_nobody(fakes: FakeUseCases, route: Route, header: str) -> None:
    answered = ask(fakes, route.method, path_of(route), token=None, headers={"authorization": header})
    assert_problem(answered, 401, "unauthenticated")
    assert fakes.calls == []


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/docs", "/docs/swagger-ui.css"])
def test_what_the_api_says_of_itself_needs_no_token(fakes: FakeUseCases, path: str) -> None:
    assert ask(fakes, "GET", path, token=None).status == 200


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("stage", "is_prefixed"), [("api", True), ("api", False), ("$default", False)])
def test_a_path_is_found_with_and_without_slash_and_stage(
    fakes: FakeUseCases, slash: str, stage: str, *, is_prefixed: bool
) -> None:
    fakes.answers["read_job"] = job(generation(an_id("vrt"), job_id=JOB))
    answered = ask(fakes, "GET", f"/jobs/{JOB}{slash}", stage=stage, is_prefixed=is_prefixed)
    assert answered.status == 200
    assert answered.json["id"] == JOB


@pytest.mark.parametrize("route", ROUTES, ids=by_operation)
def test_both_slash_forms_reach_the_same_route(fakes: FakeUseCases, route: Route) -> None:
    bare = path_of(route).rstrip("/")
    statuses = {ask(fakes, route.method, path).status for path in (bare, f"{bare}/")}
    assert len(statuses) == 1
    assert not statuses & {307, 308, 405}


def test_a_path_that_only_begins_like_the_stage_is_not_cut(fakes: FakeUseCases) -> None:
    assert_problem(ask(fakes, "GET", "/apiary/healthz", is_prefixed=False), 404, "unknown_route")


@pytest.mark.parametrize("path", ["/", "", "/nothing", "/jobs/a/b", "/datasets/x/y", "/docs/../healthz", "/docs/x.js"])
def test_an_unknown_path_is_a_problem_too(fakes: FakeUseCases, path: str) -> None:
    assert_problem(ask(fakes, "GET", path), 404, "unknown_route")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_a_method_that_a_path_has_not_is_refused_with_those_it_has(fakes: FakeUseCases, method: str) -> None:
    answered = ask(fakes, method, f"/jobs/{JOB}")
    assert_problem(answered, 405, "method_not_allowed")
    assert answered.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_path_that_is_spelled_out_outranks_one_with_an_id_in_its_place(fakes: FakeUseCases, method: str) -> None:
    answered = ask(fakes, method, "/jobs/status/")
    assert_problem(answered, 405, "method_not_allowed")
    assert answered.headers["allow"] == "OPTIONS, POST"


def test_options_tells_the_methods_of_a_path(fakes: FakeUseCases) -> None:
    answered = ask(fakes, "OPTIONS", "/ingest/vrt/create", token=None)
    assert (answered.status, answered.headers["allow"]) == (204, "OPTIONS, POST")


def test_head_answers_as_get_without_a_body(fakes: FakeUseCases) -> None:
    get, head = (ask(fakes, method, "/healthz") for method in ("GET", "HEAD"))
    assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")


def test_an_id_may_come_in_any_case(fakes: FakeUseCases) -> None:
    fakes.answers["read_job"] = job(generation(an_id("vrt"), job_id=JOB))
    assert ask(fakes, "GET", f"/jobs/{JOB.upper()}").json["id"] == JOB
    assert fakes.calls[0][1][1] == JOB


@pytest.mark.parametrize("bad", ["1", "not-a-uuid", JOB[:-1], f"{JOB}0", JOB.replace("-", ""), f"%7B{JOB}%7D"])
def test_a_path_id_that_is_no_uuid_is_named(fakes: FakeUseCases, bad: str) -> None:
    problem = assert_problem(ask(fakes, "GET", f"/jobs/{bad}"), 422, "invalid_fields")
    assert problem["detail"][0]["loc"] == ["path", "job_id"]
    assert problem["detail"][0]["type"] == "uuid_parsing"


def test_an_error_that_nobody_expected_tells_nothing(fakes: FakeUseCases, caplog: pytest.LogCaptureFixture) -> None:
    fakes.answers["read_job"] = RuntimeError("/var/task/secret.py: bucket artifacts, key AKIA…")
    answered = ask(fakes, "GET", f"/jobs/{JOB}")
    assert_problem(answered, 500, "internal_error")
    assert b"secret" not in answered.body
    assert b"AKIA" not in answered.body
    assert "secret.py" in caplog.text


def test_every_answer_names_its_request_and_forbids_sniffing(fakes: FakeUseCases) -> None:
    for path in ("/healthz", "/nothing"):
        headers = ask(fakes, "GET", path).headers
        assert headers["x-request-id"] == "request-1"
        assert headers["x-content-type-options"] == "nosniff"


def test_without_a_gateway_request_id_the_function_s_own_is_told(fakes: FakeUseCases) -> None:
    sent = event("GET", "/nothing")
    del sent["requestContext"]["requestId"]
    from rasterloom.http.application import Application

    answered = Application(ROUTES, lambda: fakes)(sent, fallback_id="invocation-1")
    assert json.loads(answered["body"])["request_id"] == "invocation-1"


def test_a_route_that_needs_no_use_case_works_without_any() -> None:
    from rasterloom.http.application import Application

    def broken() -> Any:
        raise KeyError("TABLE_NAME")

    application = Application(ROUTES, broken)
    assert application(event("GET", "/healthz"))["statusCode"] == 200
    assert application(event("GET", f"/jobs/{JOB}"))["statusCode"] == 500


def test_unknown_query_parameters_are_ignored(fakes: FakeUseCases) -> None:
    fakes.answers["read_dataset"] = raster(id=an_id("raster"))
    assert ask(fakes, "GET", f"/datasets/{an_id('raster')}", query="utm_source=x&skip=-1").status == 200


def test_events_may_lack_what_a_request_has_not(fakes: FakeUseCases) -> None:
    sent = event("GET", "/healthz", token=None)
    for name in ("rawQueryString", "isBase64Encoded", "headers"):
        del sent[name]
    assert answer_to(fakes, sent).status == 200
