"""Leave nothing in our bucket and no link that nobody will ever need: of dead attempts, and of what is deleted.

Nothing is searched for: whatever ends, ends in a transaction that has this look at it.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched, islice
from typing import Final

from rasterloom.domain.errors import ObjectMissingError, UnavailableError
from rasterloom.domain.generation import (
    ChangeKind,
    Generation,
    artifacts_prefix,
    attempt_prefix,
    generation_prefix,
    staged_prefix,
)
from rasterloom.domain.lifecycle import GenerationStatus
from rasterloom.domain.sweeping import GRACE, EndedGeneration, Leftover, Progress, Remains, header_prefix
from rasterloom.ports import Clock, Jobs, Lock, Marks, Objects, OrphanStore, Sweeps
from rasterloom.services.shares import ENDLESS, until_then
from rasterloom.services.staged_sources import read_staged
from rasterloom.services.staging import links_of, member_parts, read_released

BATCH: Final = 200
"""Things that one run looks at; the next run takes the rest."""

PUT_OFF: Final = timedelta(minutes=1)
"""When a thing is looked at again for which a service did not answer: what has been due longer comes first then."""

STRETCH: Final = 1_000
"""Links of one generation between two looks at the clock; of a VRT that is gone, as many as a part has members."""

type Stretch = Sequence[tuple[str, Sequence[str]]]
"""Links that are looked at without a pause: ids of sources, by the generation that linked them."""

logger = logging.getLogger(__name__)


class Look(StrEnum):
    """What a look at one thing came to."""

    CLEAN = "clean"
    """Nothing is left of it: it is never looked at again."""
    REMOVED = "removed"
    """Something was left, and is gone; another look follows."""
    EARLY = "early"
    """Somebody who was under way at its end may still be."""
    LEFT = "left"
    """Not now: time is up, or a service does not answer."""


@dataclass(slots=True)
class Found:
    """What was left, and is gone."""

    objects: int = 0
    links: int = 0
    stretches: int = 0
    """Of links that were looked at, whether they stood or not."""

    def after(self, progress: Progress) -> Progress:
        """How far a look has come that began there and found this."""
        found = progress.found or self.objects + self.links > 0
        return Progress(progress.stretches + self.stretches, found)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one run did."""

    looks: Mapping[Look, int]
    objects: int
    """Objects that were deleted."""
    links: int
    """Use links that were deleted."""


@dataclass(frozen=True, slots=True)
class SweepOrphans:
    """The use case. It is bounded, goes on where it stopped, and is safe beside builders, readers and itself.

    What a pointer names is never touched. A generation that has ended is final: it is the published attempt of a
    completed one that is kept, for readers of today and for whoever goes back to it, and every other attempt can be
    published by nobody. An id of a dataset that is gone never comes back.
    """

    sweeps: Sweeps
    jobs: Jobs
    lock: Lock
    objects: Objects
    store: OrphanStore
    clock: Clock
    marks: Marks
    settle_marks: Callable[[str], None]
    """What a worker does that has published, and may have died before."""

    def __call__(self, until: datetime = ENDLESS) -> SweepReport:
        """Look at what has been due longest, and begin with no other thing, or other objects of one, from then on."""
        found, looks = Found(), Counter[Look]()
        for leftover in until_then(self.sweeps.due(self.clock(), BATCH), self.clock, until):
            looks[self._look(leftover, found, until)] += 1
        return SweepReport(looks, found.objects, found.links)

    def _look(self, leftover: Leftover, total: Found, until: datetime) -> Look:
        """One that cannot be helped now stops no other, and one that nobody can help comes again in an hour."""
        found = Found()
        try:
            look = self._at(leftover, found, until)
        except UnavailableError as error:
            logger.warning("%s is left for a later run: %s", _name(leftover), error)
            look = self._left(leftover, PUT_OFF, found)
        except Exception:
            logger.exception("%s cannot be swept", _name(leftover))
            look = self._left(leftover, GRACE, found)
        total.objects += found.objects
        total.links += found.links
        logger.info("%s: %s, %d objects, %d links", _name(leftover), look, found.objects, found.links)
        return look

    def _left(self, leftover: Leftover, wait: timedelta, found: Found) -> Look:
        """Leave one for later; where not even that can be written, it is due as before."""
        with suppress(UnavailableError):
            self.sweeps.look_again(leftover, self.clock() + wait, found.after(leftover.progress))
        return Look.LEFT

    def _at(self, leftover: Leftover, found: Found, until: datetime) -> Look:
        if isinstance(leftover, EndedGeneration):
            stretches = _stretches_of_ended(self.objects, leftover)
            is_whole = self._unlink(stretches, leftover.generation.dataset_id, found, until)
            is_whole = self._artifacts(leftover.generation, found, until) and is_whole
            if leftover.generation.status is GenerationStatus.COMPLETED:
                self.settle_marks(leftover.generation.dataset_id)
            settled = (leftover.generation.ended_at or leftover.due) + GRACE
        else:
            is_whole = self._remains(leftover, found, until)
            settled = leftover.due
        progress = found.after(leftover.progress)
        if not is_whole:
            if progress != leftover.progress:
                self.sweeps.look_again(leftover, leftover.due, progress)
            return Look.LEFT
        now = self.clock()
        if now < settled:
            self.sweeps.look_again(leftover, settled)
            return Look.EARLY
        if progress.found:
            self.sweeps.look_again(leftover, now + GRACE)
            return Look.REMOVED
        self.sweeps.swept(leftover)
        return Look.CLEAN

    def _artifacts(self, generation: Generation, found: Found, until: datetime) -> bool:
        """What attempts wrote, save the one that was published; whether that was all.

        Before the hour is over, a worker that lost its claim may still be putting: its attempt is left alone.
        """
        if generation.ended_at is None or self.clock() < generation.ended_at + GRACE:
            return True
        kept = _published_attempt(generation)
        attempts = self.store.folders(generation_prefix(generation.dataset_id, generation.id))
        is_whole = all(self._remove(attempt, found, until) for attempt in attempts if attempt != kept)
        job = self.jobs.get(generation.job_id)
        if generation.change.staged_key is not None and (job is None or not job.is_retryable):
            return self._remove(generation.change.staged_key, found, until) and is_whole
        return is_whole

    def _remains(self, remains: Remains, found: Found, until: datetime) -> bool:
        """Everything of a dataset that is gone; of one that stands, headers that its item does not name.

        Headers are listed before it is read what stands: see `WatchedBlobs`.
        """
        headers = self.store.keys(header_prefix(remains.dataset_id))
        standing = self.sweeps.standing(remains)
        if standing is None or standing.has_unswept_generations:
            self.sweeps.look_again(remains, self.clock() + GRACE)
            return False
        self._delete([key for key in headers if key != standing.header_key], found)
        if standing.exists:
            return True
        self.marks.forget(remains.dataset_id)
        found.links += self.lock.unlink_source(remains.dataset_id)
        if remains.published_prefix is not None:
            stretches = _stretches_of_members(self.objects, remains.published_prefix, remains.progress.stretches)
            if not self._unlink(stretches, remains.dataset_id, found, until):
                return False
        prefixes = (staged_prefix(remains.dataset_id), artifacts_prefix(remains.dataset_id))
        return all(self._remove(prefix, found, until) for prefix in prefixes)

    def _unlink(self, stretches: Iterable[Stretch], vrt_id: str, found: Found, until: datetime) -> bool:
        """Let go of what stands of these links; whether that was all before time was up.

        Only to see that none of 100,000 links stands may take longer than one run has: the next one goes on after the
        stretches that this one came through.
        """
        for stretch in stretches:
            if self.clock() >= until:
                return False
            for generation_id, source_ids in stretch:
                standing = self.lock.standing_links(vrt_id, generation_id, source_ids)
                self.lock.unlink_sources(vrt_id, generation_id, standing)
                found.links += len(standing)
            found.stretches += 1
        return True

    def _remove(self, prefix: str, found: Found, until: datetime) -> bool:
        """Delete whatever begins with a prefix; whether that was all before time was up."""
        while self.clock() < until:
            keys = self.store.keys(prefix)
            if not keys:
                return True
            self._delete(keys, found)
        return False

    def _delete(self, keys: Sequence[str], found: Found) -> None:
        if keys:
            self.store.delete(keys)
            found.objects += len(keys)


def _stretches_of_ended(objects: Objects, ended: EndedGeneration) -> Iterable[Stretch]:
    """Links of a generation that hold nothing, from where the look before has come to."""
    links = _links_of_ended(objects, ended.generation)
    stretches = (
        [(generation_id, ids)] for generation_id, all_ids in links for ids in batched(all_ids, STRETCH, strict=False)
    )
    return islice(stretches, ended.progress.stretches, None)


def _links_of_ended(objects: Objects, generation: Generation) -> Iterable[tuple[str, Sequence[str]]]:
    """Links that hold nothing: what a published generation released, or what another one brought.

    A row belongs to the generation that brought it. A member that nobody kept can only be brought again by a later
    generation, in a row of its own: whenever this row is deleted, it is right.
    """
    published = _published_attempt(generation)
    if published is not None:
        return read_released(objects, published).items()
    if generation.change.kind is ChangeKind.ADD:
        return [(generation.id, [str(generation.change.source_id)])]
    if generation.change.staged_key is None:
        return []
    try:
        staged = read_staged(objects, generation.change.staged_key)
    except ObjectMissingError:
        return []
    return [(generation.id, [source.id for source in staged.sources])]


def _stretches_of_members(objects: Objects, prefix: str, first: int) -> Iterable[Stretch]:
    """Links of the members of a published generation from a part on; none where its parts have been swept."""
    try:
        for part in member_parts(objects, prefix, first):
            yield list(links_of(part).items())
    except ObjectMissingError:
        return


def _published_attempt(generation: Generation) -> str | None:
    """Prefix of the attempt that was published."""
    if generation.status is not GenerationStatus.COMPLETED:
        return None
    return attempt_prefix(generation.dataset_id, generation.id, str(generation.attempt))


def _name(leftover: Leftover) -> str:
    if isinstance(leftover, EndedGeneration):
        return f"generation {leftover.generation.id} of {leftover.generation.dataset_id}"
    return f"dataset {leftover.dataset_id}"
