"""The part of the client that is about jobs."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from rasterloom_client.answers import Accepted, Job, JobCancelled, JobList, RegistrationResult, RegistrationResults
from rasterloom_client.calls import Calls, Id, given, id_text
from rasterloom_client.transport import Answer, Request
from rasterloom_client.waiting import TIMEOUT_SECONDS, Progress, wait_for


class JobCalls(Calls):
    """Jobs are looked at, waited for, tried again and given up."""

    def job(self, job_id: Id) -> Job:
        """What a job is doing, or how it ended."""
        job: Job = self._get(f"/jobs/{id_text(job_id)}").json
        return job

    def newest_job(self, dataset_id: Id) -> Job | None:
        """The newest job about a dataset that the caller may know of; None where there is none."""
        job: Job | None = self._get(f"/jobs/by-dataset/{id_text(dataset_id)}").json
        return job

    def registrations(self, job_id: Id) -> Iterator[RegistrationResult]:
        """What became of each object of a bulk registration, in order; asks for more as they are read."""
        path, query = f"/jobs/{id_text(job_id)}/registrations", ""
        while True:
            page: RegistrationResults = self._get(path + query).json
            yield from page["results"]
            if page["next"] is None:
                return
            query = f"?{urlsplit(page['next']).query}"

    def jobs(self, *, status: str | None = None, skip: int = 0, limit: int = 20) -> JobList:
        """The caller's jobs, newest first."""
        query = given({"status": status, "skip": skip, "limit": limit})
        listed: JobList = self._get("/jobs/", query).json
        return listed

    def retry(self, job_id: Id) -> Accepted:
        """Try a failed change again, as a new job."""
        return self._accepted("POST", f"/jobs/{id_text(job_id)}/retry", None)

    def cancel(self, job_id: Id) -> JobCancelled:
        """Give a job up; what is served stays."""
        cancelled: JobCancelled = self._write("POST", f"/jobs/{id_text(job_id)}/cancel").json
        return cancelled

    def wait(self, job_id: Id, *, timeout: float | None = TIMEOUT_SECONDS, on_progress: Progress | None = None) -> Job:
        """Wait until a job has ended well; see `waiting.wait_for` for what it raises.

        Args:
            job_id: As `create` and the others answer it.
            timeout: Seconds; None waits for ever.
            on_progress: Called with the job each time it was looked at.
        """
        path = f"/jobs/{id_text(job_id)}"
        transport = self._transport

        def look(left: float) -> Answer:
            return transport.send(Request("GET", path, within=left))

        return wait_for(look, transport.options.clock, timeout, on_progress)
