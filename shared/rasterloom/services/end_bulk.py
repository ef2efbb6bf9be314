"""End a bulk registration of which nothing is left to do: whoever sees it first."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.bulk import BulkJob, StagedPart
from rasterloom.domain.findings import EXAMPLES_PER_CODE, Finding
from rasterloom.ports import BulkJobs, Clock, Failure

MOST_CODES: Final = 20
"""Codes of which a job keeps examples; there are fewer."""


@dataclass(frozen=True, slots=True)
class EndBulk:
    """The use case of all who take the last step of something: a part, a listing, a run of the schedule."""

    jobs: BulkJobs
    clock: Clock

    def __call__(self, job_id: str) -> bool:
        """End the job if every object was looked at; answer whether this call did it."""
        job = self.jobs.get(job_id)
        if job is None or job.is_ended or not job.is_worked_off:
            return False
        if job.prefix is not None and not job.objects:
            return self.jobs.fail(job, nothing_listed(job), self.clock())
        findings, counts = _collected(self.jobs.parts(job_id))
        return self.jobs.complete(job_id, findings, counts, self.clock())


def nothing_listed(job: BulkJob) -> Failure:
    """That there was nothing to do is no success: nobody asks for a place without rasters on purpose."""
    where = job.prefix.uri if job.prefix else "the list"
    return Failure("nothing_listed", f"No key below {where} ends in .tif or .tiff")


def _collected(parts: Iterable[StagedPart]) -> tuple[list[Finding], Mapping[str, int]]:
    """The first findings of each code in the order of their objects, and the counts of all."""
    counts, kept = Counter[str](), Counter[str]()
    examples: list[Finding] = []
    for part in parts:
        counts.update(dict(part.finding_counts))
        for finding in part.findings:
            if kept[finding.code] < EXAMPLES_PER_CODE and len(kept) <= MOST_CODES:
                kept[finding.code] += 1
                examples.append(finding)
    return examples, counts
