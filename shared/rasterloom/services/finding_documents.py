"""All findings of a job as one object of our bucket, where the job itself keeps only examples.

A job names its document in the very write that tells its counts, and no document is ever written twice: the two belong
together. One that no job names is of a write that came to nothing; it expires with everything that is staged.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import Generation, Job, findings_key
from rasterloom.ports import NewId, Objects, Puts
from rasterloom.services.examples import counted

GZIP: Final = "application/gzip"

FAST: Final = 3
"""Level of compression: findings of one code are nearly alike."""

type Entry = Callable[[Finding], Mapping[str, object]]
"""Gives a finding as answers show it."""


@dataclass(frozen=True, slots=True)
class FindingDocuments:
    """Writes them: JSON lines in UTF-8, gzipped, one finding on each."""

    objects: Objects
    entry: Entry
    new_id: NewId

    def key_for(self, generation: Generation, findings: Sequence[Finding]) -> str | None:
        """Key of a document of these, which nobody has written to; None where a job keeps all of them itself."""
        examples, _ = counted(findings)
        return None if len(examples) == len(findings) else self._new_key(generation)

    def put(self, objects: Puts, key: str, findings: Iterable[Finding], before: bytes = b"") -> None:
        """Write one, behind the lines of another."""
        lines = b"".join(json.dumps(self.entry(finding)).encode() + b"\n" for finding in findings)
        objects.put_new(key, gzip.compress(before + lines, FAST, mtime=0), GZIP)

    def of_build(self, generation: Generation, findings: Sequence[Finding]) -> str | None:
        """Keep what a build found, and answer where; None where its job keeps all of it itself.

        Raises:
            UnavailableError: S3 did not answer.
        """
        key = self.key_for(generation, findings)
        if key is not None:
            self.put(self.objects, key, findings)
        return key

    def of_failure(self, generation: Generation, job: Job, findings: Sequence[Finding]) -> str | None:
        """Keep what ended a build behind what its admission found, and answer where.

        Raises:
            ObjectMissingError: What the admission found is kept no longer.
            UnavailableError: S3 did not answer.
        """
        if job.is_found_by_build or job.findings_key is None:
            return self.of_build(generation, (*job.findings_of_admission, *findings))
        key = self._new_key(generation)
        self.put(self.objects, key, findings, gzip.decompress(self.objects.get(job.findings_key)))
        return key

    def _new_key(self, generation: Generation) -> str:
        return findings_key(generation.dataset_id, generation.id, self.new_id())
