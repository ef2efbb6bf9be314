"""Answers on the wire, field by field as the published API names them.

They are typed dictionaries, so that an answer costs no more than its JSON; `rasterloom.http.openapi` reads them, their
docstrings included. Times are RFC 3339 in UTC; ids are UUIDs in lower case.
"""

from typing import Any, Literal, NotRequired, TypedDict


class Accepted(TypedDict):
    """A change that was accepted and is under way."""

    job_id: str
    """What to poll: `GET /jobs/{job_id}`."""
    status: Literal["accepted"]
    message: str


class FindingContext(TypedDict):
    """What was compared with what."""

    expected: Any
    actual: Any
    reference: str | None
    """Id of the source that set what is expected; null where the rule itself does."""
    hint: str | None
    """What a person can do about it."""


class FindingEntry(TypedDict):
    """One thing that is wrong, or worth knowing, about one source."""

    loc: list[str | int]
    msg: str
    type: str
    input: str
    ctx: FindingContext
    source_id: str
    code: str
    """Stable machine word, such as `crs_mismatch`."""
    message: str
    field: str
    """What was compared, such as `crs` or `bands[1].dtype`."""
    severity: Literal["error", "warning"]


class FieldProblem(TypedDict):
    """One entry of a 422's `detail`; one about a source has the fields of `FindingEntry` too."""

    loc: list[str | int]
    msg: str
    type: str
    input: NotRequired[Any]
    ctx: NotRequired[dict[str, Any]]


class Problem(TypedDict):
    """A refusal, after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str | list[FieldProblem] | dict[str, Any]
    """A text; for a 422 a list, for a busy dataset an object, for a raster in use an `InUse`."""
    code: str
    """Stable machine word."""
    request_id: str
    findings_total: NotRequired[int]
    """How many entries a 422 has; `detail` lists the first 1,000 of them."""
    job_id: NotRequired[str | None]
    """The job that keeps a dataset busy."""


class JobAnswer(TypedDict):
    """What a job is doing, or how it ended."""

    id: str
    status: Literal["pending", "running", "complete", "failed", "cancelled"]
    dataset_id: str | None
    source_filename: str | None
    error_message: str | None
    error_code: str | None
    can_retry: bool
    retry_reason: str | None
    """Why it cannot be retried; null where it can."""
    warning_message: str | None
    """The warnings of `findings`, summed up in a sentence."""
    warnings: list[Any]
    """Always empty: the published client knows warnings of vector jobs only."""
    findings: list[FindingEntry]
    """At most 20 of each code."""
    progress: float
    """Share of the work that is done, 0 to 1."""
    current_step: str
    started_at: str | None
    completed_at: str | None
    created_at: str


class JobList(TypedDict):
    """Part of the caller's jobs, newest first."""

    jobs: list[JobAnswer]
    total: int


class JobStatusEntry(TypedDict):
    """How one of several jobs is; of one that is not found, nothing but its id is told."""

    id: str
    status: Literal["pending", "running", "complete", "failed", "cancelled", "not_found"]
    """`not_found` is a job that does not exist, or that the caller may not know of."""
    dataset_id: str | None
    progress: float | None
    """Share of the work that is done, 0 to 1."""
    current_step: str | None
    error_code: str | None
    warnings: list[Any]
    """Always empty: the published client knows warnings of vector jobs only."""
    can_retry: bool
    refresh_run: None
    """Always null: no job here refreshes a vector dataset."""


class JobStatusList(TypedDict):
    """Several jobs, in the order in which they were asked for."""

    jobs: list[JobStatusEntry]


class JobCancelled(TypedDict):
    """A job that is cancelled."""

    id: str
    status: Literal["cancelled"]
    run_id: str
    """Id of the generation that was given up."""
    already: bool
    """Whether it was cancelled before this request."""


class StaleCleanup(TypedDict):
    """What was done about jobs that were due, counted in jobs."""

    pending_failed: int
    """Failed for good; no worker had begun."""
    running_failed: int
    """Failed for good; workers had begun and none ended it."""
    total_cleaned: int
    """Failed for good."""
    vrt_assets_recovered: int
    """VRTs that a dead worker kept busy: another worker builds, or the VRT is free."""
    vrt_generations_failed: int
    """Generations that ended with their jobs."""
    terminal_jobs_purged: int
    """Always 0: jobs that have ended are kept."""
    staged_paths_considered: int
    """Always 0, as the next four: what was staged expires in S3 by itself."""
    local_files_reaped: int
    storage_objects_reaped: int
    staged_paths_skipped: int
    staged_cleanup_failures: int
    total_affected: int
    """Jobs that something was done about."""
    resent: int
    """Sent to the builds queue again."""
    taken_over: int
    """Taken from a worker whose lease had run out, and sent again."""
    left: int
    """Left for the next run."""


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


class DependentVrt(TypedDict):
    """A VRT that uses a raster."""

    vrt_dataset_id: str
    vrt_dataset_title: str


class DependentList(TypedDict):
    """The VRTs that use a raster, in what they serve or in what is queued or being built."""

    dependents: list[DependentVrt]
    """Those that the caller may read, by title."""
    hidden: int
    """How many others there are."""


class InUse(TypedDict):
    """Why a raster has to stay as it is: the `detail` of a 409 with the code `dataset_in_use`."""

    message: str
    dependent_vrts: list[DependentVrt]
    """Those that the caller may read, by title."""
    hidden: int
    """How many others there are."""


class DatasetList(TypedDict):
    """Part of a listing, newest first."""

    datasets: list[DatasetAnswer]
    total: int


class SourceAnswer(TypedDict):
    """One source of a published generation, as it was built in."""

    dataset_id: str
    title: str
    position: int
    """From 0."""
    band_count: int
    resolution_x: float | None
    resolution_y: float | None
    crs_epsg: int | None
    extent_bbox: list[float] | None


class SourceList(TypedDict):
    """Sources by position; those that the caller may not read are left out."""

    sources: list[SourceAnswer]
    next: str | None
    """The next part, as a reference relative to this one."""


class ActiveGeneration(TypedDict):
    """The generation that is being built."""

    generation_id: str
    started_at: str
    elapsed_seconds: float


class GenerationAnswer(TypedDict):
    """One build of a VRT."""

    id: str
    status: Literal["pending", "running", "completed", "failed"]
    started_at: str
    """When a worker began, or when it was accepted while none has."""
    completed_at: str | None
    duration_seconds: float | None
    error_message: str | None
    """Null for who may not change the VRT."""
    source_count: int
    triggered_by: str | None
    """Null for who may not change the VRT."""


class GenerationList(TypedDict):
    """Part of a VRT's generations, newest first."""

    generations: list[GenerationAnswer]
    total: int


class SourceHealthAnswer(TypedDict):
    """How a source's object is now, held against what was built in."""

    dataset_id: str
    title: str
    status: Literal["healthy", "missing", "inaccessible", "stale"]


class VrtStatusAnswer(TypedDict):
    """How a VRT and its sources are."""

    status: Literal["ready", "regenerating", "failed"]
    last_generation_at: str | None
    source_count: int
    active_generation: ActiveGeneration | None
    source_health: list[SourceHealthAnswer]
    """Of every source up to 500 of them; beyond, of those that are not healthy."""
    source_health_summary: dict[str, int]
    """How many sources are in each state."""


class Health(TypedDict):
    """That the API answers."""

    status: Literal["ok"]
    version: str
