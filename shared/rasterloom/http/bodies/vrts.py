"""Bodies about making and changing VRTs."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from rasterloom.http.bodies.base import MAX_SOURCES, Body, Groups, Id, SourceIds, Summary, Title
from rasterloom.http.bodies.options import Flag, Nodata, TargetExtent, TargetResolution, bounds_of, nodata_value
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.preview_vrt import PreviewRequest


def _short_enough(value: object) -> object:
    """Of a list that is too long, what to do instead."""
    if isinstance(value, list) and len(value) > MAX_SOURCES:
        raise PydanticCustomError(
            "too_long",
            "Input should have at most {max_length} items, and has {actual_length}",
            {
                "max_length": MAX_SOURCES,
                "actual_length": len(value),
                "hint": "A longer list may be a manifest on S3: name it as manifest_uri, and no source_dataset_ids.",
            },
        )
    return value


class WovenBody(Body):
    """What a VRT is woven of, and how."""

    source_dataset_ids: Annotated[SourceIds | None, BeforeValidator(_short_enough)] = None
    """Ids of raster datasets; of sources that overlap, the later one is on top. Each may be listed once."""
    manifest_uri: Annotated[str, Field(min_length=1, max_length=2048, examples=["s3://bucket/lists/survey.jsonl"])] | (
        None
    ) = None
    """In the place of `source_dataset_ids`: an object on S3 with one source on each line, as
    `{"source_dataset_id": "…"}` or as the id in quotes; gzipped or not, 16 MiB unpacked and 100,000 sources at most.
    Up to 10,000 sources are validated before the answer; of more (mosaics only, and not in a dry run) the lines are,
    and the job validates the sources: it fails with what the request would have been refused with. It may lie where
    rasters may be registered from, or be an upload of the caller's own."""
    vrt_type: VrtType
    """`mosaic` lays sources side by side; `band_stack` makes one band of each source of one band, on one grid."""
    resampling: Resampling = Resampling.NEAREST
    """How readers get pixels off the sources' own grids, as `gdalbuildvrt -r` has it."""
    nodata_override: Nodata = None
    """The nodata value of every source and of the VRT, whatever the sources say."""
    add_alpha: Flag | None = None
    """Whether a mosaic gets an alpha band after the bands of its sources: 255 where a source lies, or what the source's
    own alpha band or mask says, 0 elsewhere; as `gdalbuildvrt -addalpha` has it. Not for a band stack."""
    target_extent: TargetExtent | None = None
    """Where the VRT begins and ends, in units of its CRS: least x, least y, greatest x, greatest y, as `gdalbuildvrt
    -te` has it. A source wholly outside is refused. Sources in degrees are taken to where the extent lies by whole
    turns, so an extent across ±180° goes on beyond it: `[179, -1, 181, 1]`."""
    target_resolution: TargetResolution | None = None
    """Pixel size along x and y in units of the CRS, as `gdalbuildvrt -tr` has it; `resolution_strategy` counts for
    nothing then."""
    target_aligned_pixels: Flag | None = None
    """Whether the extent is widened until its edges are multiples of `target_resolution`, which has to be given, as
    `gdalbuildvrt -tap` has it."""
    visibility: Visibility = Visibility.PRIVATE
    """Not wider than that of the least visible source."""
    groups: Groups = Field(default=[])
    """Groups that may read the VRT while it is `restricted`."""

    @model_validator(mode="after")
    def _require_one_list(self) -> Self:
        if (self.source_dataset_ids is None) == (self.manifest_uri is None):
            found = "neither" if self.manifest_uri is None else "both"
            raise PydanticCustomError(
                "one_list_of_sources",
                "Input should have either source_dataset_ids or manifest_uri, and has {found}",
                {"found": found},
            )
        return self

    def woven(self, strategy: ResolutionStrategy) -> WeaveOptions:
        """How it shall be woven."""
        return WeaveOptions(
            strategy=strategy,
            resampling=self.resampling,
            nodata_override=nodata_value(self.nodata_override),
            add_alpha=bool(self.add_alpha),
            target_extent=bounds_of(self.target_extent),
            target_resolution=self.target_resolution,
            target_aligned_pixels=bool(self.target_aligned_pixels),
        )

    def source_ids(self) -> tuple[str, ...]:
        """The sources, if they are listed here."""
        return tuple(str(source) for source in self.source_dataset_ids or ())


class CreateVrtBody(WovenBody):
    """A VRT to be woven of registered rasters."""

    resolution_strategy: ResolutionStrategy
    """Which pixel size a mosaic takes when its sources differ."""
    title: Title
    """What people call it: one line."""
    summary: Summary | None = None
    """What people say of it."""
    auto_regenerate: Flag | None = None
    """Whether the VRT is built again by itself once objects of its sources have changed, and then been left alone for
    the deployment's quiet period. This needs sources whose events come in."""

    def request(self) -> CreateRequest:
        """What the use case takes."""
        return CreateRequest(
            source_ids=self.source_ids(),
            manifest_uri=self.manifest_uri,
            vrt_type=self.vrt_type,
            options=self.woven(self.resolution_strategy),
            title=self.title,
            summary=self.summary,
            visibility=self.visibility,
            groups=tuple(self.groups),
            auto_regenerate=bool(self.auto_regenerate),
        )


class ValidateVrtBody(WovenBody):
    """A VRT that might be made: what its creation takes, of which only the sources and their kind are needed."""

    resolution_strategy: ResolutionStrategy = ResolutionStrategy.FINEST
    """Which pixel size a mosaic takes when its sources differ."""
    title: Title | None = None
    """Held against the limits of a title."""
    summary: Summary | None = None
    """Held against the limits of a summary."""
    auto_regenerate: Flag | None = None
    """Makes no difference here."""

    def request(self) -> PreviewRequest:
        """What the use case takes."""
        return PreviewRequest(
            source_ids=self.source_ids(),
            manifest_uri=self.manifest_uri,
            vrt_type=self.vrt_type,
            options=self.woven(self.resolution_strategy),
            visibility=self.visibility,
            groups=tuple(self.groups),
        )


class AddSourceBody(Body):
    """A source to be appended to a VRT."""

    source_dataset_id: Id
    """Id of a raster dataset."""
