"""The catalogue on one DynamoDB table: datasets, the lock protocol, jobs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rasterloom.adapters.catalog_dynamodb.bulk_jobs import DynamoBulkJobs
from rasterloom.adapters.catalog_dynamodb.client import Rounds, dynamodb_client
from rasterloom.adapters.catalog_dynamodb.dataset_batches import DynamoRasterBatches
from rasterloom.adapters.catalog_dynamodb.datasets import DynamoDatasets
from rasterloom.adapters.catalog_dynamodb.interned_crs import InternedCrs
from rasterloom.adapters.catalog_dynamodb.jobs import DynamoJobs
from rasterloom.adapters.catalog_dynamodb.lock import DynamoLock
from rasterloom.adapters.catalog_dynamodb.marks import DynamoMarks
from rasterloom.adapters.catalog_dynamodb.records import Records
from rasterloom.adapters.catalog_dynamodb.sweeps import DynamoSweeps
from rasterloom.adapters.catalog_dynamodb.table import Table
from rasterloom.adapters.catalog_dynamodb.uploads import DynamoUploads
from rasterloom.adapters.catalog_dynamodb.values import Blobs

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

__all__ = ["Catalog", "dynamodb_client", "open_catalog"]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The ports over one table."""

    datasets: DynamoDatasets
    lock: DynamoLock
    jobs: DynamoJobs
    uploads: DynamoUploads
    sweeps: DynamoSweeps
    bulk_jobs: DynamoBulkJobs
    raster_batches: DynamoRasterBatches
    marks: DynamoMarks


def open_catalog(client: "DynamoDBClient", table_name: str, blobs: Blobs, rounds: Rounds | None = None) -> Catalog:
    """Open the catalogue.

    Args:
        client: A low-level client, as `dynamodb_client` makes it; threads share it.
        table_name: The table.
        blobs: Our bucket: what is too long for an item lies there.
        rounds: How often and after which pauses an undecided call is tried again.
    """
    table = Table(client, table_name, rounds or Rounds())
    records = Records(table, blobs, InternedCrs(table))
    datasets = DynamoDatasets(records)
    return Catalog(
        datasets=datasets,
        lock=DynamoLock(table, blobs),
        jobs=DynamoJobs(table),
        uploads=DynamoUploads(table),
        sweeps=DynamoSweeps(table),
        bulk_jobs=DynamoBulkJobs(table),
        raster_batches=DynamoRasterBatches(datasets),
        marks=DynamoMarks(table),
    )
