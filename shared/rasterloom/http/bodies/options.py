"""How a VRT is woven, as fields of bodies."""

import math
from contextlib import suppress
from typing import Annotated, Final, Literal

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_INTEGERS: Final = range(-(2**63), 2**64)
"""What a pixel of GDAL's widest integer types can hold; whatever lies beyond is meant for floats."""


def _nodata(value: object) -> object:
    """One message for whatever is no nodata value; a union would tell of each of its members."""
    if value is None or value == "nan":
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):
            number = value if isinstance(value, int) and value in _INTEGERS else float(value)
            if math.isfinite(number):
                return number
    raise PydanticCustomError("nodata_type", "Input should be a finite number, nan as text, or null")


_SCHEMA: Final = {"anyOf": [{"type": "number"}, {"const": "nan"}, {"type": "null"}]}

type Nodata = Annotated[int | float | Literal["nan"] | None, PlainValidator(_nodata), WithJsonSchema(_SCHEMA)]


def nodata_value(given: float | Literal["nan"] | None) -> int | float | None:
    """The number that a body gives; JSON has none for NaN."""
    return math.nan if given == "nan" else given
