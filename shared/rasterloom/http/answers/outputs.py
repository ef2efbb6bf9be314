"""What a VRT serves in other formats."""

from typing import Literal, TypedDict

from rasterloom.http.answers.preview import GeometryAnswer


class RelativeVrt(TypedDict):
    """The VRT with relative paths."""

    s3_uri: str
    """Where it lies; readers need credentials for it and for its sources."""


class SourceFootprintProperties(TypedDict):
    """Which source a footprint is of."""

    position: int
    """From 0; of sources that overlap, the one with the higher position is on top."""
    uri: str
    """The source, as the VRT names it."""


class SourceFootprint(TypedDict):
    """Where one source lies."""

    type: Literal["Feature"]
    """Always `Feature`."""
    id: int
    """Its position."""
    geometry: GeometryAnswer | None
    """Null where it cannot be told."""
    properties: SourceFootprintProperties
    """Which source it is."""


class FootprintDocument(TypedDict):
    """GeoJSON, RFC 7946."""

    type: Literal["FeatureCollection"]
    """Always `FeatureCollection`."""
    features: list[SourceFootprint]
    """One for each source, by position."""
