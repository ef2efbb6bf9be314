"""What became of each object of a bulk registration."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.bulk import BulkJob, ObjectResult, Outcome, StagedPart
from rasterloom.domain.errors import InvalidInputError, NotFoundError, ObjectMissingError
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.ports import BulkJobs, Objects
from rasterloom.services.bulk_objects import read_objects, read_results
from rasterloom.services.read_jobs import ReadJob
from rasterloom.services.read_sources import INVALID_CURSOR

PAGE: Final = 1_000
"""Results in an answer, unless fewer are asked for."""

_CURSOR: Final = re.compile(r"(\d{1,6})\.(\d{1,4})")


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Some results, in the order of the request or of the listing."""

    results: tuple[ObjectResult, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ReadRegistrations:
    """`GET /jobs/{job_id}/registrations`: two or three objects of our bucket are read, whatever the job's size."""

    read_job: ReadJob
    jobs: BulkJobs
    objects: Objects

    def __call__(self, principal: Principal, job_id: str, *, limit: int, cursor: str | None) -> ResultPage:
        """Answer results from a cursor on.

        Raises:
            NotFoundError: There is no such bulk registration that the caller may know of, or its results have gone.
            InvalidInputError: The cursor is none that was given out.
        """
        job = self.read_job(principal, job_id)
        if not isinstance(job, BulkJob):
            raise NotFoundError("bulk registration", job_id, f"Job {job_id} is no bulk registration")
        number, offset = _position(cursor)
        results: list[ObjectResult] = []
        for part in self.jobs.parts(job.id, number):
            start = offset if part.number == number else 0
            taken = self._results(job, part)[start : start + limit - len(results)]
            results += taken
            if len(results) == limit:
                return ResultPage(tuple(results), _next_cursor(job, part, start + len(taken)))
        return ResultPage(tuple(results), None)

    def _results(self, job: BulkJob, part: StagedPart) -> Sequence[ObjectResult]:
        """What became of the objects of a part; of one that nobody has ended, what will."""
        try:
            if part.results_key is not None:
                return read_results(self.objects, part.results_key)
            staged = read_objects(self.objects, part.staged_key)
        except ObjectMissingError as error:
            message = f"The results of bulk registration {job.id} are kept no longer"
            raise NotFoundError("results of bulk registration", job.id, message) from error
        return [_unended(job, each.uri) for each in staged]


def _unended(job: BulkJob, uri: str) -> ObjectResult:
    match job.status:
        case JobStatus.FAILED:
            return ObjectResult(uri, Outcome.FAILED, None, job.error_code, job.error_message)
        case JobStatus.CANCELLED:
            return ObjectResult(uri, Outcome.CANCELLED)
    return ObjectResult(uri, Outcome.PENDING)


def _next_cursor(job: BulkJob, part: StagedPart, position: int) -> str | None:
    if position < part.objects:
        return f"{part.number}.{position}"
    return f"{part.number + 1}.0" if part.number + 1 < job.parts else None


def _position(cursor: str | None) -> tuple[int, int]:
    """The part, and how many of its results were told before."""
    if cursor is None:
        return 0, 0
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidInputError(
            "invalid_cursor", INVALID_CURSOR, loc=("query", "cursor"), value=cursor[:100], expected="<part>.<position>"
        )
    return int(found[1]), int(found[2])
