"""Change a VRT: add a source, remove one, weave it otherwise, or build it again.

What is served, its list of sources and their count stay as they are until the new generation is published.
"""

from dataclasses import dataclass, replace
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import RasterDataset, VrtDataset
from rasterloom.domain.errors import (
    IncompatibleSourcesError,
    NotFoundError,
    SourceAlreadyLinkedError,
    TooFewSourcesError,
)
from rasterloom.domain.generation import ChangeKind
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions, require_representable
from rasterloom.ports import Datasets, Lock, Objects
from rasterloom.services.admit_change import Plan
from rasterloom.services.changing import REGENERATE, Changing, served
from rasterloom.services.staging import read_members, read_reference
from rasterloom.services.terms import NO_TERMS, Terms
from rasterloom.services.validation import ValidateSources, source_not_found
from rasterloom.services.visibility import refuse_wider_than_sources

FEWEST_SOURCES: Final = 2
"""A VRT keeps at least this many."""


@dataclass(frozen=True, slots=True)
class OptionsRequest:
    """What shall change of the way a VRT is woven."""

    strategy: ResolutionStrategy | None = None
    resampling: Resampling | None = None
    nodata_override: int | float | None = None
    clears_nodata_override: bool = False
    """Whether the sources' own nodata values count again."""

    def applied(self, options: WeaveOptions) -> WeaveOptions:
        """The options as they shall be."""
        kept = options.nodata_override if self.nodata_override is None else self.nodata_override
        return replace(
            options,
            strategy=self.strategy or options.strategy,
            resampling=self.resampling or options.resampling,
            nodata_override=None if self.clears_nodata_override else kept,
        )


@dataclass(frozen=True, slots=True)
class ChangeVrt:
    """The use cases that change a VRT by little.

    Each takes the steps of the HTTP contract in its order: the VRT, the right to change it, its version, the source,
    whether the VRT is busy, whether the source is linked, whether it is compatible.
    """

    datasets: Datasets
    objects: Objects
    lock: Lock
    validate: ValidateSources
    changing: Changing

    def add(self, principal: Principal, vrt_id: str, source_id: str, terms: Terms = NO_TERMS) -> str:
        """Append a source, and answer the id of the job.

        It is held against the reference of the published generation alone, so this costs the same for any number of
        sources.

        Raises:
            IncompatibleSourcesError: The source is unknown, unreadable, no raster, or does not fit.
            SourceAlreadyLinkedError: The VRT has this source.
            RasterloomError: As `Changing` has it.
        """

        def plan(vrt: VrtDataset) -> Plan:
            raster = self._source(principal, source_id)
            published = served(vrt)
            if self._has(vrt, source_id):
                raise SourceAlreadyLinkedError(vrt.id, source_id)
            validated = self.validate.one(raster, vrt, read_reference(self.objects, published), published.summary)
            refuse_wider_than_sources(vrt.audience, validated.rasters)
            count = vrt.member_count + 1
            return Plan(vrt, ChangeKind.ADD, validated.rasters, count, REGENERATE, warnings=validated.warnings)

        return self.changing(principal, vrt_id, terms, plan)

    def remove(self, principal: Principal, vrt_id: str, source_id: str, terms: Terms = NO_TERMS) -> str:
        """Take a source away, and answer the id of the job.

        Raises:
            TooFewSourcesError: Too few would be left; this is said before it is looked for the source.
            NotFoundError: The VRT does not have this source.
            RasterloomError: As `Changing` has it.
        """

        def plan(vrt: VrtDataset) -> Plan:
            served(vrt)
            if vrt.member_count <= FEWEST_SOURCES:
                raise TooFewSourcesError(vrt.id, vrt.member_count, FEWEST_SOURCES)
            if not self._has(vrt, source_id):
                raise NotFoundError("linked source", source_id)
            return Plan(vrt, ChangeKind.REMOVE, (), vrt.member_count - 1, REGENERATE, removed_id=source_id)

        return self.changing(principal, vrt_id, terms, plan)

    def regenerate(
        self, principal: Principal, vrt_id: str, terms: Terms = NO_TERMS, options: WeaveOptions | None = None
    ) -> str:
        """Build the published members again from what is catalogued of them today, and answer the id of the job.

        Args:
            principal: Who asks.
            vrt_id: The VRT.
            terms: The terms under which it shall change.
            options: What to build with; None for what it is woven with.

        Raises:
            RasterloomError: As `Changing` has it.
        """

        def plan(vrt: VrtDataset) -> Plan:
            served(vrt)
            return Plan(vrt, ChangeKind.REBUILD, (), vrt.member_count, REGENERATE, options=options)

        return self.changing(principal, vrt_id, terms, plan)

    def weave_otherwise(
        self, principal: Principal, vrt_id: str, request: OptionsRequest, terms: Terms = NO_TERMS
    ) -> str:
        """Build the published members again with other options, and answer the id of the job.

        Raises:
            InvalidInputError: A band cannot have the nodata value.
            RasterloomError: As `Changing` has it.
        """

        def plan(vrt: VrtDataset) -> Plan:
            published = served(vrt)
            options = request.applied(vrt.options)
            require_representable(options, tuple(band.dtype for band in published.summary.bands))
            return Plan(vrt, ChangeKind.REBUILD, (), vrt.member_count, REGENERATE, options=options)

        return self.changing(principal, vrt_id, terms, plan)

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
