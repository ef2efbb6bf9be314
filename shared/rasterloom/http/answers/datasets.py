"""Datasets."""

from typing import Literal, NotRequired, TypedDict

from rasterloom.http.answers.formats import Id, Time
from rasterloom.http.answers.refusals import DependentVrt, FindingEntry


class BandAnswer(TypedDict):
    """One band."""

    index: int
    """From 1."""
    dtype: str
    """As numpy names it, such as `uint8` or `float32`."""
    nodata: str | None
    """As text, for JSON has no NaN."""
    color_interp: str | None
    """As GDAL names it, such as `Gray` or `Red`."""


class RasterAnswer(TypedDict):
    """What a raster, or a published VRT, is."""

    epsg: int | None
    """EPSG code of the CRS; null where it has none, and for a VRT that is not published."""
    crs_is_geographic: bool | None
    """Whether CRS units are degrees; null where that is not known, as for a VRT."""
    res_x: float | None
    """Width of a pixel, CRS units."""
    res_y: float | None
    """Height of a pixel, CRS units, positive."""
    band_count: int | None
    """How many bands it has."""
    nodata: str | None
    """The first band's, as text, for JSON has no NaN."""
    compression: str | None
    """As GDAL names it, such as `DEFLATE`; null for a VRT."""
    width: int | None
    """Pixels."""
    height: int | None
    """Pixels."""
    size_bytes: int | None
    """Of the object; of a VRT, of its `source.vrt`."""
    bands: list[BandAnswer]
    """All of them where one dataset is asked for, the first 20 in a listing."""
    status: Literal["ready", "regenerating", "failed"]
    """Of a VRT, how its last build stands; a raster is always `ready`."""
    vrt_type: Literal["mosaic", "band_stack"] | None
    """Null for a raster."""
    source_count: int | None
    """How many sources a VRT has; null for a raster."""
    resolution_strategy: Literal["finest", "coarsest", "average"] | None
    """Which pixel size a mosaic takes when its sources differ; null for a raster."""
    resampling: Literal["nearest", "bilinear", "cubic", "cubicspline", "lanczos", "average", "mode"] | None
    """How readers of a VRT get pixels off the sources' own grids; null for a raster."""
    nodata_override: int | float | Literal["nan"] | None
    """The nodata value that a VRT gives all of its sources; null where theirs count."""
    add_alpha: bool | None
    """Whether a VRT has an alpha band that none of its sources needs to have; null for a raster."""
    target_extent: list[float] | None
    """Where a VRT was told to begin and end: least x, least y, greatest x, greatest y in units of its CRS; null where
    its sources decide."""
    target_resolution: list[float] | None
    """Pixel size along x and y that a VRT was told to have, in units of its CRS; null where `resolution_strategy`
    decides."""
    target_aligned_pixels: bool | None
    """Whether the edges of a VRT are multiples of `target_resolution`; null for a raster."""
    auto_regenerate: bool | None
    """Whether a VRT is built again by itself once its sources have changed; null for a raster."""
    stale: bool | None
    """Whether a source of a VRT is not what the VRT was built from; null for a raster, and where that was not looked
    up, as in listings."""
    object_state: Literal["present", "missing", "unreadable"] | None
    """How a raster's object was when it was last looked at; of one that is not `present`, this answer tells what it was
    last. Null for a VRT."""
    object_state_since: Time | None
    """When it was first found so; null where it is present."""
    s3_uri: str | None
    """Where GDAL opens it, a mosaic of 50,000 source elements or more as a tile index; null for a VRT before its first
    generation, and for a raster of somebody else."""
    connect: None
    """Always null: there are no tiles yet."""


type RecordType = Literal["raster_dataset", "vrt_dataset"]


class GroupAnswer(TypedDict):
    """A group that may read a dataset."""

    id: Id
    """Made of the name, which alone tells groups apart here; the published client asks for one."""
    name: str
    """As it stands in the claims of its members' tokens, and in requests."""


class DatasetAnswer(TypedDict):
    """A raster or a VRT."""

    id: Id
    """The dataset's own."""
    record_id: Id
    """The same as `id`."""
    table_name: str
    """Always empty: no dataset here has a table."""
    title: str
    """What people call it."""
    summary: str | None
    """What people say of it."""
    feature_count: int | None
    """Always null: no dataset here has features."""
    source_filename: str | None
    """The last part of a raster's key; of a VRT `vrt_mosaic` or `vrt_band_stack`."""
    visibility: Literal["private", "restricted", "internal", "public"]
    """Who may read it: the owner; the owner and `groups`; everybody with a token; everybody."""
    created_by: Id | None
    """The owner's subject where it is a UUID."""
    created_by_display: str
    """The owner as people know them."""
    created_at: Time
    """When it was registered or created."""
    updated_at: Time
    """When anything of this answer last changed."""
    record_type: RecordType
    """Which of the two it is."""
    record_status: Literal["ready", "deleting"]
    """`deleting` is a raster whose deletion has not come to its end: delete it again."""
    srid: int | None
    """The same as `raster.epsg`."""
    extent_bbox: list[float] | None
    """West, south, east, north in degrees; west > east where it crosses the antimeridian."""
    groups: list[GroupAnswer] | None
    """Groups that may read it while it is restricted; null for who may not change it."""
    raster: RasterAnswer
    """What it is as a raster."""
    findings: NotRequired[list[FindingEntry]]
    """What will be said of it when it is woven, as far as one raster alone can tell; only where it is registered."""


class DependentList(TypedDict):
    """The VRTs that use a raster, in what they serve or in what is queued or being built."""

    dependents: list[DependentVrt]
    """Those that the caller may read, by title."""
    hidden: int
    """How many others there are."""


class DatasetList(TypedDict):
    """Part of a listing, newest first."""

    datasets: list[DatasetAnswer]
    """Those that were asked for."""
    total: int
    """How many there are in all that the caller may read, with this filter."""
