"""The OpenAPI 3.1 document, made from the table of routes.

`python -m rasterloom.http.openapi FILE…` writes it; a test holds the committed files against the routes. Nothing of
this runs while a request is answered.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, is_typeddict

from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from rasterloom import __version__
from rasterloom.http import answers, bodies
from rasterloom.http.problems import PROBLEM_JSON
from rasterloom.http.routes import ROUTES
from rasterloom.http.routing import Answer, Route

REFERENCE: Final = "#/components/schemas/{model}"

_TAGS: Final = {
    "rasters": "Getting rasters in.",
    "vrts": "Virtual rasters, and what they are woven of.",
    "jobs": "What is under way.",
    "datasets": "Rasters and virtual rasters.",
    "artifacts": "What a virtual raster serves.",
    "about": "The API itself; open to everybody.",
}
_RETRY_AFTER: Final = {"Retry-After": "Seconds after which to try again"}


def document() -> dict[str, Any]:
    """The document, as JSON values."""
    schemas = _schemas()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rasterloom",
            "version": __version__,
            "summary": "Cloud-Optimized GeoTIFFs on S3, woven into virtual rasters.",
            "description": "Every path answers alike with and without a trailing slash. "
            "Every refusal is a problem body with a stable `code` and the `request_id`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        # Relative to where this document is, so it holds behind any stage and any host.
        "servers": [{"url": "."}],
        "security": [{"bearer": []}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": {path: dict(_operations(path)) for path in dict.fromkeys(route.path for route in ROUTES)},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def text() -> str:
    """The document as the files have it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _operations(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for route in ROUTES:
        if route.path == path:
            yield route.method.lower(), _operation(route)


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": route.operation_id, "summary": route.summary, "tags": [route.tag]}
    if route.description:
        operation["description"] = route.description
    if route.is_public:
        operation["security"] = []
    parameters = list(_parameters(route))
    if parameters:
        operation["parameters"] = parameters
    if route.body:
        content = {"application/json": {"schema": {"$ref": REFERENCE.format(model=route.body)}}}
        operation["requestBody"] = {"required": not route.is_body_optional, "content": content}
    accepted = {str(status.value): _answer(answer) for status, answer in route.answers.items()}
    refused = {str(status.value): _answer(answer) for status, answer in _refusals(route)}
    operation["responses"] = dict(sorted({**refused, **accepted}.items()))
    return operation


def _parameters(route: Route) -> Iterator[Mapping[str, Any]]:
    for name in route.parameters:
        text = {"type": "string"} | ({"format": "uuid"} if name.endswith("_id") else {})
        yield {"name": name, "in": "path", "required": True, "schema": text}
    for parameter in route.query:
        yield from parameter.describe()
    if route.is_idempotent_by_key:
        description = "The same key and body answer with the first accepted answer again, for 24 hours."
        schema: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": 255}
        yield {"name": "Idempotency-Key", "in": "header", "description": description, "schema": schema}


def _refusals(route: Route) -> Iterator[tuple[HTTPStatus, Answer]]:
    """Every way in which this route refuses."""
    if route.body:
        yield HTTPStatus.BAD_REQUEST, _problem("The body is no JSON")
        yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _problem("The body is over 1 MB")
    if not route.is_public:
        challenge = {"WWW-Authenticate": "Bearer"}
        yield HTTPStatus.UNAUTHORIZED, _problem("No bearer token, or none that holds", challenge)
        yield HTTPStatus.SERVICE_UNAVAILABLE, _problem("A service behind the API does not answer", _RETRY_AFTER)
    if route.permission:
        yield HTTPStatus.FORBIDDEN, _problem(f"Missing permission: {route.permission}")
    if route.parameters:
        yield HTTPStatus.NOT_FOUND, _problem("There is none that the caller may know of")
    if route.body or route.query or any(name.endswith("_id") for name in route.parameters):
        yield HTTPStatus.UNPROCESSABLE_ENTITY, _problem("Fields that are not valid, or sources that do not fit")
    yield HTTPStatus.INTERNAL_SERVER_ERROR, _problem("Something went wrong on this side")


def _problem(description: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(description, answers.Problem, PROBLEM_JSON, headers or {})


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    if answer.headers:
        described["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in answer.headers.items()
        }
    if answer.content_type:
        described["content"] = {answer.content_type: {"schema": _content(answer)}}
    return described


def _content(answer: Answer) -> dict[str, Any]:
    if is_typeddict(answer.model):
        reference = {"$ref": REFERENCE.format(model=answer.model.__name__)}
        return {"anyOf": [reference, {"type": "null"}]} if answer.is_nullable else reference
    return {"type": "object"} if answer.model is dict else {}


def _schemas() -> dict[str, Any]:
    """Bodies as they are validated, answers as they are given; each by its name."""
    models = [model for model in vars(answers).values() if is_typeddict(model)]
    for model in models:
        model.__pydantic_config__ = ConfigDict(use_attribute_docstrings=True)
    inputs: Sequence[tuple[Any, JsonSchemaMode, Any]] = [
        (route.body, "validation", TypeAdapter(getattr(bodies, route.body))) for route in ROUTES if route.body
    ]
    outputs: Sequence[tuple[Any, JsonSchemaMode, Any]] = [
        (model.__name__, "serialization", TypeAdapter(model)) for model in models
    ]
    _, described = TypeAdapter.json_schemas([*inputs, *outputs], ref_template=REFERENCE)
    return dict(sorted(described["$defs"].items()))


def main(targets: Sequence[str]) -> None:
    """Write the document to every target."""
    for target in targets:
        Path(target).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or [str(Path(__file__).with_name("openapi.json"))])
