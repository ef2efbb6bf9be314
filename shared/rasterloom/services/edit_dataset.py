"""Change what a dataset is called and who may see it."""

from dataclasses import dataclass, replace
from typing import Final

from rasterloom.domain.access import Audience, Principal, Visibility
from rasterloom.domain.dataset import Dataset, RasterDataset, VrtDataset
from rasterloom.domain.errors import (
    AlreadyDoneError,
    DatasetBusyError,
    IncompatibleSourcesError,
    RasterloomError,
    UnavailableError,
)
from rasterloom.ports import Clock, Datasets, EditTerms, IdempotencyRecord, Objects
from rasterloom.services.dependents import Dependents, FindDependents
from rasterloom.services.permissions import changeable, require_upload
from rasterloom.services.replays import Replays
from rasterloom.services.staging import read_members
from rasterloom.services.terms import NO_TERMS, Terms
from rasterloom.services.validation import source_not_found
from rasterloom.services.visibility import covers, refuse_wider_than_sources

LOOKS: Final = 3
"""How often a dataset is read again whose audience somebody else changed after it was read."""

NARROWED: Final = "VRTs that use this raster are more visible than it would be; make them less visible first"


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
    objects: Objects
    find_dependents: FindDependents
    replays: Replays
    clock: Clock

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
            IdempotencyKeyReusedError: The key came before with another body.
        """
        require_upload(principal)
        if self.replays.earlier(principal, terms.idempotency) is not None:
            return changeable(self.datasets.get(dataset_id), dataset_id, principal)
        record = self.replays.record(principal, terms.idempotency, dataset_id)
        for _ in range(LOOKS):
            seen = changeable(self.datasets.get(dataset_id), dataset_id, principal)
            terms.known.require(seen)
            wanted = replace(request.applied(seen), updated_at=self.clock())
            self._require_sound(principal, seen, wanted)
            if self._edited(seen, wanted, terms, record):
                self._hold(principal, seen, wanted, record)
                return changeable(self.datasets.get(dataset_id), dataset_id, principal)
        raise UnavailableError("The catalogue", f"dataset {dataset_id} was changed {LOOKS} times meanwhile")

    def _edited(self, seen: Dataset, wanted: Dataset, terms: Terms, record: IdempotencyRecord | None) -> bool:
        """Write, unless an earlier request with the same key has, between the look for it and now."""
        try:
            return self.datasets.edit(
                seen,
                wanted,
                EditTerms(while_idle=_widens(seen, wanted), as_seen=terms.known.versions is not None, record=record),
            )
        except AlreadyDoneError:
            return True

    def _hold(self, principal: Principal, seen: Dataset, wanted: Dataset, record: IdempotencyRecord | None) -> None:
        """Look again once the new audience stands, and take it back if it must not stand.

        A raster is made less visible (N) while a VRT that uses it is made more visible (W). Each writes first and then
        reads what the other one writes, so at least one of the two sees the other:

            N: reads: VRT private                          raster private   reads: VRT public -> raster public, refused
            W:                       reads: raster public          VRT public   reads: raster private -> VRT private

        A build links a raster before it reads it, and this reads the links after the raster is written.
        """
        try:
            self._require_sound(principal, seen, wanted)
        except RasterloomError:
            self.datasets.edit(wanted, replace(seen, updated_at=self.clock()), EditTerms(revoked=record))
            raise

    def _require_sound(self, principal: Principal, seen: Dataset, wanted: Dataset) -> None:
        """A VRT is never more visible than a source: widening asks its sources, narrowing whoever uses the raster."""
        match seen:
            case VrtDataset() if _widens(seen, wanted):
                self._require_visible_sources(seen, wanted.audience)
            case RasterDataset() if not covers(wanted.audience, seen.audience):
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


def _widens(seen: Dataset, wanted: Dataset) -> bool:
    """Whether this makes a VRT visible to anybody who does not see it now."""
    return isinstance(seen, VrtDataset) and not covers(seen.audience, wanted.audience)
