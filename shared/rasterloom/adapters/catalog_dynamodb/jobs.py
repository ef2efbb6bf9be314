"""The port `Jobs` on DynamoDB."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.client import pool
from rasterloom.adapters.catalog_dynamodb.items_any_job import any_job_of, has_generation
from rasterloom.adapters.catalog_dynamodb.items_job import generation_of, job_of
from rasterloom.adapters.catalog_dynamodb.table import Query, Table
from rasterloom.adapters.catalog_dynamodb.values import Item, text, texts
from rasterloom.domain.generation import Generation, Job
from rasterloom.domain.jobs import AnyJob
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus
from rasterloom.domain.uses import Use
from rasterloom.ports import GenerationPage, JobPage

LOOKED_AT: Final = 100
"""Jobs of a dataset that one call reads in search of the newest of one caller."""

_STATUS: Final = ("id", "status")


@dataclass(frozen=True, slots=True)
class DynamoJobs:
    """Jobs and generations as the catalogue has them."""

    table: Table

    def get(self, job_id: str) -> Job | None:
        """Read the job of a generation, strongly consistent: one read."""
        item = self.table.get(names.job_key(job_id))
        return job_of(item) if item is not None and has_generation(item) else None

    def find(self, job_id: str) -> AnyJob | None:
        """Read a job of any kind, strongly consistent: one read."""
        item = self.table.get(names.job_key(job_id))
        return None if item is None else any_job_of(item)

    def statuses_of(self, uses: Collection[Use]) -> dict[str, GenerationStatus]:
        """The status of each generation that links name, by its id, strongly consistent; unknown ones are left out.

        Read by their numbers, in concurrent batches of 100, whatever else was built of a VRT. Where a link tells no
        number, all generations of its VRT are read.
        """
        # Two changes of one VRT want number 8, and both have linked their sources as its:
        #
        #   A: links a (8)                 is admitted: 8 is A's
        #   B:              links b (8)                           is refused
        #
        # So it is the id that tells whose status it is: B's generation stays unknown.
        keys = [names.generation_key(use.vrt_id, use.number) for use in uses if use.number is not None]
        items = list(self.table.get_many(keys, only=_STATUS).values())
        unnumbered = list(dict.fromkeys(use.vrt_id for use in uses if use.number is None))
        run = pool().map if len(unnumbered) > 1 else map
        for found in run(self._statuses, unnumbered):
            items += found
        return {item["id"]["S"]: GenerationStatus(item["status"]["S"]) for item in items}

    def _statuses(self, dataset_id: str) -> list[Item]:
        return list(self.table.query(replace(_generations(dataset_id), only=_STATUS)))

    def find_generation(self, dataset_id: str, generation_id: str) -> Generation | None:
        """Read the generation of a VRT that has this id, strongly consistent; every generation's id is looked at."""
        every = _generations(dataset_id)
        query = replace(every, filter="#id = :id", values={**every.values, **texts({":id": generation_id})})
        return next((generation_of(item) for item in self.table.query(query)), None)

    def get_generation(self, dataset_id: str, number: int) -> Generation | None:
        """Read one generation, strongly consistent."""
        item = self.table.get(names.generation_key(dataset_id, number))
        return None if item is None else generation_of(item)

    def get_many(self, job_ids: Collection[str]) -> dict[str, AnyJob]:
        """Read jobs of any kind, strongly consistent; what does not exist is left out."""
        items = self.table.get_many([names.job_key(job_id) for job_id in job_ids])
        return {job.id: job for job in map(any_job_of, items.values())}

    def latest_of(self, dataset_id: str, *, created_by: str | None = None) -> AnyJob | None:
        """The newest job of a dataset, as the table has it; the index that finds it lags behind."""
        newest = Query(
            names.BY_AUDIENCE,
            "audience_pk",
            names.dataset_jobs_partition(dataset_id),
            filter="#created_by = :creator" if created_by else "",
            values=texts({":creator": created_by}),
            only=("pk", "sk"),
            limit=1,
            page=LOOKED_AT if created_by else None,
            descending=True,
        )
        for item in self.table.query(newest):
            found = self.table.get((item["pk"]["S"], item["sk"]["S"]))
            return None if found is None else any_job_of(found)
        return None

    def list_of(
        self, created_by: str, *, status: JobStatus | None, dataset_id: str | None, skip: int, limit: int
    ) -> JobPage:
        """What a caller made, newest first: all of it, or what has this status or is of this dataset.

        The total is exact of the index, which lags behind: what the page shows is read from the table itself, and left
        out if its status is another by now.
        """
        wanted = {"status": status, "dataset": dataset_id}
        query = Query(
            names.BY_OWNER,
            "owner_pk",
            names.jobs_partition(created_by),
            filter=" AND ".join(f"#{name} = :{name}" for name, value in wanted.items() if value),
            values=texts({f":{name}": value for name, value in wanted.items()}),
            only=("pk", "sk"),
            descending=True,
        )
        keys = [(item["pk"]["S"], item["sk"]["S"]) for item in self.table.query(query)]
        page = keys[skip : skip + limit]
        items = self.table.get_many(page)
        jobs = [any_job_of(items[key]) for key in page if key in items]
        return JobPage(tuple(job for job in jobs if status is None or job.status is status), len(keys))

    def generations_of(self, dataset_id: str, *, skip: int, limit: int) -> GenerationPage:
        """A VRT's generations, newest first; the total is counted by reading every key."""
        query = replace(_generations(dataset_id), only=("pk", "sk"))
        keys = [(item["pk"]["S"], item["sk"]["S"]) for item in self.table.query(query)]
        page = keys[skip : skip + limit]
        items = self.table.get_many(page)
        return GenerationPage(tuple(generation_of(items[key]) for key in page if key in items), len(keys))


def _generations(dataset_id: str) -> Query:
    """Every generation of a VRT, newest first."""
    partition, prefix = names.generations_of(dataset_id)
    prefixed = {":prefix": text(prefix)}
    return Query(None, "pk", partition, "begins_with(#sk, :prefix)", values=prefixed, descending=True)
