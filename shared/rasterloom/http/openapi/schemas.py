"""Bodies as they are validated, answers as they are given; each by its name."""

from collections.abc import Sequence
from typing import Any, Final, is_typeddict

from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from rasterloom.http import answers, bodies
from rasterloom.http.routes import ROUTES
from rasterloom.http.routing import Answer

REFERENCE: Final = "#/components/schemas/{model}"


def schemas() -> dict[str, Any]:
    """Every schema that the document refers to."""
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


def reference(model: str) -> dict[str, Any]:
    """Refers to a model by its name."""
    return {"$ref": REFERENCE.format(model=model)}


def schema_of(answer: Answer) -> dict[str, Any]:
    """The schema of one answer's body; that of bytes says nothing."""
    if is_typeddict(answer.model):
        model = reference(answer.model.__name__)
        return {"anyOf": [model, {"type": "null"}]} if answer.is_nullable else model
    if answer.model is dict:
        return {"type": "object"}
    return {"type": "string"} if answer.content_type.startswith("text/") else {}
