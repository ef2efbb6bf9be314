"""Delete a dataset: a raster that nobody uses, or a VRT that nothing is being built of."""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Member, RasterDataset, VrtDataset
from rasterloom.domain.errors import (
    DatasetBusyError,
    DatasetInUseError,
    NotFoundError,
    TitleMismatchError,
    UnavailableError,
)
from rasterloom.ports import Datasets, Lock, NewId, Objects
from rasterloom.services.dependents import FindDependents
from rasterloom.services.permissions import changeable, require_upload
from rasterloom.services.staging import read_members

LOOKS: Final = 3
"""How often a VRT is read again that somebody changed after it was read."""

IN_USE: Final = "VRTs use this raster; delete them, or take it out of them, first"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeleteDataset:
    """`DELETE /datasets/{dataset_id}`."""

    datasets: Datasets
    objects: Objects
    lock: Lock
    find_dependents: FindDependents
    new_id: NewId

    def __call__(self, principal: Principal, dataset_id: str, confirmed_titles: Collection[str] = ()) -> None:
        """Delete a dataset. A deletion that died before its end is carried on by the next one.

        Args:
            principal: Who asks.
            dataset_id: What to delete.
            confirmed_titles: Titles that the caller takes it to have; none to ask for no confirmation.

        Raises:
            NotFoundError: There is none that the caller may know of.
            ForbiddenError: The caller may not change it.
            TitleMismatchError: It has another title than one of those confirmed.
            DatasetInUseError: It is a raster that a VRT uses, or that a queued or running build is to use.
            DatasetBusyError: It is a VRT that is regenerating.
            BeingDeletedError: Another deletion of the raster has taken over.
        """
        require_upload(principal)
        for _ in range(LOOKS):
            dataset = changeable(self.datasets.get(dataset_id), dataset_id, principal)
            if any(title != dataset.title for title in confirmed_titles):
                raise TitleMismatchError(dataset_id)
            match dataset:
                case RasterDataset():
                    return self._raster(principal, dataset)
                case VrtDataset() if self._vrt(dataset):
                    return None
        raise UnavailableError("The catalogue", f"dataset {dataset_id} was changed {LOOKS} times meanwhile")

    def _raster(self, principal: Principal, raster: RasterDataset) -> None:
        """Mark, look at the links, delete or unmark. The look before that only keeps builders from meeting a mark."""
        if raster.deletion is None:
            self._require_unused(principal, raster.id)
        deletion = self.new_id()
        marked = self.datasets.mark_deletion(raster.id, deletion)
        if marked is None:
            raise NotFoundError("dataset", raster.id)
        try:
            self._require_unused(principal, raster.id)
        except DatasetInUseError:
            self.datasets.unmark_deletion(raster.id, deletion)
            raise
        self.datasets.delete_raster(marked)

    def _require_unused(self, principal: Principal, raster_id: str) -> None:
        dependents = self.find_dependents(raster_id)
        if not dependents.are_none:
            raise dependents.refusal(principal, IN_USE)

    def _vrt(self, vrt: VrtDataset) -> bool:
        """Delete the VRT, then its members' links: without their VRT they hold nothing, so they may go late.

        Its generations and jobs stay as what happened; its artifacts are orphans, which the sweep takes.
        """
        if vrt.active is not None:
            raise DatasetBusyError(vrt.id, vrt.active.job_id)
        members = read_members(self.objects, vrt.published)
        if not self.datasets.delete_vrt(vrt):
            return False
        self._unlink(vrt, members)
        return True

    def _unlink(self, vrt: VrtDataset, members: Sequence[Member]) -> None:
        by_generation = defaultdict[str, list[str]](list)
        for member in members:
            by_generation[member.linked_by].append(member.source_id)
        try:
            for generation_id, source_ids in by_generation.items():
                self.lock.unlink_sources(vrt.id, generation_id, source_ids)
        except UnavailableError as error:
            logger.warning("links of %d members of %s are left, and hold nothing: %s", len(members), vrt.id, error)
