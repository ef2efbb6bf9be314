"""States of VRTs, generations and jobs, and the only ways from one to the next.

Every conditional write in the catalogue names the states that it leaves; these tables are what it may name.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class VrtStatus(StrEnum):
    """A VRT's status. What is published keeps serving in every one of them."""

    READY = "ready"
    REGENERATING = "regenerating"
    FAILED = "failed"


class GenerationStatus(StrEnum):
    """A generation's status; `completed` and `failed` are final."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class JobStatus(StrEnum):
    """A job's status; `complete`, `failed` and `cancelled` are final."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobStep(StrEnum):
    """What a job is doing."""

    QUEUED = "queued"
    VALIDATING = "validating"
    BUILDING = "building"
    VERIFYING = "verifying"
    QUICKLOOK = "quicklook"
    PUBLISHING = "publishing"
    COMPLETE = "complete"

    @property
    def progress(self) -> float:
        """Share of the work that is done when this step begins, 0 to 1."""
        return _PROGRESS[self]


_PROGRESS: Final[Mapping[JobStep, float]] = {
    JobStep.QUEUED: 0.0,
    JobStep.VALIDATING: 0.1,
    JobStep.BUILDING: 0.35,
    JobStep.VERIFYING: 0.6,
    JobStep.QUICKLOOK: 0.7,
    JobStep.PUBLISHING: 0.9,
    JobStep.COMPLETE: 1.0,
}

VRT_TRANSITIONS: Final[Mapping[VrtStatus, frozenset[VrtStatus]]] = {
    VrtStatus.READY: frozenset({VrtStatus.REGENERATING}),
    VrtStatus.REGENERATING: frozenset({VrtStatus.READY, VrtStatus.FAILED}),
    VrtStatus.FAILED: frozenset({VrtStatus.REGENERATING}),
}

GENERATION_TRANSITIONS: Final[Mapping[GenerationStatus, frozenset[GenerationStatus]]] = {
    GenerationStatus.PENDING: frozenset({GenerationStatus.RUNNING, GenerationStatus.FAILED}),
    # running to running: a new attempt claims after the lease of the one before it has run out.
    GenerationStatus.RUNNING: frozenset(
        {GenerationStatus.RUNNING, GenerationStatus.COMPLETED, GenerationStatus.FAILED}
    ),
    GenerationStatus.COMPLETED: frozenset(),
    GenerationStatus.FAILED: frozenset(),
}

JOB_TRANSITIONS: Final[Mapping[JobStatus, frozenset[JobStatus]]] = {
    JobStatus.PENDING: frozenset({JobStatus.RUNNING, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.RUNNING: frozenset({JobStatus.RUNNING, JobStatus.COMPLETE, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.COMPLETE: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}


def sources_of[S: StrEnum](transitions: Mapping[S, frozenset[S]], target: S) -> tuple[S, ...]:
    """The states from which `target` may be entered, in declaration order."""
    return tuple(state for state, targets in transitions.items() if target in targets)


def is_final[S: StrEnum](transitions: Mapping[S, frozenset[S]], state: S) -> bool:
    """Whether nothing leaves this state."""
    return not transitions[state]
