"""Parameters in the path and the query: each reads itself and describes itself."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from rasterloom.http.errors import FieldsError, field_error
from rasterloom.http.requests import Request

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")


def uuid_in_path(name: str, text: str) -> str:
    """An id in any case and of any version, in lower case.

    Raises:
        FieldsError: It is no UUID.
    """
    return _uuid(("path", name), text)


def is_uuid(text: str) -> bool:
    """Whether this is a UUID as RFC 9562, section 4, spells it, in either case and of any version."""
    return _UUID.fullmatch(text) is not None


def _uuid(loc: tuple[str, str], text: str) -> str:
    if not is_uuid(text):
        raise FieldsError([field_error(loc, "Input should be a valid UUID", "uuid_parsing", text[:200])])
    return text.lower()


@dataclass(frozen=True, slots=True)
class IntegerParameter:
    """A whole number in the query."""

    name: str
    default: int
    minimum: int
    maximum: int
    description: str
    deprecated_alias: str | None = None

    def read(self, request: Request) -> int:
        """The number that was sent, or the default.

        Raises:
            FieldsError: It is no whole number, or out of range.
        """
        name = self.name
        if name not in request.query and self.deprecated_alias in request.query:
            name = self.deprecated_alias or name
        text = request.query.get(name)
        if text is None:
            return self.default
        loc = ("query", name)
        if not _INTEGER.fullmatch(text):
            raise FieldsError([field_error(loc, "Input should be a valid integer", "int_parsing", text[:200])])
        value = int(text)
        if value < self.minimum:
            message = f"Input should be greater than or equal to {self.minimum}"
            raise FieldsError([field_error(loc, message, "greater_than_equal", text, ge=self.minimum)])
        if value > self.maximum:
            message = f"Input should be less than or equal to {self.maximum}"
            raise FieldsError([field_error(loc, message, "less_than_equal", text, le=self.maximum)])
        return value

    def describe(self) -> Sequence[Mapping[str, Any]]:
        """OpenAPI's parameter objects."""
        schema = {"type": "integer", "minimum": self.minimum, "maximum": self.maximum, "default": self.default}
        described = {"name": self.name, "in": "query", "description": self.description, "schema": schema}
        if self.deprecated_alias is None:
            return [described]
        # Without the default, which a form would send beside the other name.
        bounds = {key: value for key, value in schema.items() if key != "default"}
        alias = {"name": self.deprecated_alias, "deprecated": True, "description": f"Another name of `{self.name}`."}
        return [described, described | alias | {"schema": bounds}]


@dataclass(frozen=True, slots=True)
class TextParameter:
    """A text in the query that may be left out."""

    name: str
    description: str
    choices: type[StrEnum] | None = None

    def read(self, request: Request) -> str | None:
        """The text that was sent, if any.

        Raises:
            FieldsError: It is none of the choices.
        """
        text = request.query.get(self.name)
        if text is None or self.choices is None or text in list(self.choices):
            return text
        expected = " or ".join(f"'{choice}'" for choice in self.choices)
        entry = field_error(("query", self.name), f"Input should be {expected}", "enum", text[:200], expected=expected)
        raise FieldsError([entry])

    def describe(self) -> Sequence[Mapping[str, Any]]:
        """OpenAPI's parameter objects."""
        schema = {"type": "string"} | ({"enum": [str(choice) for choice in self.choices]} if self.choices else {})
        return [{"name": self.name, "in": "query", "description": self.description, "schema": schema}]


@dataclass(frozen=True, slots=True)
class FlagParameter:
    """Yes or no in the query, no by default."""

    name: str
    description: str

    def read(self, request: Request) -> bool:
        """Whether it was sent as true.

        Raises:
            FieldsError: It is neither `true` nor `false`.
        """
        text = request.query.get(self.name, "false")
        if text not in {"true", "false"}:
            message = "Input should be 'true' or 'false'"
            raise FieldsError([field_error(("query", self.name), message, "bool_parsing", text[:200])])
        return text == "true"

    def describe(self) -> Sequence[Mapping[str, Any]]:
        """OpenAPI's parameter objects."""
        schema = {"type": "boolean", "default": False}
        return [{"name": self.name, "in": "query", "description": self.description, "schema": schema}]


@dataclass(frozen=True, slots=True)
class IdParameter:
    """An id in the query that may be left out."""

    name: str
    description: str

    def read(self, request: Request) -> str | None:
        """The id that was sent, in lower case, if any.

        Raises:
            FieldsError: It is no UUID.
        """
        text = request.query.get(self.name)
        return None if text is None else _uuid(("query", self.name), text)

    def describe(self) -> Sequence[Mapping[str, Any]]:
        """OpenAPI's parameter objects."""
        schema = {"type": "string", "format": "uuid"}
        return [{"name": self.name, "in": "query", "description": self.description, "schema": schema}]


type Parameter = IntegerParameter | FlagParameter | TextParameter | IdParameter
