"""The catalogue on a real server, where conditions are checked while others write."""

from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from local.environment import ACCESS_KEY, REGION, SECRET_KEY
from rasterloom.adapters.catalog_dynamodb import Catalog, open_catalog
from rasterloom.adapters.catalog_dynamodb.client import Rounds
from tests.support.fakes import MemoryObjects
from tests.support.table import create_table

THREADS = 40


@pytest.fixture
def catalog(emulator_url: str) -> Iterator[Catalog]:
    """An empty catalogue in a table of its own, with a connection for every thread of a race."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=emulator_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(max_pool_connections=2 * THREADS, read_timeout=30, retries={"total_max_attempts": 1}),
    )
    name = f"catalog-{uuid4()}"
    create_table(client, name)
    yield open_catalog(client, name, MemoryObjects(), Rounds(limit=12))
    client.delete_table(TableName=name)
    client.close()
