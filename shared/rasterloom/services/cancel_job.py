"""End a job before its worker does."""

from dataclasses import dataclass

from rasterloom.domain.access import Principal
from rasterloom.domain.generation import Job
from rasterloom.ports import Clock, Lock
from rasterloom.services.permissions import require_upload
from rasterloom.services.read_jobs import ReadJob


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A job that is cancelled."""

    job: Job
    """As it was found."""
    already: bool
    """Whether it was cancelled before."""


@dataclass(frozen=True, slots=True)
class CancelJob:
    """`POST /jobs/{job_id}/cancel`: what is published keeps serving, and the VRT is free for the next change."""

    read_job: ReadJob
    lock: Lock
    clock: Clock

    def __call__(self, principal: Principal, job_id: str) -> Cancelled:
        """Cancel a job that has not ended; one that is cancelled already stays so.

        Raises:
            ForbiddenError: The caller may not write.
            NotFoundError: There is no such job that the caller may know of.
            JobEndedError: It has come to another end.
        """
        require_upload(principal)
        job = self.read_job(principal, job_id)
        return Cancelled(job, already=not self.lock.cancel(job, self.clock()))
