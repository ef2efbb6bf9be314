"""Bodies about making and changing VRTs."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import ResolutionStrategy, VrtType
from rasterloom.http.bodies.base import Body, Groups, Summary, Title
from rasterloom.services.create_vrt import CreateRequest

MAX_SOURCES: Final = 10_000


class CreateVrtBody(Body):
    """A VRT to be woven of registered rasters."""

    source_dataset_ids: Annotated[list[UUID], Field(min_length=2, max_length=MAX_SOURCES)]
    """Ids of raster datasets; of sources that overlap, the later one is on top. Each may be listed once."""
    vrt_type: VrtType
    """`mosaic` lays sources side by side; `band_stack` makes one band of each source of one band, on one grid."""
    resolution_strategy: ResolutionStrategy
    """Which pixel size a mosaic takes when its sources differ."""
    title: Title
    summary: Summary | None = None
    visibility: Visibility = Visibility.PRIVATE
    """Not wider than that of the least visible source."""
    groups: Groups = Field(default=[])
    """Groups that may read the VRT while it is `restricted`."""

    def request(self) -> CreateRequest:
        """What the use case takes."""
        return CreateRequest(
            source_ids=tuple(str(source) for source in self.source_dataset_ids),
            vrt_type=self.vrt_type,
            strategy=self.resolution_strategy,
            title=self.title,
            summary=self.summary,
            visibility=self.visibility,
            groups=tuple(self.groups),
        )


class AddSourceBody(Body):
    """A source to be appended to a VRT."""

    source_dataset_id: UUID
    """Id of a raster dataset."""
