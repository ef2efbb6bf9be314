"""Claims: one worker at a time holds the lease of a generation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_job import due_item, generation_of, job_of
from rasterloom.adapters.catalog_dynamodb.items_vrt import LEASE, vrt_of
from rasterloom.adapters.catalog_dynamodb.lock_step import LockStep
from rasterloom.adapters.catalog_dynamodb.table import Table
from rasterloom.adapters.catalog_dynamodb.transactions import transact
from rasterloom.adapters.catalog_dynamodb.values import Attribute, Blobs, iso, micros, number, text, texts
from rasterloom.adapters.catalog_dynamodb.writes import RefusedError, Update, one_of
from rasterloom.domain.dataset import VrtDataset
from rasterloom.domain.generation import BuildMessage, Generation, Job
from rasterloom.domain.lifecycle import (
    GENERATION_TRANSITIONS,
    JOB_TRANSITIONS,
    GenerationStatus,
    JobStatus,
    JobStep,
    is_final,
    sources_of,
)
from rasterloom.ports import Claim, ClaimOutcome

LOOKS: Final = 3
"""How often a claim that was refused looks again; each refusal means that somebody else went ahead."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A VRT, the generation that is active on it and that one's job, as they were read."""

    vrt: VrtDataset
    generation: Generation
    job: Job


@dataclass(frozen=True, slots=True)
class Bid:
    """What a worker asks for."""

    message: BuildMessage
    attempt: str
    now: datetime
    lease_expires_at: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class Claims(LockStep):
    """Taking a lease, and giving it back."""

    def claim(
        self, message: BuildMessage, attempt: str, now: datetime, lease_expires_at: datetime, due: datetime
    ) -> Claim | ClaimOutcome:
        """Take the lease if fence and active generation are the message's and no live lease stands."""
        bid = Bid(message, attempt, now, lease_expires_at, due)
        for _ in range(LOOKS):
            seen = look(self.table, self.blobs, message)
            outcome = _judge(seen, bid)
            if outcome is not None or seen is None:
                return outcome or ClaimOutcome.ENDED
            try:
                transact(self.table, *_claim_writes(seen, bid))
            except RefusedError:
                continue
            return _claimed(seen, bid)
        return ClaimOutcome.HELD

    def release(self, claim: Claim) -> None:
        """Give the lease back without ending the generation, so that a redelivered message may claim it at once.

        A claim that does not hold any more is left as it is.
        """
        # A worker whose lease ran out gives back a lease that is not its own:
        #
        #   A: claims ... stalls                                     releases: attempt is B's -> refused, nothing done
        #   B:                    lease expired -> claims, attempt B
        holds, values = holding(claim)
        vrt = Update(names.dataset_key(claim.vrt.id), condition=holds, values=values, removes=LEASE)
        job = Update(
            names.job_key(claim.job.id),
            condition="#attempt = :attempt",
            values=texts({":attempt": claim.attempt}),
            removes=("attempt",),
        )
        try:
            transact(self.table, vrt, job)
        except RefusedError:
            return


def holding(claim: Claim) -> tuple[str, Mapping[str, Attribute]]:
    """The condition that a VRT is still held by a claim: its generation, its fence, its attempt.

    Every one of the three is needed: a new admission changes the generation, the reconciler only the fence, and a
    worker that claims after the lease has run out only the attempt.
    """
    values = texts({":generation": claim.generation.id, ":attempt": claim.attempt})
    condition = "#active_generation = :generation AND #fence = :fence AND #active_attempt = :attempt"
    return condition, {**values, ":fence": number(claim.fence)}


def look(table: Table, blobs: Blobs, message: BuildMessage) -> Seen | None:
    """Read what a message is about; None where its generation is not the active one, which it never is again."""
    vrt_key, job_key = names.dataset_key(message.dataset_id), names.job_key(message.job_id)
    items = table.get_many([vrt_key, job_key])
    if vrt_key not in items or job_key not in items or "active_generation" not in items[vrt_key]:
        return None
    vrt, job = vrt_of(items[vrt_key], blobs), job_of(items[job_key])
    if vrt.active is None or vrt.active.generation_id != message.generation_id or vrt.active.job_id != job.id:
        return None
    item = table.get(names.generation_key(vrt.id, vrt.active.number))
    generation = None if item is None else generation_of(item)
    if generation is None or generation.id != message.generation_id:
        return None
    return Seen(vrt, generation, job)


def _judge(seen: Seen | None, bid: Bid) -> Claim | ClaimOutcome | None:
    """What is decided without a write; None where the lease is free. Endings are for good, so stale reads agree."""
    if seen is None or seen.vrt.active is None or seen.vrt.fence != bid.message.fence:
        return ClaimOutcome.ENDED
    if is_final(GENERATION_TRANSITIONS, seen.generation.status) or is_final(JOB_TRANSITIONS, seen.job.status):
        return ClaimOutcome.ENDED
    active = seen.vrt.active
    if active.attempt == bid.attempt and active.lease_expires_at is not None:
        # The acknowledgement of this attempt's own claim was lost.
        return Claim(seen.vrt, seen.generation, seen.job, seen.vrt.fence, bid.attempt, active.lease_expires_at)
    if active.lease_expires_at is not None and active.lease_expires_at > bid.now:
        return ClaimOutcome.HELD
    return None


def _claim_writes(seen: Seen, bid: Bid) -> tuple[Update, Update, Update]:
    # One message delivered twice at once; a message from before a take-over; a worker that woke too late:
    #
    #   A: no lease -> lease A                                                     publishes: attempt is B's -> refused
    #   B:                     lease A is alive -> held        expired -> lease B
    #   R: (instead)                                expired -> fence 9, no lease
    #   B:                                                                fence 9, message says 8 -> ended
    #
    # The condition names what was seen, so that what this call answers is what stands.
    active = seen.vrt.active
    lease = active.lease_expires_at if active else None
    free = "#lease_expires_at = :lease" if lease else "attribute_not_exists(#lease_expires_at)"
    vrt = Update(
        names.dataset_key(seen.vrt.id),
        condition=f"#active_generation = :generation AND #fence = :fence AND {free}",
        values={
            **texts({":generation": seen.generation.id}),
            ":fence": number(bid.message.fence),
            **({":lease": micros(lease)} if lease else {}),
        },
        sets={"active_attempt": text(bid.attempt), "lease_expires_at": micros(bid.lease_expires_at)},
        sets_once={"active_started_at": text(iso(bid.now))},
    )
    claimable, states = one_of("status", sources_of(GENERATION_TRANSITIONS, GenerationStatus.RUNNING))
    generation = Update(
        names.generation_key(seen.vrt.id, seen.generation.number),
        condition=f"#id = :generation AND {claimable} AND #attempts = :attempts",
        values={**states, **texts({":generation": seen.generation.id}), ":attempts": number(seen.generation.attempts)},
        sets={
            "status": text(GenerationStatus.RUNNING.value),
            "attempt": text(bid.attempt),
            "attempts": number(seen.generation.attempts + 1),
        },
        sets_once={"started_at": text(iso(bid.now))},
    )
    return vrt, generation, _job_write(seen, bid)


def _job_write(seen: Seen, bid: Bid) -> Update:
    # `attempt` on the job mirrors the VRT's: showing progress then needs one item, and no transaction.
    runnable, states = one_of("status", sources_of(JOB_TRANSITIONS, JobStatus.RUNNING))
    return Update(
        names.job_key(seen.job.id),
        condition=runnable,
        values=states,
        sets={
            **due_item(seen.job.id, micros(bid.due)),
            "status": text(JobStatus.RUNNING.value),
            "attempt": text(bid.attempt),
            "step": text(JobStep.VALIDATING.value),
            "progress": number(JobStep.VALIDATING.progress),
        },
        sets_once={"started_at": text(iso(bid.now))},
    )


def _claimed(seen: Seen, bid: Bid) -> Claim:
    """What stands after the claim."""
    active = seen.vrt.active and replace(
        seen.vrt.active,
        started_at=seen.vrt.active.started_at or bid.now,
        attempt=bid.attempt,
        lease_expires_at=bid.lease_expires_at,
    )
    generation = replace(
        seen.generation,
        status=GenerationStatus.RUNNING,
        attempt=bid.attempt,
        attempts=seen.generation.attempts + 1,
        started_at=seen.generation.started_at or bid.now,
    )
    job = replace(
        seen.job,
        status=JobStatus.RUNNING,
        step=JobStep.VALIDATING,
        progress=JobStep.VALIDATING.progress,
        due=bid.due,
        started_at=seen.job.started_at or bid.now,
    )
    vrt = replace(seen.vrt, active=active)
    return Claim(vrt, generation, job, bid.message.fence, bid.attempt, bid.lease_expires_at)
