"""A JSON document held against a body's model."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from rasterloom.http.errors import FieldsError
from rasterloom.http.findings import jsonable

MAX_ECHO: Final = 200
"""Characters of a refused value that an answer repeats."""

MOST_GUESSED: Final = 10
"""Errors up to which it is guessed which field a name that is none was meant to be: guessing takes time."""

_IN_JSON: Final[Mapping[str, str]] = {
    "model_type": "Input should be an object",
    "uuid_type": "Input should be a valid UUID, as a string",
    "bool_type": "Input should be true or false",
    "none_required": "Input should be null",
    "extra_forbidden": "No field has this name",
    "string_pattern_mismatch": "Input should match the pattern {pattern}",
}
"""What pydantic says in words of Python, and of our classes, by type."""

_LENGTHS: Final[Mapping[str, tuple[str, str, str]]] = {
    "too_short": ("at least", "min_length", "item"),
    "too_long": ("at most", "max_length", "item"),
    "string_too_short": ("at least", "min_length", "character"),
    "string_too_long": ("at most", "max_length", "character"),
}
"""What it says of lengths: which bound, its name, and what is counted."""

_OF_PYTHON: Final = frozenset({"class_name", "field_type"})
"""What its contexts tell of our classes and of Python's."""


def validated[M: BaseModel](model: type[M], document: object) -> M:
    """Hold a JSON document against a model.

    Raises:
        FieldsError: It does not fit; every field that does not is named.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        names = list(model.model_fields)
        raise FieldsError([_entry(found, names, guesses=len(errors) <= MOST_GUESSED) for found in errors]) from None


def _entry(found: Mapping[str, Any], names: Sequence[str], *, guesses: bool) -> dict[str, Any]:
    """One entry of a 422's `detail`; a long value is not repeated, and a missing one cannot be.

    Args:
        found: What pydantic says.
        names: The fields that the body may have.
        guesses: Whether to guess which of them was meant.
    """
    ctx = _context(found, names)
    msg = _message(found, ctx)
    if "expected" in ctx and found["type"] == "extra_forbidden" and guesses:
        msg += _guess(found["loc"][0], names)
    entry: dict[str, Any] = {"loc": ["body", *found["loc"]], "msg": msg, "type": found["type"]}
    given = found.get("input")
    if found["type"] != "missing" and isinstance(given, str | int | float | bool | None):
        entry["input"] = jsonable(given[:MAX_ECHO] if isinstance(given, str) else given)
    if ctx:
        entry["ctx"] = jsonable(ctx)
    return entry


def _message(found: Mapping[str, Any], ctx: Mapping[str, Any]) -> str:
    """What is wrong, in the words of JSON."""
    if found["type"] in _LENGTHS:
        bound, name, counted = _LENGTHS[found["type"]]
        plural = "" if ctx[name] == 1 else "s"
        return f"Input should have {bound} {ctx[name]} {counted}{plural}, and has {ctx['actual_length']}"
    told = _IN_JSON.get(found["type"])
    return found["msg"] if told is None else told.format(**ctx)


def _context(found: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What was expected, in numbers or names, and what was found in its place."""
    ctx = {name: value for name, value in found.get("ctx", {}).items() if name not in _OF_PYTHON}
    given, kind = found.get("input"), found["type"]
    if kind == "extra_forbidden" and len(found["loc"]) == 1:
        ctx["expected"] = names
    if kind in _LENGTHS and isinstance(given, str | list):
        ctx.setdefault("actual_length", len(given))
    # What is not repeated, for it may be long, is told by its kind.
    if kind.endswith("_type") and isinstance(given, list | dict):
        return {"actual": f"a list of {len(given)}" if isinstance(given, list) else "an object"} | ctx
    return ctx


def _guess(name: str, names: Sequence[str]) -> str:
    """A question about the field that is spelled most like this, if any is."""
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1, cutoff=0.7)
    return f"; is {near[0]} meant?" if near else ""
