"""Mark the VRTs that use a raster whose object is another one now, or gone, or back."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import RasterloomError
from rasterloom.domain.staleness import Mark, mark_of
from rasterloom.ports import Clock, Datasets, Marks
from rasterloom.services.dependents import FindDependents
from rasterloom.services.shares import ENDLESS, until_then

BATCH: Final = 200
"""Rasters that one run looks at; the next run takes the rest."""

type AtOnce = Callable[[Callable[[Mark], None], Iterable[Mark]], Iterable[None]]
"""Calls a function with each of these, at once or one after the other, as `map` does."""

logger = logging.getLogger(__name__)


class Told(StrEnum):
    """What became of one raster whose users should have been marked."""

    TOLD = "told"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class MarkUsers:
    """The use case; whoever dies on the way is followed by the reconciler, and every step may be done again.

    The raster is written before its links are read, and a build links before it reads the raster: whoever builds from
    what the raster was is found here, and whoever is not found builds from what it is.
    """

    datasets: Datasets
    marks: Marks
    find_dependents: FindDependents
    clock: Clock
    quiet: timedelta
    """How long sources have to be left alone before a look at the marks."""
    at_once: AtOnce = map
    """How VRTs are marked; one after the other by default.

    All of them have to be marked by one invocation, for nobody knows at which of them the one before was stopped.
    """

    def __call__(self, raster_id: str) -> None:
        """Mark every VRT that uses a raster, in what it serves or in what is being built, and have the marks looked at.

        A mark says that the VRT has to be compared, not how that ends: the object may be what the VRT was built from.
        """
        raster = self.datasets.get(raster_id)
        if not isinstance(raster, RasterDataset):
            self.marks.told(raster_id, None)
            return
        marks = [mark_of(vrt.id, raster) for vrt in self.find_dependents(raster_id).vrts]
        for _ in self.at_once(lambda mark: self.marks.put(mark, self.clock(), self.quiet), marks):
            pass
        self.marks.told(raster_id, raster.observation)

    def soon(self, raster_id: str) -> None:
        """The same for whoever has written the raster: what fails now, the reconciler does."""
        try:
            self(raster_id)
        except RasterloomError as error:
            logger.warning("who uses raster %s is marked by the reconciler: %s", raster_id, error)

    def overdue(self, until: datetime = ENDLESS) -> Mapping[Told, int]:
        """Mark the users of rasters that were written by somebody who did not, until that moment, and count."""
        changed = self.marks.changed(self.clock(), BATCH)
        return Counter(self._told(raster_id) for raster_id in until_then(changed, self.clock, until))

    def _told(self, raster_id: str) -> Told:
        try:
            self(raster_id)
        except Exception:
            logger.exception("who uses raster %s is marked by the next run", raster_id)
            return Told.LEFT
        return Told.TOLD
