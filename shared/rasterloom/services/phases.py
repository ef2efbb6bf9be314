"""How long each part of a request or a build takes, told at its end as one line."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Final

type Seconds = dict[str, float]
"""By the name of the part, in the order in which they ended."""

logger = logging.getLogger(__name__)

_measured: Final[ContextVar[Seconds | None]] = ContextVar("measured", default=None)


@contextmanager
def measured() -> Iterator[Seconds]:
    """Measure the parts of a block; a block within another one measures for itself."""
    seconds: Seconds = {}
    token = _measured.set(seconds)
    try:
        yield seconds
    finally:
        _measured.reset(token)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """A part of what is measured, if anything is; parts of one name are added up."""
    start = perf_counter()
    try:
        yield
    finally:
        known = _measured.get()
        if known is not None:
            known[name] = known.get(name, 0.0) + perf_counter() - start


@contextmanager
def told(what: str) -> Iterator[None]:
    """Measure a block and tell of it in one line of the log, however it ends."""
    with measured() as seconds:
        try:
            yield
        finally:
            logger.info("%s", what, extra={"milliseconds": milliseconds(seconds)})


def milliseconds(seconds: Seconds) -> dict[str, int]:
    """As a log tells it."""
    return {name: round(1000 * taken) for name, taken in seconds.items()}
