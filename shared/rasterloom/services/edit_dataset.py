"""Change what a dataset is called and who may see it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from rasterloom.domain.access import Audience, Principal, Visibility
from rasterloom.domain.dataset import Dataset
from rasterloom.domain.errors import AlreadyDoneError
from rasterloom.ports import Clock, Datasets, EditTerms, IdempotencyRecord, NewId, PendingEdit
from rasterloom.services.hold_edits import HoldEdits, narrows, widens
from rasterloom.services.permissions import changeable, require_upload
from rasterloom.services.replays import Replays
from rasterloom.services.terms import LOOKS, NO_TERMS, Terms, changed_at_each_look

HELD_WITHIN: Final = timedelta(minutes=1)
"""When an edit that has not been held against others is taken for a dead one's: a request ends within half a minute."""


@dataclass(frozen=True, slots=True)
class EditRequest:
    """What shall change; what is None stays as it is."""

    title: str | None = None
    summary: str | None = None
    clears_summary: bool = False
    """Whether the summary is taken away."""
    visibility: Visibility | None = None
    groups: tuple[str, ...] | None = None

    def applied(self, dataset: Dataset) -> Dataset:
        """The dataset as it shall be."""
        before = dataset.audience
        groups = before.groups if self.groups is None else tuple(sorted(set(self.groups)))
        kept = dataset.summary if self.summary is None else self.summary
        return replace(
            dataset,
            title=dataset.title if self.title is None else self.title,
            summary=None if self.clears_summary else kept,
            audience=Audience(before.owner, self.visibility or before.visibility, groups),
        )


@dataclass(frozen=True, slots=True)
class EditDataset:
    """`PATCH /datasets/{dataset_id}`."""

    datasets: Datasets
    holds: HoldEdits
    replays: Replays
    clock: Clock
    new_id: NewId

    def __call__(self, principal: Principal, dataset_id: str, request: EditRequest, terms: Terms = NO_TERMS) -> Dataset:
        """Change a dataset and answer it as it then stands.

        Raises:
            NotFoundError: There is none that the caller may know of.
            ForbiddenError: The caller may not change it.
            VersionChangedError: It is not as the caller knows it.
            IncompatibleSourcesError: A VRT would be more visible than at least one of its sources.
            DatasetInUseError: A raster would be less visible than at least one VRT that uses it.
            DatasetBusyError: A VRT that is regenerating cannot be made more visible.
            BeingDeletedError: It is a raster that is being deleted.
            IdempotencyKeyReusedError: The key came before with another request.
        """
        require_upload(principal)
        self.holds.settle(dataset_id)
        if self.replays.earlier(principal, terms.idempotency) is not None:
            return changeable(self.datasets.get(dataset_id), dataset_id, principal)
        record = self.replays.record(principal, terms.idempotency, dataset_id)
        for _ in range(LOOKS):
            seen = changeable(self.datasets.get(dataset_id), dataset_id, principal)
            terms.known.require(seen)
            wanted = replace(request.applied(seen), updated_at=self.clock())
            self.holds.require_sound(principal, seen, wanted)
            pending = self._pending(seen, wanted, record)
            if self._edited(seen, wanted, terms, record, pending):
                if pending is not None:
                    self.holds.hold(principal, pending)
                return changeable(self.datasets.get(dataset_id), dataset_id, principal)
            self.holds.settle(dataset_id)
        raise changed_at_each_look(dataset_id)

    def _edited(
        self,
        seen: Dataset,
        wanted: Dataset,
        terms: Terms,
        record: IdempotencyRecord | None,
        pending: PendingEdit | None,
    ) -> bool:
        """Write, unless an earlier request with the same key has, between the look for it and now."""
        as_seen = terms.known.versions is not None
        edit = EditTerms(while_idle=widens(seen, wanted), as_seen=as_seen, record=record, pending=pending)
        try:
            return self.datasets.edit(seen, wanted, edit)
        except AlreadyDoneError:
            return True

    def _pending(self, seen: Dataset, wanted: Dataset, record: IdempotencyRecord | None) -> PendingEdit | None:
        """What says that this edit has to be held against others; None where nobody could have anything against it."""
        if not widens(seen, wanted) and not narrows(seen, wanted):
            return None
        now = wanted.updated_at
        return PendingEdit(
            dataset_id=seen.id,
            token=self.new_id(),
            before=seen.audience,
            wanted=wanted.audience,
            title=seen.title,
            summary=seen.summary,
            edited_at=now,
            due=now + HELD_WITHIN,
            record=record,
        )
