"""Work off what is due: send again, take over, give up. Only this takes over an expired lease.

Every step is one conditional write of the lock, so it is safe beside live workers and beside itself.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rasterloom.domain.dataset import Activity, VrtDataset
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.generation import BuildMessage, Job
from rasterloom.ports import BuildQueue, Clock, Datasets, Failure, Jobs, Lock
from rasterloom.services.shares import ENDLESS, until_then

BATCH: Final = 200
"""Jobs that one run looks at; the next run takes the rest."""

GIVE_UP_AFTER: Final = timedelta(hours=24)
"""A job that no worker has ended by then is failed."""

logger = logging.getLogger(__name__)


class Action(StrEnum):
    """What was done about one due job."""

    RESENT = "resent"
    TAKEN_OVER = "taken_over"
    FAILED = "failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Settled:
    """One job that was due, as it was found, and what was done about it."""

    job: Job
    action: Action


@dataclass(frozen=True, slots=True)
class Reconcile:
    """The use case."""

    datasets: Datasets
    jobs: Jobs
    lock: Lock
    queue: BuildQueue
    clock: Clock
    due_sent: timedelta
    max_attempts: int

    def __call__(self, until: datetime = ENDLESS) -> Mapping[Action, int]:
        """Look at jobs that are due until that moment, and count what was done."""
        return Counter(settled.action for settled in self.work_off(BATCH, until))

    def work_off(self, limit: int, until: datetime = ENDLESS) -> Sequence[Settled]:
        """Look at the jobs that have been due longest; one that cannot be helped now does not stop others.

        Args:
            limit: Most jobs to look at.
            until: When to begin with no other job.
        """
        due = self.lock.due_jobs(self.clock(), limit)
        return [Settled(job, self._action(job)) for job in until_then(due, self.clock, until)]

    def oldest_pending_seconds(self) -> float:
        """Age of the oldest job that has not ended; 0 where there is none."""
        made = self.lock.oldest_unfinished()
        return 0.0 if made is None else max(0.0, (self.clock() - made).total_seconds())

    def dead_letter(self, message: BuildMessage) -> bool:
        """End the generation of a message that was delivered too often; answer whether this call did it.

        A generation that is held by a live lease or a higher fence is somebody else's, and its job is still due.
        """
        failure = Failure("delivery_exhausted", "The build was tried too often without coming to an end")
        return self.lock.abandon(message, failure, self.clock())

    def _action(self, job: Job) -> Action:
        try:
            action = self._settle(job)
        except UnavailableError as error:
            logger.warning("job %s is left for the next run: %s", job.id, error, extra=labels_of(job))
            action = Action.LEFT
        except Exception:
            logger.exception("job %s is left for the next run", job.id, extra=labels_of(job))
            action = Action.LEFT
        logger.info("job %s: %s", job.id, action, extra=labels_of(job))
        return action

    def _settle(self, job: Job) -> Action:
        vrt = self.datasets.get(job.dataset_id)
        if not isinstance(vrt, VrtDataset) or vrt.active is None or vrt.active.generation_id != job.generation_id:
            return Action.LEFT
        now = self.clock()
        expires = vrt.active.lease_expires_at
        if expires is not None and expires > now:
            return Action.LEFT
        failure = self._hopeless(job, vrt.active, now)
        if failure is not None:
            message = BuildMessage(vrt.id, job.id, job.generation_id, vrt.fence)
            return Action.FAILED if self.lock.abandon(message, failure, now) else Action.LEFT
        if expires is None:
            return self._resend(BuildMessage(vrt.id, job.id, job.generation_id, vrt.fence))
        taken = self.lock.take_over(job, vrt, now, now)
        if taken is None:
            return Action.LEFT
        self._resend(taken)
        return Action.TAKEN_OVER

    def _hopeless(self, job: Job, active: Activity, now: datetime) -> Failure | None:
        generation = self.jobs.get_generation(job.dataset_id, active.number)
        if generation is not None and generation.attempts >= self.max_attempts:
            return Failure("attempts_exhausted", f"{generation.attempts} workers began this build and none ended it")
        if now - job.created_at > GIVE_UP_AFTER:
            hours = GIVE_UP_AFTER.total_seconds() / 3600
            return Failure("not_built_in_time", f"No worker ended this build within {hours:.0f} hours")
        return None

    def _resend(self, message: BuildMessage) -> Action:
        self.queue.send(message)
        self.lock.mark_sent(message.job_id, self.clock() + self.due_sent)
        logger.info("sent again", extra=message.labels)
        return Action.RESENT


def labels_of(job: Job) -> Mapping[str, object]:
    """What a line of the log about a job carries; its fence is told where it was read."""
    return {"dataset_id": job.dataset_id, "job_id": job.id, "generation_id": job.generation_id}
