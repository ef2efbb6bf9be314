"""What a rule has to say about one source."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EXAMPLES_PER_CODE: Final = 20
"""Findings of each code that a job keeps; all are counted."""


class Severity(StrEnum):
    """Errors refuse a request; warnings travel with the job."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing, about one source."""

    code: str
    """Stable machine word, such as `crs_mismatch`."""
    source_id: str
    index: int
    """Position of the source in the request, from 0."""
    field: str
    """What was compared, such as `crs` or `bands[1].dtype`."""
    message: str
    expected: object = None
    actual: object = None
    reference: str | None = None
    """Id of the source that set what is expected; None where the rule itself does."""
    hint: str | None = None
    """What a person can do about it."""
    severity: Severity = Severity.ERROR
