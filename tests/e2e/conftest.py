"""Fixtures of the end-to-end tests. `make test` starts the stack that they use, and stops it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.paths import LOCAL, Layout
from local.samples import Group, Sample, write_samples
from local.state import StackState, read
from tests.e2e.stack import Caller, Sources, caller


@pytest.fixture(scope="session")
def stack() -> StackState:
    name = os.environ.get("RASTERLOOM_STACK", "test")
    state = read(Layout(name))
    if state is None:
        pytest.fail(f"the local stack {name!r} is not running: start it with make test, or make up STACK={name}")
    return state


@pytest.fixture(scope="session")
def samples() -> list[Sample]:
    return write_samples(LOCAL / "samples")


@pytest.fixture(scope="session")
def paths(samples: list[Sample]) -> Callable[[Group], list[Path]]:
    """The files of one group of samples, in the catalogue's order."""
    return lambda group: [sample.path for sample in samples if sample.group is group]


@pytest.fixture(scope="module")
def sources(stack: StackState) -> Iterator[Sources]:
    folder = Sources(stack)
    yield folder
    folder.clear()


@pytest.fixture(scope="module")
def alice(stack: StackState) -> Caller:
    """A caller who may upload, with no other test's datasets."""
    return caller(stack)
