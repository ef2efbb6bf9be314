"""One emulator per test process."""

from collections.abc import Iterator

import pytest

from tests.support.emulator import running_emulator


@pytest.fixture(scope="session")
def emulator_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a MiniStack of this session's own, on loopback."""
    with running_emulator(tmp_path_factory.mktemp("emulator")) as url:
        yield url
