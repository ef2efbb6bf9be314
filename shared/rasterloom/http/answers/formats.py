"""Texts with a form. A marker tells OpenAPI of it and costs an answer nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True, slots=True)
class Format:
    """A `format` of JSON Schema."""

    name: str

    def __get_pydantic_json_schema__(self, core_schema: Any, describe: Callable[[Any], dict[str, Any]]) -> Any:
        """The text's schema with the format; pydantic asks for it where the document is made."""
        return describe(core_schema) | {"format": self.name}


Id = Annotated[str, Format("uuid")]
"""A UUID in lower case."""

Time = Annotated[str, Format("date-time")]
"""RFC 3339 in UTC, with `Z`."""
