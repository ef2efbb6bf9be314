"""What a rule has to say about one source."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    line: int | None = None
    """Line of the manifest that names the source, from 1, blank ones counted; None where the request lists it."""
    option: str | None = None
    """Name of the option of the request that is to blame, such as `target_extent`; None where the source is."""


def on_lines(findings: Iterable[Finding], lines: Sequence[int]) -> tuple[Finding, ...]:
    """Tell of findings where their sources stand in a manifest; what an option is to blame for stands in no line.

    Args:
        findings: About sources of one list.
        lines: The line of each source of that list, by its position; none where no manifest lists them.
    """
    return tuple(
        replace(finding, line=lines[finding.index]) if lines and finding.option is None else finding
        for finding in findings
    )
