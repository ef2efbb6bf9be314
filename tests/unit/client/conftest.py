"""Fixtures of the client's tests: no test sees the keyring or the settings of whoever runs it."""

from collections.abc import Iterator

import keyring
import pytest

from tests.unit.client.keyrings import InMemory
from tests.unit.client.terminal import Terminal


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    """An empty keyring in the place of the system's, and an environment without settings."""
    for name in ("RASTERLOOM_URL", "RASTERLOOM_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    previous = keyring.get_keyring()
    kept = InMemory()
    keyring.set_keyring(kept)
    yield kept
    keyring.set_keyring(previous)


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    """Runs commands inside the test."""
    return Terminal(capsys)
