"""Use links: who needs a raster, and for how long a link counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rasterloom.domain.lifecycle import GenerationStatus
from rasterloom.domain.sweeping import GRACE

PROMISE: Final = timedelta(minutes=15)
"""How long a link counts whose generation is not known yet: no request that is to admit one takes that long."""

_LIVE: Final = frozenset({GenerationStatus.PENDING, GenerationStatus.RUNNING, GenerationStatus.COMPLETED})


@dataclass(frozen=True, slots=True)
class Use:
    """A link from a raster to a VRT, brought by one generation of it."""

    vrt_id: str
    generation_id: str
    added_at: datetime
    number: int | None = None
    """The generation's, by which it is found; None of links that were written before they told it."""


def is_forgotten(use: Use, status: GenerationStatus | None, *, now: datetime) -> bool:
    """Whether a link is of an admission that never came and never will: nothing but its row is left.

    Args:
        use: The link.
        status: As in `is_live`.
        now: This moment; an hour is as long as the clocks of two processes never differ.
    """
    return status is None and now - use.added_at >= GRACE


def is_live(use: Use, status: GenerationStatus | None, *, has_vrt: bool, now: datetime) -> bool:
    """Whether a link holds its raster.

    Args:
        use: The link.
        status: Of its generation; None where that is unknown, because its admission is under way or was refused.
        has_vrt: Whether its VRT exists, read after the status: a generation comes with its VRT, and may outlive it.
        now: This moment.
    """
    if status is None:
        return now - use.added_at < PROMISE
    return has_vrt and status in _LIVE
