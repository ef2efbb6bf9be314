"""Registration in bulk: one job over many objects, worked off in parts by whoever is free."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rasterloom.domain.access import Principal, Visibility
from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.lifecycle import JOB_TRANSITIONS, JobStatus, is_final
from rasterloom.domain.objects import ObjectPrefix
from rasterloom.domain.uploads import RASTER_SUFFIXES

PART_OBJECTS: Final = 1_000
"""Objects of one part: what one message stands for, and what a worker holds in memory."""

BULK: Final = "raster_bulk"
"""`source_filename` of such a job: the published API tells the kind of work there."""

MAX_IDLE_SENDS: Final = 5
"""How often what is left is sent again without any of it being ended, before the job is given up.

Sends of a job that may be waiting behind another one do not count: while that one comes on, the workers are at it.
"""
GIVE_UP_AFTER: Final = timedelta(hours=24)
"""A job that has not ended by then is failed."""


class BulkStep(StrEnum):
    """What a bulk registration is doing."""

    QUEUED = "queued"
    LISTING = "listing"
    REGISTERING = "registering"
    COMPLETE = "complete"


class Outcome(StrEnum):
    """What became of one object."""

    PENDING = "pending"
    """Nobody has come to it yet."""
    CREATED = "created"
    UNCHANGED = "unchanged"
    """Its owner registered this very version of it before."""
    REFRESHED = "refreshed"
    """Its owner registered it before, and the catalogue has its header of now."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The job was cancelled before anybody came to it."""


@dataclass(frozen=True, slots=True)
class BulkCounts:
    """How many objects met what."""

    created: int = 0
    unchanged: int = 0
    refreshed: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """Objects that were looked at."""
        return self.created + self.unchanged + self.refreshed + self.failed


@dataclass(frozen=True, slots=True)
class StagedObject:
    """One object that shall be registered."""

    uri: str
    side_files: tuple[str, ...] | None = None
    """Suffixes of what lies beside it, as a listing told; None where nobody has looked."""


@dataclass(frozen=True, slots=True)
class ObjectResult:
    """What became of one object."""

    uri: str
    outcome: Outcome
    dataset_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    expected: str | None = None
    """Of what failed, as in `Finding`: the job tells it, what is kept of results does not."""
    actual: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class BulkJob:
    """One bulk registration. Its maker polls it as a job; it has no generation."""

    id: str
    created_by: str
    created_by_display: str
    caller_groups: tuple[str, ...]
    """Of whoever asked, when they asked: the allow list is held with them at every part."""
    caller_permissions: tuple[str, ...]
    visibility: Visibility
    """Of what is created; what is known keeps its own."""
    groups: tuple[str, ...]
    status: JobStatus
    created_at: datetime
    due: datetime | None
    """When it is looked at; None once it has ended."""
    prefix: ObjectPrefix | None = None
    """What is listed; None where the objects were named."""
    is_listed: bool = True
    """Whether every object is in a part."""
    stretch: int = 0
    """How many stretches of the listing were handed over."""
    start_after: str = ""
    """The key up to which the listing has come."""
    parts: int = 0
    parts_done: int = 0
    objects: int = 0
    """Objects in all parts."""
    counts: BulkCounts = field(default_factory=BulkCounts)
    sends: int = 0
    """How often what is left was sent since it last came further; sends that another job explains are not counted."""
    came_on: datetime | None = None
    """When a part was last added or ended, or its listing went on or ended; None where none was."""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error_code: str | None = None
    error_message: str | None = None
    findings: tuple[Finding, ...] = ()
    finding_counts: tuple[tuple[str, int], ...] = ()

    @property
    def source_filename(self) -> str:
        """Kind of work."""
        return BULK

    @property
    def dataset_id(self) -> None:
        """None: it makes many."""
        return

    @property
    def is_ended(self) -> bool:
        """Whether nothing is done for it any more."""
        return is_final(JOB_TRANSITIONS, self.status)

    @property
    def is_worked_off(self) -> bool:
        """Whether all that is left is to say so."""
        return self.is_listed and self.parts_done == self.parts

    @property
    def step(self) -> BulkStep:
        """What is being done."""
        match self.status:
            case JobStatus.PENDING:
                return BulkStep.QUEUED
            case JobStatus.COMPLETE:
                return BulkStep.COMPLETE
        return BulkStep.REGISTERING if self.is_listed else BulkStep.LISTING

    @property
    def progress(self) -> float:
        """Share of the objects that were looked at, 0 to 1; 0 until all are listed, for nobody knows the whole before.

        It is 1 only of a job that is complete.
        """
        if self.status is JobStatus.COMPLETE:
            return 1.0
        if not self.is_listed or not self.objects:
            return 0.0
        return min(0.99, round(self.counts.total / self.objects, 4))

    @property
    def came_on_at(self) -> datetime:
        """When it last came further, or else was made. Neither its being begun nor what is sent again is progress."""
        return self.came_on or self.created_at

    def sent_at(self, due_sent: timedelta) -> datetime | None:
        """When what is left of it was sent last, about; None once it has ended."""
        return None if self.due is None else self.due - due_sent

    @property
    def is_retryable(self) -> bool:
        """Never: asking for the same again does what is left."""
        return False

    @property
    def retry_reason(self) -> str:
        """Why not."""
        return "A bulk registration is not retried: ask for it again, and only what is left is done"

    @property
    def principal(self) -> Principal:
        """Whoever asked, with the rights of then."""
        return Principal(
            self.created_by, self.created_by_display, frozenset(self.caller_groups), frozenset(self.caller_permissions)
        )


@dataclass(frozen=True, slots=True)
class StagedPart:
    """Some objects of a bulk registration, in order."""

    number: int
    """From 0."""
    first: int
    """How many objects the parts before it have."""
    objects: int
    staged_key: str
    """Where they are listed, in our bucket; nobody else's attempt at this part ever wrote there."""
    results_key: str | None = None
    """Where it is told what became of them; None until the part is done."""
    counts: BulkCounts = field(default_factory=BulkCounts)
    findings: tuple[Finding, ...] = ()
    finding_counts: tuple[tuple[str, int], ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether it is told what became of them."""
        return self.results_key is not None


def counts_of(results: Iterable[ObjectResult]) -> BulkCounts:
    """Count results, none of which is pending."""
    found = Counter(result.outcome for result in results)
    return BulkCounts(found[Outcome.CREATED], found[Outcome.UNCHANGED], found[Outcome.REFRESHED], found[Outcome.FAILED])


def findings_of(results: Sequence[ObjectResult], first: int) -> tuple[Finding, ...]:
    """One warning for each object that failed: the job goes on without it.

    Args:
        results: Of one part, in order.
        first: How many objects the parts before it have.
    """
    return tuple(
        Finding(
            code=result.error_code or "internal_error",
            source_id=result.uri,
            index=first + offset,
            field="uri",
            message=result.error_message or "",
            expected=result.expected,
            actual=result.actual,
            hint=result.hint,
            severity=Severity.WARNING,
        )
        for offset, result in enumerate(results)
        if result.outcome is Outcome.FAILED
    )


def is_raster_key(key: str) -> bool:
    """Whether a listing takes a key for a raster, by its end in any case."""
    return key.lower().endswith(RASTER_SUFFIXES)


def staged_part_key(job_id: str, number: int, attempt: str) -> str:
    """Key of a list of objects; `attempt` is an id of whoever writes it."""
    return f"staging/{job_id}/part-{number:06d}-{attempt}.json.gz"


def results_key(job_id: str, number: int, attempt: str) -> str:
    """Key of the results of a part; `attempt` is an id of whoever writes them."""
    return f"staging/{job_id}/results-{number:06d}-{attempt}.json.gz"
