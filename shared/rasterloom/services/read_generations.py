"""The builds of a VRT."""

from dataclasses import dataclass

from rasterloom.domain.access import Principal
from rasterloom.domain.versions import version_of
from rasterloom.ports import Datasets, GenerationPage, Jobs
from rasterloom.services.read_datasets import readable_vrt


@dataclass(frozen=True, slots=True)
class Generations:
    """A page of generations, and whether the caller may know who built them and what went wrong."""

    page: GenerationPage
    is_owner: bool
    version: str
    """Of the VRT."""


@dataclass(frozen=True, slots=True)
class ReadGenerations:
    """`GET /datasets/{dataset_id}/vrt/generations/`."""

    datasets: Datasets
    jobs: Jobs

    def __call__(self, principal: Principal, dataset_id: str, *, skip: int, limit: int) -> Generations:
        """Answer generations, newest first.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of.
        """
        vrt = readable_vrt(self.datasets, principal, dataset_id)
        page = self.jobs.generations_of(dataset_id, skip=skip, limit=limit)
        return Generations(page, vrt.audience.may_change(principal), version_of(vrt))
