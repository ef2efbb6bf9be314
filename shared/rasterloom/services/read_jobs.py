"""What a caller may know of jobs: they are visible to who made them, and to admins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import VrtDataset
from rasterloom.domain.errors import NotFoundError
from rasterloom.domain.jobs import AnyJob
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.ports import Datasets, JobPage, Jobs
from rasterloom.services.permissions import readable


@dataclass(frozen=True, slots=True)
class ReadJob:
    """`GET /jobs/{job_id}`: one read of the catalogue."""

    jobs: Jobs

    def __call__(self, principal: Principal, job_id: str) -> AnyJob:
        """Answer a job.

        Raises:
            NotFoundError: There is none that the caller may know of.
        """
        job = self.jobs.find(job_id)
        if job is None or not is_visible(job, principal):
            raise NotFoundError("job", job_id)
        return job


@dataclass(frozen=True, slots=True)
class ReadJobs:
    """`POST /jobs/status/`: one read of the catalogue for at most 100 of them."""

    jobs: Jobs

    def __call__(self, principal: Principal, job_ids: Sequence[str]) -> Mapping[str, AnyJob | None]:
        """Answer jobs by id, in the order of their first mention; None for what the caller may not know of."""
        found = {job_id: job for job_id, job in self.jobs.get_many(job_ids).items() if is_visible(job, principal)}
        return {job_id: found.get(job_id) for job_id in job_ids}


@dataclass(frozen=True, slots=True)
class ReadLatestJob:
    """`GET /jobs/by-dataset/{dataset_id}`."""

    datasets: Datasets
    jobs: Jobs

    def __call__(self, principal: Principal, dataset_id: str) -> AnyJob | None:
        """Answer the newest job of a dataset that the caller may know of; None where there is none.

        The job that keeps a VRT busy is its newest, and the VRT names it: the index, which lags behind, is asked only
        for what has ended.

        Raises:
            NotFoundError: There is no such dataset that the caller may know of.
        """
        dataset = readable(self.datasets.get(dataset_id), dataset_id, principal)
        if isinstance(dataset, VrtDataset) and dataset.active is not None:
            running = self.jobs.get(dataset.active.job_id)
            if running is not None and is_visible(running, principal):
                return running
        return self.jobs.latest_of(dataset_id, created_by=None if principal.is_admin else principal.subject)


@dataclass(frozen=True, slots=True)
class ListJobs:
    """`GET /jobs/`."""

    jobs: Jobs

    def __call__(
        self, principal: Principal, *, status: JobStatus | None, dataset_id: str | None, skip: int, limit: int
    ) -> JobPage:
        """Answer what the caller made, newest first; for an admin, too, it is their own."""
        return self.jobs.list_of(principal.subject, status=status, dataset_id=dataset_id, skip=skip, limit=limit)


def is_visible(job: AnyJob, principal: Principal) -> bool:
    """Whether the caller may know of a job; otherwise its existence is hidden."""
    return principal.is_admin or job.created_by == principal.subject
