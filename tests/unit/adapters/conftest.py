"""The real adapters on a DynamoDB in memory."""

from collections.abc import Iterator

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from tests.support import catalogs
from tests.support.fakes import MemoryObjects


@pytest.fixture
def blobs() -> MemoryObjects:
    """Our bucket."""
    return MemoryObjects()


@pytest.fixture
def catalog(blobs: MemoryObjects) -> Iterator[Catalog]:
    """An empty catalogue."""
    with catalogs.empty_catalog(blobs) as opened:
        yield opened
