"""The template, once per worker."""

import pytest

from tests.infrastructure.translation import Json, translated


@pytest.fixture(scope="session")
def template() -> Json:
    """The template after the SAM transform; tests read it and change copies."""
    return translated()
