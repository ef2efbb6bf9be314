"""The OpenAPI document says everything, and nothing that does not hold: rules over all of it."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from rasterloom.http import openapi
from rasterloom.http.openapi.examples import ANSWERS, REQUESTS
from rasterloom.http.routes import ROUTES

ROOT = Path(__file__).parents[3]
DOCUMENT = openapi.document()
RESPONSES = DOCUMENT["components"]["responses"]
REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:openapi", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
)
OPERATIONS = {
    operation["operationId"]: operation
    for operations in DOCUMENT["paths"].values()
    for operation in operations.values()
}


def followed(node: Any) -> Any:
    """What a reference within the document refers to; anything else is itself."""
    if "$ref" not in node:
        return node
    found: Any = DOCUMENT
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def responses(operation: Mapping[str, Any]) -> dict[int, Any]:
    return {int(status): followed(response) for status, response in operation["responses"].items()}


def media(operation: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Everything with a body: where it is, its content type, and the media type object."""
    for content_type, described in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", content_type, described
    for status, response in responses(operation).items():
        for content_type, described in response.get("content", {}).items():
            yield str(status), content_type, described


def validator(schema: Any) -> jsonschema.Draft202012Validator:
    """Holds values against a schema of the document, formats included."""
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    absolute = {"$id": "urn:example", **_absolute(schema)}
    return jsonschema.Draft202012Validator(absolute, registry=REGISTRY, format_checker=checker)


def _absolute(node: Any) -> Any:
    """The same schema, read outside of the document."""
    if isinstance(node, dict):
        return {
            key: f"urn:openapi{value}" if key == "$ref" else _absolute(value)
            for key, value in node.items()
            if key != "discriminator"
        }
    return [_absolute(each) for each in node] if isinstance(node, list) else node


def objects(node: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Every object schema below a place, and where it is."""
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            yield where, node
        for key, value in node.items():
            yield from objects(value, f"{where}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from objects(value, f"{where}.{number}")


def test_it_is_openapi_3_1() -> None:
    errors = OpenAPIV31SpecValidator(DOCUMENT).iter_errors()
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("file", ["shared/rasterloom/http/openapi.json", "docs/openapi.json"])
def test_it_has_not_drifted_from_the_routes(file: str) -> None:
    assert (ROOT / file).read_text("utf-8") == openapi.text(), (
        f"make it again: python -m rasterloom.http.openapi {file}"
    )


def test_it_stays_under_a_megabyte() -> None:
    assert len(openapi.text().encode()) < 1_000_000


def test_it_has_every_route_and_no_other() -> None:
    described = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == {(route.path, route.method.lower()) for route in ROUTES}
    assert len(OPERATIONS) == len(ROUTES), "operation ids are unique"


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_what_it_is(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"].strip()
    assert not operation["summary"].endswith(".")
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_parameter_is_described(name: str) -> None:
    parameters = OPERATIONS[name].get("parameters", [])
    assert [each["name"] for each in parameters if not each.get("description") or not each.get("schema")] == []
    asked = {each["name"] for each in parameters if each["in"] == "path"}
    (route,) = (route for route in ROUTES if route.operation_id == name)
    assert asked == set(route.parameters)


def test_a_form_never_sends_two_names_of_one_parameter() -> None:
    """Swagger UI sends every parameter that has a default."""
    parameters = [each for operation in OPERATIONS.values() for each in operation.get("parameters", [])]
    deprecated = [each for each in parameters if each.get("deprecated")]
    assert deprecated
    assert not [each["name"] for each in deprecated if "default" in each["schema"]]


def test_every_field_of_every_body_and_answer_is_described() -> None:
    silent = [
        f"{where}.{field}"
        for where, schema in objects(DOCUMENT["components"]["schemas"], "")
        for field, described in schema["properties"].items()
        if not described.get("description")
    ]
    assert silent == []


def test_every_object_is_described() -> None:
    assert [
        where for where, schema in objects(DOCUMENT["components"]["schemas"], "") if not schema.get("description")
    ] == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_json_body_and_answer_has_examples(name: str) -> None:
    without = [
        where
        for where, content_type, described in media(OPERATIONS[name])
        if content_type.endswith("json") and not described.get("examples")
    ]
    assert without == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_example_is_valid(name: str) -> None:
    wrong = [
        f"{where}, {example}: {error.json_path} {error.message}"
        for where, _, described in media(OPERATIONS[name])
        for example, told in described.get("examples", {}).items()
        for error in validator(described["schema"]).iter_errors(told["value"])
    ]
    assert wrong == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_example_of_a_problem_has_its_own_status(name: str) -> None:
    for status, response in responses(OPERATIONS[name]).items():
        for described in response.get("content", {}).values():
            told = [each["value"] for each in described.get("examples", {}).values()]
            problems = [each for each in told if isinstance(each, dict) and "request_id" in each]
            assert {problem["status"] for problem in problems} <= {status}
            assert all(status >= 400 for _ in problems)


def test_no_example_is_of_a_route_that_is_not_there() -> None:
    assert set(REQUESTS) | set(ANSWERS) <= set(OPERATIONS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
def test_a_route_has_the_statuses_that_follow_from_what_it_is(route: Any) -> None:
    told = set(responses(OPERATIONS[route.operation_id]))
    has_id = any(name.endswith("_id") for name in route.parameters)
    reads_something = bool(route.body or route.query or has_id or route.is_idempotent_by_key or route.is_conditional)
    assert ({400, 413} <= told) is (route.body is not None)
    assert ({401, 503} <= told) is not route.is_public
    assert (403 in told) is (route.permission is not None or HTTPStatus.FORBIDDEN in route.answers)
    assert (412 in told) is route.is_conditional
    assert (422 in told) is reads_something
    assert (404 in told) is bool(route.parameters)
    assert 500 in told
    assert told & {405, 429} == set(), "the first is of paths that have no such operation, the second the gateway's"
    assert {status for status in told if status < 400}, "it can succeed"


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_says_its_headers(name: str) -> None:
    for status, response in responses(OPERATIONS[name]).items():
        headers = response["headers"]
        assert all(followed(header)["description"] and followed(header)["schema"] for header in headers.values())
        assert followed(headers["X-Request-Id"])["required"]
        assert ("WWW-Authenticate" in headers) is (status == HTTPStatus.UNAUTHORIZED)
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            assert "Retry-After" in headers
        if status in {HTTPStatus.NOT_MODIFIED, HTTPStatus.PRECONDITION_FAILED}:
            assert headers["ETag"]["required"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_refusal_is_a_problem(name: str) -> None:
    for status, response in responses(OPERATIONS[name]).items():
        if status >= 400:
            model = "HTTPValidationError" if status == HTTPStatus.UNPROCESSABLE_ENTITY else "Problem"
            (described,) = (response["content"]["application/problem+json"],)
            assert described["schema"] == {"$ref": f"#/components/schemas/{model}"}
            assert len(response["content"]) == 1


def test_the_detail_of_a_422_is_a_list_of_what_is_wrong() -> None:
    detail = DOCUMENT["components"]["schemas"]["HTTPValidationError"]["properties"]["detail"]
    assert detail["type"] == "array"
    for entry in detail["items"]["anyOf"]:
        schema = followed(entry)
        assert {"loc", "msg", "type"} <= set(schema["required"])
        assert set(schema["properties"]) >= {"loc", "msg", "type", "input", "ctx"}
        assert schema["properties"]["loc"]["items"] == {"anyOf": [{"type": "string"}, {"type": "integer"}]}


def test_a_body_that_may_be_null_is_described_as_such() -> None:
    schema = responses(OPERATIONS["read_latest_job"])[200]["content"]["application/json"]["schema"]
    assert schema == {"anyOf": [{"$ref": "#/components/schemas/JobAnswer"}, {"type": "null"}]}


def test_refusals_that_are_alike_are_told_once() -> None:
    inline = [str(response) for operation in OPERATIONS.values() for response in operation["responses"].values()]
    refusals = [each for each in inline if "application/problem+json" in each]
    assert len(refusals) == len(set(refusals))
    assert {"Unauthorized", "InternalServerError", "ServiceUnavailable"} <= set(RESPONSES)


def test_an_example_that_is_wrong_would_be_found() -> None:
    held = validator({"$ref": "#/components/schemas/JobAnswer"})
    job = ANSWERS["read_job"][HTTPStatus.OK]["It runs"]
    assert held.is_valid(job)
    assert not held.is_valid({**job, "dataset_id": "no-uuid"})
    assert not held.is_valid({**job, "created_at": "yesterday"})
    assert not held.is_valid({key: value for key, value in job.items() if key != "id"})
