"""What is left behind by what has ended, and when it is looked at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rasterloom.domain.generation import ChangeKind, Generation
from rasterloom.domain.lifecycle import GenerationStatus

GRACE: Final = timedelta(hours=1)
"""How long after an end nothing is deleted.

Whatever was under way at the end is dead by then, whatever the clocks say: a function of Lambda lives 15 minutes at
most, a signed URL as long, a request half a minute; and whoever had a deleted VRT open has had time to read it.
"""

RELEASE_AFTER: Final = timedelta(minutes=1)
"""When it is looked whether a worker that published also let go of what it does not use any more."""

DELETION_PERIOD: Final = timedelta(minutes=1)
"""When a deletion that has marked its raster is taken for dead: a request ends within half a minute."""

STAYS_DELETED: Final = timedelta(days=365)
"""How long no event brings back a raster of an object that stays as it was when its owner deleted the raster.

Events come twice within days; those of restores, ACLs and changes of the storage class, whenever somebody likes.
"""

_RELEASING: Final = frozenset({ChangeKind.REMOVE, ChangeKind.REPLACE})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a look has come that had no time to end: the next run goes on from there."""

    stretches: int = 0
    """Of the links that it looks at, in their order."""
    found: bool = False
    """Whether something was left, and is gone."""


START: Final = Progress()


@dataclass(frozen=True, slots=True)
class EndedGeneration:
    """A generation that has ended, and whose attempts may have left something."""

    generation: Generation
    due: datetime
    """When it is looked at."""
    progress: Progress = START


@dataclass(frozen=True, slots=True)
class Remains:
    """What may be left of a dataset that is gone, or of a header that may never have become a dataset's."""

    dataset_id: str
    due: datetime
    published_prefix: str | None = None
    """Of a VRT: where the members stand that its links are of."""
    progress: Progress = START


type Leftover = EndedGeneration | Remains
"""What is looked at until a look finds nothing."""


def header_prefix(raster_id: str) -> str:
    """Key prefix of headers of a raster that are too long for its item."""
    return f"headers/{raster_id}/"


def first_look(generation: Generation, status: GenerationStatus, now: datetime) -> datetime:
    """When a generation that ends now is looked at first.

    Args:
        generation: As it is before its end.
        status: The status in which it ends.
        now: When it ends.
    """
    releases = generation.change.kind in _RELEASING and generation.base_id is not None
    return now + (RELEASE_AFTER if status is GenerationStatus.COMPLETED and releases else GRACE)
