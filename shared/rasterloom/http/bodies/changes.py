"""Bodies about weaving a VRT otherwise."""

from typing import Final, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from rasterloom.domain.options import Resampling, ResolutionStrategy
from rasterloom.http.bodies.base import Body, SourceIds
from rasterloom.http.bodies.options import Flag, Nodata, TargetExtent, TargetResolution, bounds_of, nodata_value
from rasterloom.services.change_vrt import OptionsRequest


class ReplaceSourcesBody(Body):
    """The sources that a VRT shall have instead of those it has."""

    source_dataset_ids: SourceIds
    """Ids of raster datasets, in the order that they shall have; of sources that overlap, the later one is on top."""

    def ids(self) -> tuple[str, ...]:
        """What the use case takes."""
        return tuple(str(source) for source in self.source_dataset_ids)


_KEPT_BY_NULL: Final = frozenset({"resolution_strategy", "resampling", "auto_regenerate"})
"""Fields whose null leaves what there is; that of every other takes it away."""


class WeaveOptionsBody(Body):
    """How a VRT shall be woven: at least one field. What is left out stays as it is."""

    resolution_strategy: ResolutionStrategy | None = None
    """Which pixel size a mosaic takes when its sources differ; null leaves it as it is."""
    resampling: Resampling | None = None
    """How readers get pixels off the sources' own grids, as `gdalbuildvrt -r` has it; null leaves it as it is."""
    nodata_override: Nodata = None
    """The nodata value of every source and of the VRT, whatever the sources say; null takes it away."""
    add_alpha: Flag | None = None
    """Whether a mosaic has an alpha band of its own, as on creation; null as false."""
    target_extent: TargetExtent | None = None
    """Where the VRT begins and ends, as on creation; null for where its sources do."""
    target_resolution: TargetResolution | None = None
    """Pixel size, as on creation; null for what `resolution_strategy` makes of the sources'. Both in one request are
    refused, for the strategy would count for nothing."""
    target_aligned_pixels: Flag | None = None
    """Whether the edges of the VRT are multiples of `target_resolution`, as on creation; null as false."""

    auto_regenerate: Flag | None = None
    """Whether the VRT is built again by itself, as on creation; null leaves it as it is. Alone it builds nothing: the
    answer is the dataset, and no job."""

    @model_validator(mode="after")
    def _require_something(self) -> Self:
        if not self.weaves_otherwise and self.auto_regenerate is None:
            raise PydanticCustomError("nothing_to_change", "Input should change at least one field")
        return self

    @property
    def weaves_otherwise(self) -> bool:
        """Whether something has to be built."""
        return bool(self.model_fields_set - _KEPT_BY_NULL or self.resolution_strategy or self.resampling)

    def request(self) -> OptionsRequest:
        """What the use case takes."""
        given = self.model_fields_set - _KEPT_BY_NULL
        return OptionsRequest(
            strategy=self.resolution_strategy,
            resampling=self.resampling,
            nodata_override=nodata_value(self.nodata_override),
            add_alpha=self.add_alpha,
            target_extent=bounds_of(self.target_extent),
            target_resolution=self.target_resolution,
            target_aligned_pixels=self.target_aligned_pixels,
            auto_regenerate=self.auto_regenerate,
            clears=frozenset(name for name in given if getattr(self, name) is None),
        )
