"""Change a VRT: add a source, remove one, weave it otherwise, or build it again.

What is served, its list of sources and their count stay as they are until the new generation is published.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import RasterDataset, VrtDataset, VrtType
from rasterloom.domain.errors import (
    IncompatibleSourcesError,
    InvalidInputError,
    NotFoundError,
    SourceAlreadyLinkedError,
    TooFewSourcesError,
    UnavailableError,
)
from rasterloom.domain.generation import ChangeKind
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds
from rasterloom.domain.weaving import require_consistent, require_representable
from rasterloom.ports import Datasets, Lock, Objects
from rasterloom.services.admit_change import Plan
from rasterloom.services.changing import REGENERATE, Changing, served
from rasterloom.services.read_manifest import MOST_LISTED, MOST_WAITED_FOR
from rasterloom.services.staging import is_member, read_members, read_reference
from rasterloom.services.terms import NO_TERMS, Terms
from rasterloom.services.validation import ValidateSources, is_usable, refuse_source
from rasterloom.services.visibility import refuse_wider_than_sources

FEWEST_SOURCES: Final = 2
"""A VRT keeps at least this many."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OptionsRequest:
    """What shall change of the way a VRT is woven."""

    strategy: ResolutionStrategy | None = None
    resampling: Resampling | None = None
    nodata_override: int | float | None = None
    add_alpha: bool | None = None
    target_extent: Bounds | None = None
    target_resolution: tuple[float, float] | None = None
    target_aligned_pixels: bool | None = None
    auto_regenerate: bool | None = None
    """What it shall do when its sources change; this is of the VRT, and of no generation."""
    clears: frozenset[str] = frozenset()
    """Names of options that shall be as they are where nobody gives any."""

    def applied(self, options: WeaveOptions) -> WeaveOptions:
        """The options as they shall be.

        Raises:
            InvalidInputError: A strategy is asked for that would count for nothing.
        """
        asked = {each.name: getattr(self, each.name) for each in fields(WeaveOptions)}
        cleared = {name: getattr(WeaveOptions(), name) for name in self.clears}
        changed = replace(options, **{name: value for name, value in asked.items() if value is not None}, **cleared)
        if self.strategy is not None and changed.target_resolution is not None:
            raise InvalidInputError(
                "without_effect",
                f"resolution_strategy {self.strategy.value} counts for nothing while the VRT has a target_resolution. "
                "Send target_resolution: null with it, or leave it out",
                loc=("body", "resolution_strategy"),
                value=self.strategy.value,
                expected="no target_resolution beside it",
                actual=changed.target_resolution,
            )
        return changed


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
    look_soon: Callable[[str], object]
    """Has the marks of a VRT looked at that builds itself again from now on, if it has any."""
    most: int = MOST_LISTED
    """Sources that a mosaic may have."""
    most_waited_for: int = MOST_WAITED_FOR

    def add(self, principal: Principal, vrt_id: str, source_id: str, terms: Terms = NO_TERMS) -> str:
        """Append a source, and answer the id of the job.

        It is held against the reference of the published generation alone, so this costs the same for any number of
        sources; only for an alpha band all of them are asked.

        Raises:
            IncompatibleSourcesError: The source is unknown, unreadable, no raster, or does not fit.
            SourceAlreadyLinkedError: The VRT has this source.
            InvalidInputError: The VRT has as many sources as it may have.
            RasterloomError: As `Changing` has it.
        """

        def plan(vrt: VrtDataset) -> Plan:
            raster = self._source(principal, source_id)
            published = served(vrt)
            if self._has(vrt, source_id):
                raise SourceAlreadyLinkedError(vrt.id, source_id)
            self._require_room(vrt, source_id)
            standing = read_members(self.objects, published) if vrt.options.add_alpha else ()
            reference = read_reference(self.objects, published)
            validated = self.validate.one(raster, vrt, reference, published.summary, standing)
            refuse_wider_than_sources(vrt.audience, validated.rasters)
            count = vrt.member_count + 1
            return Plan(vrt, ChangeKind.ADD, validated.rasters, count, REGENERATE, warnings=validated.warnings)

        return self.changing(principal, vrt_id, terms, plan)

    def remove(self, principal: Principal, vrt_id: str, source_id: str, terms: Terms = NO_TERMS) -> str:
        """Take a source away, and answer the id of the job.

        Raises:
            TooFewSourcesError: Too few would be left, whether it is a source or not.
            NotFoundError: The VRT does not have this source.
            RasterloomError: As `Changing` has it.
        """

        def plan(vrt: VrtDataset) -> Plan:
            served(vrt)
            is_linked = self._has(vrt, source_id)
            if vrt.member_count <= FEWEST_SOURCES:
                stranger = None if is_linked else source_id
                raise TooFewSourcesError(vrt.id, vrt.member_count, FEWEST_SOURCES, stranger)
            if not is_linked:
                raise NotFoundError("linked source", source_id, f"{source_id} is no source of dataset {vrt.id}")
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

        All of them are held against the rules, as the published generation has them, for options decide what fits; of
        very many, the build does it.

        Raises:
            InvalidInputError: A band cannot have the nodata value, or an option would count for nothing.
            InvalidInputsError: The options do not go together.
            IncompatibleSourcesError: With them at least one finding refuses the members.
            RasterloomError: As `Changing` has it.
        """

        def plan(vrt: VrtDataset) -> Plan:
            published = served(vrt)
            options = request.applied(vrt.options)
            require_consistent(options, vrt.vrt_type)
            if request.auto_regenerate:
                self.look_soon(vrt.id)  # whoever dies once it is admitted leaves no mark that nobody looks at
            woven = Plan(
                vrt=vrt,
                kind=ChangeKind.REBUILD,
                brought=(),
                source_count=vrt.member_count,
                source_filename=REGENERATE,
                options=options,
                auto_regenerate=request.auto_regenerate,
            )
            if vrt.member_count > self.most_waited_for:
                return woven
            members = read_members(self.objects, published)
            require_representable(options, [member.profile for member in members], vrt.vrt_type)
            return replace(woven, warnings=self.validate.members(members, vrt.vrt_type, options))

        job_id = self.changing(principal, vrt_id, terms, plan)
        if request.auto_regenerate:
            self._look_soon_again(vrt_id)
        return job_id

    def _look_soon_again(self, vrt_id: str) -> None:
        """Now that the VRT looks after itself: the look from before may be over. The change is accepted in any case."""
        try:
            self.look_soon(vrt_id)
        except UnavailableError as error:
            logger.warning("the marks of %s are looked at as they were to be before: %s", vrt_id, error)

    def _source(self, principal: Principal, source_id: str) -> RasterDataset:
        found = self.datasets.get(source_id)
        if is_usable(found, principal):
            return found
        raise IncompatibleSourcesError([refuse_source(source_id, 0, found, principal)])

    def _require_room(self, vrt: VrtDataset, source_id: str) -> None:
        """No VRT grows, one by one, beyond what could be created at once."""
        most = self.most if vrt.vrt_type is VrtType.MOSAIC else self.most_waited_for
        if vrt.member_count < most:
            return
        raise InvalidInputError(
            "source_count",
            f"VRT {vrt.id} has {vrt.member_count} sources already, and may have {most} at most",
            loc=("body", "source_dataset_id"),
            value=source_id,
            expected=f"a VRT of fewer than {most} sources",
            actual=vrt.member_count,
        )

    def _has(self, vrt: VrtDataset, source_id: str) -> bool:
        """Whether the source is a member: without a link it is not; with one, what is published tells."""
        if not self.lock.is_linked(vrt.id, source_id):
            return False
        return vrt.published is not None and is_member(self.objects, vrt.published, source_id)
