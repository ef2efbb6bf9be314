"""What a caller polls, whatever kind of work it stands for."""

from rasterloom.domain.bulk import BulkJob
from rasterloom.domain.generation import Job
from rasterloom.domain.uploads import Upload

type AnyJob = Job | Upload | BulkJob
"""What a caller polls."""
