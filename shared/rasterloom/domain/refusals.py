"""Refusals of whole requests: everything that is wrong with them, at once."""

from collections.abc import Sequence
from typing import ClassVar

from rasterloom.domain.errors import IncompatibleSourcesError, InvalidInputError, RasterloomError
from rasterloom.domain.findings import Finding


class InvalidInputsError(RasterloomError):
    """Several places of a request are well-formed and still not acceptable."""

    code: ClassVar[str] = "invalid_input"

    def __init__(self, errors: Sequence[InvalidInputError]) -> None:
        """Carry one error per place; each has `expected` and `actual` in its data."""
        super().__init__(f"{len(errors)} places of this request are not acceptable")
        self.errors = tuple(errors)


class IncompatibleManifestError(IncompatibleSourcesError):
    """At least one rule refused at least one source that a manifest lists."""

    def __init__(self, findings: Sequence[Finding], lines: Sequence[int]) -> None:
        """Carry every finding, and the line (from 1) of each source by its position in the list."""
        super().__init__(findings)
        self.lines = tuple(lines)


class UploadEndedError(RasterloomError):
    """The upload has come to an end and can no longer be completed."""

    code: ClassVar[str] = "upload_ended"

    def __init__(self, job_id: str, status: str, reason: str | None) -> None:
        """Name the job, the status that it has, and why."""
        told = f": {reason}" if reason else ""
        super().__init__(f"Upload {job_id} is {status} and can no longer be completed{told}", job_id=job_id)
