"""The ways in which a route answers: those that it names, and those that all routes of its kind share."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import count
from typing import Any, Final

from rasterloom.http import answers
from rasterloom.http.openapi.examples import ANSWERS, named, problems
from rasterloom.http.openapi.schemas import schema_of
from rasterloom.http.problems import PROBLEM_JSON
from rasterloom.http.routing import Answer, Route

REQUEST_ID_HEADER: Final = {
    "description": "Names the request in the logs.",
    "required": True,
    "schema": {"type": "string", "minLength": 1},
}
_ALWAYS: Final = frozenset({"ETag", "Location", "WWW-Authenticate"})
"""Headers that an answer which tells of them never lacks."""

_HEADER_SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "ETag": {"type": "string", "pattern": '^(W/)?"[^"]*"$'},
    "Link": {"type": "string"},
    "Location": {"type": "string", "format": "uri"},
    "Retry-After": {"type": "integer", "minimum": 0},
    "WWW-Authenticate": {"type": "string", "pattern": "^Bearer"},
}
_RETRY_AFTER: Final = {"Retry-After": "Seconds after which to try again."}
_VERSION: Final = {"ETag": "The version that it has now."}
_CHALLENGE: Final = {"WWW-Authenticate": "`Bearer`, with `error` where a token was sent."}


def responses(route: Route) -> dict[str, Any]:
    """Every status that a route can answer; what the route itself says of one outranks what all say of it."""
    told = {**dict(_refusals(route)), **route.answers}
    return {str(status.value): _response(route, status, answer) for status, answer in sorted(told.items())}


def _refusals(route: Route) -> Iterator[tuple[HTTPStatus, Answer]]:
    """The refusals that follow from what a route is."""
    if route.body:
        yield HTTPStatus.BAD_REQUEST, _problem("The body is no JSON")
        yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _problem("The body is over 1 MB")
    if not route.is_public:
        yield HTTPStatus.UNAUTHORIZED, _problem("No bearer token, or none that holds", _CHALLENGE)
        yield HTTPStatus.SERVICE_UNAVAILABLE, _problem("A service behind the API does not answer", _RETRY_AFTER)
    if route.permission:
        yield HTTPStatus.FORBIDDEN, _problem(_forbidden(route))
    if route.parameters:
        yield HTTPStatus.NOT_FOUND, _problem("There is none that the caller may know of")
    if route.is_conditional:
        yield HTTPStatus.PRECONDITION_FAILED, _problem("It is at none of the versions that `If-Match` names", _VERSION)
    if route.body or route.query or route.is_idempotent_by_key or route.is_conditional or _ids(route):
        description = "Fields that are not valid, or sources that do not fit" if route.body else "What is not valid"
        yield HTTPStatus.UNPROCESSABLE_ENTITY, Answer(description, answers.HTTPValidationError, PROBLEM_JSON)
    yield HTTPStatus.INTERNAL_SERVER_ERROR, _problem("Something went wrong on this side")


def _forbidden(route: Route) -> str:
    missing = f"Missing permission: {route.permission}"
    return f"{missing}; or it is not the caller's to change" if _ids(route) else missing


def _ids(route: Route) -> list[str]:
    return [name for name in route.parameters if name.endswith("_id")]


def _problem(description: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(description, answers.Problem, PROBLEM_JSON, headers or {})


def _response(route: Route, status: HTTPStatus, answer: Answer) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    for name, text in answer.headers.items():
        headers[name] = {"description": text, "schema": _HEADER_SCHEMAS[name]}
        if name in _ALWAYS:
            headers[name]["required"] = True
    described: dict[str, Any] = {"description": answer.description, "headers": headers}
    if answer.content_type:
        media: dict[str, Any] = {"schema": schema_of(answer)}
        examples = _examples(route, status, answer)
        if examples:
            media["examples"] = named(examples)
        described["content"] = {answer.content_type: media}
    return described


def _examples(route: Route, status: HTTPStatus, answer: Answer) -> Mapping[str, Any]:
    if answer.content_type == PROBLEM_JSON:
        return problems.examples(route, status)
    return ANSWERS.get(route.operation_id, {}).get(status, {})


def share_refusals(paths: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Take refusals that several operations have in the same words out of them, and answer those by name."""
    told: dict[str, list[dict[str, Any]]] = {}
    for operation in (operation for operations in paths.values() for operation in operations.values()):
        for status, response in operation["responses"].items():
            if status >= "400":
                told.setdefault(f"{status} {json.dumps(response)}", []).append(operation["responses"])
    shared: dict[str, Any] = {}
    for key, users in told.items():
        if len(users) > 1:
            status = key[:3]
            name = _free_name(HTTPStatus(int(status)).phrase.title().replace(" ", ""), shared)
            shared[name] = users[0][status]
            for responses_of_one in users:
                responses_of_one[status] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(shared.items()))


def _free_name(wanted: str, taken: Mapping[str, Any]) -> str:
    names = (wanted if number == 1 else f"{wanted}{number}" for number in count(1))
    return next(name for name in names if name not in taken)
