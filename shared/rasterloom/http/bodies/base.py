"""What all bodies share: their base, and the kinds of text that fields are made of."""

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

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


type Title = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_one_line), AfterValidator(_not_blank)]
type Summary = Annotated[str, Field(max_length=5000), AfterValidator(_lines)]
type Group = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_one_line), AfterValidator(_not_blank)]
type Groups = Annotated[list[Group], Field(max_length=MAX_GROUPS)]


class Body(BaseModel):
    """Base of all bodies: a field that is not known is refused, so that a typo never silently changes anything."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
