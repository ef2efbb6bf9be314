"""The state of a change: what each step of it takes and answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from rasterloom.domain.dataset import (
    Published,
    VrtDataset,
)
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import BuildMessage, Generation, Job
from rasterloom.domain.lifecycle import JobStep
from rasterloom.domain.uses import Use


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """The first accepted answer to a caller's key."""

    caller: str
    key: str
    body_digest: str
    result: str
    """Id of what it made: a job, or a dataset."""
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Admission:
    """Everything that one accepted request writes, all or nothing."""

    vrt: VrtDataset
    """As it shall stand: `regenerating`, with this generation active and its fence raised."""
    generation: Generation
    job: Job
    is_new: bool
    """Whether the VRT is created by this admission."""
    base_id: str | None
    """The published generation that was validated against."""
    idempotency: IdempotencyRecord | None = None
    auto_regenerate: bool | None = None
    """Of a VRT that stands: what it shall do from now on when its sources change; None to leave that alone."""
    as_seen: bool = False
    """Whether it counts only while nothing of the VRT, its title included, has changed since it was read."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease on one generation, held by one attempt."""

    vrt: VrtDataset
    generation: Generation
    job: Job
    fence: int
    attempt: str
    lease_expires_at: datetime


class ClaimOutcome(StrEnum):
    """Why a message gave no claim."""

    ENDED = "ended"
    """The generation is final, or was never admitted, or a higher fence has its own message: drop this one."""
    HELD = "held"
    """Another attempt holds a live lease: give the message back."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a generation ends without being published."""

    code: str
    message: str
    findings: tuple[Finding, ...] = ()
    findings_key: str | None = None
    """Key of a document of them, and of all that the admission found; None where the job keeps all of them itself."""


class Lock(Protocol):
    """The state of a change: one conditional transaction per step.

    What each step excludes is drawn above its condition, in `rasterloom.adapters.catalog_dynamodb`.
    """

    def replayed(self, caller: str, key: str, now: datetime) -> IdempotencyRecord | None:
        """The record of a caller's idempotency key, if it has not expired."""
        ...

    def link_sources(
        self, vrt_id: str, generation_id: str, source_ids: Sequence[str], now: datetime, *, number: int
    ) -> None:
        """Write the use links that a generation brings; they come before the admission.

        Each generation has links of its own: none is ever overwritten by, or deleted with, another generation's.

        Args:
            vrt_id: The VRT.
            generation_id: The generation.
            source_ids: What it brings.
            now: This moment.
            number: The generation's, if it is admitted; another one may have it otherwise.
        """
        ...

    def missing_links(self, vrt_id: str, generation_id: str, source_ids: Sequence[str]) -> Sequence[str]:
        """Those of the sources that this generation has no use link of, strongly consistent, in batches of 100."""
        ...

    def standing_links(self, vrt_id: str, generation_id: str, source_ids: Sequence[str]) -> Sequence[str]:
        """Those of the sources that this generation has a use link of, strongly consistent, in batches of 100."""
        ...

    def is_linked(self, vrt_id: str, source_id: str) -> bool:
        """Whether any generation of the VRT links the source: one query, however many sources the VRT has.

        Every member is linked; what is linked need not be a member, for links come before their admission.
        """
        ...

    def uses_of(self, source_id: str) -> Sequence[Use]:
        """Every use link of a raster, whatever became of the generation that brought it, strongly consistent."""
        ...

    def unlink_sources(self, vrt_id: str, generation_id: str, source_ids: Sequence[str]) -> None:
        """Delete use links that this one generation brought.

        For a generation that was refused, never for one whose admission may stand; and for sources that a later
        generation was published without.
        """
        ...

    def unlink_source(self, source_id: str) -> int:
        """Delete every use link of a raster that is gone, and count them: whoever links it now fails to find it."""
        ...

    def admit(self, admission: Admission) -> str:
        """Take the lock and write generation, job and idempotency row; answer the job id that stands.

        The job id is another one only where the caller's idempotency key won with the same body before.

        Raises:
            DatasetBusyError: Another generation is active, or came and went since the VRT was read.
            NotFoundError: The VRT is gone.
            BaseChangedError: The published generation is not the base.
            VersionChangedError: The VRT has changed, and must not have.
            IdempotencyKeyReusedError: The key came with another request.
        """
        ...

    def mark_sent(self, job_id: str, due: datetime) -> None:
        """Move the due time of a job that has not ended and that no attempt holds, and count the send.

        An attempt that claimed meanwhile has set the due time itself, and one that ended it has removed it.
        """
        ...

    def claim(
        self, message: BuildMessage, attempt: str, now: datetime, lease_expires_at: datetime, due: datetime
    ) -> Claim | ClaimOutcome:
        """Take the lease if fence and active generation are the message's and no live lease stands."""
        ...

    def advance(
        self,
        claim: Claim,
        step: JobStep,
        progress: float,
        warnings: Sequence[Finding] = (),
        findings_key: str | None = None,
    ) -> None:
        """Show progress while the claim holds, and what was found meanwhile, if anything was.

        Args:
            claim: The claim.
            step: What is done next.
            progress: Share of the work that is done, 0 to 1.
            warnings: What was found.
            findings_key: Key of a document of it; None where the job keeps all of it itself.

        Raises:
            LostLockError: It does not hold any more.
        """
        ...

    def publish(self, claim: Claim, published: Published, member_count: int, now: datetime) -> None:
        """Swap the pointer: the only commit.

        Raises:
            LostLockError: The claim does not hold any more; nothing was changed.
        """
        ...

    def fail(self, claim: Claim, failure: Failure, now: datetime) -> None:
        """End the generation without publishing, and free the lock; what is published keeps serving.

        Raises:
            LostLockError: The claim does not hold any more; nothing was changed.
        """
        ...

    def release(self, claim: Claim) -> None:
        """Give the lease back without ending the generation, so that a redelivered message may claim it at once.

        A claim that does not hold any more is left as it is.
        """
        ...

    def abandon(self, message: BuildMessage, failure: Failure, now: datetime) -> bool:
        """End a generation that no live lease holds, as the one with this fence; answer whether this call did it."""
        ...

    def cancel(self, job: Job, now: datetime) -> bool:
        """End a job and its generation, whoever holds it; answer whether this call did it, or it was cancelled before.

        Whoever holds the claim loses it at the next step. What is published keeps serving.

        Raises:
            JobEndedError: The job has come to another end; nothing was changed.
            NotFoundError: The VRT is gone, or the job.
        """
        ...

    def take_over(self, job: Job, vrt: VrtDataset, now: datetime, due: datetime) -> BuildMessage | None:
        """Raise the fence of a generation whose lease has run out, if fence and lease are those seen."""
        ...

    def due_jobs(self, now: datetime, limit: int) -> Sequence[Job]:
        """Jobs whose due time has come, oldest first."""
        ...

    def oldest_unfinished(self) -> datetime | None:
        """When the oldest job that has not ended was made, as the index has it; None where all have ended."""
        ...
