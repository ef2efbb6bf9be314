"""A JSON document held against a body's model."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from rasterloom.http.errors import FieldsError
from rasterloom.http.findings import jsonable

MAX_ECHO: Final = 200
"""Characters of a refused value that an answer repeats."""

_IN_JSON: Final[Mapping[str, str]] = {
    "model_type": "Input should be an object",
    "uuid_type": "Input should be a valid UUID, as a string",
}
"""What pydantic says in words of Python, and of our classes, by type."""

_CONTAINERS: Final[Mapping[type, str]] = {list: "a list", dict: "an object"}
"""What is not repeated, for it may be long, is told by its kind."""


def validated[M: BaseModel](model: type[M], document: object) -> M:
    """Hold a JSON document against a model.

    Raises:
        FieldsError: It does not fit; every field that does not is named.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise FieldsError([_entry(found) for found in error.errors(include_url=False)]) from None


def _entry(found: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of a 422's `detail`; a long value is not repeated, and a missing one cannot be."""
    msg = _IN_JSON.get(found["type"], found["msg"])
    entry: dict[str, Any] = {"loc": ["body", *found["loc"]], "msg": msg, "type": found["type"]}
    given = found.get("input")
    if found["type"] != "missing" and isinstance(given, str | int | float | bool | None):
        entry["input"] = jsonable(given[:MAX_ECHO] if isinstance(given, str) else given)
    if ctx := _context(found):
        entry["ctx"] = jsonable(ctx)
    return entry


def _context(found: Mapping[str, Any]) -> dict[str, Any]:
    """What was expected in numbers, and what kind of value was found in the place of another."""
    ctx = {name: value for name, value in found.get("ctx", {}).items() if name != "class_name"}
    kind = _CONTAINERS.get(type(found.get("input")))
    return {"actual": kind} | ctx if kind and found["type"].endswith("_type") else ctx
