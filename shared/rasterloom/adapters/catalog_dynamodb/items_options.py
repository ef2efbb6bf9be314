"""What a generation is built with, as attributes of the VRT that serves it and of the generation itself."""

import json
from collections.abc import Mapping

from rasterloom.adapters.catalog_dynamodb.values import Attribute, Item, of, texts
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from rasterloom.vrt.profile_codec import decode_optional, encode_optional

OPTIONS = ("resolution_strategy", "resampling", "nodata_override")
"""Names of the attributes, of which the last may be absent."""


def options_item(options: WeaveOptions) -> Item:
    """The attributes; a nodata value is text, for NaN is no number to DynamoDB, and 1 is not 1.0 to a VRT."""
    return texts(
        {
            "resolution_strategy": options.strategy.value,
            "resampling": options.resampling.value,
            "nodata_override": _spelled(options.nodata_override),
        }
    )


def options_of(item: Mapping[str, Attribute]) -> WeaveOptions:
    """Read the options."""
    return WeaveOptions(
        ResolutionStrategy(item["resolution_strategy"]["S"]),
        Resampling(item["resampling"]["S"]),
        _read(of(item, "nodata_override")),
    )


def _spelled(value: float | None) -> str | None:
    return None if value is None else json.dumps(encode_optional(value))


def _read(text: str | None) -> int | float | None:
    return None if text is None else decode_optional(json.loads(text))
