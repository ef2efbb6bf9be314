"""What is inside stays inside: no answer tells what went wrong in here, and no line of the log holds a credential."""

import json
import logging
from typing import Any

import pytest

from rasterloom.domain.errors import (
    LostLockError,
    ObjectMissingError,
    OutOfTimeError,
    RasterloomError,
    UnauthenticatedError,
    UnavailableError,
)
from rasterloom.http.application import Application
from rasterloom.http.routes import ROUTES
from rasterloom.http.routing import Route
from rasterloom.observability import line_of, logger
from rasterloom.services.build_generation import failure_of
from tests.support.factories import principal
from tests.unit.functions.conftest import Sample
from tests.unit.http.api import FakeUseCases

SECRETS = (
    "arn:aws:sts::123456789012:assumed-role/stack-api/stack-api",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG",
    "/var/task/app.py",
    "s3://artifacts/vrts/d/g/a/members-0.json.gz",
    "ProvisionedThroughputExceededException",
)
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
CREDENTIALS = (TOKEN, "FwoGZXIvYXdzE", "0f1e2d3c")
PRESIGNED = "https://artifacts.s3.amazonaws.com/k?X-Amz-Security-Token=FwoGZXIvYXdzE&X-Amz-Signature=0f1e2d3c"
INSIDE = " ".join((*SECRETS, PRESIGNED, f"Authorization: Bearer {TOKEN}"))

ERRORS = [
    RuntimeError(INSIDE),
    KeyError(INSIDE),
    RasterloomError(INSIDE, service=INSIDE),
    UnavailableError(INSIDE, INSIDE),
    OutOfTimeError(INSIDE),
    ObjectMissingError(INSIDE),
    LostLockError(INSIDE, generation=INSIDE),
    MemoryError(INSIDE),
    UnicodeDecodeError("utf-8", INSIDE.encode(), 0, 1, INSIDE),
]


class Failing(FakeUseCases):
    """Every use case fails with one error."""

    error: Exception

    def verify_token(self, token: str) -> Any:
        """The token holds, unless it is nobody's."""
        if token != TOKEN:
            raise UnauthenticatedError("The bearer token is not valid", presented=True)
        return self.caller

    def called(self, *_: Any) -> Any:
        """Fail."""
        raise self.error


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lines of the log, as they are written."""
    written: list[str] = []
    formatter = logger.registered_handler.formatter
    assert formatter is not None
    monkeypatch.setattr(logger.registered_handler, "emit", lambda record: written.append(formatter.format(record)))
    monkeypatch.setattr(logging.getLogger("rasterloom"), "level", logging.DEBUG)
    return written


ASKING = [route for route in ROUTES if not route.is_public and route.operation_id != "read_upload_config"]


def told_of(route: Route, error: Exception) -> str:
    """What a caller is told when a use case of a route fails; held against what every such answer is."""
    event = Sample()(f"http/{route.operation_id}")
    event["headers"]["authorization"] = f"Bearer {TOKEN}"
    failing = Failing(caller=principal(permissions=frozenset({"admin"})))
    failing.error = error
    answered = Application(ROUTES, lambda: failing)(event)
    assert answered["statusCode"] in {500, 503}, answered["body"]
    assert set(json.loads(answered["body"])) == {"type", "title", "status", "detail", "code", "request_id"}
    return json.dumps(answered)


@pytest.mark.parametrize("route", ASKING, ids=lambda each: each.operation_id)
def test_no_internal_error_of_a_route_tells_anything(route: Route, lines: list[str]) -> None:
    told = told_of(route, RasterloomError(INSIDE, service=INSIDE))
    assert not [secret for secret in (*SECRETS, *CREDENTIALS) if secret in told]
    assert lines
    assert not [secret for secret in CREDENTIALS if secret in "".join(lines)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda each: type(each).__name__)
def test_no_kind_of_internal_error_tells_anything(error: Exception, lines: list[str]) -> None:
    told = told_of(next(route for route in ASKING if route.operation_id == "create_vrt"), error)
    assert not [secret for secret in (*SECRETS, *CREDENTIALS) if secret in told]
    assert not [secret for secret in CREDENTIALS if secret in "".join(lines)]


@pytest.mark.parametrize("error", [RasterloomError(INSIDE), UnavailableError("S3", INSIDE)])
def test_a_job_does_not_tell_what_failed_in_here(error: RasterloomError) -> None:
    failure = failure_of(error)
    assert failure.code == error.code
    assert not any(secret in failure.message for secret in SECRETS)


def test_a_refused_token_is_in_no_answer_and_in_no_line(lines: list[str]) -> None:
    event = Sample()("http/read_job")
    event["headers"]["authorization"] = "Bearer forged-and-secret"
    failing = Failing()
    failing.error = RuntimeError()
    answered = Application(ROUTES, lambda: failing)(event)
    assert answered["statusCode"] == 401
    assert "forged-and-secret" not in json.dumps(answered) + "".join(lines)


def test_a_line_is_blotted_however_it_is_spelled() -> None:
    assert "forged" not in line_of({"headers": {"authorization": "bearer forged"}})
