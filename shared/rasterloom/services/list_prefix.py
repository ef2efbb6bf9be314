"""List the prefix of a bulk registration, and make parts of what is found."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from rasterloom.domain.bulk import PART_OBJECTS, BulkJob, StagedObject, StagedPart, staged_part_key
from rasterloom.domain.errors import ForbiddenError, ObjectError, UnavailableError
from rasterloom.domain.gathering import Gathering
from rasterloom.domain.objects import ObjectPrefix
from rasterloom.domain.registration import BulkListing, BulkPart
from rasterloom.ports import BulkJobs, Clock, Failure, Listing, NewId, Objects, RegistrationQueue, Remaining
from rasterloom.services.bulk_objects import put_objects
from rasterloom.services.end_bulk import EndBulk
from rasterloom.services.places import Places

LEAST_SECONDS: Final = 10.0
"""What has to be left of the invocation for another page and its part; the first page of a stretch is always taken."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListPrefix:
    """The use case. One worker lists at a time; each step is taken only from where the job says the listing is."""

    jobs: BulkJobs
    objects: Objects
    queue: RegistrationQueue
    listing: Listing
    places: Places
    end: EndBulk
    clock: Clock
    new_id: NewId
    due_sent: timedelta
    part_objects: int = PART_OBJECTS

    def __call__(self, message: BulkListing, remaining: Remaining) -> None:
        """List on from where the job says, as far as the time suffices, and hand over what is left.

        Raises:
            UnavailableError: A service did not answer; what was staged stays.
        """
        job = self.jobs.get(message.job_id)
        if job is None or job.is_ended or job.prefix is None:
            return
        if not job.is_listed and job.stretch == message.number:
            self.jobs.begin(job, self.clock())
            self._list(job, job.prefix, remaining)
        self.end(job.id)

    def _list(self, job: BulkJob, prefix: ObjectPrefix, remaining: Remaining) -> None:
        stretch = _Stretch(self, job)
        try:
            self.places.require_prefix(job.principal, prefix)
            stretch(prefix, remaining)
        except (ObjectError, ForbiddenError) as error:
            standing = self.jobs.get(job.id)
            if standing is not None:
                self.jobs.fail(standing, Failure(error.code, error.message), self.clock())
        except _OvertakenError:
            logger.info("job %s is listed by another worker", job.id)


class _OvertakenError(Exception):
    """Another worker lists the same stretch, or the job has ended."""


@dataclass(slots=True)
class _Stretch:
    """The listing from where the job says, part by part; the job as it was left by the last step."""

    use: ListPrefix
    job: BulkJob
    found: list[StagedObject] = field(default_factory=list)

    def __call__(self, prefix: ObjectPrefix, remaining: Remaining) -> None:
        begun_after = self.job.start_after
        gathering = Gathering(begun_after)
        for number, page in enumerate(self.use.listing(prefix, begun_after)):
            if number and remaining() < LEAST_SECONDS:
                if gathering.position == begun_after:
                    self._take(prefix, gathering.give_way())
                self._hand_over(gathering.position, begun_after)
                return
            for key in page:
                self._take(prefix, gathering.take(key))
        self._take(prefix, gathering.end())
        self._stage(gathering.position)
        _require(done=self.use.jobs.end_listing(self.job, *self._now_and_due()))

    def _take(self, prefix: ObjectPrefix, given: Iterable[tuple[str, tuple[str, ...] | None]]) -> None:
        for key, side_files in given:
            self.found.append(StagedObject(f"s3://{prefix.bucket}/{key}", side_files))
            if len(self.found) == self.use.part_objects:
                self._stage(key)

    def _hand_over(self, position: str, begun_after: str) -> None:
        """Have another invocation list on; if its message is not taken, the reconciler sends it.

        Each stretch ends further than it began, or the job would come on, and to no end. One that cannot (S3 gave
        pages without a key) is left to the reconciler, who gives the job up when that was in vain too often.
        """
        if position == begun_after:
            logger.warning("job %s: no key was listed after %r within the time", self.job.id, position)
            return
        self._stage(position)
        _require(done=self.use.jobs.hand_over(self.job, position, *self._now_and_due()))
        self._send(BulkListing(self.job.id, self.job.stretch + 1))

    def _stage(self, position: str) -> None:
        """Make a part of what was found up to a key, and have it worked off."""
        if not self.found:
            return
        job, number = self.job, self.job.parts
        key = staged_part_key(job.id, number, self.use.new_id())
        put_objects(self.use.objects, key, self.found)
        part = StagedPart(number, job.objects, len(self.found), key)
        now, due = self._now_and_due()
        _require(done=self.use.jobs.add_part(job, part, position, now, due))
        self.job = replace(job, parts=number + 1, objects=job.objects + part.objects, start_after=position, due=due)
        self.found = []
        self._send(BulkPart(job.id, number))

    def _send(self, message: BulkPart | BulkListing) -> None:
        try:
            self.use.queue.send([message])
        except UnavailableError as error:
            logger.warning("%s may not have been sent; the reconciler will: %s", message, error)

    def _now_and_due(self) -> tuple[datetime, datetime]:
        now = self.use.clock()
        return now, now + self.use.due_sent


def _require(*, done: bool) -> None:
    if not done:
        raise _OvertakenError
