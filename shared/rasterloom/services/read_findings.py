"""Where all findings of a job read."""

from dataclasses import dataclass

from rasterloom.domain.access import Principal
from rasterloom.domain.errors import NotFoundError, ObjectMissingError
from rasterloom.domain.generation import Job
from rasterloom.ports import Objects
from rasterloom.services.read_datasets import DOWNLOAD_SECONDS
from rasterloom.services.read_jobs import ReadJob


@dataclass(frozen=True, slots=True)
class ReadFindings:
    """`GET /jobs/{job_id}/findings`."""

    read_job: ReadJob
    objects: Objects

    def __call__(self, principal: Principal, job_id: str) -> str:
        """Answer a URL that reads all findings of a job for `DOWNLOAD_SECONDS`.

        Raises:
            NotFoundError: There is no such job that the caller may know of, it keeps all of its findings itself, or
                they are kept no longer.
        """
        job = self.read_job(principal, job_id)
        if not isinstance(job, Job) or job.findings_key is None:
            message = (
                f"Job {job_id} has no document of findings; one that has more than it tells names it as findings_url"
            )
            raise NotFoundError("document of findings", job_id, message)
        try:
            self.objects.get_part(job.findings_key, range(1))
        except ObjectMissingError as error:
            message = f"The findings of job {job_id} are kept no longer; the first of each code stand in the job"
            raise NotFoundError("document of findings", job_id, message) from error
        return self.objects.presigned_url(job.findings_key, f"{job_id}.jsonl.gz", DOWNLOAD_SECONDS)
