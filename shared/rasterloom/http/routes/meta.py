"""The API about itself: open to everybody."""

from http import HTTPStatus
from typing import Final

from rasterloom import __version__
from rasterloom.http import docs
from rasterloom.http.answers import Health
from rasterloom.http.calls import Call
from rasterloom.http.responses import Response, cacheable, json_response
from rasterloom.http.routing import Answer, Route

_DIGEST: Final = {"ETag": "The body's digest"}
_NOT_MODIFIED: Final = Answer("The body is the one that `If-None-Match` names", content_type="", headers=_DIGEST)


def healthz(_: Call) -> Response:
    """Answer that the API answers; nothing behind it is asked."""
    answer: Health = {"status": "ok", "version": __version__}
    return json_response(answer)


def openapi(call: Call) -> Response:
    """Answer the OpenAPI document that was made when the package was."""
    known = call.request.headers.get("if-none-match")
    return cacheable(docs.document(), "application/json", "public, no-cache", known)


def page(call: Call) -> Response:
    """Answer the page of Swagger UI."""
    return docs.page(has_trailing_slash=call.request.has_trailing_slash)


def asset(call: Call) -> Response:
    """Answer a file of Swagger UI."""
    return docs.asset(call.path_parameters["asset"], call.request.headers.get("if-none-match"))


ROUTES: Final = (
    Route(
        "GET",
        "/healthz",
        healthz,
        operation_id="healthz",
        summary="Ask whether the API answers",
        tag="about",
        is_public=True,
        answers={HTTPStatus.OK: Answer("It does", Health)},
    ),
    Route(
        "GET",
        "/openapi.json",
        openapi,
        operation_id="openapi",
        summary="Read this document",
        tag="about",
        is_public=True,
        answers={HTTPStatus.OK: Answer("OpenAPI 3.1", dict, headers=_DIGEST), HTTPStatus.NOT_MODIFIED: _NOT_MODIFIED},
    ),
    Route(
        "GET",
        "/docs",
        page,
        operation_id="docs",
        summary="Try the API in a browser",
        tag="about",
        is_public=True,
        answers={HTTPStatus.OK: Answer("Swagger UI", content_type="text/html")},
    ),
    Route(
        "GET",
        "/docs/{asset}",
        asset,
        operation_id="docs_asset",
        summary="Read a file of Swagger UI",
        tag="about",
        is_public=True,
        answers={
            HTTPStatus.OK: Answer("The file", content_type="text/*", headers=_DIGEST),
            HTTPStatus.NOT_MODIFIED: _NOT_MODIFIED,
        },
    ),
)
