"""Datasets."""

from typing import Literal, TypedDict

from rasterloom.http.answers.refusals import DependentVrt


class BandAnswer(TypedDict):
    """One band."""

    index: int
    """From 1."""
    dtype: str
    """As numpy names it, such as `uint8` or `float32`."""
    nodata: str | None
    """As text, for JSON has no NaN."""
    color_interp: str | None


class RasterAnswer(TypedDict):
    """What a raster, or a published VRT, is."""

    epsg: int | None
    crs_is_geographic: bool | None
    res_x: float | None
    """CRS units."""
    res_y: float | None
    """CRS units."""
    band_count: int | None
    nodata: str | None
    """The first band's."""
    compression: str | None
    width: int | None
    """Pixels."""
    height: int | None
    """Pixels."""
    size_bytes: int | None
    bands: list[BandAnswer]
    """All of them where one dataset is asked for, the first 20 in a listing."""
    status: Literal["ready", "regenerating", "failed"]
    vrt_type: Literal["mosaic", "band_stack"] | None
    source_count: int | None
    resolution_strategy: Literal["finest", "coarsest", "average"] | None
    s3_uri: str | None
    """Where GDAL opens it; null for a VRT before its first generation, and for a raster of somebody else."""
    connect: None


type RecordType = Literal["raster_dataset", "vrt_dataset"]


class DatasetAnswer(TypedDict):
    """A raster or a VRT."""

    id: str
    record_id: str
    table_name: str
    """Always empty: no dataset here has a table."""
    title: str
    summary: str | None
    feature_count: int | None
    source_filename: str | None
    visibility: Literal["private", "restricted", "internal", "public"]
    created_by: str | None
    """The owner's subject where it is a UUID."""
    created_by_display: str
    created_at: str
    updated_at: str
    record_type: RecordType
    record_status: Literal["ready", "deleting"]
    """`deleting` is a raster whose deletion has not come to its end: delete it again."""
    srid: int | None
    extent_bbox: list[float] | None
    """West, south, east, north in degrees; west > east where it crosses the antimeridian."""
    groups: list[str] | None
    """Groups that may read it while it is restricted; null for who may not change it."""
    raster: RasterAnswer


class DependentList(TypedDict):
    """The VRTs that use a raster, in what they serve or in what is queued or being built."""

    dependents: list[DependentVrt]
    """Those that the caller may read, by title."""
    hidden: int
    """How many others there are."""


class DatasetList(TypedDict):
    """Part of a listing, newest first."""

    datasets: list[DatasetAnswer]
    total: int
