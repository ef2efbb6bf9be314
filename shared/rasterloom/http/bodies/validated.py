"""A JSON document held against a body's model."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from rasterloom.http.errors import FieldsError
from rasterloom.http.findings import jsonable

MAX_ECHO: Final = 200
"""Characters of a refused value that an answer repeats."""


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
    entry: dict[str, Any] = {"loc": ["body", *found["loc"]], "msg": found["msg"], "type": found["type"]}
    given = found.get("input")
    if found["type"] != "missing" and isinstance(given, str | int | float | bool | None):
        entry["input"] = jsonable(given[:MAX_ECHO] if isinstance(given, str) else given)
    if "ctx" in found:
        entry["ctx"] = jsonable(found["ctx"])
    return entry
