"""Answers of the API, as they come.

Ids are UUIDs in lower case; times are RFC 3339 in UTC. A server that is newer than this package may send more fields.
"""

from typing import Any, Literal, NotRequired, TypedDict

JobStatus = Literal["pending", "running", "complete", "failed", "cancelled"]
VrtState = Literal["ready", "regenerating", "failed"]
VrtType = Literal["mosaic", "band_stack"]
ResolutionStrategy = Literal["finest", "coarsest", "average"]
Resampling = Literal["nearest", "bilinear", "cubic", "cubicspline", "lanczos", "average", "mode"]
Visibility = Literal["private", "restricted", "internal", "public"]
RecordType = Literal["raster_dataset", "vrt_dataset"]
DownloadFormat = Literal["vrt", "gti", "mosaicjson", "stac", "footprints"]


class Context(TypedDict, total=False):
    """What a rule compared with what."""

    expected: Any
    actual: Any
    reference: str | None
    """Id of the source that set what is expected; null where the rule itself does."""
    hint: str | None


class Finding(TypedDict):
    """One thing that is wrong, or worth knowing, about a field or a source; those about a source have all fields."""

    loc: list[str | int]
    """Where in the request, such as `["body", "source_dataset_ids", 3]`."""
    msg: str
    type: str
    """The rule, as a stable machine word such as `crs_mismatch`."""
    input: NotRequired[Any]
    ctx: NotRequired[Context]
    source_id: NotRequired[str]
    code: NotRequired[str]
    message: NotRequired[str]
    field: NotRequired[str]
    """What was compared, such as `bands[1].dtype`."""
    severity: NotRequired[Literal["error", "warning"]]


class Accepted(TypedDict):
    """A change that was accepted and is under way."""

    job_id: str
    status: Literal["accepted"]
    message: str


class Job(TypedDict):
    """What a job is doing, or how it ended."""

    id: str
    status: JobStatus
    dataset_id: str | None
    """The VRT that it builds."""
    source_filename: str | None
    error_message: str | None
    error_code: str | None
    can_retry: bool
    retry_reason: str | None
    warning_message: str | None
    warnings: list[Any]
    findings: list[Finding]
    """Warnings about sources, at most 20 of each rule."""
    findings_total: int
    """How many there are in all."""
    findings_url: str | None
    """Where all of them are told, below the address of the API; `download_findings` reads them."""
    progress: float
    """0 to 1."""
    current_step: str
    step: str
    registrations: "RegistrationCounts | None"
    """How far a bulk registration has come."""
    started_at: str | None
    completed_at: str | None
    created_at: str


class RegistrationCounts(TypedDict):
    """How far a bulk registration has come, in objects."""

    objects: int
    """Found so far; all of them once `listed` is true."""
    listed: bool
    created: int
    unchanged: int
    refreshed: int
    failed: int


class RegistrationResult(TypedDict):
    """What became of one object of a bulk registration."""

    uri: str
    outcome: Literal["pending", "created", "unchanged", "refreshed", "failed", "cancelled"]
    dataset_id: str | None
    error_code: str | None
    error_message: str | None


class RegistrationResults(TypedDict):
    """What became of some objects, in order."""

    results: list[RegistrationResult]
    next: str | None
    """The query of the page after this one."""


class JobList(TypedDict):
    """Part of the caller's jobs, newest first."""

    jobs: list[Job]
    total: int


class JobCancelled(TypedDict):
    """A job that is cancelled."""

    id: str
    status: Literal["cancelled"]
    run_id: str | None
    """The generation that was given up."""
    already: bool
    """Whether it was cancelled before this request."""


class Band(TypedDict):
    """One band."""

    index: int
    """From 1."""
    dtype: str
    """As numpy names it, such as `uint8`."""
    nodata: str | None
    color_interp: str | None


class Raster(TypedDict):
    """What a raster, or a published VRT, is."""

    epsg: int | None
    crs_is_geographic: bool | None
    res_x: float | None
    """CRS units, as `res_y`."""
    res_y: float | None
    band_count: int | None
    nodata: str | None
    compression: str | None
    width: int | None
    """Pixels, as `height`."""
    height: int | None
    size_bytes: int | None
    bands: list[Band]
    status: VrtState
    vrt_type: VrtType | None
    source_count: int | None
    resolution_strategy: ResolutionStrategy | None
    s3_uri: str | None
    """Where GDAL opens it."""
    connect: NotRequired[Any]
    resampling: NotRequired[Resampling | None]
    nodata_override: NotRequired[int | float | Literal["nan"] | None]
    add_alpha: NotRequired[bool | None]
    target_extent: NotRequired[list[float] | None]
    target_resolution: NotRequired[list[float] | None]
    target_aligned_pixels: NotRequired[bool | None]
    auto_regenerate: NotRequired[bool | None]
    """Whether a VRT is built again by itself once its sources have changed."""
    stale: NotRequired[bool | None]
    """Whether a source of a VRT is not what the VRT was built from; None where that was not looked up."""
    object_state: NotRequired[Literal["present", "missing", "unreadable"] | None]
    """How a raster's object was when it was last looked at."""
    object_state_since: NotRequired[str | None]


class GroupOfReaders(TypedDict):
    """A group that may read a dataset while it is restricted."""

    id: str
    name: str
    """As requests name it."""


class Dataset(TypedDict):
    """A raster or a VRT."""

    id: str
    record_id: str
    table_name: str
    title: str
    summary: str | None
    feature_count: int | None
    source_filename: str | None
    visibility: Visibility
    created_by: str | None
    created_by_display: str
    created_at: str
    updated_at: str
    record_type: RecordType
    record_status: Literal["ready", "deleting"]
    srid: int | None
    extent_bbox: list[float] | None
    """West, south, east, north in degrees; west > east where it crosses the antimeridian."""
    groups: list[GroupOfReaders] | None
    raster: Raster
    findings: NotRequired[list[Finding]]
    """What will be said of a raster when it is woven, as far as it alone can tell; only where it is registered."""


class DatasetList(TypedDict):
    """Part of a listing, newest first."""

    datasets: list[Dataset]
    total: int


class Source(TypedDict):
    """One source of a published generation, as it was built in."""

    dataset_id: str
    title: str
    position: int
    """From 0; of sources that overlap, the later one is on top."""
    band_count: int
    resolution_x: float | None
    resolution_y: float | None
    crs_epsg: int | None
    extent_bbox: list[float] | None


class SourceList(TypedDict):
    """Sources by position, without those that the caller may not read."""

    sources: list[Source]
    next: str | None


class ActiveGeneration(TypedDict):
    """The generation that is being built."""

    generation_id: str
    started_at: str
    elapsed_seconds: float


class SourceHealth(TypedDict):
    """How a source's object is now, held against what was built in."""

    dataset_id: str
    title: str
    status: Literal["healthy", "missing", "inaccessible", "stale"]


class VrtStatus(TypedDict):
    """How a VRT and its sources are."""

    status: VrtState
    last_generation_at: str | None
    source_count: int
    active_generation: ActiveGeneration | None
    source_health: list[SourceHealth]
    """Of every source up to 500 of them; beyond, of those that are not healthy."""
    source_health_summary: NotRequired[dict[str, int]]
    """How many sources are in each state."""
    stale: NotRequired[bool]
    """Whether a source was found not to be what was built in."""
    stale_since: NotRequired[str | None]


class RelativeVrt(TypedDict):
    """Where the VRT lies whose sources are named by relative paths."""

    s3_uri: str


class Generation(TypedDict):
    """One build of a VRT."""

    id: str
    status: Literal["pending", "running", "completed", "failed"]
    started_at: str
    completed_at: str | None
    duration_seconds: float | None
    error_message: str | None
    source_count: int
    triggered_by: str | None


class GenerationList(TypedDict):
    """Part of a VRT's generations, newest first."""

    generations: list[Generation]
    total: int


class Grid(TypedDict):
    """The grid that a VRT would have."""

    width: int
    """Pixels, as `height`."""
    height: int
    resolution_x: float
    """CRS units, as `resolution_y`."""
    resolution_y: float
    bbox: list[float]
    """Minimum x, minimum y, maximum x, maximum y, in CRS units."""
    extent_bbox: list[float] | None
    """West, south, east, north in degrees; west > east where it crosses the antimeridian."""
    crs_epsg: int | None
    crs_name: str
    band_count: int
    bands: list[Band]
    """The first 20 of them."""


class Validation(TypedDict):
    """What would come of a set of sources."""

    valid: bool
    findings: list[Finding]
    findings_total: int
    grid: Grid | None
    """Null where the sources do not fit together."""
    footprints: dict[str, Any]
    """A GeoJSON FeatureCollection of the first 500 sources."""
    footprints_total: NotRequired[int]
