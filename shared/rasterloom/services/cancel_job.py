"""End a job before its worker does."""

from dataclasses import dataclass

from rasterloom.domain.access import Principal
from rasterloom.domain.bulk import BulkJob
from rasterloom.domain.errors import JobEndedError
from rasterloom.domain.jobs import AnyJob
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.uploads import Upload
from rasterloom.ports import BulkJobs, Clock, Lock, Uploads, UploadStore
from rasterloom.services.permissions import require_upload
from rasterloom.services.read_jobs import ReadJob


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A job that is cancelled."""

    job: AnyJob
    """As it was found."""
    already: bool
    """Whether it was cancelled before."""


@dataclass(frozen=True, slots=True)
class CancelJob:
    """`POST /jobs/{job_id}/cancel`: what is published keeps serving, and the VRT is free for the next change."""

    read_job: ReadJob
    lock: Lock
    clock: Clock
    uploads: Uploads
    store: UploadStore
    bulk_jobs: BulkJobs

    def __call__(self, principal: Principal, job_id: str) -> Cancelled:
        """Cancel a job that has not ended; one that is cancelled already stays so.

        Raises:
            ForbiddenError: The caller may not write.
            NotFoundError: There is no such job that the caller may know of.
            JobEndedError: It has come to another end, or is an upload that is being completed.
        """
        require_upload(principal)
        job = self.read_job(principal, job_id)
        if isinstance(job, Upload):
            return self._upload(job)
        if isinstance(job, BulkJob):
            return self._bulk(job)
        return Cancelled(job, already=not self.lock.cancel(job, self.clock()))

    def _bulk(self, job: BulkJob) -> Cancelled:
        """Cancel a bulk registration: parts that are being worked off end, and what is registered stays."""
        now = self.clock()
        standing = self.bulk_jobs.cancel(job.id, now)
        if standing.status is not JobStatus.CANCELLED:
            raise JobEndedError(job.id, standing.status)
        return Cancelled(job, already=job.status is JobStatus.CANCELLED or standing.completed_at != now)

    def _upload(self, upload: Upload) -> Cancelled:
        """Cancel an upload, and give up its parts; every cancellation does, so that one that died is carried on.

        What one request put is left to the sweep: a URL that is still good could put it again.
        """
        now = self.clock()
        standing = self.uploads.cancel(upload, now)
        if standing.status is not JobStatus.CANCELLED:
            raise JobEndedError(upload.id, standing.status)
        self.store.abort(standing)
        return Cancelled(upload, already=upload.status is JobStatus.CANCELLED or standing.completed_at != now)
