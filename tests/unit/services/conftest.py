"""One deployment in memory for each test."""

from collections.abc import Iterator

import pytest

from tests.support.fakes import MemoryObjects
from tests.support.table import catalog_on_moto
from tests.support.world import World


@pytest.fixture
def world() -> Iterator[World]:
    objects = MemoryObjects()
    with catalog_on_moto(objects) as catalog:
        yield World(catalog, objects)
