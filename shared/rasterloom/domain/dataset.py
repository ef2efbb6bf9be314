"""Datasets: a raster on S3, or a VRT woven from rasters."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from rasterloom.domain.access import Audience
from rasterloom.domain.lifecycle import VrtStatus
from rasterloom.domain.margins import Margins
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Bounds, RasterProfile


class VrtType(StrEnum):
    """How sources are woven."""

    MOSAIC = "mosaic"
    BAND_STACK = "band_stack"


class ObjectState(StrEnum):
    """How a raster's object was when it was last looked at."""

    PRESENT = "present"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    """It is there and may not be read, or is no GeoTIFF any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What every dataset has."""

    id: str
    """UUID, lower case."""
    title: str
    summary: str | None
    audience: Audience
    created_by_display: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterDataset(Dataset):
    """One Cloud-Optimized GeoTIFF on S3, as its header was when it was registered."""

    ref: ObjectRef
    etag: str
    """As S3 gives it, quotes included; header and ETag are of the same object."""
    size_bytes: int
    profile: RasterProfile
    object_state: ObjectState = ObjectState.PRESENT
    """Of what is not present, header and ETag are those it had last."""
    object_state_since: datetime | None = None
    """When it was first found not to be present; None while it is."""
    observation: int = 0
    """Rises with everything that is written of the object: whoever saw it before may not write any more."""
    deletion: str | None = None
    """Id of the deletion that is under way: nothing new may use the raster, and no other deletion may end it."""

    def is_same_object(self, other: Self) -> bool:
        """Whether a VRT that was built from the one has nothing to fear from the other."""
        return (self.etag, self.object_state) == (other.etag, other.object_state)

    def has_header_of(self, other: Self) -> bool:
        """Whether both say the same of the object, profiles by identity: NaN is not even equal to itself."""
        return (self.etag, self.size_bytes) == (other.etag, other.size_bytes) and self.profile is other.profile

    def is_as_found(self, other: Self) -> bool:
        """Whether one look at the object may have found both."""
        return self.has_header_of(other) and self.object_state is other.object_state

    def found(self, stat: ObjectStat, profile: RasterProfile, now: datetime) -> Self:
        """What it is now that its header was read."""
        known = (self.etag, self.profile.layout, self.profile.side_files)
        if known != (stat.etag, profile.layout, profile.side_files):
            fresh = replace(self, etag=stat.etag, size_bytes=stat.size_bytes, profile=profile, updated_at=now)
        elif self.object_state is not ObjectState.PRESENT:
            fresh = replace(self, updated_at=now)
        else:
            return self
        return replace(fresh, object_state=ObjectState.PRESENT, object_state_since=None)

    def lost(self, state: ObjectState, now: datetime) -> Self:
        """What it is now that its header could not be read."""
        if self.object_state is state:
            return self
        return replace(self, object_state=state, object_state_since=now, updated_at=now)


@dataclass(frozen=True, slots=True)
class RasterState:
    """What may have become of a raster since its header was read from the catalogue."""

    id: str
    title: str
    audience: Audience
    etag: str
    """As in `RasterDataset`."""
    ref: ObjectRef
    object_state: ObjectState = ObjectState.PRESENT
    deletion: str | None = None
    """As in `RasterDataset`."""


@dataclass(frozen=True, slots=True)
class Member:
    """One source of one generation: exactly what it was built from."""

    source_id: str
    ref: ObjectRef
    etag: str
    size_bytes: int
    profile: RasterProfile
    linked_by: str
    """The generation that brought it: its use link is what keeps the raster from being deleted."""

    @property
    def id(self) -> str:
        """Id of the raster."""
        return self.source_id


@dataclass(frozen=True, slots=True)
class BandSummary:
    """What an answer tells of one band of a VRT."""

    dtype: str
    nodata: int | float | None
    color_interpretation: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class MosaicSummary:
    """What an answer tells of a published VRT without opening it."""

    width: int
    height: int
    resolution: tuple[float, float]
    """Pixel size (x, y) in CRS units, both positive."""
    bounds: Bounds
    """In CRS units."""
    crs_name: str
    epsg: int | None
    bands: tuple[BandSummary, ...]
    size_bytes: int
    """Of the product."""
    lonlat_bounds: Bounds | None = None
    """As in `RasterProfile`."""
    margins: Margins | None = None
    """None of what was built before they were kept."""


class Product(StrEnum):
    """What whoever opens a VRT opens: a document that lists every source, or an index that is asked where they lie."""

    VRT = "vrt"
    GTI = "gti"


@dataclass(frozen=True, slots=True)
class Published:
    """The generation that a VRT serves: where its artifacts are and what they hold."""

    generation_id: str
    attempt: str
    prefix: str
    """Key prefix of its artifacts in our bucket, with a trailing slash."""
    digest: str
    """SHA-256 of the product, hexadecimal."""
    published_at: datetime
    summary: MosaicSummary
    product: Product = Product.VRT


@dataclass(frozen=True, slots=True)
class Activity:
    """The generation that is being built."""

    generation_id: str
    number: int
    """Number of the generation's item: the fence that it was admitted with."""
    job_id: str
    admitted_at: datetime
    started_at: datetime | None = None
    attempt: str | None = None
    """Id of the attempt that holds the lease; None while no worker has claimed it."""
    lease_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VrtDataset(Dataset):
    """A virtual raster. What it *is* stands in `published`."""

    vrt_type: VrtType
    options: WeaveOptions
    """Of the published generation; of the first one while nothing is published."""
    status: VrtStatus
    fence: int
    """Rises with every admission and every take-over; only its holder may publish."""
    member_count: int
    """Sources of the published generation."""
    active: Activity | None = None
    published: Published | None = None
    auto_regenerate: bool = False
    """Whether it is built again by itself once its sources have changed and then been left alone for a while."""
    is_stale: bool | None = None
    """Whether a source is not what it was built from; None where that was not looked up."""


def type_name(vrt_type: VrtType) -> str:
    """The job's `source_filename` for a VRT of this type, as the published API has it."""
    return f"vrt_{vrt_type.value}"
