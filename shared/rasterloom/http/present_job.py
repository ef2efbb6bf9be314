"""Jobs as answers."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from rasterloom.domain.bulk import BulkJob, BulkStep
from rasterloom.domain.findings import Severity
from rasterloom.domain.generation import Job
from rasterloom.domain.jobs import AnyJob
from rasterloom.domain.lifecycle import JOB_TRANSITIONS, JobStep, is_final
from rasterloom.domain.uploads import Upload
from rasterloom.http.answers import JobAnswer, JobStatusEntry, PublishedStep, RegistrationCounts, StaleCleanup, Step
from rasterloom.http.findings import finding_entry
from rasterloom.http.present import optional_time, time_text
from rasterloom.http.problems import at_job, at_source

if TYPE_CHECKING:
    from rasterloom.services.clean_up import CleanedUp

POLL_SECONDS: Final = 1
"""When it is worth asking again for a job that has not ended."""


PUBLISHED_STEPS: Final[Mapping[JobStep | BulkStep, PublishedStep]] = {
    JobStep.QUEUED: "queued",
    JobStep.VALIDATING: "validating",
    JobStep.BUILDING: "analyzing",
    JobStep.VERIFYING: "finalize",
    JobStep.QUICKLOOK: "quicklook",
    JobStep.PUBLISHING: "registering",
    JobStep.COMPLETE: "complete",
    BulkStep.LISTING: "analyzing",
    BulkStep.REGISTERING: "registering",
}
"""The nearest word that the published client knows: it takes ten, and four of ours are none of them."""


def retry_after(job: AnyJob) -> int | None:
    """Seconds after which to ask again; None once the job has ended."""
    return None if is_final(JOB_TRANSITIONS, job.status) else POLL_SECONDS


def job_answer(job: AnyJob) -> JobAnswer:
    """A job as its caller sees it."""
    loc = at_source if isinstance(job, Job) else at_job
    return {
        "id": job.id,
        "status": job.status.value,
        "dataset_id": job.dataset_id,
        "source_filename": job.source_filename,
        "error_message": job.error_message,
        "error_code": job.error_code,
        "can_retry": job.is_retryable,
        "retry_reason": None if job.is_retryable else job.retry_reason,
        "warning_message": warning_message(job),
        "warnings": [],
        "findings": [finding_entry(finding, loc(finding)) for finding in job.findings],
        "findings_total": sum(count for _, count in job.finding_counts),
        "findings_url": _findings_url(job),
        "progress": job.progress,
        "current_step": PUBLISHED_STEPS[job.step],
        "step": step_of(job),
        "registrations": registration_counts(job),
        "started_at": optional_time(job.started_at),
        "completed_at": optional_time(job.completed_at),
        "created_at": time_text(job.created_at),
    }


def _findings_url(job: AnyJob) -> str | None:
    match job:
        case Job(findings_key=str()):
            return f"/jobs/{job.id}/findings"
        case BulkJob() if sum(count for _, count in job.finding_counts) > len(job.findings):
            return f"/jobs/{job.id}/registrations"
    return None


def status_entry(job_id: str, job: AnyJob | None) -> JobStatusEntry:
    """One of several jobs; None is one that is not found."""
    return {
        "id": job_id,
        "status": job.status.value if job else "not_found",
        "dataset_id": job.dataset_id if job else None,
        "progress": job.progress if job else None,
        "current_step": PUBLISHED_STEPS[job.step] if job else None,
        "step": step_of(job) if job else None,
        "error_code": job.error_code if job else None,
        "warnings": [],
        "can_retry": job is not None and job.is_retryable,
        "refresh_run": None,
    }


def step_of(job: AnyJob) -> Step:
    """What is being done, in our own words."""
    match job:
        case BulkJob(step=registering):
            return registering.value
        case Job(step=building) | Upload(step=building):
            return building.value


def registration_counts(job: AnyJob) -> RegistrationCounts | None:
    """How far a bulk registration has come; null of any other job."""
    if not isinstance(job, BulkJob):
        return None
    counts = job.counts
    return {
        "objects": job.objects,
        "listed": job.is_listed,
        "created": counts.created,
        "unchanged": counts.unchanged,
        "refreshed": counts.refreshed,
        "failed": counts.failed,
    }


def cleanup_answer(done: "CleanedUp") -> StaleCleanup:
    """What was done about jobs that were due, in the words of the published API."""
    failed = done.pending_failed + done.running_failed
    return {
        "pending_failed": done.pending_failed,
        "running_failed": done.running_failed,
        "total_cleaned": failed,
        "vrt_assets_recovered": done.taken_over + done.running_failed,
        "vrt_generations_failed": failed,
        "terminal_jobs_purged": 0,
        "staged_paths_considered": 0,
        "local_files_reaped": 0,
        "storage_objects_reaped": 0,
        "staged_paths_skipped": 0,
        "staged_cleanup_failures": 0,
        "total_affected": failed + done.taken_over + done.resent,
        "resent": done.resent,
        "taken_over": done.taken_over,
        "left": done.left,
    }


def warning_message(job: AnyJob) -> str | None:
    """The warnings among a job's findings in one sentence; null where there are none.

    Every code has at least one example among the findings, which tells whether it warns.
    """
    warning = {finding.code for finding in job.findings if finding.severity is Severity.WARNING}
    counts = Counter({code: count for code, count in job.finding_counts if code in warning})
    if not counts:
        return None
    parts = [f"{code.replace('_', ' ')} ({count})" for code, count in counts.most_common()]
    noun = "warning" if counts.total() == 1 else "warnings"
    what = "objects" if isinstance(job, BulkJob) else "sources"
    verb = "were looked at" if isinstance(job, BulkJob) else "were accepted"
    return f"The {what} {verb} with {counts.total()} {noun}: {', '.join(parts)}."
