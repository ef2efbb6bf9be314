"""Carry on deletions of rasters that died between their mark and their end."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import AlreadyDoneError, BeingDeletedError, IdempotencyKeyReusedError
from rasterloom.domain.sweeping import DELETION_PERIOD
from rasterloom.ports import Clock, Datasets, DeletionMark, DueDeletion, NewId
from rasterloom.services.dependents import FindDependents
from rasterloom.services.shares import ENDLESS, until_then

BATCH: Final = 100
"""Deletions that one run looks at; the next run takes the rest."""

logger = logging.getLogger(__name__)


class Resumed(StrEnum):
    """What was done about one deletion."""

    FINISHED = "finished"
    UNDONE = "undone"
    """Somebody uses the raster: it is as it was."""
    LEFT = "left"
    """Somebody else has it in hand, or a service does not answer."""


@dataclass(frozen=True, slots=True)
class ResumeDeletions:
    """The use case: the steps of a deletion from its mark on, each conditional on that mark."""

    datasets: Datasets
    find_dependents: FindDependents
    forget: Callable[[RasterDataset], None]
    """What becomes of the object of a raster that is about to be deleted."""
    clock: Clock
    new_id: NewId

    def __call__(self, until: datetime = ENDLESS) -> Mapping[Resumed, int]:
        """Look at deletions that should have ended until that moment, and count what was done."""
        ended = self.datasets.due_deletions(self.clock(), BATCH)
        return Counter(self._action(due) for due in until_then(ended, self.clock, until))

    def _action(self, due: DueDeletion) -> Resumed:
        try:
            action = self._resume(due)
        except (AlreadyDoneError, BeingDeletedError):
            action = Resumed.LEFT
        except Exception:
            logger.exception("the deletion of raster %s is left for the next run", due.raster_id)
            action = Resumed.LEFT
        logger.info("deletion of raster %s: %s", due.raster_id, action)
        return action

    def _resume(self, due: DueDeletion) -> Resumed:
        """Take the mark over, look at the links, delete or unmark: the deletion that died saw links of long ago."""
        now, deletion = self.clock(), self.new_id()
        mark = DeletionMark(deletion, now + DELETION_PERIOD, resumes=due.deletion)
        marked = self.datasets.mark_deletion(due.raster_id, mark)
        if marked is None:
            return Resumed.LEFT
        try:
            if self.find_dependents(marked.id).are_none:
                self.forget(marked)
                self.datasets.delete_raster(marked, now, due.record)
                return Resumed.FINISHED
        except IdempotencyKeyReusedError:
            logger.warning("the key under which raster %s was to be deleted stands for another request", marked.id)
        self.datasets.unmark_deletion(marked.id, deletion)
        return Resumed.UNDONE
