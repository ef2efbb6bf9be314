"""The port `Jobs` on DynamoDB."""

from dataclasses import dataclass

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_job import generation_of, job_of
from rasterloom.adapters.catalog_dynamodb.table import Table
from rasterloom.domain.generation import Generation, Job


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
