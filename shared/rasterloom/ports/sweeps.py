"""What is left behind, as the catalogue and our bucket have it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rasterloom.domain.sweeping import START, Leftover, Progress, Remains


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a dataset of which something may be left."""

    exists: bool
    header_key: str | None = None
    """Of a raster: the object that holds its header, where its item does not."""
    has_unswept_generations: bool = False


class Sweeps(Protocol):
    """What is looked at until a look finds nothing."""

    def due(self, now: datetime, limit: int) -> Sequence[Leftover]:
        """What is to be looked at, oldest first, as the table has it."""
        ...

    def standing(self, remains: Remains) -> Standing | None:
        """What stands of the dataset, strongly consistent; None where another look at it is due by now."""
        ...

    def look_again(self, leftover: Leftover, due: datetime, progress: Progress = START) -> None:
        """Look at something once more, from where a look has come to, unless somebody else has decided on it."""
        ...

    def swept(self, leftover: Leftover) -> None:
        """Look at something never again, unless somebody else has decided on it."""
        ...


class OrphanStore(Protocol):
    """Our bucket, as whoever sweeps sees it."""

    def folders(self, prefix: str) -> Sequence[str]:
        """The prefixes right below a prefix, each with its trailing slash; at most 1,000."""
        ...

    def keys(self, prefix: str) -> Sequence[str]:
        """Keys that begin with a prefix; at most 1,000."""
        ...

    def delete(self, keys: Collection[str]) -> None:
        """Delete objects, at most 1,000, whether they are there or not."""
        ...
