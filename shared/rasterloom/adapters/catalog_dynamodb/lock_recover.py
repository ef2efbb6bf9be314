"""Recovery: what is unfinished, sent again or taken over. Only the reconciler takes over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.due import LOOKED_AT, due_items
from rasterloom.adapters.catalog_dynamodb.items_job import due_item, job_of
from rasterloom.adapters.catalog_dynamodb.items_vrt import LEASE
from rasterloom.adapters.catalog_dynamodb.lock_step import LockStep
from rasterloom.adapters.catalog_dynamodb.table import Query
from rasterloom.adapters.catalog_dynamodb.transactions import transact, write
from rasterloom.adapters.catalog_dynamodb.values import micros, number, of, read_iso, text
from rasterloom.adapters.catalog_dynamodb.writes import RefusedError, Update, one_of
from rasterloom.domain.dataset import VrtDataset
from rasterloom.domain.generation import BuildMessage, Job
from rasterloom.domain.lifecycle import JOB_TRANSITIONS, JobStatus, is_final

_UNFINISHED = tuple(status for status in JobStatus if not is_final(JOB_TRANSITIONS, status))


@dataclass(frozen=True, slots=True)
class Recovery(LockStep):
    """The reconciler's steps."""

    def mark_sent(self, job_id: str, due: datetime) -> None:
        """Move the due time of a job that has not ended and that no attempt holds, and count the send.

        An attempt that claimed meanwhile has set the due time itself, and one that ended it has removed it.
        """
        # The sender is slower than the whole build:
        #
        #   api: sends                                       marks: complete -> refused, the job stays out of `by_due`
        #   B:          claims, due = lease end    publishes
        #   api: (or here)                      marks: attempt B holds it -> refused, due stays at the lease's end
        unfinished, values = one_of("status", _UNFINISHED)
        change = Update(
            names.job_key(job_id),
            condition=f"{unfinished} AND attribute_not_exists(#attempt)",
            values=values,
            sets=due_item(job_id, micros(due)),
            adds={"sends": 1},
        )
        try:
            write(self.table, change)
        except RefusedError:
            return

    def take_over(self, job: Job, vrt: VrtDataset, now: datetime, due: datetime) -> BuildMessage | None:
        """Raise the fence of a generation whose lease has run out, if fence and lease are those seen."""
        lease = vrt.active.lease_expires_at if vrt.active else None
        if vrt.active is None or vrt.active.job_id != job.id or lease is None or lease > now:
            return None
        # Two reconcilers, a worker that claims, a worker that publishes late:
        #
        #   R: lease L1 expired, fence 8 -> fence 9, no lease
        #   Q: (saw the same)                                 fence is 9 -> refused
        #   B: (instead of R) claims fence 8: lease L2        R: lease is L2 -> refused
        #   A: (instead of R) publishes: nothing active       R: generation is not active -> refused
        token = str(uuid4())
        change = Update(
            names.dataset_key(vrt.id),
            condition="#active_generation = :generation AND #fence = :fence AND #lease_expires_at = :lease",
            values={":generation": text(job.generation_id), ":fence": number(vrt.fence), ":lease": micros(lease)},
            sets={"fence": number(vrt.fence + 1), "taken_over_by": text(token)},
            removes=LEASE,
        )
        try:
            transact(self.table, change, _freed_job(job, due))
        except RefusedError as refusal:
            # The first try was carried out and its answer lost: the token is this call's.
            if of(refusal.reasons[0].old or {}, "taken_over_by") != token:
                return None
        return BuildMessage(vrt.id, job.id, job.generation_id, vrt.fence + 1)

    def due_jobs(self, now: datetime, limit: int) -> Sequence[Job]:
        """Jobs whose due time has come, oldest first, each as the table has it: the index lags behind."""
        items = due_items(self.table, names.due_partitions(), now, limit)
        jobs = [job_of(item) for item in items if "due" in item]
        still_due = [(job.due, job) for job in jobs if job.due is not None and job.due <= now]
        return [job for _, job in sorted(still_due, key=lambda pair: (pair[0], pair[1].id))]

    def oldest_unfinished(self) -> datetime | None:
        """When the oldest job that has not ended was made, as the index has it; None where all have ended.

        What is stuck comes up again and again, so it is among those that are due first.
        """
        made = [self._oldest_in(partition) for partition in names.due_partitions()]
        return min(filter(None, made), default=None)

    def _oldest_in(self, partition: str) -> datetime | None:
        first = Query(names.BY_DUE, "due_pk", partition, only=("created_at",), limit=LOOKED_AT)
        return min((read_iso(item["created_at"]["S"]) for item in self.table.query(first)), default=None)


def _freed_job(job: Job, due: datetime) -> Update:
    """Let nobody show progress under the old fence, and look again when the new message should have been claimed."""
    running, values = one_of("status", (JobStatus.RUNNING,))
    return Update(
        names.job_key(job.id),
        condition=running,
        values=values,
        sets=due_item(job.id, micros(due)),
        removes=("attempt",),
    )
