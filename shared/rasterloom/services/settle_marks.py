"""Hold the marks of a VRT against what it was built from: those without a cause go."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rasterloom.domain.dataset import Published, VrtDataset
from rasterloom.domain.errors import RasterloomError
from rasterloom.domain.staleness import is_as_built
from rasterloom.ports import Clock, Datasets, Marks, Objects
from rasterloom.services.staging import member_parts

logger = logging.getLogger(__name__)


class Settled(StrEnum):
    """What a VRT's marks came to."""

    FRESH = "fresh"
    """None is left: the VRT was built from what its sources are."""
    STALE = "stale"
    BUSY = "busy"
    """Something is being built, or was published meanwhile."""


@dataclass(frozen=True, slots=True)
class SettleMarks:
    """The use case.

    Marks are read first, then the members, then the catalogue: a raster that changes after it was read here is told
    of by a mark that was not seen here, and that stays.
    """

    datasets: Datasets
    marks: Marks
    objects: Objects
    clock: Clock
    quiet: timedelta

    def __call__(self, vrt_id: str) -> Settled:
        """Compare every marked source of what a VRT serves; where there is no mark, nothing else is read.

        Of a VRT whose first build has failed no mark has a cause: it serves nothing that could be stale.
        """
        marks = self.marks.of(vrt_id)
        if not marks:
            return Settled.FRESH
        vrt = self.datasets.get(vrt_id)
        if not isinstance(vrt, VrtDataset) or vrt.active is not None:
            return Settled.BUSY
        ids, served = {mark.source_id for mark in marks}, vrt.published
        built = {} if served is None else self._built(served, ids)
        known = self.datasets.states_of(ids)
        groundless = [
            mark
            for mark in marks
            if mark.source_id not in built or is_as_built(built[mark.source_id], known.get(mark.source_id))
        ]
        if not self.marks.clear(vrt_id, None if served is None else served.generation_id, groundless):
            return Settled.BUSY
        return Settled.FRESH if len(groundless) == len(marks) else Settled.STALE

    def after_publishing(self, vrt_id: str) -> None:
        """The same for whoever has published a generation; what cannot be settled now is looked at later."""
        try:
            if self(vrt_id) is Settled.BUSY:
                self.marks.arm(vrt_id, self.clock(), self.quiet)
        except RasterloomError as error:
            logger.warning("the marks of %s are settled by the sweep: %s", vrt_id, error)

    def _built(self, published: Published, ids: Collection[str]) -> Mapping[str, str]:
        """The ETags of these sources in what is served, without those that are no members."""
        parts = member_parts(self.objects, published.prefix)
        return {member.source_id: member.etag for part in parts for member in part if member.source_id in ids}
