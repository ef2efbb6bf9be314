"""One deployment in memory for each test."""

from typing import Any

import pytest

from rasterloom.adapters.catalog_dynamodb import open_catalog
from tests.support.fakes import MemoryObjects
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.table import AT_ONCE, TABLE
from tests.support.world import World


@pytest.fixture
def world() -> World:
    """The real catalogue on a table in memory, which `tests/unit/test_memory_dynamo.py` holds against moto."""
    objects, table = MemoryObjects(), MemoryDynamo()
    client: Any = table
    return World(open_catalog(client, TABLE, objects, AT_ONCE), objects)
