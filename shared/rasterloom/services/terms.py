"""What a caller attaches to a write, beside what is to be written."""

from dataclasses import dataclass
from typing import Final

from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.versions import ANY_VERSION, KnownVersions
from rasterloom.services.replays import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms a change is asked for."""

    idempotency: IdempotencyKey | None = None
    """That the request is the same one as another with this key."""
    known: KnownVersions = ANY_VERSION
    """The versions of which the dataset has to be one."""


NO_TERMS: Final = Terms()

LOOKS: Final = 3
"""How often a dataset is read again that somebody changed after it was read."""


def changed_at_each_look(dataset_id: str) -> UnavailableError:
    """Why a write comes to nothing for now: others were faster each time."""
    return UnavailableError("The catalogue", f"dataset {dataset_id} was changed at each of {LOOKS} looks")
