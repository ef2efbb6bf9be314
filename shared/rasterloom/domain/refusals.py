"""Refusals of whole requests: everything that is wrong with them, at once."""

from collections.abc import Sequence
from typing import ClassVar, Final

from rasterloom.domain.errors import InvalidInputError, RasterloomError
from rasterloom.domain.findings import Finding

MOST_TOLD: Final = 1_000
"""Errors of one request that are kept: no answer lists more."""


class InvalidInputsError(RasterloomError):
    """Several places of a request are well-formed and still not acceptable."""

    code: ClassVar[str] = "invalid_input"

    def __init__(self, errors: Sequence[InvalidInputError], total: int | None = None) -> None:
        """Carry one error per place; each has `expected` and `actual` in its data.

        Args:
            errors: Of all places, or of the first ones.
            total: How many places there are; None where each has its error.
        """
        self.errors = tuple(errors)
        self.total = len(self.errors) if total is None else total
        super().__init__(f"{self.total} places of this request are not acceptable")


class InvalidInputs:
    """What is found wrong with one request, place after place: a few kilobytes of gzip can be wrong in millions."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.errors: list[InvalidInputError] = []
        self.total = 0

    def add(self, error: InvalidInputError) -> None:
        """Count it, and keep it if it is one of the first."""
        self.total += 1
        if self.total <= MOST_TOLD:
            self.errors.append(error)

    def add_first(self, error: InvalidInputError) -> None:
        """Count it, and tell it before all others."""
        self.total += 1
        self.errors.insert(0, error)

    def require_none(self) -> None:
        """Go on only where nothing is wrong.

        Raises:
            InvalidInputsError: Something is.
        """
        if self.total:
            raise InvalidInputsError(self.errors, self.total)


class UploadEndedError(RasterloomError):
    """The upload has come to an end and can no longer be completed."""

    code: ClassVar[str] = "upload_ended"

    def __init__(self, job_id: str, status: str, reason: str | None) -> None:
        """Name the job, the status that it has, and why."""
        told = f": {reason}" if reason else ""
        super().__init__(f"Upload {job_id} is {status} and can no longer be completed{told}", job_id=job_id)


class StagedSourcesGoneError(RasterloomError):
    """The list of sources that a job was accepted with is kept no longer, so its change cannot be repeated."""

    code: ClassVar[str] = "staged_sources_gone"

    def __init__(self, job_id: str) -> None:
        """Name the job."""
        super().__init__(
            f"The list of sources of job {job_id} is kept no longer; ask for the change itself again", job_id=job_id
        )


class GenerationNotCompletedError(RasterloomError):
    """A generation that was never published has no members that could be built again."""

    code: ClassVar[str] = "generation_not_completed"

    def __init__(self, generation_id: str, status: str) -> None:
        """Name the generation and the status that it has."""
        super().__init__(
            f"Generation {generation_id} is {status}; only a completed one can be built again",
            generation_id=generation_id,
        )


class MembersGoneError(RasterloomError):
    """Members of an earlier generation do not exist any more, so it cannot be built again."""

    code: ClassVar[str] = "members_gone"

    def __init__(self, generation_id: str, findings: Sequence[Finding]) -> None:
        """Carry one finding per member that is gone."""
        super().__init__(f"Generation {generation_id} cannot be built again; members that are gone: {len(findings)}")
        self.findings = tuple(findings)
