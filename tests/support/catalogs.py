"""Empty catalogues for unit tests: the real adapters on a table in memory, or on moto where that is asked for."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rasterloom.adapters.catalog_dynamodb import Catalog, open_catalog
from rasterloom.adapters.catalog_dynamodb.values import Blobs
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.table import AT_ONCE, TABLE, catalog_on_moto


@contextmanager
def empty_catalog(blobs: Blobs) -> Iterator[Catalog]:
    """One on the table in memory, which `tests/unit/test_memory_dynamo.py` holds against moto call by call.

    `RASTERLOOM_MOTO=1` has every test run on moto itself, which takes some twenty times as long.
    """
    if os.environ.get("RASTERLOOM_MOTO"):
        with catalog_on_moto(blobs) as catalog:
            yield catalog
        return
    client: Any = MemoryDynamo()
    yield open_catalog(client, TABLE, blobs, AT_ONCE)
