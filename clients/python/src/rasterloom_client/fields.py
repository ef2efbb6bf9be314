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


class BulkFields(TypedDict, total=False):
    """What a person says of all rasters of a bulk registration."""

    visibility: Visibility | None
    groups: Sequence[str] | None
    """Who may read them while they are `restricted`."""


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
    add_alpha: bool | None
    """Whether a mosaic gets an alpha band that its sources need not have."""
    target_extent: Sequence[float] | None
    """Where the VRT begins and ends: least x, least y, greatest x, greatest y in units of its CRS; where its sources do
    if not given."""
    target_resolution: Sequence[float] | None
    """Pixel size along x and y in units of the CRS; `resolution_strategy` counts for nothing then."""
    target_aligned_pixels: bool | None
    """Whether the extent is widened to multiples of `target_resolution`."""
    auto_regenerate: bool | None
    """Whether it is built again by itself once objects of its sources have changed."""
    manifest_uri: str | None
    """`s3://bucket/key` of a list of sources, in the place of ids: a line of JSON for each."""


class VrtOptions(TypedDict, total=False):
    """What of a VRT can be changed; it is built again. What is left out stays as it is."""

    resolution_strategy: ResolutionStrategy
    resampling: Resampling
    """How readers get pixels off the sources' own grids."""
    nodata_override: float | str | None
    """The nodata value of every source and of the VRT, whatever the sources say; None takes it away."""
    add_alpha: bool | None
    """Whether a mosaic has an alpha band that its sources need not have."""
    target_extent: Sequence[float] | None
    """Least x, least y, greatest x, greatest y in units of the CRS; None for where the sources begin and end."""
    target_resolution: Sequence[float] | None
    """Pixel size along x and y in units of the CRS; None for what `resolution_strategy` makes of the sources'."""
    target_aligned_pixels: bool | None
    """Whether the extent is widened to multiples of `target_resolution`."""
    auto_regenerate: bool
    """Whether it is built again by itself from now on; alone it builds nothing, see `VrtCalls.auto_regenerate`."""
