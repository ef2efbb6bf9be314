"""Compatibility findings on the wire."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rasterloom.domain.findings import Finding
from rasterloom.http.answers import FindingContext, FindingEntry


def finding_entry(finding: Finding, loc: Sequence[str | int]) -> FindingEntry:
    """One entry of a 422's `detail`: a field error that also says what was compared with what."""
    ctx: FindingContext = {
        "expected": jsonable(finding.expected),
        "actual": jsonable(finding.actual),
        "reference": finding.reference,
        "hint": finding.hint,
    }
    return {
        "loc": list(loc),
        "msg": finding.message,
        "type": finding.code,
        "input": finding.source_id,
        "ctx": ctx,
        "source_id": finding.source_id,
        "code": finding.code,
        "message": finding.message,
        "field": finding.field,
        "severity": finding.severity.value,
    }


def jsonable(value: object) -> Any:
    """The value as JSON can hold it: a number that is not finite becomes its name, `nan`, `inf` or `-inf`."""
    match value:
        case None | bool() | str() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case Sequence() | set() | frozenset():
            return [jsonable(item) for item in value]
        case _:
            return str(value)
