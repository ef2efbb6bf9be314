"""What callers say, by keyword."""

from collections.abc import Sequence
from typing import TypedDict

from rasterloom_client.answers import Resampling, ResolutionStrategy, Visibility, VrtType


class Described(TypedDict, total=False):
    """What a person says of a dataset; None is left to the API, as a field that is left out."""

    summary: str | None
    visibility: Visibility | None
    groups: Sequence[str] | None
    """Who may read it while it is `restricted`."""


class RasterFields(Described, total=False):
    """What a person says of a raster."""

    title: str | None
    """The last part of the key if none is given."""


class Weave(Described, total=False):
    """What a VRT is woven of, beside listed sources, and how."""

    vrt_type: VrtType
    """`mosaic` if not given."""
    resolution_strategy: ResolutionStrategy
    """Which pixel size a mosaic takes when its sources differ; `finest` if not given."""
    resampling: Resampling
    """How readers get pixels off the sources' own grids; `nearest` if not given."""
    nodata_override: float | str | None
    """The nodata value of every source and of the VRT, whatever the sources say."""
    manifest_uri: str | None
    """`s3://bucket/key` of a list of sources, in the place of ids: a line of JSON for each."""


class VrtOptions(TypedDict, total=False):
    """What of a VRT can be changed; it is built again. What is left out stays as it is."""

    resolution_strategy: ResolutionStrategy
    resampling: Resampling
    """How readers get pixels off the sources' own grids."""
    nodata_override: float | str | None
    """The nodata value of every source and of the VRT, whatever the sources say; None takes it away."""
