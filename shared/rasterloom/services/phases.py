"""How long each part of a request or a build takes, told at its end as one line."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

type Seconds = dict[str, float]
"""By the name of the part, in the order in which they ended."""


@dataclass(slots=True)
class _Measuring:
    seconds: Seconds = field(default_factory=dict)
    within: list[float] = field(default_factory=list)
    """Of each part that has begun, from outside to inside: seconds of the parts within it that have ended."""


logger = logging.getLogger(__name__)

_measuring: Final[ContextVar[_Measuring | None]] = ContextVar("measuring", default=None)


@contextmanager
def measured() -> Iterator[Seconds]:
    """Measure the parts of a block; a block within another one measures for itself."""
    measuring = _Measuring()
    token = _measuring.set(measuring)
    try:
        yield measuring.seconds
    finally:
        _measuring.reset(token)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """A part of what is measured, if anything is; parts of one name are added up.

    What a part within another one takes is its own, so that all of them together never take more than the whole.
    """
    measuring = _measuring.get()
    if measuring is None:
        yield
        return
    measuring.within.append(0.0)
    start = perf_counter()
    try:
        yield
    finally:
        taken = perf_counter() - start
        inner = measuring.within.pop()
        measuring.seconds[name] = measuring.seconds.get(name, 0.0) + taken - inner
        if measuring.within:
            measuring.within[-1] += taken


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
