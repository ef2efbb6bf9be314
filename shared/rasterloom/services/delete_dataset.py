"""Delete a dataset: a raster that nobody uses, or a VRT that nothing is being built of."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import RasterDataset, VrtDataset
from rasterloom.domain.errors import (
    AlreadyDoneError,
    DatasetBusyError,
    DatasetInUseError,
    IdempotencyKeyReusedError,
    TitleMismatchError,
)
from rasterloom.domain.sweeping import DELETION_PERIOD
from rasterloom.ports import Clock, Datasets, DeletionMark, IdempotencyRecord, NewId
from rasterloom.services.dependents import FindDependents
from rasterloom.services.permissions import changeable, require_upload
from rasterloom.services.replays import Replays
from rasterloom.services.terms import LOOKS, NO_TERMS, Terms, changed_at_each_look

IN_USE: Final = "VRTs use this raster; delete them, or take it out of them, first"


@dataclass(frozen=True, slots=True)
class DeleteDataset:
    """`DELETE /datasets/{dataset_id}`."""

    datasets: Datasets
    find_dependents: FindDependents
    replays: Replays
    clock: Clock
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
        """Delete a dataset. A deletion that died before its end is carried on by the next one, or by the reconciler.

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
            IdempotencyKeyReusedError: The key came before with another request.
        """
        require_upload(principal)
        if self.replays.earlier(principal, terms.idempotency) is not None:
            return
        with suppress(AlreadyDoneError):
            self._delete(principal, dataset_id, confirmed_titles, terms)

    def _delete(self, principal: Principal, dataset_id: str, confirmed_titles: Collection[str], terms: Terms) -> None:
        record = self.replays.record(principal, terms.idempotency, dataset_id)
        known = terms.known.versions is not None
        as_seen = known or bool(confirmed_titles)
        for _ in range(LOOKS):
            dataset = changeable(self.datasets.get(dataset_id), dataset_id, principal)
            terms.known.require(dataset)
            if any(title != dataset.title for title in confirmed_titles):
                raise TitleMismatchError(dataset_id)
            match dataset:
                case RasterDataset() if self._raster(principal, dataset, record, as_seen=as_seen):
                    return
                case VrtDataset() if self._vrt(dataset, record, as_seen=known):
                    return
        raise changed_at_each_look(dataset_id)

    def _raster(
        self, principal: Principal, raster: RasterDataset, record: IdempotencyRecord | None, *, as_seen: bool
    ) -> bool:
        """Mark, look at the links, delete or unmark. The look before that only keeps builders from meeting a mark.

        From the mark on, whoever finds the deletion dead carries it on: all that it was asked under holds by then.
        """
        if raster.deletion is None:
            self._require_unused(principal, raster.id)
        now, deletion = self.clock(), self.new_id()
        mark = DeletionMark(deletion, now + DELETION_PERIOD, seen=raster if as_seen else None, record=record)
        marked = self.datasets.mark_deletion(raster.id, mark)
        if marked is None:
            return False
        try:
            self._require_unused(principal, raster.id)
            self.forget(marked)
            self.datasets.delete_raster(marked, now, record)
        except (DatasetInUseError, IdempotencyKeyReusedError):
            self.datasets.unmark_deletion(raster.id, deletion)
            raise
        return True

    def _require_unused(self, principal: Principal, raster_id: str) -> None:
        dependents = self.find_dependents(raster_id)
        if not dependents.are_none:
            raise dependents.refusal(principal, IN_USE)

    def _vrt(self, vrt: VrtDataset, record: IdempotencyRecord | None, *, as_seen: bool) -> bool:
        """Delete the VRT; without it, its members' links hold nothing.

        Links and artifacts are left to the sweep: a request has no time for 100,000 of them, and somebody may have the
        VRT open. Its generations and jobs stay as what happened.
        """
        if vrt.active is not None:
            raise DatasetBusyError(vrt.id, vrt.active.job_id)
        return self.datasets.delete_vrt(vrt, self.clock(), as_seen=as_seen, record=record)
