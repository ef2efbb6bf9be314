"""The port `Jobs` on DynamoDB."""

from dataclasses import dataclass

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_job import generation_of, job_of
from rasterloom.adapters.catalog_dynamodb.table import Query, Table
from rasterloom.adapters.catalog_dynamodb.values import text
from rasterloom.domain.generation import Generation, Job
from rasterloom.ports import GenerationPage


@dataclass(frozen=True, slots=True)
class DynamoJobs:
    """Jobs and generations as the catalogue has them."""

    table: Table

    def get(self, job_id: str) -> Job | None:
        """Read one job, strongly consistent: one read."""
        item = self.table.get(names.job_key(job_id))
        return None if item is None else job_of(item)

    def get_generation(self, dataset_id: str, number: int) -> Generation | None:
        """Read one generation, strongly consistent."""
        item = self.table.get(names.generation_key(dataset_id, number))
        return None if item is None else generation_of(item)

    def latest_of(self, dataset_id: str) -> Job | None:
        """The newest job of a dataset, as the table has it; the index that finds it lags behind."""
        partition = names.dataset_jobs_partition(dataset_id)
        newest = Query(names.BY_AUDIENCE, "audience_pk", partition, only=("pk", "sk"), limit=1, descending=True)
        for item in self.table.query(newest):
            found = self.table.get((item["pk"]["S"], item["sk"]["S"]))
            return None if found is None else job_of(found)
        return None

    def generations_of(self, dataset_id: str, *, skip: int, limit: int) -> GenerationPage:
        """A VRT's generations, newest first; the total is counted by reading every key."""
        partition, prefix = names.generations_of(dataset_id)
        query = Query(
            None,
            "pk",
            partition,
            "begins_with(#sk, :prefix)",
            values={":prefix": text(prefix)},
            only=("pk", "sk"),
            descending=True,
        )
        keys = [(item["pk"]["S"], item["sk"]["S"]) for item in self.table.query(query)]
        page = keys[skip : skip + limit]
        items = self.table.get_many(page)
        return GenerationPage(tuple(generation_of(items[key]) for key in page if key in items), len(keys))
