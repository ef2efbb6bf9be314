"""Admit a validated change of a VRT: stage it, take the lock, promise a job, send the message."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Activity, RasterDataset, VrtDataset
from rasterloom.domain.errors import RasterloomError, UnavailableError
from rasterloom.domain.findings import Finding, on_lines
from rasterloom.domain.generation import BuildMessage, Change, ChangeKind, Generation, Job, staged_key
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, JobStep, VrtStatus
from rasterloom.domain.options import WeaveOptions
from rasterloom.ports import Admission, BuildQueue, Clock, Lock, NewId, Objects
from rasterloom.services.examples import counted
from rasterloom.services.finding_documents import FindingDocuments
from rasterloom.services.phases import phase
from rasterloom.services.puts import AtOnce, Collected, under_way
from rasterloom.services.replays import IdempotencyKey, Replays
from rasterloom.services.staged_sources import stage_ids, stage_sources

logger = logging.getLogger(__name__)


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
    listed: tuple[str, ...] = ()
    """Sources, in order, that the build holds against everything, since they are too many for the caller to wait."""
    lines: tuple[int, ...] = ()
    """The line of the manifest, from 1, of each source that is brought or listed; none where no manifest does."""
    removed_id: str | None = None
    """The source that the change takes away."""
    options: WeaveOptions | None = None
    """What the generation is built with; None for what its base was built with."""
    auto_regenerate: bool | None = None
    """What the VRT shall do from now on when its sources change; None for what it does."""
    triggered_by: str | None = None
    """Who the generation says asked for it; None for who asks."""


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
    documents: FindingDocuments
    at_once: AtOnce = map
    """How what is staged is put; one object after the other by default."""

    @property
    def replays(self) -> Replays:
        """Keys that came before."""
        return Replays(self.lock, self.clock)

    def replayed(self, principal: Principal, idempotency: IdempotencyKey | None) -> str | None:
        """The job that an earlier request with this key was promised; None if there was none.

        Raises:
            IdempotencyKeyReusedError: The key came before with another request.
        """
        return self.replays.earlier(principal, idempotency)

    def __call__(
        self, principal: Principal, plan: Plan, idempotency: IdempotencyKey | None = None, *, as_seen: bool = False
    ) -> str:
        """Write all of the promise or nothing, and answer the id of the job that stands.

        Staged sources and use links come before the transaction, side by side: alone, they promise nothing.

        Args:
            principal: Who asks.
            plan: What was validated.
            idempotency: The caller's key.
            as_seen: Whether to refuse where anything of the VRT, its title included, changed since it was read.

        Raises:
            DatasetBusyError: Another generation of the VRT is active.
            BaseChangedError: Another generation was published since the change was validated.
            VersionChangedError: The VRT has changed, and must not have.
            IdempotencyKeyReusedError: The key came before with another request.
        """
        admission = replace(self._admission(principal, plan, idempotency), as_seen=as_seen)
        generation = admission.generation
        with phase("stage"):
            staged = self._staged(principal, plan, admission)
        brought_ids = [raster.id for raster in plan.brought]
        try:
            with under_way(self.objects, self.at_once, staged), phase("links"):
                self._link(generation, brought_ids)
        except RasterloomError:
            self._let_go(generation, brought_ids)
            raise
        try:
            with phase("admit"):
                job_id = self.lock.admit(admission)
        except UnavailableError:
            raise  # the admission may stand; its links are live only if it does
        except RasterloomError:
            self._let_go(generation, brought_ids)
            raise
        if job_id == admission.job.id:
            with phase("send"):
                self._send(admission)
        else:
            self._let_go(generation, brought_ids)
        return job_id

    def _link(self, generation: Generation, source_ids: Sequence[str]) -> None:
        vrt_id, now = generation.dataset_id, generation.admitted_at
        self.lock.link_sources(vrt_id, generation.id, source_ids, now, number=generation.number)

    def _let_go(self, generation: Generation, source_ids: Sequence[str]) -> None:
        """Let go of what was linked for nothing; what cannot be let go of now, whoever reads the links later does."""
        try:
            self.lock.unlink_sources(generation.dataset_id, generation.id, source_ids)
        except UnavailableError as error:
            logger.warning("links of %d sources of %s are left: %s", len(source_ids), generation.dataset_id, error)

    def _staged(self, principal: Principal, plan: Plan, admission: Admission) -> Collected:
        generation, key, puts = admission.generation, admission.job.findings_key, Collected()
        if key is not None:
            self.documents.put(puts, key, on_lines(plan.warnings, plan.lines))
        if plan.listed:
            stage_ids(puts, generation, plan.listed, principal, plan.lines)
        elif generation.change.staged_key is not None:
            stage_sources(puts, generation, plan.brought, plan.lines)
        return puts

    def _admission(self, principal: Principal, plan: Plan, idempotency: IdempotencyKey | None) -> Admission:
        now = self.clock()
        number = plan.vrt.fence + 1
        activity = Activity(self.new_id(), number, job_id=self.new_id(), admitted_at=now)
        base_id = plan.vrt.published.generation_id if plan.vrt.published else None
        generation = _generation(principal, plan, activity, base_id)
        return Admission(
            vrt=replace(plan.vrt, status=VrtStatus.REGENERATING, fence=number, active=activity),
            generation=generation,
            job=self._job(principal, plan, generation),
            is_new=plan.vrt.fence == 0,
            base_id=base_id,
            idempotency=self.replays.record(principal, idempotency, activity.job_id),
            auto_regenerate=plan.auto_regenerate,
        )

    def _job(self, principal: Principal, plan: Plan, generation: Generation) -> Job:
        findings, finding_counts = counted(on_lines(plan.warnings, plan.lines))
        return Job(
            id=generation.job_id,
            dataset_id=plan.vrt.id,
            generation_id=generation.id,
            generation_number=generation.number,
            status=JobStatus.PENDING,
            step=JobStep.QUEUED,
            progress=JobStep.QUEUED.progress,
            created_by=principal.subject,
            source_filename=plan.source_filename,
            created_at=generation.admitted_at,
            findings=findings,
            finding_counts=finding_counts,
            findings_key=self.documents.key_for(generation, plan.warnings),
            due=generation.admitted_at + self.due_unsent,
        )

    def _send(self, admission: Admission) -> None:
        """Send the message; however that fails, the change is accepted, and the reconciler sends it."""
        generation = admission.generation
        message = BuildMessage(generation.dataset_id, generation.job_id, generation.id, admission.vrt.fence)
        logger.info("%s was accepted", generation.change.kind, extra=message.labels)
        try:
            self.queue.send(message)
            self.lock.mark_sent(generation.job_id, self.clock() + self.due_sent)
        except RasterloomError as error:
            logger.warning("it may not have been sent; the reconciler will: %s", error, extra=message.labels)


def _generation(principal: Principal, plan: Plan, activity: Activity, base_id: str | None) -> Generation:
    return Generation(
        id=activity.generation_id,
        number=activity.number,
        dataset_id=plan.vrt.id,
        status=GenerationStatus.PENDING,
        change=_change(plan, activity.generation_id),
        base_id=base_id,
        job_id=activity.job_id,
        triggered_by=plan.triggered_by or principal.subject,
        source_count=plan.source_count,
        admitted_at=activity.admitted_at,
        options=plan.options or plan.vrt.options,
    )


def _change(plan: Plan, generation_id: str) -> Change:
    sets_options = plan.options is not None
    match plan.kind:
        case ChangeKind.REPLACE:
            return Change(plan.kind, staged_key=staged_key(plan.vrt.id, generation_id), sets_options=sets_options)
        case ChangeKind.ADD:
            (source,) = plan.brought
            return Change(plan.kind, source_id=source.id, source_etag=source.etag)
        case ChangeKind.REMOVE | ChangeKind.REBUILD:
            return Change(plan.kind, source_id=plan.removed_id, sets_options=sets_options)
