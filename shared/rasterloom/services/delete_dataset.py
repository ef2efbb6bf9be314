"""Delete a dataset: a raster that nobody uses, or a VRT that nothing is being built of."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Member, RasterDataset, VrtDataset
from rasterloom.domain.errors import (
    AlreadyDoneError,
    DatasetBusyError,
    DatasetInUseError,
    NotFoundError,
    TitleMismatchError,
    UnavailableError,
    VersionChangedError,
)
from rasterloom.domain.versions import KnownVersions
from rasterloom.ports import Datasets, IdempotencyRecord, Lock, NewId, Objects
from rasterloom.services.dependents import FindDependents
from rasterloom.services.permissions import changeable, require_upload
from rasterloom.services.replays import Replays
from rasterloom.services.staging import read_members
from rasterloom.services.terms import NO_TERMS, Terms

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
    replays: Replays
    new_id: NewId
    forget: Callable[[RasterDataset], None]
    """What becomes of the object of a raster that is about to be deleted."""

    def __call__(
        self,
        principal: Principal,
        dataset_id: str,
        confirmed_titles: Collection[str] = (),
        terms: Terms = NO_TERMS,
    ) -> None:
        """Delete a dataset. A deletion that died before its end is carried on by the next one.

        Args:
            principal: Who asks.
            dataset_id: What to delete.
            confirmed_titles: Titles that the caller takes it to have; none to ask for no confirmation.
            terms: The terms under which it shall go.

        Raises:
            NotFoundError: There is none that the caller may know of.
            ForbiddenError: The caller may not change it.
            VersionChangedError: It is not as the caller knows it.
            TitleMismatchError: It has another title than one of those confirmed.
            DatasetInUseError: It is a raster that a VRT uses, or that a queued or running build is to use.
            DatasetBusyError: It is a VRT that is regenerating.
            BeingDeletedError: Another deletion of the raster has taken over.
            IdempotencyKeyReusedError: The key came before with another body.
        """
        require_upload(principal)
        if self.replays.earlier(principal, terms.idempotency) is not None:
            return
        with suppress(AlreadyDoneError):
            self._delete(principal, dataset_id, confirmed_titles, terms)

    def _delete(self, principal: Principal, dataset_id: str, confirmed_titles: Collection[str], terms: Terms) -> None:
        record = self.replays.record(principal, terms.idempotency, dataset_id)
        for _ in range(LOOKS):
            dataset = changeable(self.datasets.get(dataset_id), dataset_id, principal)
            terms.known.require(dataset)
            if any(title != dataset.title for title in confirmed_titles):
                raise TitleMismatchError(dataset_id)
            match dataset:
                case RasterDataset():
                    return self._raster(principal, dataset, terms.known, record)
                case VrtDataset() if self._vrt(dataset, record, as_seen=terms.known.versions is not None):
                    return None
        raise UnavailableError("The catalogue", f"dataset {dataset_id} was changed {LOOKS} times meanwhile")

    def _raster(
        self, principal: Principal, raster: RasterDataset, known: KnownVersions, record: IdempotencyRecord | None
    ) -> None:
        """Mark, look at the links, delete or unmark. The look before that only keeps builders from meeting a mark."""
        if raster.deletion is None:
            self._require_unused(principal, raster.id)
        deletion = self.new_id()
        marked = self.datasets.mark_deletion(raster.id, deletion)
        if marked is None:
            raise NotFoundError("dataset", raster.id)
        try:
            known.require(marked)
            self._require_unused(principal, raster.id)
        except (DatasetInUseError, VersionChangedError):
            self.datasets.unmark_deletion(raster.id, deletion)
            raise
        self.forget(marked)
        self.datasets.delete_raster(marked, record)

    def _require_unused(self, principal: Principal, raster_id: str) -> None:
        dependents = self.find_dependents(raster_id)
        if not dependents.are_none:
            raise dependents.refusal(principal, IN_USE)

    def _vrt(self, vrt: VrtDataset, record: IdempotencyRecord | None, *, as_seen: bool) -> bool:
        """Delete the VRT, then its members' links: without their VRT they hold nothing, so they may go late.

        Its generations and jobs stay as what happened; its artifacts are orphans, which the sweep takes.
        """
        if vrt.active is not None:
            raise DatasetBusyError(vrt.id, vrt.active.job_id)
        members = read_members(self.objects, vrt.published)
        if not self.datasets.delete_vrt(vrt, as_seen=as_seen, record=record):
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
