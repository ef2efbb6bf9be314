"""What the published API's OpenAPI document says that its clients rely on."""

from typing import Any, Final

VALIDATION_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["loc", "msg", "type"],
    "properties": {
        "loc": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
        "msg": {"type": "string"},
        "type": {"type": "string"},
        "input": {},
        "ctx": {"type": "object"},
    },
}
HTTP_VALIDATION_ERROR: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"type": "array", "items": VALIDATION_ERROR, "minItems": 1}},
}
"""The body of a 422: `HTTPValidationError`. A refusal names something, so the list is not empty."""
