"""Bodies about weaving a VRT otherwise."""

from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from rasterloom.domain.options import Resampling, ResolutionStrategy
from rasterloom.http.bodies.base import Body, SourceIds
from rasterloom.http.bodies.options import Nodata, nodata_value
from rasterloom.services.change_vrt import OptionsRequest


class ReplaceSourcesBody(Body):
    """The sources that a VRT shall have instead of those it has."""

    source_dataset_ids: SourceIds
    """Ids of raster datasets, in the order that they shall have; of sources that overlap, the later one is on top."""

    def ids(self) -> tuple[str, ...]:
        """What the use case takes."""
        return tuple(str(source) for source in self.source_dataset_ids)


class WeaveOptionsBody(Body):
    """How a VRT shall be woven: at least one field. What is left out stays as it is."""

    resolution_strategy: ResolutionStrategy | None = None
    """Which pixel size a mosaic takes when its sources differ; null leaves it as it is."""
    resampling: Resampling | None = None
    """How readers get pixels off the sources' own grids, as `gdalbuildvrt -r` has it; null leaves it as it is."""
    nodata_override: Nodata = None
    """The nodata value of every source and of the VRT, whatever the sources say; null takes it away."""

    @model_validator(mode="after")
    def _require_something(self) -> Self:
        if "nodata_override" not in self.model_fields_set and not (self.resolution_strategy or self.resampling):
            raise PydanticCustomError("nothing_to_change", "Input should change at least one field")
        return self

    def request(self) -> OptionsRequest:
        """What the use case takes."""
        value = self.nodata_override
        return OptionsRequest(
            strategy=self.resolution_strategy,
            resampling=self.resampling,
            nodata_override=nodata_value(value),
            clears_nodata_override=value is None and "nodata_override" in self.model_fields_set,
        )
