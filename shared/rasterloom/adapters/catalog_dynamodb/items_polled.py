"""What every kind of job keeps alike: who polls it, how far it has come, how it ended, and what was found."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypedDict

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.packing import pack, unpack
from rasterloom.adapters.catalog_dynamodb.values import (
    Attribute,
    Item,
    iso,
    micros_of,
    moment_of,
    of,
    read_iso,
    shown,
    texts,
)
from rasterloom.adapters.catalog_dynamodb.writes import key_item
from rasterloom.domain.findings import EXAMPLES_PER_CODE, Finding, Severity
from rasterloom.domain.generation import Job
from rasterloom.domain.jobs import AnyJob
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.ports import Failure
from rasterloom.vrt.profile_codec import Json, encode_number


class Polled(TypedDict):
    """Fields that every kind of job has."""

    id: str
    created_by: str
    status: JobStatus
    created_at: datetime
    due: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    error_code: str | None
    error_message: str | None
    findings: tuple[Finding, ...]
    finding_counts: tuple[tuple[str, int], ...]


def polled_item(kind: str, job: AnyJob) -> Item:
    """Their attributes, and those by which its maker's jobs are listed."""
    return key_item(names.job_key(job.id)) | texts(
        {
            "kind": kind,
            "id": job.id,
            "created_by": job.created_by,
            "status": job.status.value,
            "created_at": iso(job.created_at),
            "created_id": f"{iso(job.created_at)}#{job.id}",
            "owner_pk": names.jobs_partition(job.created_by),
            "started_at": shown(job.started_at),
            "completed_at": shown(job.completed_at),
            "error_code": job.error_code,
            "error_message": job.error_message,
        }
    )


def polled_of(item: Mapping[str, Attribute], kept: "Kept") -> Polled:
    """Read them; `kept` is what the item tells of findings."""
    return {
        "id": item["id"]["S"],
        "created_by": item["created_by"]["S"],
        "status": JobStatus(item["status"]["S"]),
        "created_at": read_iso(item["created_at"]["S"]),
        "due": micros_of(item, "due"),
        "started_at": moment_of(item, "started_at"),
        "completed_at": moment_of(item, "completed_at"),
        "error_code": of(item, "error_code"),
        "error_message": of(item, "error_message"),
        "findings": kept.examples,
        "finding_counts": kept.counts,
    }


# --- findings ---


class Kept(NamedTuple):
    """What an item tells of findings."""

    examples: tuple[Finding, ...]
    counts: tuple[tuple[str, int], ...]
    """(code, how many) over all of them."""
    key: str | None
    """Of a document of all of them, where there is one."""
    is_built: bool
    """Whether a build found them."""


def findings_attribute(
    kept: Iterable[Finding], counts: Iterable[tuple[str, int]], key: str | None = None, *, is_built: bool = False
) -> Attribute:
    """Findings as one compressed attribute: examples, counts and document are written together or not at all."""
    told = {"examples": [_encode_finding(finding) for finding in kept], "counts": list(counts)}
    return {"B": pack({**told, "key": key, "is_built": is_built})}


def decode_findings(attribute: Attribute) -> Kept:
    """Read what `findings_attribute` made; items of before there were documents have neither key nor finder."""
    findings = unpack(attribute["B"])
    return Kept(
        tuple(_finding_of(document) for document in findings["examples"]),
        tuple((code, count) for code, count in findings["counts"]),
        findings.get("key"),
        findings.get("is_built", False),
    )


def with_more(job: Job, failure: Failure) -> Item:
    """What the admission of a job found and what ended it; where nothing was found at its end, what stands stays.

    What an earlier attempt found is not counted again: the attempt that fails has found it, too.
    """
    if not failure.findings:
        return {}
    earlier = Counter() if job.is_found_by_build else Counter(dict(job.finding_counts))
    counts = earlier + Counter(finding.code for finding in failure.findings)
    kept = examples((*job.findings_of_admission, *failure.findings))
    return {"findings": findings_attribute(kept, counts.items(), failure.findings_key, is_built=job.is_found_by_build)}


def examples(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first `EXAMPLES_PER_CODE` findings of each code."""
    room: Counter[str] = Counter()
    kept = []
    for finding in findings:
        room[finding.code] += 1
        if room[finding.code] <= EXAMPLES_PER_CODE:
            kept.append(finding)
    return tuple(kept)


def _encode_finding(finding: Finding) -> Mapping[str, Json]:
    return {
        "code": finding.code,
        "source": finding.source_id,
        "index": finding.index,
        "field": finding.field,
        "message": finding.message,
        "expected": _encode_value(finding.expected),
        "actual": _encode_value(finding.actual),
        "reference": finding.reference,
        "hint": finding.hint,
        "severity": finding.severity.value,
        "line": finding.line,
        "option": finding.option,
    }


def _finding_of(document: Mapping[str, Json]) -> Finding:
    return Finding(
        code=document["code"],
        source_id=document["source"],
        index=document["index"],
        field=document["field"],
        message=document["message"],
        expected=document["expected"],
        actual=document["actual"],
        reference=document["reference"],
        hint=document["hint"],
        severity=Severity(document["severity"]),
        line=document.get("line"),
        option=document.get("option"),
    )


def _encode_value(value: Any) -> Json:
    """What was expected or found, as an answer will show it: lists for tuples, text for what JSON has no word for."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return encode_number(value)
    if isinstance(value, Mapping):
        return {str(name): _encode_value(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_encode_value(part) for part in value]
    return str(value)
