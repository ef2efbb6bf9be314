"""Bulk registrations that are due: what is left of them is sent again, or they are ended."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final

from rasterloom.domain.bulk import GIVE_UP_AFTER, MAX_IDLE_SENDS, BulkJob
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.registration import BulkListing, BulkPart
from rasterloom.ports import BulkJobs, Clock, Failure, RegistrationQueue
from rasterloom.services.end_bulk import EndBulk
from rasterloom.services.shares import ENDLESS, until_then

BATCH: Final = 50
"""Jobs that one run looks at; the next run takes the rest."""
MOST_SENT: Final = 500
"""Messages that are sent again for one job; the parts after them have their turn when these are done."""

logger = logging.getLogger(__name__)


class ResumedBulk(StrEnum):
    """What was done about one bulk registration that was due."""

    ENDED = "ended"
    RESENT = "resent"
    FAILED = "failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class ResumeBulk:
    """The use case; it is safe beside workers, beside cancellations, and beside itself."""

    jobs: BulkJobs
    queue: RegistrationQueue
    end: EndBulk
    clock: Clock
    due_sent: timedelta

    def __call__(self, until: datetime = ENDLESS) -> Mapping[ResumedBulk, int]:
        """Look at jobs that are due until that moment, and count what was done."""
        due = self.jobs.due(self.clock(), BATCH)
        came_on = self._came_on() if due else {}
        return Counter(self._action(job, came_on) for job in until_then(due, self.clock, until))

    def idle_seconds(self) -> float:
        """How long the job that has waited longest has not come further; 0 where there is none."""
        since = min((job.came_on_at for job in self.jobs.unfinished()), default=None)
        return 0.0 if since is None else max(0.0, (self.clock() - since).total_seconds())

    def _came_on(self) -> Mapping[str, datetime]:
        """When each job that has come further did so last.

        No send moves it: jobs that stand still would take each other's sends for progress, and wait for each other.
        """
        return {job.id: job.came_on for job in self.jobs.unfinished() if job.came_on is not None}

    def _is_idle(self, job: BulkJob, came_on: Mapping[str, datetime]) -> bool:
        """Whether nobody else explains that a job did not come on since it was sent.

        All jobs share one queue: a small one may wait for hours behind a large one.
        """
        sent = job.sent_at(self.due_sent)
        return sent is None or all(moment <= sent for job_id, moment in came_on.items() if job_id != job.id)

    def _action(self, job: BulkJob, came_on: Mapping[str, datetime]) -> ResumedBulk:
        try:
            action = self._settled(job, is_idle=self._is_idle(job, came_on))
        except UnavailableError as error:
            logger.warning("bulk registration %s is left for the next run: %s", job.id, error)
            action = ResumedBulk.LEFT
        except Exception:
            logger.exception("bulk registration %s is left for the next run", job.id)
            action = ResumedBulk.LEFT
        logger.info("bulk registration %s: %s", job.id, action)
        return action

    def _settled(self, job: BulkJob, *, is_idle: bool) -> ResumedBulk:
        if self.end(job.id):
            return ResumedBulk.ENDED
        failure = _hopeless(job, self.clock() - job.created_at, is_idle=is_idle)
        if failure is not None:
            return ResumedBulk.FAILED if self.jobs.fail(job, failure, self.clock()) else ResumedBulk.LEFT
        self.queue.send(self._left(job))
        moved = self.jobs.mark_sent(job, self.clock() + self.due_sent, is_idle=is_idle)
        return ResumedBulk.RESENT if moved else ResumedBulk.LEFT

    def _left(self, job: BulkJob) -> Sequence[BulkPart | BulkListing]:
        """Messages for what is left; each may be in the queue already, and does nothing where it is done."""
        undone = (BulkPart(job.id, part.number) for part in self.jobs.parts(job.id) if not part.is_done)
        listing = [] if job.is_listed else [BulkListing(job.id, job.stretch)]
        return [*listing, *islice(undone, MOST_SENT)]


def _hopeless(job: BulkJob, age: timedelta, *, is_idle: bool) -> Failure | None:
    left = f"{job.objects - job.counts.total} of {job.objects} objects were not looked at"
    if is_idle and job.sends >= MAX_IDLE_SENDS:
        message = f"What is left was sent {job.sends} times and no worker ended any of it; {left}"
        return Failure("delivery_exhausted", message)
    if age > GIVE_UP_AFTER:
        hours = GIVE_UP_AFTER.total_seconds() / 3600
        return Failure("not_registered_in_time", f"It did not end within {hours:.0f} hours; {left}")
    return None
