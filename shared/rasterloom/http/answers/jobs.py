"""Jobs."""

from typing import Any, Literal, TypedDict

from rasterloom.http.answers.refusals import FindingEntry


class Accepted(TypedDict):
    """A change that was accepted and is under way."""

    job_id: str
    """What to poll: `GET /jobs/{job_id}`."""
    status: Literal["accepted"]
    message: str


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
