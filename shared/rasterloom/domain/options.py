"""How a VRT is woven, beside of which sources."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rasterloom.domain.raster import Bounds


class ResolutionStrategy(StrEnum):
    """Which pixel size a VRT takes when its sources differ."""

    FINEST = "finest"
    COARSEST = "coarsest"
    AVERAGE = "average"


class Resampling(StrEnum):
    """How a reader of the VRT gets pixels off the sources' own grids; the names are those of `gdalbuildvrt -r`."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    CUBIC = "cubic"
    CUBICSPLINE = "cubicspline"
    LANCZOS = "lanczos"
    AVERAGE = "average"
    MODE = "mode"


@dataclass(frozen=True, slots=True)
class WeaveOptions:
    """What a generation is built with."""

    strategy: ResolutionStrategy = ResolutionStrategy.FINEST
    """Counts for nothing while there is a `target_resolution`."""
    resampling: Resampling = Resampling.NEAREST
    nodata_override: int | float | None = None
    """The nodata value of every source and of the VRT, whatever the sources say; None for what they say."""
    add_alpha: bool = False
    """Whether a mosaic gets an alpha band of bytes after those that its sources share: 255 where a source lies, or what
    the source's own alpha band or mask says, and 0 elsewhere."""
    target_extent: Bounds | None = None
    """Where the VRT begins and ends, in CRS units; None for where its sources do. Sources in degrees are moved by whole
    turns to where it lies."""
    target_resolution: tuple[float, float] | None = None
    """Pixel size (x, y) in CRS units, both positive; None for what `strategy` makes of the sources'."""
    target_aligned_pixels: bool = False
    """Whether the extent is widened until its edges are multiples of `target_resolution`."""


_INTEGERS: Final = {
    "Byte": (0, 2**8 - 1),
    "UInt8": (0, 2**8 - 1),
    "Int8": (-(2**7), 2**7 - 1),
    "UInt16": (0, 2**16 - 1),
    "Int16": (-(2**15), 2**15 - 1),
    "UInt32": (0, 2**32 - 1),
    "Int32": (-(2**31), 2**31 - 1),
    "UInt64": (0, 2**64 - 1),
    "Int64": (-(2**63), 2**63 - 1),
    "CInt16": (-(2**15), 2**15 - 1),
    "CInt32": (-(2**31), 2**31 - 1),
}
_FLOATS: Final = {"Float16": 65504.0, "Float32": 3.4028234663852886e38, "CFloat16": 65504.0, "CFloat32": 3.4028235e38}


def is_representable(value: float, dtype: str) -> bool:
    """Whether pixels of a GDAL type can have a value: integers whole and in range, floats within range or NaN."""
    if dtype in _INTEGERS:
        lowest, highest = _INTEGERS[dtype]
        return math.isfinite(value) and value == int(value) and lowest <= value <= highest
    return not math.isfinite(value) or abs(value) <= _FLOATS.get(dtype, math.inf)


def values_text(dtype: str) -> str:
    """Which values pixels of a GDAL type can have, for people."""
    if dtype in _INTEGERS:
        lowest, highest = _INTEGERS[dtype]
        return f"whole numbers from {lowest} to {highest}"
    most = _FLOATS.get(dtype)
    return "any number" if most is None else f"numbers from {-most:.8g} to {most:.8g}, and nan"
