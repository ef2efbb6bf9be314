"""Generations and jobs: one build of one VRT, and what its caller sees of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rasterloom.domain.findings import Finding
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, JobStep
from rasterloom.domain.options import WeaveOptions


class ChangeKind(StrEnum):
    """What a generation does to its base."""

    REPLACE = "replace"
    ADD = "add"
    REMOVE = "remove"
    REBUILD = "rebuild"


@dataclass(frozen=True, slots=True)
class Change:
    """How the members of a generation follow from those of its base."""

    kind: ChangeKind
    staged_key: str | None = None
    """`replace`: key in our bucket of the ordered list of sources with the ETag each was validated with."""
    source_id: str | None = None
    """`add`, `remove`: the one source."""
    source_etag: str | None = None
    """`add`: the ETag that it was validated with."""
    sets_options: bool = False
    """Whether the generation's options were asked for; otherwise they are those of its base."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One build of a VRT; immutable once it has ended."""

    id: str
    number: int
    dataset_id: str
    status: GenerationStatus
    change: Change
    base_id: str | None
    """The published generation that the change was validated against; None for the first."""
    job_id: str
    triggered_by: str
    source_count: int
    admitted_at: datetime
    options: WeaveOptions
    attempt: str | None = None
    attempts: int = 0
    """How many workers have claimed it."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What the caller polls."""

    id: str
    dataset_id: str
    generation_id: str
    generation_number: int
    status: JobStatus
    step: JobStep
    progress: float
    """Share of the work that is done, 0 to 1."""
    created_by: str
    source_filename: str
    """`vrt_mosaic`, `vrt_band_stack` or `vrt_regenerate`."""
    created_at: datetime
    findings: tuple[Finding, ...] = ()
    """Examples, at most 20 per code; `finding_counts` has the totals."""
    finding_counts: tuple[tuple[str, int], ...] = ()
    """(code, how many) over all findings."""
    findings_key: str | None = None
    """Key in our bucket of all findings; None where `findings` has them all, or nobody kept the others."""
    is_found_by_build: bool = False
    """Whether a build found them; otherwise whoever admitted the change did."""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error_code: str | None = None
    error_message: str | None = None
    due: datetime | None = None
    """When the reconciler looks at it; None once it has ended."""
    sends: int = 0
    """How often a message for it was put into the queue."""

    @property
    def findings_of_admission(self) -> tuple[Finding, ...]:
        """What was found before the change was accepted: a build that is tried again finds anew what it found."""
        return () if self.is_found_by_build else self.findings

    @property
    def is_retryable(self) -> bool:
        """Whether its change may be tried again: it failed. What was cancelled was not wanted any more."""
        return self.status is JobStatus.FAILED

    @property
    def retry_reason(self) -> str:
        """Why its change cannot be tried again, where it cannot."""
        return "Only a job that failed can be retried"


@dataclass(frozen=True, slots=True)
class BuildMessage:
    """What travels through the queue: ids, never data."""

    dataset_id: str
    job_id: str
    generation_id: str
    fence: int

    @property
    def labels(self) -> Mapping[str, object]:
        """What a line of the log about this build carries."""
        return {
            "dataset_id": self.dataset_id,
            "job_id": self.job_id,
            "generation_id": self.generation_id,
            "fence": self.fence,
        }


def artifacts_prefix(dataset_id: str) -> str:
    """Key prefix of everything that was ever built of a VRT."""
    return f"vrts/{dataset_id}/"


def generation_prefix(dataset_id: str, generation_id: str) -> str:
    """Key prefix of everything that the attempts of one generation wrote."""
    return f"{artifacts_prefix(dataset_id)}{generation_id}/"


def attempt_prefix(dataset_id: str, generation_id: str, attempt: str) -> str:
    """Key prefix of one attempt's artifacts: nobody else ever writes under it."""
    return f"{generation_prefix(dataset_id, generation_id)}{attempt}/"


def staged_prefix(dataset_id: str) -> str:
    """Key prefix of every list of sources that was staged for a VRT."""
    return f"staging/{dataset_id}/"


def staged_key(dataset_id: str, generation_id: str) -> str:
    """Key of the ordered list of sources that a `replace` brings."""
    return f"{staged_prefix(dataset_id)}{generation_id}.json.gz"


def findings_key(dataset_id: str, generation_id: str, writer_id: str) -> str:
    """Key of all findings of a job; `writer_id` is of the one write that makes it."""
    return f"{staged_prefix(dataset_id)}{generation_id}.findings/{writer_id}.jsonl.gz"
