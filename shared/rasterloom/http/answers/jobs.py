"""Jobs."""

from typing import Any, Literal, TypedDict

from rasterloom.http.answers.formats import Id, Time
from rasterloom.http.answers.refusals import FindingEntry

type Step = Literal[
    "queued", "validating", "building", "verifying", "quicklook", "publishing", "listing", "registering", "complete"
]
"""What a job is doing, in this order; `listing` and `registering` are those of a bulk registration."""

type PublishedStep = Literal["queued", "validating", "analyzing", "finalize", "quicklook", "registering", "complete"]
"""The same in those words of the published API that come nearest."""


class Accepted(TypedDict):
    """A change that was accepted and is under way."""

    job_id: Id
    """What to poll: `GET /jobs/{job_id}`."""
    status: Literal["accepted"]
    """Always `accepted`."""
    message: str
    """What is being done, for people."""


class RegistrationCounts(TypedDict):
    """How far a bulk registration has come, counted in objects."""

    objects: int
    """Found so far; all of them once `listed` is true."""
    listed: bool
    """Whether every object is found: always, where the request named them."""
    created: int
    """Registered as new datasets."""
    unchanged: int
    """Registered by their owner before, and still the same."""
    refreshed: int
    """Registered by their owner before; the catalogue has their headers of now."""
    failed: int
    """Not registered; `GET /jobs/{job_id}/registrations` tells why."""


class RegistrationResult(TypedDict):
    """What became of one object of a bulk registration."""

    uri: str
    """The object."""
    outcome: Literal["pending", "created", "unchanged", "refreshed", "failed", "cancelled"]
    """`pending` until somebody has come to it."""
    dataset_id: Id | None
    """What it is registered as; null where it is not."""
    error_code: str | None
    """Why it failed, as a stable machine word such as `object_missing`; null where it did not."""
    error_message: str | None
    """The same for people."""


class RegistrationResults(TypedDict):
    """What became of objects of a bulk registration, in order."""

    results: list[RegistrationResult]
    """One for each object."""
    next: str | None
    """The query of the page after this one; null where there is none, or none yet."""


class JobAnswer(TypedDict):
    """What a job is doing, or how it ended."""

    id: Id
    """The job's own."""
    status: Literal["pending", "running", "complete", "failed", "cancelled"]
    """`pending` until a worker begins; the last three are ends."""
    dataset_id: Id | None
    """What it makes or changes."""
    source_filename: str | None
    """Kind of work, as the published API tells it: `vrt_mosaic`, `vrt_band_stack` or `vrt_regenerate`; `raster_bulk`
    of a bulk registration; of an upload the file's name."""
    error_message: str | None
    """Why it failed, for people; null where it did not."""
    error_code: str | None
    """Why it failed, as a stable machine word such as `object_changed`; null where it did not."""
    can_retry: bool
    """Whether `POST /jobs/{job_id}/retry` may be asked for."""
    retry_reason: str | None
    """Why it cannot be retried; null where it can."""
    warning_message: str | None
    """The warnings of `findings`, summed up in a sentence."""
    warnings: list[Any]
    """Always empty: the published client knows warnings of vector jobs only."""
    findings: list[FindingEntry]
    """At most 20 of each code."""
    findings_total: int
    """How many there are in all."""
    findings_url: str | None
    """The path of all of them, below the address of this API: `/jobs/{job_id}/findings`, or `…/registrations` of a bulk
    registration; null where `findings` has every one, or the others are not kept."""
    progress: float
    """Share of the work that is done, 0 to 1; of a bulk registration 0 until all is listed."""
    current_step: PublishedStep
    """What is being done, in the published API's words; `step` is exact."""
    step: Step
    """What is being done."""
    registrations: RegistrationCounts | None
    """How far a bulk registration has come; null of any other job."""
    started_at: Time | None
    """When a worker began; null before."""
    completed_at: Time | None
    """When it ended, in whatever way; null before."""
    created_at: Time
    """When the change was accepted."""


class JobList(TypedDict):
    """Part of the caller's jobs, newest first."""

    jobs: list[JobAnswer]
    """Those that were asked for."""
    total: int
    """How many there are in all with this filter."""


class JobStatusEntry(TypedDict):
    """How one of several jobs is; of one that is not found, nothing but its id is told."""

    id: Id
    """As it was asked for, in lower case."""
    status: Literal["pending", "running", "complete", "failed", "cancelled", "not_found"]
    """`not_found` is a job that does not exist, or that the caller may not know of."""
    dataset_id: Id | None
    """What it makes or changes."""
    progress: float | None
    """Share of the work that is done, 0 to 1."""
    current_step: PublishedStep | None
    """As in `GET /jobs/{job_id}`."""
    step: Step | None
    """As in `GET /jobs/{job_id}`."""
    error_code: str | None
    """Why it failed; null where it did not."""
    warnings: list[Any]
    """Always empty: the published client knows warnings of vector jobs only."""
    can_retry: bool
    """Whether it may be tried again."""
    refresh_run: None
    """Always null: no job here refreshes a vector dataset."""


class JobStatusList(TypedDict):
    """Several jobs, in the order in which they were asked for."""

    jobs: list[JobStatusEntry]
    """One for each id that was asked for."""


class JobCancelled(TypedDict):
    """A job that is cancelled."""

    id: Id
    """The job's."""
    status: Literal["cancelled"]
    """Always `cancelled`."""
    run_id: Id | None
    """Id of the generation that was given up; null of what has none: uploads and bulk registrations."""
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
    """Always 0."""
    storage_objects_reaped: int
    """Always 0."""
    staged_paths_skipped: int
    """Always 0."""
    staged_cleanup_failures: int
    """Always 0."""
    total_affected: int
    """Jobs that something was done about."""
    resent: int
    """Sent to the builds queue again."""
    taken_over: int
    """Taken from a worker whose lease had run out, and sent again."""
    left: int
    """Left for the next run."""
