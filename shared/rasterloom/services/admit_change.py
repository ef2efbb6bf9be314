"""Admit a validated change of a VRT: stage it, take the lock, promise a job, send the message."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Activity, RasterDataset, VrtDataset
from rasterloom.domain.errors import IdempotencyKeyReusedError, RasterloomError, UnavailableError
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import BuildMessage, Change, ChangeKind, Generation, Job, staged_key
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, JobStep, VrtStatus
from rasterloom.ports import Admission, BuildQueue, Clock, IdempotencyRecord, Lock, NewId, Objects
from rasterloom.services.staging import stage_sources

EXAMPLES_PER_CODE: Final = 20
"""Findings of one code that a job keeps; the counts are of all."""

IDEMPOTENCY_PERIOD: Final = timedelta(hours=24)
"""How long a caller's idempotency key stands for its first accepted answer."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's promise that two requests are the same one."""

    key: str
    body_digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that has been validated."""

    vrt: VrtDataset
    """As it stands; a new one with fence 0."""
    kind: ChangeKind
    brought: tuple[RasterDataset, ...]
    """The sources that the change brings, in order."""
    source_count: int
    """Members that the generation will have."""
    source_filename: str
    """What the job says that it makes."""
    warnings: tuple[Finding, ...] = ()
    removed_id: str | None = None
    """The source that the change takes away."""


@dataclass(frozen=True, slots=True)
class AdmitChange:
    """The one way from a validated change to a job."""

    objects: Objects
    lock: Lock
    queue: BuildQueue
    clock: Clock
    new_id: NewId
    due_unsent: timedelta
    due_sent: timedelta

    def replayed(self, principal: Principal, idempotency: IdempotencyKey | None) -> str | None:
        """The job that an earlier request with this key was promised; None if there was none.

        Raises:
            IdempotencyKeyReusedError: The key came before with another body.
        """
        if idempotency is None:
            return None
        record = self.lock.replayed(principal.subject, idempotency.key, self.clock())
        if record is None:
            return None
        if record.body_digest != idempotency.body_digest:
            raise IdempotencyKeyReusedError(
                f"Idempotency-Key {idempotency.key!r} came before with another body", key=idempotency.key
            )
        return record.job_id

    def __call__(self, principal: Principal, plan: Plan, idempotency: IdempotencyKey | None = None) -> str:
        """Write all of the promise or nothing, and answer the id of the job that stands.

        Staged sources and use links come before the transaction: alone, they promise nothing.

        Raises:
            DatasetBusyError: Another generation of the VRT is active.
            BaseChangedError: Another generation was published since the change was validated.
            IdempotencyKeyReusedError: The key came before with another body.
        """
        admission = self._admission(principal, plan, idempotency)
        generation = admission.generation
        if generation.change.staged_key is not None:
            stage_sources(self.objects, generation, plan.brought)
        brought_ids = [raster.id for raster in plan.brought]
        self.lock.link_sources(plan.vrt.id, generation.id, brought_ids, generation.admitted_at)
        try:
            job_id = self.lock.admit(admission)
        except UnavailableError:
            raise  # the admission may stand; its links are live only if it does
        except RasterloomError:
            self.lock.unlink_sources(plan.vrt.id, generation.id, brought_ids)
            raise
        if job_id == admission.job.id:
            self._send(admission)
        else:
            self.lock.unlink_sources(plan.vrt.id, generation.id, brought_ids)
        return job_id

    def _admission(self, principal: Principal, plan: Plan, idempotency: IdempotencyKey | None) -> Admission:
        now = self.clock()
        number = plan.vrt.fence + 1
        activity = Activity(self.new_id(), number, job_id=self.new_id(), admitted_at=now)
        base_id = plan.vrt.published.generation_id if plan.vrt.published else None
        return Admission(
            vrt=replace(plan.vrt, status=VrtStatus.REGENERATING, fence=number, active=activity),
            generation=_generation(principal, plan, activity, base_id),
            job=self._job(principal, plan, activity),
            is_new=plan.vrt.fence == 0,
            base_id=base_id,
            idempotency=_idempotency_record(principal, idempotency, activity.job_id, now),
        )

    def _job(self, principal: Principal, plan: Plan, activity: Activity) -> Job:
        return Job(
            id=activity.job_id,
            dataset_id=plan.vrt.id,
            generation_id=activity.generation_id,
            generation_number=activity.number,
            status=JobStatus.PENDING,
            step=JobStep.QUEUED,
            progress=JobStep.QUEUED.progress,
            created_by=principal.subject,
            source_filename=plan.source_filename,
            created_at=activity.admitted_at,
            findings=examples(plan.warnings),
            finding_counts=tuple(Counter(finding.code for finding in plan.warnings).items()),
            due=activity.admitted_at + self.due_unsent,
        )

    def _send(self, admission: Admission) -> None:
        """Send the message; if that fails the job stays `pending` and the reconciler sends it."""
        generation = admission.generation
        message = BuildMessage(generation.dataset_id, generation.job_id, generation.id, admission.vrt.fence)
        try:
            self.queue.send(message)
            self.lock.mark_sent(generation.job_id, self.clock() + self.due_sent)
        except UnavailableError as error:
            logger.warning("job %s may not have been sent; the reconciler will: %s", generation.job_id, error)


def examples(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first `EXAMPLES_PER_CODE` findings of each code."""
    seen: Counter[str] = Counter()
    kept: list[Finding] = []
    for finding in findings:
        seen[finding.code] += 1
        if seen[finding.code] <= EXAMPLES_PER_CODE:
            kept.append(finding)
    return tuple(kept)


def _generation(principal: Principal, plan: Plan, activity: Activity, base_id: str | None) -> Generation:
    return Generation(
        id=activity.generation_id,
        number=activity.number,
        dataset_id=plan.vrt.id,
        status=GenerationStatus.PENDING,
        change=_change(plan, activity.generation_id),
        base_id=base_id,
        job_id=activity.job_id,
        triggered_by=principal.subject,
        source_count=plan.source_count,
        admitted_at=activity.admitted_at,
    )


def _change(plan: Plan, generation_id: str) -> Change:
    match plan.kind:
        case ChangeKind.REPLACE:
            return Change(plan.kind, staged_key=staged_key(plan.vrt.id, generation_id))
        case ChangeKind.ADD:
            (source,) = plan.brought
            return Change(plan.kind, source_id=source.id, source_etag=source.etag)
        case ChangeKind.REMOVE | ChangeKind.REBUILD:
            return Change(plan.kind, source_id=plan.removed_id)


def _idempotency_record(
    principal: Principal, idempotency: IdempotencyKey | None, job_id: str, now: datetime
) -> IdempotencyRecord | None:
    if idempotency is None:
        return None
    return IdempotencyRecord(
        principal.subject, idempotency.key, idempotency.body_digest, job_id, now + IDEMPOTENCY_PERIOD
    )
