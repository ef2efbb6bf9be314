"""Marks of VRTs whose sources have changed, as the catalogue has them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from rasterloom.domain.staleness import Mark, StaleLook


class Marks(Protocol):
    """Marks, the looks that are due at them, and rasters that changed and whose users may not have been marked yet."""

    def put(self, mark: Mark, now: datetime, quiet: timedelta) -> None:
        """Mark a VRT, unless a mark tells of this observation of the source or a later one; have its marks looked at.

        Both are done or neither; the look is due as `arm` has it.
        """
        ...

    def of(self, vrt_id: str) -> Sequence[Mark]:
        """Every mark of a VRT, strongly consistent."""
        ...

    def any_of(self, vrt_id: str) -> bool:
        """Whether a VRT has a mark: one query for one item."""
        ...

    def clear(self, vrt_id: str, generation_id: str | None, marks: Sequence[Mark]) -> bool:
        """Delete marks, each only if it is as it was seen, while the VRT is idle and serves this generation, or none.

        Returns:
            False if it is not, or does not; some of the marks may be deleted all the same.
        """
        ...

    def forget(self, vrt_id: str) -> int:
        """Delete whatever marks are left of a VRT that is gone, and count them."""
        ...

    def arm(self, vrt_id: str, now: datetime, quiet: timedelta) -> None:
        """Have a VRT's marks looked at a quiet period from now, or `MOST_QUIET_PERIODS` after the first of them."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[StaleLook]:
        """Looks that are due, oldest first, as the table has them."""
        ...

    def postpone(self, look: StaleLook, due: datetime) -> None:
        """Look later, unless somebody has decided on it or marked the VRT meanwhile."""
        ...

    def disarm(self, look: StaleLook) -> None:
        """Look no more, unless somebody has marked the VRT meanwhile."""
        ...

    def changed(self, now: datetime, limit: int) -> Sequence[str]:
        """Ids of rasters that changed and whose users should have been marked by now, oldest first."""
        ...

    def told(self, raster_id: str, observation: int | None) -> None:
        """That every VRT which uses a raster is marked, as of this observation; None of one that is gone."""
        ...
