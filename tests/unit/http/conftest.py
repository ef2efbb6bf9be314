"""Fixtures of the HTTP tests."""

import pytest

from tests.unit.http.api import FakeUseCases


@pytest.fixture
def fakes() -> FakeUseCases:
    return FakeUseCases()
