"""Change a VRT: add a source, remove one, or build it again.

What is served, its list of sources and their count stay as they are until the new generation is published.
"""

from dataclasses import dataclass
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Published, RasterDataset, VrtDataset
from rasterloom.domain.errors import (
    DatasetBusyError,
    ForbiddenError,
    IncompatibleSourcesError,
    NotFoundError,
    NotPublishedError,
    SourceAlreadyLinkedError,
    TooFewSourcesError,
)
from rasterloom.domain.generation import ChangeKind
from rasterloom.ports import Datasets, Lock, Objects
from rasterloom.services.admit_change import AdmitChange, IdempotencyKey, Plan
from rasterloom.services.permissions import require_upload
from rasterloom.services.read_datasets import readable_vrt
from rasterloom.services.staging import read_members, read_reference
from rasterloom.services.validation import ValidateSources, source_not_found
from rasterloom.services.visibility import refuse_wider_than_sources

FEWEST_SOURCES: Final = 2
"""A VRT keeps at least this many."""

REGENERATE: Final = "vrt_regenerate"
"""What the job of a change says that it makes."""


@dataclass(frozen=True, slots=True)
class ChangeVrt:
    """The use cases that change a VRT which exists.

    Each takes the steps of the HTTP contract in its order: the VRT, the right to change it, the source, whether the
    VRT is busy, whether the source is linked, whether it is compatible.
    """

    datasets: Datasets
    objects: Objects
    lock: Lock
    validate: ValidateSources
    admit: AdmitChange

    def add(self, principal: Principal, vrt_id: str, source_id: str, idempotency: IdempotencyKey | None = None) -> str:
        """Append a source, and answer the id of the job.

        It is held against the reference of the published generation alone, so this costs the same for any number of
        sources.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of.
            ForbiddenError: The caller may not change it.
            IncompatibleSourcesError: The source is unknown, unreadable, no raster, or does not fit.
            DatasetBusyError: Another generation is active.
            SourceAlreadyLinkedError: The VRT has this source.
        """
        require_upload(principal)
        replayed = self.admit.replayed(principal, idempotency)
        if replayed is not None:
            return replayed
        vrt = changeable_vrt(self.datasets, principal, vrt_id)
        raster = self._source(principal, source_id)
        published = _served(vrt)
        if self._has(vrt, source_id):
            raise SourceAlreadyLinkedError(vrt.id, source_id)
        validated = self.validate.one(raster, vrt.vrt_type, read_reference(self.objects, published))
        refuse_wider_than_sources(vrt.audience, validated.rasters)
        plan = Plan(
            vrt, ChangeKind.ADD, validated.rasters, vrt.member_count + 1, REGENERATE, warnings=validated.warnings
        )
        return self.admit(principal, plan, idempotency)

    def remove(
        self, principal: Principal, vrt_id: str, source_id: str, idempotency: IdempotencyKey | None = None
    ) -> str:
        """Take a source away, and answer the id of the job.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of, or it does not have this source.
            ForbiddenError: The caller may not change it.
            DatasetBusyError: Another generation is active.
            TooFewSourcesError: Too few would be left; this is said before it is looked for the source.
        """
        require_upload(principal)
        replayed = self.admit.replayed(principal, idempotency)
        if replayed is not None:
            return replayed
        vrt = changeable_vrt(self.datasets, principal, vrt_id)
        _served(vrt)
        if vrt.member_count <= FEWEST_SOURCES:
            raise TooFewSourcesError(vrt.id, vrt.member_count, FEWEST_SOURCES)
        if not self._has(vrt, source_id):
            raise NotFoundError("linked source", source_id)
        plan = Plan(vrt, ChangeKind.REMOVE, (), vrt.member_count - 1, REGENERATE, removed_id=source_id)
        return self.admit(principal, plan, idempotency)

    def regenerate(self, principal: Principal, vrt_id: str, idempotency: IdempotencyKey | None = None) -> str:
        """Build the published members again from what is catalogued of them today, and answer the id of the job.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of.
            ForbiddenError: The caller may not change it.
            DatasetBusyError: Another generation is active.
        """
        require_upload(principal)
        replayed = self.admit.replayed(principal, idempotency)
        if replayed is not None:
            return replayed
        vrt = changeable_vrt(self.datasets, principal, vrt_id)
        _served(vrt)
        plan = Plan(vrt, ChangeKind.REBUILD, (), vrt.member_count, REGENERATE)
        return self.admit(principal, plan, idempotency)

    def _source(self, principal: Principal, source_id: str) -> RasterDataset:
        raster = self.datasets.get(source_id)
        if isinstance(raster, RasterDataset) and raster.deletion is None and raster.audience.admits(principal):
            return raster
        raise IncompatibleSourcesError([source_not_found(source_id, 0)])

    def _has(self, vrt: VrtDataset, source_id: str) -> bool:
        """Whether the source is a member: without a link it is not; with one, the manifest knows."""
        if not self.lock.is_linked(vrt.id, source_id):
            return False
        return any(member.source_id == source_id for member in read_members(self.objects, vrt.published))


def changeable_vrt(datasets: Datasets, principal: Principal, vrt_id: str) -> VrtDataset:
    """The VRT, if the caller may change it.

    Raises:
        NotFoundError: There is no such VRT that the caller may know of.
        ForbiddenError: The caller may read it and not change it.
    """
    vrt = readable_vrt(datasets, principal, vrt_id)
    if not vrt.audience.may_change(principal):
        raise ForbiddenError(f"VRT dataset {vrt_id} is not yours to change", dataset_id=vrt_id)
    return vrt


def _served(vrt: VrtDataset) -> Published:
    """What an idle VRT serves.

    Raises:
        DatasetBusyError: A generation is active.
        NotPublishedError: No generation ever was published, so there is nothing that a change could start from.
    """
    if vrt.active is not None:
        raise DatasetBusyError(vrt.id, vrt.active.job_id)
    if vrt.published is None:
        raise NotPublishedError(vrt.id)
    return vrt.published
