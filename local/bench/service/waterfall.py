"""Where the time of a change goes: parts of the request and of the build as the functions tell them, and the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

ELSE: Final = "else"
"""What no part of the request, or of the build, accounts for."""

type Milliseconds = Mapping[str, int]
"""As a function's log has them, by the name of the part; no part holds another."""
type Seconds = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Seconds from a request to the answer that says `complete`, in pieces that make up the whole.

    Where a builder takes the job before the 202 has come, what both do at once is taken from what is else of the build.

    Attributes:
        request: Of what the caller waits for, by part. What is else is the way there and back, the authorizer, and
            what the use case does not measure.
        queued: From the 202 until a builder has taken the job.
        build: By part. What is else is the time between parts, and from the commit to the answer that tells of it.
    """

    request: Seconds
    queued: float
    build: Seconds


def waterfall(
    asked: Milliseconds, built: Milliseconds, *, accepted: float, started: float, complete: float
) -> Waterfall:
    """Put the pieces together.

    Args:
        asked: What the request took.
        built: What the build took.
        accepted: Seconds from the request to the 202.
        started: Seconds from the request until a builder took the job.
        complete: Seconds from the request to the answer that says `complete`.
    """
    return Waterfall(
        request=_parts(asked, accepted),
        queued=max(0.0, started - accepted),
        build=_parts(built, complete - max(started, accepted)),
    )


def _parts(told: Milliseconds, whole: float) -> Seconds:
    seconds = {name: taken / 1000 for name, taken in told.items()}
    return {**seconds, ELSE: max(0.0, whole - sum(seconds.values()))}


def typical(found: Sequence[Waterfall]) -> dict[str, object]:
    """The medians of several, as JSON has them."""
    return {
        "request": _medians(each.request for each in found),
        "queued": median(each.queued for each in found),
        "build": _medians(each.build for each in found),
    }


def _medians(found: Iterable[Seconds]) -> dict[str, float]:
    """By part; one that was not everywhere took nothing where it was not."""
    parts = list(found)
    names = dict.fromkeys(name for each in parts for name in each)
    return {name: median(each.get(name, 0.0) for each in parts) for name in names}
