"""Uploads as items: each stands where a job with its id would stand, for it is polled as one."""

from collections.abc import Mapping
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_polled import (
    decode_findings,
    findings_attribute,
    polled_item,
    polled_of,
)
from rasterloom.adapters.catalog_dynamodb.values import (
    Attribute,
    Item,
    micros,
    number,
    of,
    text,
    texts,
)
from rasterloom.domain.uploads import Upload

UPLOAD: Final = "upload"
"""`kind` of an upload's item."""


def upload_item(upload: Upload) -> Item:
    """An upload, whole; once it stands it is only ever changed in parts."""
    item = polled_item(UPLOAD, upload) | texts(
        {
            "created_by_display": upload.created_by_display,
            "source_filename": upload.source_filename,
            "key": upload.key,
            "upload_id": upload.upload_id,
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
    return Upload(
        **polled_of(item, decode_findings(item["findings"])),
        created_by_display=item["created_by_display"]["S"],
        source_filename=item["source_filename"]["S"],
        key=item["key"]["S"],
        size_bytes=int(item["size_bytes"]["N"]),
        part_size=int(item["part_size"]["N"]) if "part_size" in item else None,
        upload_id=of(item, "upload_id"),
        dataset_id=of(item, "dataset"),
    )


def is_upload(item: Mapping[str, Attribute]) -> bool:
    """Whether what stands under a job's key is an upload."""
    return of(item, "kind") == UPLOAD
