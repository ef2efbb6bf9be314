"""Cancellation: the end that a caller asks for, whoever holds the generation meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.ending import CANCELLED, CANCELLED_FIRST, Condition, Ending
from rasterloom.adapters.catalog_dynamodb.items_job import job_of
from rasterloom.adapters.catalog_dynamodb.lock_claim import Seen, look
from rasterloom.adapters.catalog_dynamodb.lock_step import LockStep
from rasterloom.adapters.catalog_dynamodb.transactions import transact
from rasterloom.adapters.catalog_dynamodb.values import text
from rasterloom.adapters.catalog_dynamodb.writes import RefusedError
from rasterloom.domain.errors import JobEndedError, NotFoundError
from rasterloom.domain.generation import BuildMessage, Job
from rasterloom.domain.lifecycle import JOB_TRANSITIONS, JobStatus, is_final
from rasterloom.ports import Failure

BY_CALLER: Final = Failure("cancelled", "The job was cancelled")


@dataclass(frozen=True, slots=True)
class Cancellations(LockStep):
    """Ending a job before its worker does."""

    def cancel(self, job: Job, now: datetime) -> bool:
        """End a job and its generation, whoever holds it; answer whether this call did it, or it was cancelled before.

        Raises:
            JobEndedError: The job has come to another end; nothing was changed.
            NotFoundError: The VRT is gone, or the job.
        """
        seen = look(
            self.table, self.blobs, BuildMessage(job.dataset_id, job.id, job.generation_id, job.generation_number)
        )
        if seen is None:
            return self._ended_before(job)
        # Whoever ends the generation first has ended it, and everybody else's step is refused from then on:
        #
        #   A: claims, builds                                  shows progress, publishes: generation failed -> lost
        #   C:                   cancels: running -> failed
        #   A: (or first) publishes: completed                 C: completed is left by nothing -> refused: job ended
        #   R: (meanwhile) takes over: fence 9                 C: the same generation is active -> cancelled
        #   D: (cancels too)                                   C: ended by D -> refused: was cancelled before
        #
        # No fence and no attempt is asked for: a cancellation means every holder. What is published cannot change
        # while the generation is active, so whether the VRT is left ready is right as it was seen.
        ending = Ending(CANCELLED if seen.vrt.published else CANCELLED_FIRST, now, str(uuid4()), BY_CALLER)
        try:
            transact(
                self.table,
                ending.generation(seen.generation, None),
                ending.vrt(seen.vrt.id, _active(seen)),
                ending.job(seen.job),
            )
        except RefusedError as refusal:
            return ending.stands(refusal) or self._ended_before(job)
        return True

    def _ended_before(self, job: Job) -> bool:
        """That it was cancelled already is no error: False."""
        item = self.table.get(names.job_key(job.id))
        if item is None:
            raise NotFoundError("job", job.id)
        status = job_of(item).status
        if status is JobStatus.CANCELLED:
            return False
        if is_final(JOB_TRANSITIONS, status):
            raise JobEndedError(job.id, status)
        raise NotFoundError("dataset", job.dataset_id)


def _active(seen: Seen) -> Condition:
    return "#active_generation = :generation", {":generation": text(seen.generation.id)}
