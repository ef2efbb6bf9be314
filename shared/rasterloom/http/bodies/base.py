"""What all bodies share: their base, and the kinds of text that fields are made of."""

import unicodedata
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from rasterloom.http.parameters import is_uuid

MAX_SOURCES: Final = 10_000
MAX_GROUPS: Final = 20

_LINE_BREAKS: Final = frozenset("\n\r\t")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "Input should not be blank")
    return text


def _one_line(text: str) -> str:
    return _without_control(text, frozenset())


def _lines(text: str) -> str:
    return _without_control(text, _LINE_BREAKS)


def _without_control(text: str, allowed: frozenset[str]) -> str:
    for position, char in enumerate(text):
        if unicodedata.category(char) == "Cc" and char not in allowed:
            context = {"character": f"U+{ord(char):04X}", "position": position}
            raise PydanticCustomError(
                "control_character", "Input has the control character {character} at {position}", context
            )
    return text


def _spelled_out(value: object) -> object:
    """Ids have one spelling, in bodies as in paths; pydantic takes braces, `urn:uuid:` and bare digits too."""
    if isinstance(value, str) and not is_uuid(value):
        raise PydanticCustomError("uuid_parsing", "Input should be a valid UUID")
    return value


Id = Annotated[UUID, BeforeValidator(_spelled_out)]
"""A UUID of any version, in any case."""

_LINE_PATTERN: Final[JsonDict] = {"pattern": r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"}
_LINES_PATTERN: Final[JsonDict] = {"pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"}
"""What the functions above let through, for documentation."""

type Title = Annotated[
    str,
    Field(min_length=1, max_length=500, json_schema_extra=_LINE_PATTERN),
    AfterValidator(_one_line),
    AfterValidator(_not_blank),
]
type Summary = Annotated[str, Field(max_length=5000, json_schema_extra=_LINES_PATTERN), AfterValidator(_lines)]
type Group = Annotated[
    str,
    Field(min_length=1, max_length=128, json_schema_extra=_LINE_PATTERN),
    AfterValidator(_one_line),
    AfterValidator(_not_blank),
]
type SourceIds = Annotated[list[Id], Field(min_length=2, max_length=MAX_SOURCES)]
type Groups = Annotated[list[Group], Field(max_length=MAX_GROUPS)]


class Body(BaseModel):
    """Base of all bodies: a field that is not known is refused, so that a typo never silently changes anything."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
