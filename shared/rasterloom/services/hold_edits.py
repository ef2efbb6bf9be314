"""Hold edits of who a dataset is for against others: a VRT is never more visible than a source of it."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from rasterloom.domain.access import ANONYMOUS, Audience, Principal
from rasterloom.domain.dataset import Dataset, RasterDataset, VrtDataset
from rasterloom.domain.errors import (
    DatasetBusyError,
    DatasetInUseError,
    IncompatibleSourcesError,
    RasterloomError,
    UnavailableError,
)
from rasterloom.ports import Clock, Datasets, EditTerms, Objects, PendingEdit
from rasterloom.services.dependents import Dependents, FindDependents
from rasterloom.services.shares import ENDLESS, until_then
from rasterloom.services.staging import read_members
from rasterloom.services.validation import source_not_found
from rasterloom.services.visibility import covers, refuse_wider_than_sources

BATCH: Final = 100
"""Edits that one run looks at; the next run takes the rest."""

NARROWED: Final = "VRTs that use this raster are more visible than it would be; make them less visible first"

UNSOUND: Final = (DatasetBusyError, DatasetInUseError, IncompatibleSourcesError)
"""Why an edit may not stand."""

logger = logging.getLogger(__name__)


class Held(StrEnum):
    """What became of one edit whose maker died before it was held against others."""

    STANDS = "stands"
    TAKEN_BACK = "taken_back"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class HoldEdits:
    """Looks again once the new audience stands, and takes it back if it must not stand.

    A raster is made less visible (N) while a VRT that uses it is made more visible (W). Each writes first and then
    reads what the other one writes, so at least one of the two sees the other:

        N: reads: VRT private                          raster private   reads: VRT public -> raster public, refused
        W:                       reads: raster public          VRT public   reads: raster private -> VRT private

    A build links a raster before it reads it, and this reads the links after the raster is written. Whoever dies
    between the two steps is followed by the next one who edits the dataset, or by the reconciler: until then it stands
    beside the dataset that the edit is pending.
    """

    datasets: Datasets
    objects: Objects
    find_dependents: FindDependents
    clock: Clock

    def require_sound(self, principal: Principal, seen: Dataset, wanted: Dataset) -> None:
        """Widening a VRT asks its sources, narrowing a raster asks whoever uses it; nothing else asks anybody.

        Raises:
            IncompatibleSourcesError: A VRT would be more visible than at least one of its sources.
            DatasetInUseError: A raster would be less visible than at least one VRT that uses it.
            DatasetBusyError: A VRT that is regenerating cannot be made more visible.
        """
        match seen:
            case VrtDataset() if widens(seen, wanted):
                self._require_visible_sources(seen, wanted.audience)
            case RasterDataset() if narrows(seen, wanted):
                dependents = self.find_dependents(seen.id)
                wider = tuple(vrt for vrt in dependents.vrts if not covers(wanted.audience, vrt.audience))
                if wider:
                    raise Dependents(wider).refusal(principal, NARROWED)

    def _require_visible_sources(self, vrt: VrtDataset, wanted: Audience) -> None:
        """What is served is held against the audience that each of its sources has today."""
        if vrt.active is not None:
            raise DatasetBusyError(vrt.id, vrt.active.job_id)
        ids = [member.source_id for member in read_members(self.objects, vrt.published)]
        known = self.datasets.get_many(ids)
        rasters = [raster for source_id in ids if isinstance(raster := known.get(source_id), RasterDataset)]
        gone = [source_not_found(source_id, index) for index, source_id in enumerate(ids) if source_id not in known]
        if gone:
            raise IncompatibleSourcesError(gone)
        refuse_wider_than_sources(wanted, rasters)

    def hold(self, principal: Principal, edit: PendingEdit) -> None:
        """Hold one's own edit against others, and take it back if it may not stand, or if nobody can tell.

        Raises:
            RasterloomError: As `require_sound` has it, or a service did not answer.
        """
        standing = self._standing(edit)
        if standing is not None:
            try:
                self.require_sound(principal, replace(standing, audience=edit.before), standing)
            except RasterloomError:
                self._take_back(edit, standing)
                raise
        if not self._holds(edit) and standing is None:
            raise UnavailableError("The catalogue", f"dataset {edit.dataset_id} was changed meanwhile")

    def _holds(self, edit: PendingEdit) -> bool:
        """Say so; where that cannot be written, the reconciler finds the same."""
        try:
            return self.datasets.edit_holds(edit)
        except UnavailableError as error:
            logger.warning("the edit of dataset %s is held once more: %s", edit.dataset_id, error)
            return True

    def settle(self, dataset_id: str) -> None:
        """Hold an edit against others whose maker has not, if there is one.

        Raises:
            UnavailableError: A service did not answer; it stays pending.
        """
        edit = self.datasets.pending_edit(dataset_id)
        if edit is not None:
            self._settled(edit)

    def overdue(self, until: datetime = ENDLESS) -> Mapping[Held, int]:
        """Hold edits against others whose makers should have done that by now, until that moment, and count."""
        due = self.datasets.due_edits(self.clock(), BATCH)
        return Counter(self._action(edit) for edit in until_then(due, self.clock, until))

    def _action(self, edit: PendingEdit) -> Held:
        try:
            action = self._settled(edit)
        except Exception:
            logger.exception("the edit of dataset %s is left for the next run", edit.dataset_id)
            action = Held.LEFT
        logger.info("edit of dataset %s: %s", edit.dataset_id, action)
        return action

    def _settled(self, edit: PendingEdit) -> Held:
        standing = self._standing(edit)
        if standing is not None:
            try:
                self.require_sound(ANONYMOUS, replace(standing, audience=edit.before), standing)
            except UNSOUND as error:
                logger.warning("the edit of dataset %s is taken back: %s", edit.dataset_id, error)
                self._take_back(edit, standing)
                return Held.TAKEN_BACK
        self.datasets.edit_holds(edit)
        return Held.STANDS

    def _standing(self, edit: PendingEdit) -> Dataset | None:
        """The dataset, if it still is for whom the edit made it; whoever has edited it since holds that."""
        standing = self.datasets.get(edit.dataset_id)
        return standing if standing is not None and standing.audience == edit.wanted else None

    def _take_back(self, edit: PendingEdit, standing: Dataset) -> None:
        """Have the dataset be for whom it was before; title and summary, too, unless it was written since."""
        before = replace(standing, audience=edit.before, updated_at=self.clock())
        if standing.updated_at == edit.edited_at:
            before = replace(before, title=edit.title, summary=edit.summary)
        self.datasets.edit(standing, before, EditTerms(takes_back=edit))


def widens(seen: Dataset, wanted: Dataset) -> bool:
    """Whether this makes a VRT visible to anybody who does not see it now."""
    return isinstance(seen, VrtDataset) and not covers(seen.audience, wanted.audience)


def narrows(seen: Dataset, wanted: Dataset) -> bool:
    """Whether this hides a raster from anybody who sees it now."""
    return isinstance(seen, RasterDataset) and not covers(wanted.audience, seen.audience)
