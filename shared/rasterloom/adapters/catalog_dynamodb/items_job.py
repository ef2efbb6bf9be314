"""Generations and jobs as items."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_options import options_item, options_of
from rasterloom.adapters.catalog_dynamodb.values import (
    Attribute,
    Item,
    iso,
    micros,
    micros_of,
    moment_of,
    number,
    of,
    pack,
    read_iso,
    shown,
    text,
    texts,
    unpack,
)
from rasterloom.adapters.catalog_dynamodb.writes import key_item
from rasterloom.domain.findings import EXAMPLES_PER_CODE, Finding, Severity
from rasterloom.domain.generation import Change, ChangeKind, Generation, Job
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, JobStep
from rasterloom.ports import Failure
from rasterloom.vrt.profile_codec import Json, encode_number

LONGEST_MESSAGE: Final = 4_000
"""Characters of an error message that are kept: an item must never grow past what can be written."""

DUE = ("due_pk", "due")
"""Attributes that stand until a job has ended; they put it into the index of unfinished work."""


def due_item(job_id: str, due: Attribute) -> Item:
    """The attributes of an unfinished job."""
    return {"due_pk": text(names.due_partition(job_id)), "due": due}


def error_item(code: str, message: str) -> Item:
    """Why a generation or job ended."""
    kept = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
    return texts({"error_code": code, "error_message": kept})


# --- generations ---


def generation_item(generation: Generation) -> Item:
    """A generation, whole; once it stands it is only ever changed in parts."""
    change = generation.change
    item = key_item(names.generation_key(generation.dataset_id, generation.number)) | texts(
        {
            "kind": "generation",
            "id": generation.id,
            "dataset": generation.dataset_id,
            "status": generation.status.value,
            "change": change.kind.value,
            "change_staged_key": change.staged_key,
            "change_source": change.source_id,
            "change_source_etag": change.source_etag,
            "base": generation.base_id,
            "job": generation.job_id,
            "triggered_by": generation.triggered_by,
            "admitted_at": iso(generation.admitted_at),
            "attempt": generation.attempt,
            "started_at": shown(generation.started_at),
            "ended_at": shown(generation.ended_at),
            "error_code": generation.error_code,
            "error_message": generation.error_message,
        }
    )
    counts = {"number": generation.number, "source_count": generation.source_count, "attempts": generation.attempts}
    asked = {"sets_options": {"BOOL": change.sets_options}}
    return item | asked | options_item(generation.options) | {name: number(count) for name, count in counts.items()}


def generation_of(item: Mapping[str, Attribute]) -> Generation:
    """Read a generation."""
    change = Change(
        ChangeKind(item["change"]["S"]),
        of(item, "change_staged_key"),
        of(item, "change_source"),
        of(item, "change_source_etag"),
        item["sets_options"]["BOOL"],
    )
    return Generation(
        id=item["id"]["S"],
        number=int(item["number"]["N"]),
        dataset_id=item["dataset"]["S"],
        status=GenerationStatus(item["status"]["S"]),
        change=change,
        base_id=of(item, "base"),
        job_id=item["job"]["S"],
        triggered_by=item["triggered_by"]["S"],
        source_count=int(item["source_count"]["N"]),
        admitted_at=read_iso(item["admitted_at"]["S"]),
        options=options_of(item),
        attempt=of(item, "attempt"),
        attempts=int(item["attempts"]["N"]),
        started_at=moment_of(item, "started_at"),
        ended_at=moment_of(item, "ended_at"),
        error_code=of(item, "error_code"),
        error_message=of(item, "error_message"),
    )


# --- jobs ---


def job_item(job: Job) -> Item:
    """A job, whole; once it stands it is only ever changed in parts."""
    item = key_item(names.job_key(job.id)) | texts(
        {
            "kind": "job",
            "id": job.id,
            "dataset": job.dataset_id,
            "generation": job.generation_id,
            "status": job.status.value,
            "step": job.step.value,
            "created_by": job.created_by,
            "source_filename": job.source_filename,
            "created_at": iso(job.created_at),
            "created_id": f"{iso(job.created_at)}#{job.id}",
            "owner_pk": names.jobs_partition(job.created_by),
            "audience_pk": names.dataset_jobs_partition(job.dataset_id),
            "started_at": shown(job.started_at),
            "completed_at": shown(job.completed_at),
            "error_code": job.error_code,
            "error_message": job.error_message,
        }
    )
    item |= {
        "generation_number": number(job.generation_number),
        "progress": number(job.progress),
        "sends": number(job.sends),
        "findings": findings_attribute(
            job.findings, job.finding_counts, job.findings_key, is_built=job.is_found_by_build
        ),
    }
    return item | (due_item(job.id, micros(job.due)) if job.due else {})


def job_of(item: Mapping[str, Attribute]) -> Job:
    """Read a job."""
    kept = decode_findings(item["findings"])
    return Job(
        id=item["id"]["S"],
        dataset_id=item["dataset"]["S"],
        generation_id=item["generation"]["S"],
        generation_number=int(item["generation_number"]["N"]),
        status=JobStatus(item["status"]["S"]),
        step=JobStep(item["step"]["S"]),
        progress=float(item["progress"]["N"]),
        created_by=item["created_by"]["S"],
        source_filename=item["source_filename"]["S"],
        created_at=read_iso(item["created_at"]["S"]),
        findings=kept.examples,
        finding_counts=kept.counts,
        findings_key=kept.key,
        is_found_by_build=kept.is_built,
        started_at=moment_of(item, "started_at"),
        completed_at=moment_of(item, "completed_at"),
        error_code=of(item, "error_code"),
        error_message=of(item, "error_message"),
        due=micros_of(item, "due"),
        sends=int(item["sends"]["N"]),
    )


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
    findings = unpack(attribute)
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
