"""One route as an operation of the document."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from rasterloom.http.openapi.examples import REQUESTS, ids, named
from rasterloom.http.openapi.responses import responses
from rasterloom.http.openapi.schemas import reference
from rasterloom.http.routing import Route

_ID: Final = {"type": "string", "format": "uuid"}
_PATH_PARAMETERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "dataset_id": {"description": "Id of the dataset, in any case.", "schema": _ID, "example": ids.VRT},
    "source_dataset_id": {
        "description": "Id of the source's dataset, in any case.",
        "schema": _ID,
        "example": ids.EAST,
    },
    "job_id": {"description": "Id of the job, in any case.", "schema": _ID, "example": ids.JOB},
    "generation_id": {"description": "Id of the generation, in any case.", "schema": _ID, "example": ids.GENERATION},
    "format": {
        "description": "Which format.",
        "schema": {"type": "string", "enum": ["gti", "mosaicjson", "stac", "footprints"]},
    },
    "asset": {
        "description": "Name of the file.",
        "schema": {"type": "string", "enum": ["swagger-ui.css", "swagger-ui.js", "start.js"]},
    },
}
"""What the parameters in paths are; one that is not here cannot be described, so the document is not made."""

_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same request under the same key is answered with the first accepted answer again, for 24 "
    "hours; another one, be it another method, path or body, is refused.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
    "example": "2026-11-22-jacksboro-1",
}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "description": "ETags that reads of the dataset gave: where none of them is its version any more, the answer is "
    "412 and nothing is done. `*` means any version.",
    "schema": {"type": "string"},
}
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETags that the caller has the bodies of: where one of them still holds, the answer is 304.",
    "schema": {"type": "string"},
}


def operation(route: Route) -> dict[str, Any]:
    """All that the document tells of a route."""
    described: dict[str, Any] = {"operationId": route.operation_id, "summary": route.summary, "tags": [route.tag]}
    if route.description:
        described["description"] = route.description
    if route.is_public:
        described["security"] = []
    elif route.is_open:
        described["security"] = [{}, {"bearer": []}]
    parameters = list(_parameters(route))
    if parameters:
        described["parameters"] = parameters
    if route.body:
        described["requestBody"] = _body(route, route.body)
    described["responses"] = responses(route)
    return described


def _parameters(route: Route) -> Iterator[Mapping[str, Any]]:
    for name in route.parameters:
        yield {"name": name, "in": "path", "required": True, **_PATH_PARAMETERS[name]}
    for parameter in route.query:
        yield from parameter.describe()
    if route.is_idempotent_by_key:
        yield _IDEMPOTENCY_KEY
    if route.is_conditional:
        yield _IF_MATCH
    if HTTPStatus.NOT_MODIFIED in route.answers:
        yield _IF_NONE_MATCH


def _body(route: Route, model: str) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": reference(model)}
    examples = REQUESTS.get(route.operation_id)
    if examples:
        media["examples"] = named(examples)
    return {"required": not route.is_body_optional, "content": {"application/json": media}}
