"""Uploads as items: each stands where a job with its id would stand, for it is polled as one."""

from collections.abc import Mapping
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_job import decode_findings, findings_attribute
from rasterloom.adapters.catalog_dynamodb.values import (
    Attribute,
    Item,
    iso,
    micros,
    micros_of,
    moment_of,
    number,
    of,
    read_iso,
    shown,
    text,
    texts,
)
from rasterloom.adapters.catalog_dynamodb.writes import key_item
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.uploads import Upload

UPLOAD: Final = "upload"
"""`kind` of an upload's item."""


def upload_item(upload: Upload) -> Item:
    """An upload, whole; once it stands it is only ever changed in parts."""
    item = key_item(names.job_key(upload.id)) | texts(
        {
            "kind": UPLOAD,
            "id": upload.id,
            "created_by": upload.created_by,
            "created_by_display": upload.created_by_display,
            "source_filename": upload.source_filename,
            "key": upload.key,
            "upload_id": upload.upload_id,
            "status": upload.status.value,
            "created_at": iso(upload.created_at),
            "created_id": f"{iso(upload.created_at)}#{upload.id}",
            "owner_pk": names.jobs_partition(upload.created_by),
            "started_at": shown(upload.started_at),
            "completed_at": shown(upload.completed_at),
            "error_code": upload.error_code,
            "error_message": upload.error_message,
        }
    )
    item |= {"size_bytes": number(upload.size_bytes)}
    item |= {"part_size": number(upload.part_size)} if upload.part_size else {}
    item |= registered_item(upload.dataset_id) if upload.dataset_id else {}
    item |= {"findings": findings_attribute(upload.findings, upload.finding_counts)}
    return item | (upload_due_item(upload.id, micros(upload.due)) if upload.due else {})


def registered_item(dataset_id: str) -> Item:
    """The attributes of an upload that is a dataset: it is among the jobs of that dataset."""
    return {"dataset": text(dataset_id), "audience_pk": text(names.dataset_jobs_partition(dataset_id))}


def upload_due_item(job_id: str, due: Attribute) -> Item:
    """The attributes of an upload that the sweep looks at."""
    return {"due_pk": text(names.uploads_due_partition(job_id)), "due": due}


def upload_of(item: Mapping[str, Attribute]) -> Upload:
    """Read an upload."""
    kept = decode_findings(item["findings"])
    return Upload(
        id=item["id"]["S"],
        created_by=item["created_by"]["S"],
        created_by_display=item["created_by_display"]["S"],
        source_filename=item["source_filename"]["S"],
        key=item["key"]["S"],
        size_bytes=int(item["size_bytes"]["N"]),
        part_size=int(item["part_size"]["N"]) if "part_size" in item else None,
        upload_id=of(item, "upload_id"),
        status=JobStatus(item["status"]["S"]),
        created_at=read_iso(item["created_at"]["S"]),
        due=micros_of(item, "due"),
        started_at=moment_of(item, "started_at"),
        completed_at=moment_of(item, "completed_at"),
        dataset_id=of(item, "dataset"),
        error_code=of(item, "error_code"),
        error_message=of(item, "error_message"),
        findings=kept.examples,
        finding_counts=kept.counts,
    )


def is_upload(item: Mapping[str, Attribute]) -> bool:
    """Whether what stands under a job's key is an upload."""
    return of(item, "kind") == UPLOAD
