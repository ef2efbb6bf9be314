"""How a VRT is woven, as fields of bodies."""

import math
from contextlib import suppress
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from rasterloom.domain.raster import Bounds

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


type Flag = Annotated[bool, Field(strict=True)]

type _Coordinate = Annotated[float, Field(strict=True, allow_inf_nan=False)]
type _Length = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]


def _extent_list(value: object) -> object:
    if not isinstance(value, list) or len(value) != 4:  # noqa: PLR2004 - two corners
        raise PydanticCustomError("extent_type", "Input should be a list of four numbers: x_min, y_min, x_max, y_max")
    return value


def _resolution_list(value: object) -> object:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - two axes
        raise PydanticCustomError("resolution_type", "Input should be a list of two numbers: pixel size along x and y")
    return value


_ACROSS: Final = "In degrees, an extent across 180 goes on beyond it: [179, -1, 181, 1]."


def _in_order(extent: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x_min, y_min, x_max, y_max = extent
    for axis, least, most in (("x", x_min, x_max), ("y", y_min, y_max)):
        if least >= most:
            expected = f"{axis}_min < {axis}_max"
            hint = {"hint": _ACROSS} if axis == "x" else {}
            raise PydanticCustomError(
                "extent_out_of_order",
                "Input should be [x_min, y_min, x_max, y_max] with {expected}, and is {actual}",
                {"expected": expected, "actual": list(extent), **hint},
            )
    return extent


type TargetExtent = Annotated[
    tuple[_Coordinate, _Coordinate, _Coordinate, _Coordinate],
    BeforeValidator(_extent_list),
    AfterValidator(_in_order),
    Field(examples=[[600000.0, 5100000.0, 620000.0, 5120000.0]]),
]
"""Least x, least y, greatest x, greatest y."""
type TargetResolution = Annotated[
    tuple[_Length, _Length], BeforeValidator(_resolution_list), Field(examples=[[10.0, 10.0]])
]
"""Along x and y."""


def bounds_of(extent: tuple[float, float, float, float] | None) -> Bounds | None:
    """The extent that a body gives."""
    return None if extent is None else Bounds(*extent)


def nodata_value(given: float | Literal["nan"] | None) -> int | float | None:
    """The number that a body gives; JSON has none for NaN."""
    return math.nan if given == "nan" else given
