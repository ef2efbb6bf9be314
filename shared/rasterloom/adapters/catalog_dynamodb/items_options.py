"""What a generation is built with, as attributes of the VRT that serves it and of the generation itself."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from rasterloom.adapters.catalog_dynamodb.values import Attribute, Item, of, texts
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds
from rasterloom.vrt.profile_codec import decode_optional, encode_optional

OPTIONS = (
    "resolution_strategy",
    "resampling",
    "nodata_override",
    "add_alpha",
    "target_extent",
    "target_resolution",
    "target_aligned_pixels",
)
"""Names of the attributes, of which all but the first two may be absent: what is off is not there."""

_YES: Final = "yes"


def options_item(options: WeaveOptions) -> Item:
    """The attributes; numbers are text, for NaN is no number to DynamoDB, and 1 is not 1.0 to a VRT."""
    return texts(
        {
            "resolution_strategy": options.strategy.value,
            "resampling": options.resampling.value,
            "nodata_override": _spelled(options.nodata_override),
            "add_alpha": _YES if options.add_alpha else None,
            "target_extent": None if options.target_extent is None else json.dumps(options.target_extent),
            "target_resolution": None if options.target_resolution is None else json.dumps(options.target_resolution),
            "target_aligned_pixels": _YES if options.target_aligned_pixels else None,
        }
    )


def options_of(item: Mapping[str, Attribute]) -> WeaveOptions:
    """Read the options."""
    extent, resolution = of(item, "target_extent"), of(item, "target_resolution")
    return WeaveOptions(
        ResolutionStrategy(item["resolution_strategy"]["S"]),
        Resampling(item["resampling"]["S"]),
        _read(of(item, "nodata_override")),
        add_alpha=of(item, "add_alpha") == _YES,
        target_extent=None if extent is None else Bounds(*json.loads(extent)),
        target_resolution=None if resolution is None else _pair(json.loads(resolution)),
        target_aligned_pixels=of(item, "target_aligned_pixels") == _YES,
    )


def _spelled(value: float | None) -> str | None:
    return None if value is None else json.dumps(encode_optional(value))


def _pair(numbers: Sequence[float]) -> tuple[float, float]:
    x, y = numbers
    return x, y


def _read(text: str | None) -> int | float | None:
    return None if text is None else decode_optional(json.loads(text))
