"""The real adapters on an in-process DynamoDB."""

from collections.abc import Iterator

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from tests.support.fakes import MemoryObjects
from tests.support.table import catalog_on_moto


@pytest.fixture
def blobs() -> MemoryObjects:
    """Our bucket."""
    return MemoryObjects()


@pytest.fixture
def catalog(blobs: MemoryObjects) -> Iterator[Catalog]:
    """An empty catalogue."""
    with catalog_on_moto(blobs) as opened:
        yield opened
