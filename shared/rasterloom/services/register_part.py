"""Work off a part of a bulk registration.

The catalogue is read before the object, and written only where it still says what was read, as whoever registers one
object does it (`rasterloom.services.observe_object`): an older header never comes over a newer one. That nothing has
changed is written as well: a look of before may be under way.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import batched
from typing import Final

from rasterloom.domain.access import Audience
from rasterloom.domain.bulk import (
    BulkCounts,
    BulkJob,
    ObjectResult,
    Outcome,
    StagedObject,
    StagedPart,
    counts_of,
    findings_of,
    results_key,
)
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import BeingDeletedError, ForbiddenError, ObjectError, RasterloomError, UnavailableError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.registration import BulkPart
from rasterloom.ports import (
    BulkJobs,
    Clock,
    HeaderBatches,
    HeaderRead,
    NewId,
    Objects,
    RasterBatches,
    Registered,
    RegistrationQueue,
    Remaining,
)
from rasterloom.services.bulk_objects import put_results, read_objects
from rasterloom.services.end_bulk import EndBulk
from rasterloom.services.examples import counted
from rasterloom.services.mark_users import MarkUsers
from rasterloom.services.observe_object import state_of
from rasterloom.services.places import Places
from rasterloom.services.register_raster import EXPECTED, found_and_hint, new_raster

BATCH: Final = 250
"""Objects that are looked up, read and written together."""
LOOKS: Final = 4
"""How often one object is looked at that others change meanwhile, or that S3 does not answer for."""
LEAST_SECONDS: Final = 5.0
"""What the first batch has to have left of the invocation; the next ones twice of what the one before took."""

_PLACE: Final = "an object that may be read on your behalf"
_ELSEWHERE: Final = "Have whoever runs this deployment name its place in SourceAllowList, or copy it to one that is."
_STAYING: Final = "an object of which no dataset is being deleted"
_LATER: Final = "Register it again once the deletion has ended; deleting the dataset again ends it."

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class BatchTime:
    """What has to be left of one invocation for another batch, whichever part that is of."""

    needed: float = LEAST_SECONDS
    """Seconds."""

    def took(self, seconds: float) -> None:
        """Tell what a batch took, whether it came to its end or not."""
        self.needed = max(LEAST_SECONDS, 2 * seconds)


@dataclass(frozen=True, slots=True)
class RegisterPart:
    """The use case."""

    jobs: BulkJobs
    rasters: RasterBatches
    headers: HeaderBatches
    objects: Objects
    queue: RegistrationQueue
    places: Places
    end: EndBulk
    clock: Clock
    new_id: NewId
    due_sent: timedelta
    mark_users: MarkUsers
    follows: Callable[[ObjectRef], bool]
    """Whether events tell of an object."""
    batch: int = BATCH

    def __call__(self, message: BulkPart, remaining: Remaining, time: BatchTime | None = None) -> BulkCounts:
        """Register the objects of a part, unless that is done, and tell how many met what by this call.

        A part for which the time does not suffice is sent anew, and goes on from what is registered by then.

        Args:
            message: Names the part.
            remaining: Of the invocation.
            time: What is known from the parts before it in the same invocation; None where there was none.

        Raises:
            UnavailableError: A service did not answer for some object; what was registered stays.
        """
        job = self.jobs.get(message.job_id)
        if job is None or job.is_ended:
            return BulkCounts()
        part = self.jobs.part(job.id, message.number)
        if part is None:
            logger.warning("job %s has no part %s", job.id, message.number)
            return BulkCounts()
        done = BulkCounts() if part.is_done else self._worked_off(job, part, remaining, time or BatchTime())
        self.end(job.id)
        return done

    def _worked_off(self, job: BulkJob, part: StagedPart, remaining: Remaining, time: BatchTime) -> BulkCounts:
        self.jobs.begin(job, self.clock())
        results = self._results(job, read_objects(self.objects, part.staged_key), remaining, time)
        if results is None:
            self.queue.send([BulkPart(job.id, part.number)])
            return BulkCounts()
        key = results_key(job.id, part.number, self.new_id())
        put_results(self.objects, key, results)
        examples, finding_counts = counted(findings_of(results, part.first))
        counts = counts_of(results)
        done = replace(part, results_key=key, counts=counts, findings=examples, finding_counts=finding_counts)
        now = self.clock()
        return counts if self.jobs.complete_part(job, done, now, now + self.due_sent) else BulkCounts()

    def _results(
        self, job: BulkJob, staged: Sequence[StagedObject], remaining: Remaining, time: BatchTime
    ) -> Sequence[ObjectResult] | None:
        """What became of the objects, in order; None where the time does not suffice."""
        results: list[ObjectResult] = []
        for batch in batched(staged, self.batch, strict=False):
            before = remaining()
            if before < time.needed:
                return None
            try:
                results += self._settled(job, batch)
            finally:
                time.took(before - remaining())
        return results

    def _settled(self, job: BulkJob, staged: Sequence[StagedObject]) -> Sequence[ObjectResult]:
        results: dict[str, ObjectResult] = {}
        left = staged
        for _ in range(LOOKS):
            left = _Look(self, job, left, results)()
            if not left:
                return [results[each.uri] for each in staged]
        raise UnavailableError("S3 or the catalogue", f"{len(left)} objects changed, or were not answered for")


@dataclass(slots=True)
class _Look:
    """One look at some objects: the catalogue, then S3, then the catalogue again."""

    use: RegisterPart
    job: BulkJob
    staged: Sequence[StagedObject]
    results: dict[str, ObjectResult]
    new: list[RasterDataset] = field(default_factory=list)
    known: list[tuple[RasterDataset, RasterDataset, Outcome]] = field(default_factory=list)
    """As they shall stand, as they were read, and what is told of them once they stand."""

    def __call__(self) -> Sequence[StagedObject]:
        """Settle what can be settled, and answer what is left."""
        refs = {each: ObjectRef.parse(each.uri) for each in self.staged}
        known = self.use.rasters.registered(refs.values(), self.job.created_by)
        unread = [each for each in self.staged if not self._is_settled(refs[each], known.get(refs[each]))]
        heads = self.use.headers([(refs[each], each.side_files) for each in unread])
        for each, head in zip(unread, heads, strict=True):
            self._sort(refs[each], known.get(refs[each]), head)
        self._write()
        return [each for each in self.staged if each.uri not in self.results]

    def _is_settled(self, ref: ObjectRef, known: Registered | None) -> bool:
        """What needs no look at the object.

        What this very job has registered was created by it, even if whoever did so died before telling; but where
        events tell of it, that may have been before it was looked at once more.
        """
        if known is not None and known.by_job == self.job.id:
            if known.raster.deletion is not None or not self.use.follows(ref):
                self._tell(ref.uri, Outcome.CREATED, known.raster.id)
        elif known is not None and known.raster.deletion is not None:
            self._fail(ref.uri, BeingDeletedError(known.raster.id))
        else:
            self._require_place(ref)
        return ref.uri in self.results

    def _require_place(self, ref: ObjectRef) -> None:
        try:
            self.use.places.require(self.job.principal, ref)
        except ForbiddenError as error:
            self._fail(ref.uri, error)

    def _sort(self, ref: ObjectRef, known: Registered | None, head: HeaderRead | RasterloomError) -> None:
        if isinstance(head, RasterloomError) and head.transient:
            return
        if known is not None and known.by_job == self.job.id:
            self._compare(known.raster, head, Outcome.CREATED, Outcome.CREATED)
        elif isinstance(head, RasterloomError):
            self._fail(ref.uri, head)
        elif known is None:
            self.new.append(self._new(ref, head))
        else:
            self._compare(known.raster, head, Outcome.UNCHANGED, Outcome.REFRESHED)

    def _compare(
        self, raster: RasterDataset, head: HeaderRead | RasterloomError, as_it_was: Outcome, written: Outcome
    ) -> None:
        now, current = self.use.clock(), raster
        if isinstance(head, HeaderRead):
            current = raster.found(head.stat, head.profile, now)
        elif isinstance(head, ObjectError):
            current = raster.lost(state_of(head), now)
        self.known.append((current, raster, as_it_was if current is raster else written))

    def _write(self) -> None:
        stored = self.use.rasters.add_rasters(self.new, self.job.id) if self.new else ()
        for raster in self.new:
            # What events tell of is looked at once more: those that came before it was a raster found nothing to
            # bring up. Until then it is not told of, and so has another look.
            if raster.id in stored and not self.use.follows(raster.ref):
                self._tell(raster.ref.uri, Outcome.CREATED, raster.id)
        self._refresh()

    def _refresh(self) -> None:
        """Write what was found, tell of what nobody else had written of, and have whoever uses it told."""
        changes = [(current, seen) for current, seen, _ in self.known]
        written = self.use.rasters.refresh_rasters(changes) if changes else ()
        for (current, seen, outcome), is_done in zip(self.known, written, strict=True):
            if is_done:
                self._tell(current.ref.uri, outcome, current.id)
            if is_done and not current.is_same_object(seen):
                self.use.mark_users.soon(current.id)

    def _tell(self, uri: str, outcome: Outcome, dataset_id: str) -> None:
        self.results[uri] = ObjectResult(uri, outcome, dataset_id)

    def _fail(self, uri: str, error: RasterloomError) -> None:
        failed = ObjectResult(uri, Outcome.FAILED, None, error.code, error.message)
        match error:
            case ObjectError():
                found, hint = found_and_hint(error)
                failed = replace(failed, expected=EXPECTED, actual=found, hint=hint)
            case ForbiddenError():
                failed = replace(failed, expected=_PLACE, hint=_ELSEWHERE)
            case BeingDeletedError():
                failed = replace(failed, expected=_STAYING, actual="a dataset that is being deleted", hint=_LATER)
        self.results[uri] = failed

    def _new(self, ref: ObjectRef, head: HeaderRead) -> RasterDataset:
        audience = Audience(self.job.created_by, self.job.visibility, self.job.groups)
        raster = new_raster(self.use.new_id(), ref, head, audience, self.use.clock())
        return replace(raster, created_by_display=self.job.created_by_display)
