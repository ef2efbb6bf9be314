"""What holds for all tests."""

from collections import defaultdict

import pytest
from hypothesis import settings

# A busy machine is no failure of a property.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

LONGEST = ("test_race", "test_command_line", "test_permissions", "test_killed_builder", "test_concurrency")
"""Files that take longest, or keep the stack busiest: they begin first, so that nobody waits for them in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix files that wait for the stack with files that compute, so that workers do both at any time."""
    files = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        files[item.nodeid.partition("::")[0]].append(item)
    waiting = sorted((name for name in files if "/e2e/" in name), key=_rank)
    computing = [name for name in files if "/e2e/" not in name]
    place = {name: (number + 0.5) / len(each) for each in (waiting, computing) for number, name in enumerate(each)}
    items[:] = [item for name in sorted(files, key=lambda name: place[name]) for item in files[name]]


def _rank(name: str) -> tuple[int, str]:
    stem = name.rpartition("/")[2].removesuffix(".py")
    return (LONGEST.index(stem) if stem in LONGEST else len(LONGEST)), name
