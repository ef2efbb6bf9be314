"""The three writes that end a generation, alike for every way in which it ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_job import DUE, error_item
from rasterloom.adapters.catalog_dynamodb.items_options import OPTIONS
from rasterloom.adapters.catalog_dynamodb.items_polled import with_more
from rasterloom.adapters.catalog_dynamodb.items_sweep import swept_item
from rasterloom.adapters.catalog_dynamodb.items_vrt import ACTIVITY, SUMMARY
from rasterloom.adapters.catalog_dynamodb.values import Attribute, Item, iso, number, of, text, texts
from rasterloom.adapters.catalog_dynamodb.writes import RefusedError, Update, one_of
from rasterloom.domain.generation import Generation, Job
from rasterloom.domain.lifecycle import (
    GENERATION_TRANSITIONS,
    JOB_TRANSITIONS,
    VRT_TRANSITIONS,
    GenerationStatus,
    JobStatus,
    JobStep,
    VrtStatus,
    sources_of,
)
from rasterloom.domain.sweeping import first_look
from rasterloom.ports import Failure

type Condition = tuple[str, Mapping[str, Attribute]]
"""An expression and its values."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The states in which VRT, generation and job are left."""

    vrt: VrtStatus
    generation: GenerationStatus
    job: JobStatus


PUBLISHED: Final = Outcome(VrtStatus.READY, GenerationStatus.COMPLETED, JobStatus.COMPLETE)
FAILED: Final = Outcome(VrtStatus.FAILED, GenerationStatus.FAILED, JobStatus.FAILED)
CANCELLED: Final = Outcome(VrtStatus.READY, GenerationStatus.FAILED, JobStatus.CANCELLED)
"""Where something is published: it serves as before."""
CANCELLED_FIRST: Final = Outcome(VrtStatus.FAILED, GenerationStatus.FAILED, JobStatus.CANCELLED)
"""Where nothing was published yet: there is nothing that could be ready."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a generation ends, and who says so."""

    outcome: Outcome
    now: datetime
    ended_by: str
    """The attempt that held it; where none did, an id of the call."""
    failure: Failure | None = None
    pointer: Mapping[str, Attribute] = field(default_factory=dict)
    """What is published, as attributes of the VRT."""

    def vrt(self, dataset_id: str, owned: Condition) -> Update:
        """Free the lock. Only what a build decides is written: title and audience may have changed meanwhile."""
        condition, values = owned
        leaving, states = one_of("status", sources_of(VRT_TRANSITIONS, self.outcome.vrt))
        stale = tuple(name for name in (*SUMMARY, *OPTIONS) if self.pointer and name not in self.pointer)
        return Update(
            names.dataset_key(dataset_id),
            condition=f"{leaving} AND {condition}",
            values={**states, **values},
            sets={
                **self.pointer,
                "status": text(self.outcome.vrt.value),
                "updated_at": text(iso(self.now)),
            },
            removes=(*ACTIVITY, *stale),
        )

    def generation(self, generation: Generation, attempt: str | None) -> Update:
        """End a generation for good, if this attempt holds it, or whoever did where it is None.

        From then on the sweep has it: nobody else remembers what its attempts may have left.

        `ended_by` tells whose end it was, to one who never got the answer:

            A: running -> completed by A, answer lost      A, sent again: completed by A -> refused, and recognised
        """
        leaving, states = one_of("status", sources_of(GENERATION_TRANSITIONS, self.outcome.generation))
        own = " AND #attempt = :attempt" if attempt else ""
        return Update(
            names.generation_key(generation.dataset_id, generation.number),
            condition=f"#id = :generation AND {leaving}{own}",
            values={**states, **texts({":generation": generation.id, ":attempt": attempt})},
            sets={
                **self._error(),
                **swept_item(generation.id, first_look(generation, self.outcome.generation, self.now)),
                "status": text(self.outcome.generation.value),
                "ended_at": text(iso(self.now)),
                "ended_by": text(self.ended_by),
            },
        )

    def job(self, job: Job) -> Update:
        """End a job: it leaves the index of unfinished work, and there is no other way out of it."""
        leaving, states = one_of("status", sources_of(JOB_TRANSITIONS, self.outcome.job))
        return Update(
            names.job_key(job.id),
            condition=leaving,
            values=states,
            sets={
                **self._tells(job),
                "status": text(self.outcome.job.value),
                "completed_at": text(iso(self.now)),
            },
            removes=DUE,
        )

    def stands(self, refusal: RefusedError) -> bool:
        """Whether the generation, the first write, ended as this call wanted: only the answer was lost."""
        standing = refusal.reasons[0].old or {}
        wanted = {"status": self.outcome.generation.value, "ended_by": self.ended_by}
        return all(of(standing, name) == value for name, value in wanted.items())

    def _error(self) -> Item:
        return error_item(self.failure.code, self.failure.message) if self.failure else {}

    def _tells(self, job: Job) -> Item:
        if self.failure is None:
            return {"step": text(JobStep.COMPLETE.value), "progress": number(JobStep.COMPLETE.progress)}
        return {**self._error(), **with_more(job, self.failure)}
