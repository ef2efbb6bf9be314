"""Build one generation: claim, assemble, verify, put, publish."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from rasterloom.domain.dataset import Member, MosaicSummary, Published, RasterDataset, VrtType
from rasterloom.domain.errors import (
    AssemblyRefusedError,
    LostLockError,
    ObjectChangedError,
    ObjectMissingError,
    ObjectUnreadableError,
    OutOfTimeError,
    RasterloomError,
    SourcesUnusableError,
    UnavailableError,
    VerificationFailedError,
)
from rasterloom.domain.generation import BuildMessage, ChangeKind, attempt_prefix
from rasterloom.domain.lifecycle import JobStep
from rasterloom.domain.members import (
    brought_by,
    members_after,
    released_by,
    require_as_validated,
    require_members,
)
from rasterloom.domain.outputs import NotInThisFormatError
from rasterloom.ports import (
    Assembler,
    BuildReport,
    BuildResult,
    Claim,
    ClaimOutcome,
    Clock,
    Datasets,
    Failure,
    Lock,
    NewId,
    Objects,
    Remaining,
    ReportBuild,
    TileIndexWriter,
    unreported,
)
from rasterloom.services.derive_output import GEOPACKAGE, INDEX, RELATIVE
from rasterloom.services.staging import (
    links_of,
    put_members,
    put_reference,
    put_released,
    read_members,
    read_staged,
)
from rasterloom.services.validation import check_objects
from rasterloom.services.visibility import wider_than_sources
from rasterloom.vrt.relative import relative_document
from rasterloom.vrt.tile_index import tile_index

QUICKLOOK_SIZES: Final = (256, 512)
"""Longer side of each quicklook, in pixels."""

INDEX_FROM: Final = 10_000
"""Source elements (sources times bands) of a VRT beside which a tile index always lies."""

RESERVE: Final = 3.0
"""Seconds of an invocation that are kept for an orderly end."""

BLAMES_SOURCES: Final = (
    SourcesUnusableError,
    ObjectChangedError,
    ObjectMissingError,
    ObjectUnreadableError,
    AssemblyRefusedError,
    VerificationFailedError,
)
"""Errors that whoever owns the sources can mend; every other failure is this deployment's."""

HIDDEN: Final = {
    RasterloomError.code: "Something went wrong on this side; the job's id names it in the logs",
    UnavailableError.code: "A service that this deployment stands on did not answer in any attempt",
}
"""What a job tells in place of the words of errors that are about this deployment, by code."""

logger = logging.getLogger(__name__)


class BuildOutcome(StrEnum):
    """What becomes of the message."""

    DONE = "done"
    """The generation has ended, or is somebody else's: acknowledge."""
    GIVE_BACK = "give_back"
    """Another delivery has to try: do not acknowledge."""


@dataclass(frozen=True, slots=True)
class BuildGeneration:
    """The use case."""

    datasets: Datasets
    objects: Objects
    lock: Lock
    assembler: Assembler
    clock: Clock
    new_id: NewId
    lease: timedelta
    due_margin: timedelta
    max_attempts: int
    bucket: str
    """Ours, where the artifacts will lie."""
    write_index: TileIndexWriter
    settle_marks: Callable[[str], None]
    """What becomes of a VRT's marks once a generation of it is published."""
    report: ReportBuild = unreported

    def __call__(self, message: BuildMessage, remaining: Remaining) -> BuildOutcome:
        """Build the generation that the message names, if it may be claimed.

        Raises:
            UnavailableError: The catalogue did not answer; nothing was decided.
        """
        claim = self._claim(message)
        if isinstance(claim, ClaimOutcome):
            logger.info("no claim on generation %s: %s", message.generation_id, claim)
            self.report(BuildReport(BuildResult.UNCLAIMED))
            return BuildOutcome.DONE if claim is ClaimOutcome.ENDED else BuildOutcome.GIVE_BACK
        try:
            count = self._build(claim, remaining)
        except LostLockError as error:
            logger.warning("attempt %s lost generation %s", claim.attempt, message.generation_id)
            self.report(BuildReport(BuildResult.LOST, error.code))
        except RasterloomError as error:
            return self._ended_with(claim, error)
        else:
            logger.info("generation %s is published with %d members", message.generation_id, count)
            self.report(BuildReport(BuildResult.PUBLISHED, members=count))
        return BuildOutcome.DONE

    def _claim(self, message: BuildMessage) -> Claim | ClaimOutcome:
        now = self.clock()
        expires = now + self.lease
        return self.lock.claim(message, self.new_id(), now, expires, expires + self.due_margin)

    def _build(self, claim: Claim, remaining: Remaining) -> int:
        """Every step up to the commit; how many members were published."""
        self._advance(claim, JobStep.VALIDATING, remaining)
        base = read_members(self.objects, claim.vrt.published)
        rasters = self._fresh(claim, base)
        members = members_after(claim.generation.change, base, rasters, claim.generation.id)

        self._advance(claim, JobStep.BUILDING, remaining)
        document = self._assemble(claim, members)

        self._advance(claim, JobStep.VERIFYING, remaining)
        summary = self.assembler.verify(document)

        self._advance(claim, JobStep.QUICKLOOK, remaining)
        pictures = self.assembler.quicklooks(document, QUICKLOOK_SIZES)

        prefix = attempt_prefix(claim.vrt.id, claim.generation.id, claim.attempt)
        put_members(self.objects, prefix, members)
        put_reference(self.objects, prefix, members[0])
        released = released_by(base, members)
        put_released(self.objects, prefix, released)
        self.objects.put_new(f"{prefix}source.vrt", document, "application/xml")
        relative = relative_document(document, self.bucket, f"{prefix}{RELATIVE}")
        self.objects.put_new(f"{prefix}{RELATIVE}", relative, "application/xml")
        self._put_index(claim, prefix, members, summary)
        for size, picture in pictures.items():
            self.objects.put_new(f"{prefix}quicklook_{size}.png", picture, "image/png")

        self._advance(claim, JobStep.PUBLISHING, remaining)
        _require_fresh(rasters, self.objects)
        now = self.clock()
        digest = hashlib.sha256(document).hexdigest()
        published = Published(claim.generation.id, claim.attempt, prefix, digest, now, summary)
        self.lock.publish(claim, published, len(members), now)
        self._unlink(claim, released)
        self.settle_marks(claim.vrt.id)
        return len(members)

    def _put_index(self, claim: Claim, prefix: str, members: Sequence[Member], summary: MosaicSummary) -> None:
        """The tile index of a mosaic that is long as a VRT; that of a shorter one is made when it is asked for."""
        if claim.vrt.vrt_type is not VrtType.MOSAIC or len(members) * len(summary.bands) < INDEX_FROM:
            return
        try:
            index = tile_index(members, summary, claim.generation.options, self.clock())
        except NotInThisFormatError as error:
            logger.warning("generation %s has no tile index: %s", claim.generation.id, error)
            return
        self.objects.put_new(f"{prefix}{INDEX}", self.write_index(index), GEOPACKAGE)

    def _unlink(self, claim: Claim, released: Sequence[Member]) -> None:
        """Let go of what the new generation does not use; what is not let go of now, the sweep lets go of."""
        try:
            for generation_id, source_ids in links_of(released).items():
                self.lock.unlink_sources(claim.vrt.id, generation_id, source_ids)
        except UnavailableError as error:
            logger.warning("links of %d members of %s are left: %s", len(released), claim.vrt.id, error)

    def _advance(self, claim: Claim, step: JobStep, remaining: Remaining) -> None:
        """Show the step, if there is time for it and the claim holds."""
        left = remaining()
        if left < RESERVE:
            raise OutOfTimeError(f"{left:.1f} s of this invocation are left before {step}", step=step.value)
        self.lock.advance(claim, step, step.progress)

    def _fresh(self, claim: Claim, base: Sequence[Member]) -> tuple[RasterDataset, ...]:
        """What the change takes from the catalogue, as it was validated, linked before it is looked up.

        A deletion of one of them reads the links after it has marked the raster, this reads the raster after the
        links stand: one of the two always sees the other. So does whoever makes one of them less visible.
        """
        change = claim.generation.change
        staged = read_staged(self.objects, change.staged_key) if change.staged_key else ()
        brought = brought_by(change, staged, base)
        ids = [source.id for source in brought]
        if change.kind is not ChangeKind.REBUILD:
            self._link(claim, ids)
        known = self.datasets.get_many(ids)
        found = [known.get(source_id) for source_id in ids]
        rasters = [raster if isinstance(raster, RasterDataset) else None for raster in found]
        validated = require_as_validated(brought, rasters)
        wider = wider_than_sources(claim.vrt.audience, validated)
        if wider:
            raise SourcesUnusableError(wider)
        _require_fresh(validated, self.objects)
        return validated

    def _link(self, claim: Claim, source_ids: Sequence[str]) -> None:
        """The admission linked them; a link may still be gone if a sweep took an old promise for an orphan."""
        missing = self.lock.missing_links(claim.vrt.id, claim.generation.id, source_ids)
        if missing:
            self.lock.link_sources(claim.vrt.id, claim.generation.id, missing, self.clock())

    def _assemble(self, claim: Claim, members: Sequence[Member]) -> bytes:
        assembly = self.assembler.assemble(members, claim.vrt.vrt_type, claim.generation.options)
        require_members(members, assembly.source_filenames)
        return assembly.document

    def _ended_with(self, claim: Claim, error: RasterloomError) -> BuildOutcome:
        """A transient error gives the lease and the message back while attempts are left; any other is the end."""
        if error.transient and claim.generation.attempts < self.max_attempts:
            logger.warning("generation %s will be tried again: %s", claim.generation.id, error)
            self.lock.release(claim)
            self.report(BuildReport(BuildResult.RETRIED, error.code))
            return BuildOutcome.GIVE_BACK
        logger.error("generation %s failed: %s %s", claim.generation.id, error.code, error)
        failure = failure_of(error)
        result = BuildResult.REFUSED if isinstance(error, BLAMES_SOURCES) else BuildResult.FAILED
        try:
            self.lock.fail(claim, failure, self.clock())
        except LostLockError:
            logger.warning("attempt %s lost generation %s before it could fail", claim.attempt, claim.generation.id)
            result = BuildResult.LOST
        self.report(BuildReport(result, failure.code))
        return BuildOutcome.DONE


def failure_of(error: RasterloomError) -> Failure:
    """What a job tells of the error that ended it."""
    if isinstance(error, SourcesUnusableError):
        return Failure(error.findings[0].code, error.message, error.findings)
    return Failure(error.code, HIDDEN.get(error.code, error.message))


def _require_fresh(rasters: Sequence[RasterDataset], objects: Objects) -> None:
    findings = check_objects(rasters, objects.stat_many([raster.ref for raster in rasters]))
    if findings:
        raise SourcesUnusableError(findings)
