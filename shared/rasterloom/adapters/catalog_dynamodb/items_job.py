"""Generations and jobs as items."""

from collections.abc import Mapping
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_options import options_item, options_of
from rasterloom.adapters.catalog_dynamodb.items_polled import (
    decode_findings,
    findings_attribute,
    polled_item,
    polled_of,
)
from rasterloom.adapters.catalog_dynamodb.values import (
    Attribute,
    Item,
    iso,
    micros,
    moment_of,
    number,
    of,
    read_iso,
    shown,
    text,
    texts,
)
from rasterloom.adapters.catalog_dynamodb.writes import key_item
from rasterloom.domain.generation import Change, ChangeKind, Generation, Job
from rasterloom.domain.lifecycle import GenerationStatus, JobStep

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
    item = polled_item("job", job) | texts(
        {
            "dataset": job.dataset_id,
            "generation": job.generation_id,
            "step": job.step.value,
            "source_filename": job.source_filename,
            "audience_pk": names.dataset_jobs_partition(job.dataset_id),
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
        **polled_of(item, kept),
        dataset_id=item["dataset"]["S"],
        generation_id=item["generation"]["S"],
        generation_number=int(item["generation_number"]["N"]),
        step=JobStep(item["step"]["S"]),
        progress=float(item["progress"]["N"]),
        source_filename=item["source_filename"]["S"],
        findings_key=kept.key,
        is_found_by_build=kept.is_built,
        sends=int(item["sends"]["N"]),
    )
