"""Uploads: files on their way into our bucket, straight from the caller, under a URL that was signed for each part."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from rasterloom.domain.findings import Finding
from rasterloom.domain.lifecycle import JobStatus, JobStep

MIB: Final = 1 << 20
GIB: Final = 1 << 30

MAX_PARTS: Final = 1_000
"""URLs of one upload."""
FEW_PARTS: Final = 500
"""As many are aimed at: their URLs, each with the session's token, keep an answer under 1 MB."""
MAX_PART_BYTES: Final = 5 * GIB
"""The largest part, and the largest single PUT, that S3 takes."""
MAX_FILE_BYTES: Final = MAX_PARTS * MAX_PART_BYTES
SINGLE_PUT_BYTES: Final = 8 * MIB
"""Up to here a file goes up in one request; above, this is the smallest part (S3 wants 5 MiB or more)."""
MAX_FILENAME_BYTES: Final = 255

RASTER_SUFFIXES: Final = (".tif", ".tiff")
MANIFEST_SUFFIXES: Final = (".jsonl", ".jsonl.gz")
"""Lists of sources for `manifest_uri`: they are read from where they were put, and never registered."""

URL_PERIOD: Final = timedelta(hours=6)
"""How long a signed URL takes a part; the credentials that sign it may end its life sooner."""
UPLOAD_PERIOD: Final = timedelta(hours=24)
"""How long an upload may be completed; by then every URL of it has died."""
COMPLETION_PERIOD: Final = timedelta(minutes=15)
"""How long a completion that has begun is left alone: far longer than a request can take."""

_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, lone surrogates, separators of lines and paragraphs."""
_HIDDEN_CHARACTERS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff")
"""What reverses the direction of writing, and what is no character."""

UPLOADS: Final = "uploads/"
"""Where all of them lie in our bucket."""

_KEY: Final = re.compile(rf"{UPLOADS}[0-9a-f]{{64}}/(?P<job>[^/]+)/[^/]+")


@dataclass(frozen=True, slots=True)
class Upload:
    """One file on its way in. Its maker polls it as a job: it has what a job shows, and no generation."""

    id: str
    """The job's id."""
    created_by: str
    created_by_display: str
    source_filename: str
    key: str
    """Of the object in our bucket; nothing else is ever written there."""
    size_bytes: int
    """What the caller announced, and the object has to have."""
    part_size: int | None
    """Bytes of every part but the last; None where one PUT takes the whole file."""
    upload_id: str | None
    """S3's id of the multipart upload."""
    status: JobStatus
    created_at: datetime
    due: datetime | None
    """When it is looked at by whoever sweeps; None once nothing of it can be left behind."""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    dataset_id: str | None = None
    """What the file is registered as."""
    error_code: str | None = None
    error_message: str | None = None
    findings: tuple[Finding, ...] = ()
    finding_counts: tuple[tuple[str, int], ...] = ()

    @property
    def step(self) -> JobStep:
        """What is being done."""
        match self.status:
            case JobStatus.PENDING | JobStatus.CANCELLED:
                return JobStep.QUEUED
            case JobStatus.COMPLETE:
                return JobStep.COMPLETE
        return JobStep.VALIDATING

    @property
    def progress(self) -> float:
        """Share of the work that is done, 0 to 1."""
        return self.step.progress

    @property
    def part_count(self) -> int:
        """How many parts it has."""
        return 1 if self.part_size is None else math.ceil(self.size_bytes / self.part_size)

    @property
    def is_manifest(self) -> bool:
        """Whether it is a list of sources, and no raster."""
        return self.source_filename.lower().endswith(MANIFEST_SUFFIXES)

    @property
    def is_retryable(self) -> bool:
        """Never: what was sent is not what is wanted, or was not sent."""
        return False

    @property
    def retry_reason(self) -> str:
        """Why not."""
        return "An upload cannot be retried; ask for another one"

    def in_parts(self, upload_id: str) -> Self:
        """The upload, begun at S3 under this id."""
        return replace(self, upload_id=upload_id)

    def bytes_of(self, part_number: int) -> int:
        """How long a part (from 1) has to be."""
        if self.part_size is None:
            return self.size_bytes
        last = self.size_bytes - (self.part_count - 1) * self.part_size
        return last if part_number == self.part_count else self.part_size


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart upload, as S3 has it or as its sender says."""

    number: int
    """From 1."""
    etag: str
    """Without quotes."""
    size_bytes: int | None = None


def part_size_of(size_bytes: int) -> int | None:
    """Bytes of every part but the last, in whole MiB; None where one PUT takes the whole file.

    As small as keeps the parts few: what breaks off is sent again as a whole.
    """
    if size_bytes <= SINGLE_PUT_BYTES:
        return None
    fair = math.ceil(size_bytes / FEW_PARTS / MIB) * MIB
    return min(max(SINGLE_PUT_BYTES, fair), MAX_PART_BYTES)


def upload_prefix(owner: str) -> str:
    """Where a caller's uploads lie, and nobody else's.

    A subject may hold any character, slashes and dots too, so its SHA-256 stands for it.
    """
    return f"{UPLOADS}{hashlib.sha256(owner.encode('utf-8', 'surrogatepass')).hexdigest()}/"


def upload_key(owner: str, job_id: str, filename: str) -> str:
    """Key of one upload's object."""
    return f"{upload_prefix(owner)}{job_id}/{filename}"


def job_of_key(key: str) -> str | None:
    """The upload whose object has this key; None where the key is none of an upload."""
    found = _KEY.fullmatch(key)
    return found and found["job"]


def filename_problem(filename: str) -> str | None:
    """Why a file name cannot be the last part of a key that every reader takes for the same object; None if it can.

    Letters of all languages are fine. Control characters are not, nor those that turn around the letters that follow:
    such a name is not the one that a person reads.
    """
    if len(filename.encode("utf-8", "surrogatepass")) > MAX_FILENAME_BYTES:
        return f"a name of at most {MAX_FILENAME_BYTES} bytes of UTF-8"
    hidden = next((char for char in filename if _is_hidden(char)), None)
    if hidden is not None:
        return f"a name without the character U+{ord(hidden):04X}"
    if any(separator in filename for separator in "/\\"):
        return "a name without a path: no slash, no backslash"
    stem = filename.removesuffix(".gz").rpartition(".")[0]
    if not stem.strip(". "):
        return "a name before its suffix"
    return None


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN_CATEGORIES or char in _HIDDEN_CHARACTERS


def suffixes_expected() -> Sequence[str]:
    """What a file name may end in, whatever the case of its letters."""
    return (*RASTER_SUFFIXES, *MANIFEST_SUFFIXES)
