"""One deployment in memory for each test."""

from collections.abc import Iterator

import pytest

from tests.support import catalogs
from tests.support.fakes import MemoryObjects
from tests.support.world import World


@pytest.fixture
def world() -> Iterator[World]:
    objects = MemoryObjects()
    with catalogs.empty_catalog(objects) as catalog:
        yield World(catalog, objects)
