"""Findings that are kept of many."""

from collections import Counter
from collections.abc import Sequence

from rasterloom.domain.findings import EXAMPLES_PER_CODE, Finding


def counted(findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[tuple[str, int], ...]]:
    """The first findings of each code, and how many there are of each."""
    counts = Counter[str]()
    kept: list[Finding] = []
    for finding in findings:
        counts[finding.code] += 1
        if counts[finding.code] <= EXAMPLES_PER_CODE:
            kept.append(finding)
    return tuple(kept), tuple(counts.items())
