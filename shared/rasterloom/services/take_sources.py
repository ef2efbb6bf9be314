"""What a build is made of: members of the base, and what the change takes from the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Member, Published, RasterDataset, RasterState
from rasterloom.domain.errors import IncompatibleSourcesError, SourcesUnusableError
from rasterloom.domain.findings import Finding, Severity, on_lines
from rasterloom.domain.generation import Change, ChangeKind, Generation
from rasterloom.domain.members import (
    Base,
    Link,
    Linked,
    StagedSource,
    as_member,
    brought_by,
    keeps_members,
    link_of,
    members_after,
    released_by,
    require_as_validated,
)
from rasterloom.domain.weaving import require_representable
from rasterloom.ports import Claim, Clock, Datasets, Lock, Objects
from rasterloom.services.phases import phase
from rasterloom.services.read_manifest import MOST_WAITED_FOR
from rasterloom.services.staged_sources import Staged, members_of, read_staged
from rasterloom.services.staging import read_parts
from rasterloom.services.validation import ValidateSources, check_objects
from rasterloom.services.visibility import wider_than_sources
from rasterloom.vrt.members import Part

NOTHING: Final = Staged(())


@dataclass(frozen=True, slots=True)
class Taken:
    """What a generation shall be built of."""

    released: tuple[Link, ...]
    """Links of what is published that hold nothing any more once the new generation is."""
    members: tuple[Member, ...]
    """All of the new generation, in order."""
    brought: tuple[Member, ...]
    """Those whose objects are looked at again before they are published."""
    kept: tuple[Part, ...]
    """Where some of the members are kept already."""
    warnings: tuple[Finding, ...] = ()
    """What is worth knowing of sources that nobody had validated before."""
    lines: tuple[int, ...] = ()
    """The line of the manifest of each that was brought; none where no manifest lists them."""


@dataclass(frozen=True, slots=True)
class TakeSources:
    """The first step of a build."""

    datasets: Datasets
    objects: Objects
    lock: Lock
    validate: ValidateSources
    clock: Clock
    most_waited_for: int = MOST_WAITED_FOR

    def __call__(self, claim: Claim) -> Taken:
        """Take what the change brings as it was validated, and everything else as it is published.

        Raises:
            SourcesUnusableError: A source is gone, changed, less visible than the VRT, or was never validated and
                does not fit.
            BeingDeletedError: A source may soon be gone, or ready again.
            ObjectMissingError: What was staged, or what is published, is gone.
        """
        change, published = claim.generation.change, claim.vrt.published
        with phase("read"):
            base, parts = self._base(change, published)
            staged = read_staged(self.objects, change.staged_key) if change.staged_key else NOTHING
        try:
            return self._taken(claim, staged, base, parts)
        except SourcesUnusableError as error:
            raise SourcesUnusableError(on_lines(error.findings, staged.lines)) from error

    def _base(self, change: Change, published: Published | None) -> tuple[Base, tuple[Part, ...]]:
        """What is published, and how it is kept; of members that all get new headers no more than their links.

        100,000 members whose headers are all unlike take hundreds of MB, which nobody should hold twice.
        """
        if published is None:
            return Base(), ()
        read = read_parts(self.objects, published.prefix)
        if not keeps_members(change):
            return Base(tuple(link_of(member) for part in read for member in part.members)), ()
        parts = tuple(read)
        members = tuple(chain.from_iterable(part.members for part in parts))
        return Base(members, members), parts

    def _taken(self, claim: Claim, staged: Staged, base: Base, parts: tuple[Part, ...]) -> Taken:
        brought, warnings = self._brought(claim, staged, base.links)
        with phase("freshness"):
            require_fresh(brought, self.objects, warnings)
        members = members_after(claim.generation.change, base, brought)
        found = on_lines((*warnings, *self._woven_otherwise(claim, members)), staged.lines)
        released = released_by(base.links, members)
        return Taken(released, members, brought, staged.parts or parts, found, staged.lines)

    def _brought(
        self, claim: Claim, staged: Staged, base: Sequence[Linked]
    ) -> tuple[tuple[Member, ...], tuple[Finding, ...]]:
        """What the change takes from the catalogue, and what is worth knowing of it.

        Every source is linked before it is looked up here: by the admission, which writes links before it counts, or
        by this attempt. A deletion reads the links after it has marked the raster: one of the two always sees the
        other. So does whoever makes a source less visible. A link of a generation that is active ends only with its
        raster, and so need not be read back: the look-up tells.
        """
        if staged.asker is not None:
            return self._listed(claim, staged, staged.asker)
        sources = brought_by(claim.generation.change, staged.sources, base)
        if staged.parts:
            self._hold(claim, sources)
            return members_of(staged), ()
        with phase("load"):
            known = self.datasets.get_many([source.id for source in sources])
        found = [known.get(source.id) for source in sources]
        rasters = require_as_validated(sources, [each if isinstance(each, RasterDataset) else None for each in found])
        _require_visible(claim, rasters)
        return tuple(as_member(raster, claim.generation.id) for raster in rasters), ()

    def _listed(self, claim: Claim, staged: Staged, asker: Principal) -> tuple[tuple[Member, ...], tuple[Finding, ...]]:
        """Hold sources that nobody has looked at against everything, as their asker; then link what will be used.

        They are linked no sooner, for a link holds a raster, and nobody may hold one that they may not read.
        """
        options, vrt = claim.generation.options, claim.vrt
        ids = [source.id for source in staged.sources]
        surveyed = self.validate.survey(asker, ids, vrt.vrt_type, options, vrt.audience)
        if any(finding.severity is Severity.ERROR for finding in surveyed.findings):
            raise SourcesUnusableError(_worst_first(surveyed.findings))
        require_representable(options, [raster.profile for raster in surveyed.rasters], vrt.vrt_type)
        with phase("links"):
            self._link(claim.generation, ids)
        members = tuple(as_member(raster, claim.generation.id) for raster in surveyed.rasters)
        self._hold(claim, [StagedSource(member.source_id, member.etag) for member in members])
        return members, surveyed.findings

    def _link(self, generation: Generation, source_ids: Sequence[str]) -> None:
        vrt_id, now = generation.dataset_id, self.clock()
        self.lock.link_sources(vrt_id, generation.id, source_ids, now, number=generation.number)

    def _hold(self, claim: Claim, sources: Sequence[StagedSource]) -> None:
        """Hold what was validated against what has become of it since; headers are not read again."""
        with phase("states"):
            states = self.datasets.states_of([source.id for source in sources])
        _require_visible(claim, require_as_validated(sources, [states.get(source.id) for source in sources]))

    def _woven_otherwise(self, claim: Claim, members: Sequence[Member]) -> tuple[Finding, ...]:
        """Hold members against other options, where there were too many for the caller to wait for it."""
        if not _is_weighed_here(claim.generation.change, len(members), self.most_waited_for):
            return ()
        options, vrt_type = claim.generation.options, claim.vrt.vrt_type
        require_representable(options, [member.profile for member in members], vrt_type)
        try:
            return self.validate.members(members, vrt_type, options)
        except IncompatibleSourcesError as error:
            raise SourcesUnusableError(_worst_first(error.findings)) from error


def require_fresh(members: Sequence[Member], objects: Objects, warnings: Sequence[Finding] = ()) -> None:
    """Refuse members whose objects are not what was catalogued.

    Args:
        members: All of one list.
        objects: S3.
        warnings: What was found before, and is told with whatever refuses them.

    Raises:
        SourcesUnusableError: At least one is gone, changed or unreadable; it names every one.
    """
    findings = check_objects(members, objects.stat_many([member.ref for member in members]))
    if findings:
        raise SourcesUnusableError([*findings, *warnings])


def require_still_fresh(taken: Taken, objects: Objects) -> None:
    """Look at the objects of what was brought once more.

    Raises:
        SourcesUnusableError: At least one is not what was catalogued any more.
    """
    try:
        require_fresh(taken.brought, objects, taken.warnings)
    except SourcesUnusableError as error:
        raise SourcesUnusableError(on_lines(error.findings, taken.lines)) from error


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """What refuses comes first: the first one's code is the failure's."""
    return sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)


def _is_weighed_here(change: Change, count: int, most_waited_for: int) -> bool:
    return change.kind is ChangeKind.REBUILD and change.sets_options and count > most_waited_for


def _require_visible(claim: Claim, rasters: Sequence[RasterDataset | RasterState]) -> None:
    wider = wider_than_sources(claim.vrt.audience, rasters)
    if wider:
        raise SourcesUnusableError(wider)
