"""Build one generation: claim, assemble, verify, put, publish."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from rasterloom.domain.dataset import Published
from rasterloom.domain.errors import (
    AssemblyRefusedError,
    InvalidInputError,
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
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.lifecycle import JobStep
from rasterloom.domain.members import Link
from rasterloom.domain.outputs import DRAWN_FIRST, PICTURE_SIZES, NotInThisFormatError, picture_name
from rasterloom.domain.rules import Framed
from rasterloom.ports import (
    Assembler,
    BuildReport,
    BuildResult,
    Claim,
    ClaimOutcome,
    Clock,
    Failure,
    Lock,
    NewId,
    Objects,
    Remaining,
    ReportBuild,
    unreported,
)
from rasterloom.services.finding_documents import FindingDocuments
from rasterloom.services.phases import Seconds, measured, milliseconds, phase
from rasterloom.services.puts import AtOnce, together
from rasterloom.services.staging import links_of, put_members, put_reference, put_released
from rasterloom.services.take_sources import Taken, TakeSources, require_still_fresh
from rasterloom.services.weave_product import Artifact, WeaveProduct, Woven, attempt_place

PNG: Final = "image/png"

RESERVE: Final = 3.0
"""Seconds of an invocation that are kept for an orderly end."""

STALLED: Final = 1.5
"""Times what drawing may take, it takes at most where S3 stops answering in the middle of it."""

BLAMES_SOURCES: Final = (
    SourcesUnusableError,
    ObjectChangedError,
    ObjectMissingError,
    ObjectUnreadableError,
    AssemblyRefusedError,
    VerificationFailedError,
    InvalidInputError,
    NotInThisFormatError,
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

    objects: Objects
    lock: Lock
    take: TakeSources
    weave: WeaveProduct
    assembler: Assembler
    clock: Clock
    new_id: NewId
    lease: timedelta
    due_margin: timedelta
    max_attempts: int
    documents: FindingDocuments
    settle_marks: Callable[[str], None]
    """What becomes of a VRT's marks once a generation of it is published."""
    report: ReportBuild = unreported
    drawn_first: int = DRAWN_FIRST
    """Sources up to which pictures are drawn before the generation is published."""
    at_once: AtOnce = map
    """How objects are put; one after the other by default."""
    drawing_seconds: float = 60.0
    """How long drawing them may take while S3 answers."""

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
        with measured() as seconds:
            return self._built(claim, remaining, seconds)

    def _built(self, claim: Claim, remaining: Remaining, seconds: Seconds) -> BuildOutcome:
        try:
            count = self._build(claim, remaining)
        except LostLockError as error:
            logger.warning("attempt %s lost generation %s", claim.attempt, claim.generation.id)
            self.report(BuildReport(BuildResult.LOST, error.code))
        except RasterloomError as error:
            return self._ended_with(claim, error)
        else:
            told = {"members": count, "milliseconds": milliseconds(seconds)}
            logger.info("generation %s is published with %d members", claim.generation.id, count, extra=told)
            self.report(BuildReport(BuildResult.PUBLISHED, members=count, seconds=seconds))
        return BuildOutcome.DONE

    def _claim(self, message: BuildMessage) -> Claim | ClaimOutcome:
        now = self.clock()
        expires = now + self.lease
        return self.lock.claim(message, self.new_id(), now, expires, expires + self.due_margin)

    def _build(self, claim: Claim, remaining: Remaining) -> int:
        """Every step up to the commit, and what nobody waits for; how many members were published."""
        self._advance(claim, JobStep.VALIDATING, remaining)
        taken = self.take(claim)

        self._advance(claim, JobStep.BUILDING, remaining, taken.warnings)
        held = self.weave.frame(claim, taken.members)
        document = self.weave.assemble(claim, taken.members, held)

        self._advance(claim, JobStep.VERIFYING, remaining)
        woven = self.weave.verify(claim, taken.members, held, document)

        self._advance(claim, JobStep.QUICKLOOK, remaining)
        pictures = self._first_pictures(held, woven)

        self._put(claim, taken, (*woven.artifacts, *pictures))

        self._advance(claim, JobStep.PUBLISHING, remaining)
        with phase("freshness"):
            require_still_fresh(taken, self.objects)
        now, prefix = self.clock(), attempt_place(claim)
        published = Published(
            claim.generation.id, claim.attempt, prefix, woven.digest, now, woven.summary, woven.product
        )
        with phase("publish"):
            self.lock.publish(claim, published, len(taken.members), now)
        self._unlink(claim, taken.released)
        self.settle_marks(claim.vrt.id)
        self._draw_later(claim, taken, woven, remaining)
        return len(taken.members)

    def _put(self, claim: Claim, taken: Taken, artifacts: Sequence[Artifact]) -> None:
        prefix = attempt_place(claim)
        with together(self.objects, self.at_once) as puts:
            with phase("members"):
                put_members(puts, prefix, taken.members, taken.kept)
                put_reference(puts, prefix, taken.members[0])
                put_released(puts, prefix, taken.released)
            for artifact in artifacts:
                puts.put_new(f"{prefix}{artifact.name}", artifact.body, artifact.content_type)

    def _first_pictures(self, held: Framed, woven: Woven) -> tuple[Artifact, ...]:
        """Pictures that stand once the generation is published: of many sources, of where they lie."""
        with phase("pictures"):
            if len(held.places) <= self.drawn_first:
                drawn = self.assembler.quicklooks(woven.shown, PICTURE_SIZES)
            else:
                drawn = self.assembler.sketches(held.places, woven.summary, PICTURE_SIZES)
        return tuple(Artifact(picture_name(size), picture, PNG) for size, picture in drawn.items())

    def _draw_later(self, claim: Claim, taken: Taken, woven: Woven, remaining: Remaining) -> None:
        """Draw the pixels of many sources once nobody waits for them; where that fails, the sketch stays.

        What was brought is looked at once more: no picture is kept of an object that was another one meanwhile.
        """
        if len(taken.members) <= self.drawn_first or remaining() < STALLED * self.drawing_seconds + 2 * RESERVE:
            return
        try:
            pictures = self.assembler.quicklooks(woven.shown, PICTURE_SIZES)
            if remaining() < RESERVE:
                raise OutOfTimeError(f"{remaining():.1f} s of this invocation are left after its pictures were drawn")
            require_still_fresh(taken, self.objects)
            for size, picture in pictures.items():
                self.objects.put_new(f"{attempt_place(claim)}{picture_name(size, late=True)}", picture, PNG)
        except RasterloomError as error:
            logger.warning("generation %s keeps its sketch: %s", claim.generation.id, error)

    def _unlink(self, claim: Claim, released: Sequence[Link]) -> None:
        """Let go of what the new generation does not use; what is not let go of now, the sweep lets go of."""
        try:
            for generation_id, source_ids in links_of(released).items():
                self.lock.unlink_sources(claim.vrt.id, generation_id, source_ids)
        except UnavailableError as error:
            logger.warning("%d links of %s are left: %s", len(released), claim.vrt.id, error)

    def _advance(self, claim: Claim, step: JobStep, remaining: Remaining, warnings: Sequence[Finding] = ()) -> None:
        """Show the step, if there is time for it and the claim holds."""
        left = remaining()
        if left < RESERVE:
            raise OutOfTimeError(f"{left:.1f} s of this invocation are left before {step}", step=step.value)
        with phase("steps"):
            key = self.documents.of_build(claim.generation, warnings)
            self.lock.advance(claim, step, step.progress, warnings, key)

    def _ended_with(self, claim: Claim, error: RasterloomError) -> BuildOutcome:
        """A transient error gives the lease and the message back while attempts are left; any other is the end."""
        if error.transient and claim.generation.attempts < self.max_attempts:
            logger.warning("generation %s will be tried again: %s", claim.generation.id, error)
            self.lock.release(claim)
            self.report(BuildReport(BuildResult.RETRIED, error.code))
            return BuildOutcome.GIVE_BACK
        failure = failure_of(error)
        logger.error("generation %s failed: %s %s", claim.generation.id, failure.code, error)
        failure = self._documented(claim, failure)
        result = BuildResult.REFUSED if isinstance(error, BLAMES_SOURCES) else BuildResult.FAILED
        try:
            self.lock.fail(claim, failure, self.clock())
        except LostLockError:
            logger.warning("attempt %s lost generation %s before it could fail", claim.attempt, claim.generation.id)
            result = BuildResult.LOST
        self.report(BuildReport(result, failure.code))
        return BuildOutcome.DONE

    def _documented(self, claim: Claim, failure: Failure) -> Failure:
        """Keep all findings of a failure; where S3 does not take them, the job ends with examples alone."""
        if not failure.findings:
            return failure
        try:
            key = self.documents.of_failure(claim.generation, claim.job, failure.findings)
        except RasterloomError as error:
            logger.warning("findings of generation %s are not kept: %s", claim.generation.id, error)
            return failure
        return replace(failure, findings_key=key)


def failure_of(error: RasterloomError) -> Failure:
    """What a job tells of the error that ended it."""
    if isinstance(error, SourcesUnusableError):
        return Failure(error.findings[0].code, error.message, error.findings)
    return Failure(error.code, HIDDEN.get(error.code, error.message))
