"""The port `BulkJobs` on DynamoDB."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.due import LOOKED_AT, due_items
from rasterloom.adapters.catalog_dynamodb.items_bulk import (
    bulk_due_item,
    bulk_item,
    bulk_of,
    came_on_item,
    count_values,
    done_item,
    is_bulk,
    part_item,
    part_of,
)
from rasterloom.adapters.catalog_dynamodb.items_job import DUE, error_item
from rasterloom.adapters.catalog_dynamodb.items_polled import findings_attribute
from rasterloom.adapters.catalog_dynamodb.replay import record_put, require_first
from rasterloom.adapters.catalog_dynamodb.table import Query, Table
from rasterloom.adapters.catalog_dynamodb.transactions import transact, write
from rasterloom.adapters.catalog_dynamodb.values import Attribute, Item, iso, micros, number, text
from rasterloom.adapters.catalog_dynamodb.writes import Put, RefusedError, Update, one_of
from rasterloom.domain.bulk import BulkJob, StagedPart
from rasterloom.domain.errors import NotFoundError
from rasterloom.domain.findings import Finding
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.ports import Failure, IdempotencyRecord

_UNENDED: Final = (JobStatus.PENDING, JobStatus.RUNNING)
_PAGE: Final = 50
"""Parts that one call reads: each may hold some kilobytes of findings."""


@dataclass(frozen=True, slots=True)
class DynamoBulkJobs:
    """Bulk registrations: their parts are worked off at once, their listing by one worker after the other."""

    table: Table

    def add(self, job: BulkJob, parts: Sequence[StagedPart], record: IdempotencyRecord | None) -> None:
        """Store a new job with the parts that are known.

        Ids are fresh, so a job that stands is this very one, whose acknowledgement was lost; a part is its job's.

        Raises:
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        puts = [Put(bulk_item(job)), *(Put(part_item(job.id, part), condition="") for part in parts)]
        try:
            transact(self.table, *puts, *([record_put(record)] if record else []))
        except RefusedError as refusal:
            require_first(refusal, record)

    def get(self, job_id: str) -> BulkJob | None:
        """Read one, strongly consistent."""
        item = self.table.get(names.job_key(job_id))
        return bulk_of(item) if item is not None and is_bulk(item) else None

    def part(self, job_id: str, number: int) -> StagedPart | None:
        """Read a part, strongly consistent."""
        item = self.table.get(names.part_key(job_id, number))
        return None if item is None else part_of(item)

    def parts(self, job_id: str, first: int = 0) -> Iterator[StagedPart]:
        """Read the parts from a number on, in order, strongly consistent, a page at a time."""
        partition, start = names.part_key(job_id, first)
        query = Query(None, "pk", partition, "#sk >= :first", values={":first": text(start)}, page=_PAGE)
        return (part_of(item) for item in self.table.query(query))

    def begin(self, job: BulkJob, now: datetime) -> None:
        """Tell that a worker has begun, unless one has."""
        # Two workers begin at once, and somebody cancels:
        #
        #   A: pending -> running, started then
        #   B:                                  running, not pending -> refused, started when A did
        #   B: (or, cancelled meanwhile)        cancelled, not pending -> refused
        states, values = one_of("status", (JobStatus.PENDING,))
        sets = {"status": text(JobStatus.RUNNING.value), "started_at": text(iso(now))}
        self._done(Update(names.job_key(job.id), states, values, sets=sets))

    def add_part(self, job: BulkJob, part: StagedPart, start_after: str, now: datetime, due: datetime) -> bool:
        """Add the next part of a listing that has come up to `start_after`, if it is where the job says."""
        # One stretch is delivered twice, and both workers list on from the same key:
        #
        #   A: parts 4, part 4 is A's, start after k                 A: parts 5, ...
        #   B:                            parts is 5, not 4 -> refused: B stops, A goes on
        #   A: dies. The stretch is delivered again:                 C: parts 5, start after k
        update = self._listing(job, start_after, now, due)
        counted = Update(
            update.key, update.condition, update.values, update.sets, adds={"parts": 1, "objects": part.objects}
        )
        return self._all_done(counted, Put(part_item(job.id, part), condition=""))

    def hand_over(self, job: BulkJob, start_after: str, now: datetime, due: datetime) -> bool:
        """Have the listing go on in the next stretch, if it is where the job says."""
        # The stretch that is handed over is delivered once more, late:
        #
        #   A: stretch 3, start after k -> stretch 4
        #   B: (delivered again)                      stretch is 4, not 3 -> nothing to list
        update = self._listing(job, start_after, now, due)
        sets = {**update.sets, "stretch": number(job.stretch + 1)}
        return self._done(Update(update.key, update.condition, update.values, sets))

    def end_listing(self, job: BulkJob, now: datetime, due: datetime) -> bool:
        """Tell that every object is in a part, if the listing is where the job says."""
        # Two list the last page at once; one of them stages what it found:
        #
        #   A: parts 4 -> 5 ...                             A: parts 5 -> all are listed
        #   B:                  found the same, ends: parts is 5, not 4 -> refused
        update = self._listing(job, job.start_after, now, due)
        return self._done(Update(update.key, update.condition, update.values, {**update.sets, "is_listed": _TRUE}))

    def _listing(self, job: BulkJob, start_after: str, now: datetime, due: datetime) -> Update:
        """A step of a listing that is where this job says, and whose job has not ended."""
        states, values = one_of("status", _UNENDED)
        return Update(
            names.job_key(job.id),
            f"{states} AND #stretch = :stretch AND #parts = :parts AND #is_listed = :no",
            {**values, ":stretch": number(job.stretch), ":parts": number(job.parts), ":no": {"BOOL": False}},
            sets={"start_after": text(start_after), **came_on_item(job.id, now, due)},
        )

    def complete_part(self, job: BulkJob, part: StagedPart, now: datetime, due: datetime) -> bool:
        """Tell what became of a part, if nobody has and the job has not ended."""
        # A part is delivered twice, and its job cancelled:
        #
        #   A: registers ... no results yet -> A's results, counted
        #   B: registers ...                                results are A's -> refused: nothing is counted twice
        #   C: (cancels first)   A: the job is cancelled -> refused: what was registered stays
        states, values = one_of("status", _UNENDED)
        own = Update(
            names.part_key(job.id, part.number),
            "attribute_exists(#pk) AND attribute_not_exists(#results_key)",
            {},
            sets={**done_item(part), "results_key": text(str(part.results_key))},
        )
        counted = Update(
            names.job_key(job.id),
            states,
            values,
            sets=came_on_item(job.id, now, due),
            adds={"parts_done": 1, **count_values(part.counts)},
        )
        return self._all_done(own, counted)

    def complete(self, job_id: str, findings: Sequence[Finding], counts: Mapping[str, int], now: datetime) -> bool:
        """End a job whose parts are all done, unless it has ended."""
        # The last two parts end at once, and whoever ended either asks whether that was all:
        #
        #   A: parts done 9 of 10          A: 10 of 10 -> complete
        #   B:                    10 of 10                         B: complete already -> refused
        #   L: (the listing ends last)  10 of 10, listed now -> complete
        states, values = one_of("status", _UNENDED)
        return self._done(
            Update(
                names.job_key(job_id),
                f"{states} AND #is_listed = :yes AND #parts_done = #parts",
                {**values, ":yes": _TRUE},
                sets={
                    "status": text(JobStatus.COMPLETE.value),
                    "completed_at": text(iso(now)),
                    "findings": findings_attribute(findings, counts.items()),
                },
                sets_once={"started_at": text(iso(now))},
                removes=DUE,
            )
        )

    def fail(self, job: BulkJob, failure: Failure, now: datetime) -> bool:
        """End a job that cannot come to its end, unless it has ended, or has come further since it was read."""
        # It is given up, and a worker ends a part after all:
        #
        #   R: reads, due T1                                 gives up: due is T2 -> refused
        #   W:                ends part 7, due T2
        states, values = one_of("status", _UNENDED)
        return self._done(
            Update(
                names.job_key(job.id),
                f"{states} AND #due = :seen",
                {**values, **_seen(job)},
                sets={
                    "status": text(JobStatus.FAILED.value),
                    "completed_at": text(iso(now)),
                    **error_item(failure.code, failure.message),
                },
                removes=DUE,
            )
        )

    def cancel(self, job_id: str, now: datetime) -> BulkJob:
        """End a job that has not ended, and answer it as it stands.

        Raises:
            NotFoundError: It is gone.
        """
        # A cancellation and the last part:
        #
        #   C: running -> cancelled
        #   W:                      ends the last part: cancelled -> refused
        #   W: (or first) complete  C: complete -> refused, told so
        states, values = one_of("status", _UNENDED)
        sets = {"status": text(JobStatus.CANCELLED.value), "completed_at": text(iso(now))}
        self._done(Update(names.job_key(job_id), states, values, sets=sets, removes=DUE))
        standing = self.get(job_id)
        if standing is None:
            raise NotFoundError("job", job_id)
        return standing

    def due(self, now: datetime, limit: int) -> Sequence[BulkJob]:
        """Jobs whose due time has come, as the table has them."""
        jobs = [bulk_of(item) for item in due_items(self.table, names.bulk_due_partitions(), now, limit)]
        return [job for job in jobs if job.due is not None and job.due <= now]

    def unfinished(self) -> Sequence[BulkJob]:
        """Jobs that have not ended, of those that the index has; where there are many, those that are due first."""
        partitions = names.bulk_due_partitions()
        queries = [Query(names.BY_DUE, "due_pk", each, only=("pk", "sk"), limit=LOOKED_AT) for each in partitions]
        keys = [(item["pk"]["S"], item["sk"]["S"]) for query in queries for item in self.table.query(query)]
        jobs = [bulk_of(item) for item in self.table.get_many(keys).values()]
        return [job for job in jobs if job.due is not None]

    def mark_sent(self, job: BulkJob, due: datetime, *, is_idle: bool = True) -> bool:
        """Move the due time of a job whose messages were sent, unless it has come further since; count that if idle."""
        # Two reconcilers send what is left at once; only one of the sends counts against the job:
        #
        #   R: due T1, sends, due T2, sends 1
        #   Q: due T1, sends                   due is T2 -> refused
        #   W: (or) ends a part, due T3        due is T3 -> refused, sends stay 0
        return self._done(
            Update(
                names.job_key(job.id),
                "#due = :seen",
                _seen(job),
                sets=bulk_due_item(job.id, micros(due)),
                adds={"sends": int(is_idle)},
            )
        )

    def _done(self, change: Update) -> bool:
        try:
            write(self.table, change)
        except RefusedError:
            return False
        return True

    def _all_done(self, *changes: Put | Update) -> bool:
        try:
            transact(self.table, *changes)
        except RefusedError:
            return False
        return True


_TRUE: Final[Attribute] = {"BOOL": True}


def _seen(job: BulkJob) -> Item:
    """That the job is due when it was read to be; of one that had ended by then, that can never hold."""
    return {":seen": micros(job.due) if job.due else text("ended")}
