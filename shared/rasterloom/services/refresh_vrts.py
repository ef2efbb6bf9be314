"""Look at marked VRTs once their sources have been left alone for a while, and build those again that asked for it."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rasterloom.domain.access import UPLOAD, Principal
from rasterloom.domain.dataset import VrtDataset
from rasterloom.domain.errors import BaseChangedError, DatasetBusyError
from rasterloom.domain.generation import ChangeKind
from rasterloom.domain.lifecycle import VrtStatus
from rasterloom.domain.staleness import AUTOMATIC, StaleLook
from rasterloom.ports import Clock, Datasets, Marks
from rasterloom.services.admit_change import AdmitChange, Plan
from rasterloom.services.changing import REGENERATE
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.settle_marks import Settled
from rasterloom.services.shares import ENDLESS, until_then

BATCH: Final = 100
"""VRTs that one run looks at; the next run takes the rest."""

PUT_OFF: Final = timedelta(minutes=1)
"""When a VRT comes again of which a look came to no end: by then, those that are due have had theirs."""

logger = logging.getLogger(__name__)


class Refreshed(StrEnum):
    """What a look at one VRT came to."""

    FRESH = "fresh"
    """Its marks had no cause, or have none any more."""
    STALE = "stale"
    """It stays as it is until somebody has it built again."""
    REBUILT = "rebuilt"
    """A build was admitted."""
    BUSY = "busy"
    """Something is being built of it: it is looked at again."""
    LEFT = "left"
    """A service does not answer."""


@dataclass(frozen=True, slots=True)
class RefreshVrts:
    """The use case; it is safe beside people, builders and itself.

    A build is admitted once for what was marked up to now: it stands under a key that is made of the look. If it fails,
    the look is over all the same, and the next try waits for another mark.
    """

    datasets: Datasets
    marks: Marks
    settle: Callable[[str], Settled]
    admit: AdmitChange
    clock: Clock
    quiet: timedelta

    def __call__(self, until: datetime = ENDLESS) -> Mapping[Refreshed, int]:
        """Look at VRTs that are due until that moment, and count what was done."""
        due = self.marks.due(self.clock(), BATCH)
        return Counter(self._action(look) for look in until_then(due, self.clock, until))

    def _action(self, look: StaleLook) -> Refreshed:
        try:
            # One that cannot be looked at, or whose look takes longer than there is time, stands behind all others:
            #
            #   R: X is due, then Y      X is put off, dies looking at X
            #   R: (the next minute)     Y is due, then X
            self.marks.postpone(look, self.clock() + PUT_OFF)
            action = self._look(look)
        except Exception:
            logger.exception("the marks of VRT %s are left for the next run", look.vrt_id)
            action = Refreshed.LEFT
        logger.info("marks of VRT %s: %s", look.vrt_id, action)
        return action

    def _look(self, look: StaleLook) -> Refreshed:
        vrt = self.datasets.get(look.vrt_id)
        if not isinstance(vrt, VrtDataset):
            self.marks.disarm(look)
            return Refreshed.FRESH
        settled = self.settle(vrt.id)
        if settled is Settled.BUSY or vrt.active is not None:
            return self._again(look)
        if vrt.auto_regenerate and vrt.published is not None and _needs_building(vrt, settled):
            return self._rebuild(look, vrt)
        self.marks.disarm(look)
        return Refreshed(settled.value)

    def _rebuild(self, look: StaleLook, vrt: VrtDataset) -> Refreshed:
        # Two reconcilers, of which one is slow; a build that fails; a mark that comes while it is admitted:
        #
        #   R: fence 7, stale -> admitted, fence 8                  the look is over
        #   Q: fence 7, stale                      fence is 8 -> refused, or the key is R's -> R's job again
        #   W:                                                                       fails: nothing is due, it stays so
        #   M: (or meanwhile)    marks: token 2 ->             token is not 1 -> refused: the look is due as M has it
        owner = Principal(vrt.audience.owner, vrt.created_by_display, permissions=frozenset({UPLOAD}))
        plan = Plan(vrt, ChangeKind.REBUILD, (), vrt.member_count, REGENERATE, triggered_by=AUTOMATIC)
        try:
            job_id = self.admit(owner, plan, IdempotencyKey(f"{AUTOMATIC}:{vrt.id}:{look.token}", AUTOMATIC))
        except (DatasetBusyError, BaseChangedError):
            return self._again(look)
        logger.info("VRT %s builds itself again by job %s", vrt.id, job_id)
        self.marks.disarm(look)
        return Refreshed.REBUILT

    def _again(self, look: StaleLook) -> Refreshed:
        self.marks.postpone(look, self.clock() + self.quiet)
        return Refreshed.BUSY


def _needs_building(vrt: VrtDataset, settled: Settled) -> bool:
    """One whose rebuild failed for a source that is back as it was serves what it should, and is still failed."""
    return settled is Settled.STALE or vrt.status is VrtStatus.FAILED
