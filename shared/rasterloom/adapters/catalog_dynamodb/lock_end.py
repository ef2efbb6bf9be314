"""Progress, and the ends of a generation: published, failed by its worker, or abandoned."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.ending import FAILED, PUBLISHED, Condition, Ending
from rasterloom.adapters.catalog_dynamodb.items_options import options_item
from rasterloom.adapters.catalog_dynamodb.items_polled import examples, findings_attribute
from rasterloom.adapters.catalog_dynamodb.items_vrt import published_item
from rasterloom.adapters.catalog_dynamodb.lock_claim import holding, look
from rasterloom.adapters.catalog_dynamodb.lock_step import LockStep
from rasterloom.adapters.catalog_dynamodb.transactions import transact, write
from rasterloom.adapters.catalog_dynamodb.values import Item, micros, number, text, texts
from rasterloom.adapters.catalog_dynamodb.writes import RefusedError, Update, one_of
from rasterloom.domain.dataset import Published
from rasterloom.domain.errors import LostLockError
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.lifecycle import JobStatus, JobStep
from rasterloom.ports import Claim, Failure


@dataclass(frozen=True, slots=True)
class Endings(LockStep):
    """What the holder of a claim does with it, and what is done where nobody holds one."""

    def advance(
        self,
        claim: Claim,
        step: JobStep,
        progress: float,
        warnings: Sequence[Finding] = (),
        findings_key: str | None = None,
    ) -> None:
        """Show progress while the claim holds, and what was found meanwhile, if anything was.

        Findings of an earlier attempt are written over: it found the same.

        Raises:
            LostLockError: It does not hold any more.
        """
        # Every step that takes a claim away changes the job's status or its attempt in the same transaction:
        #
        #   A: claims, attempt A                           building 0.35: attempt is gone -> refused
        #   R:                    takes over: no attempt
        running, values = one_of("status", (JobStatus.RUNNING,))
        change = Update(
            names.job_key(claim.job.id),
            condition=f"{running} AND #attempt = :attempt",
            values={**values, **texts({":attempt": claim.attempt})},
            sets={"step": text(step.value), "progress": number(progress), **_found(warnings, findings_key)},
        )
        try:
            write(self.table, change)
        except RefusedError as refusal:
            raise _lost(claim) from refusal

    def publish(self, claim: Claim, published: Published, member_count: int, now: datetime) -> None:
        """Swap the pointer: the only commit.

        Raises:
            LostLockError: The claim does not hold any more; nothing was changed.
        """
        # A worker that was thought dead wakes between a take-over and its own publish:
        #
        #   A: builds, fence 8 ... stalls                                        publishes: fence is 9 -> refused
        #   R:                             lease expired -> fence 9
        #   B:                                                       claims 9, builds, publishes
        pointer = {
            **published_item(published, self.blobs),
            **options_item(claim.generation.options),
            "member_count": number(member_count),
        }
        self._end_held(claim, Ending(PUBLISHED, now, claim.attempt, pointer=pointer))

    def fail(self, claim: Claim, failure: Failure, now: datetime) -> None:
        """End the generation without publishing, and free the lock; what is published keeps serving.

        Raises:
            LostLockError: The claim does not hold any more; nothing was changed.
        """
        # As with publishing: a worker that lost its claim must not fail what another one is building.
        #
        #   A: builds ... stalls                                   fails: attempt is B's -> refused
        #   B:                   lease expired -> claims, builds
        self._end_held(claim, Ending(FAILED, now, claim.attempt, failure))

    def _end_held(self, claim: Claim, ending: Ending) -> None:
        try:
            transact(
                self.table,
                ending.generation(claim.generation, claim.attempt),
                ending.vrt(claim.vrt.id, holding(claim)),
                ending.job(claim.job),
            )
        except RefusedError as refusal:
            if not ending.stands(refusal):
                raise _lost(claim) from refusal

    def abandon(self, message: BuildMessage, failure: Failure, now: datetime) -> bool:
        """End a generation that no live lease holds, as the one with this fence; answer whether this call did it."""
        seen = look(self.table, self.blobs, message)
        if seen is None:
            return False
        # The reconciler gives up while a worker takes the lease, or has raised the fence before:
        #
        #   R: reads: lease expired                                 abandons: lease alive -> refused, B builds on
        #   B:                       claims the same fence: lease B
        #   Q: (DLQ, message of fence 8)                            fence is 9 -> refused
        ending = Ending(FAILED, now, str(uuid4()), failure)
        try:
            transact(
                self.table,
                ending.generation(seen.generation, None),
                ending.vrt(seen.vrt.id, _unheld(message, now)),
                ending.job(seen.job),
            )
        except RefusedError as refusal:
            return ending.stands(refusal)
        return True


def _unheld(message: BuildMessage, now: datetime) -> Condition:
    """That a generation is active under this fence, and no lease on it is alive."""
    free = "(attribute_not_exists(#lease_expires_at) OR #lease_expires_at <= :now)"
    values = {":generation": text(message.generation_id), ":fence": number(message.fence), ":now": micros(now)}
    return f"#active_generation = :generation AND #fence = :fence AND {free}", values


def _found(warnings: Sequence[Finding], key: str | None) -> Item:
    if not warnings:
        return {}
    counts = Counter(finding.code for finding in warnings)
    return {"findings": findings_attribute(examples(warnings), counts.items(), key, is_built=True)}


def _lost(claim: Claim) -> LostLockError:
    return LostLockError(
        f"Attempt {claim.attempt} no longer holds generation {claim.generation.id} of dataset {claim.vrt.id}",
        attempt=claim.attempt,
        generation_id=claim.generation.id,
        dataset_id=claim.vrt.id,
    )
