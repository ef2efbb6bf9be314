"""Bulk registrations and their parts as items: each stands where a job with its id would stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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
    iso,
    micros,
    moment_of,
    number,
    of,
    shown,
    text,
    texts,
)
from rasterloom.adapters.catalog_dynamodb.writes import key_item
from rasterloom.domain.access import Visibility
from rasterloom.domain.bulk import BulkCounts, BulkJob, StagedPart
from rasterloom.domain.objects import ObjectPrefix

BULK: Final = "bulk"
"""`kind` of a bulk registration's item."""

COUNTS: Final = ("created", "unchanged", "refreshed", "failed")


def bulk_item(job: BulkJob) -> Item:
    """A bulk registration, whole; once it stands it is only ever changed in parts."""
    item = polled_item(BULK, job) | texts(
        {
            "created_by_display": job.created_by_display,
            "visibility": job.visibility.value,
            "bucket": job.prefix.bucket if job.prefix else None,
            "prefix": job.prefix.prefix if job.prefix else None,
            "start_after": job.start_after,
            "came_on": shown(job.came_on),
        }
    )
    numbers = {
        "stretch": job.stretch,
        "parts": job.parts,
        "parts_done": job.parts_done,
        "objects": job.objects,
        "sends": job.sends,
        **count_values(job.counts),
    }
    item |= {name: number(value) for name, value in numbers.items()}
    item |= {name: _listed(values) for name, values in _lists(job).items()}
    item |= {"is_listed": {"BOOL": job.is_listed}}
    item |= {"findings": findings_attribute(job.findings, job.finding_counts)}
    return item | (bulk_due_item(job.id, micros(job.due)) if job.due else {})


def _lists(job: BulkJob) -> Mapping[str, Sequence[str]]:
    return {"groups": job.groups, "caller_groups": job.caller_groups, "caller_permissions": job.caller_permissions}


def _listed(values: Sequence[str]) -> Attribute:
    return {"L": [text(value) for value in values]}


def _read_list(item: Mapping[str, Attribute], name: str) -> tuple[str, ...]:
    return tuple(value["S"] for value in item[name]["L"])


def bulk_due_item(job_id: str, due: Attribute) -> Item:
    """The attributes of a bulk registration that has not ended."""
    return {"due_pk": text(names.bulk_due_partition(job_id)), "due": due}


def came_on_item(job_id: str, now: datetime, due: datetime) -> Item:
    """The attributes of a bulk registration that comes further now: what was sent before counts no more."""
    return {"came_on": text(iso(now)), "sends": number(0), **bulk_due_item(job_id, micros(due))}


def count_values(counts: BulkCounts) -> Mapping[str, int]:
    """Counts by the attribute that holds each."""
    return {name: getattr(counts, name) for name in COUNTS}


def _counts_of(item: Mapping[str, Attribute]) -> BulkCounts:
    return BulkCounts(**{name: int(item[name]["N"]) for name in COUNTS})


def bulk_of(item: Mapping[str, Attribute]) -> BulkJob:
    """Read a bulk registration."""
    bucket = of(item, "bucket")
    return BulkJob(
        **polled_of(item, decode_findings(item["findings"])),
        created_by_display=item["created_by_display"]["S"],
        caller_groups=_read_list(item, "caller_groups"),
        caller_permissions=_read_list(item, "caller_permissions"),
        visibility=Visibility(item["visibility"]["S"]),
        groups=_read_list(item, "groups"),
        prefix=None if bucket is None else ObjectPrefix(bucket, item["prefix"]["S"]),
        is_listed=item["is_listed"]["BOOL"],
        stretch=int(item["stretch"]["N"]),
        start_after=item["start_after"]["S"],
        parts=int(item["parts"]["N"]),
        parts_done=int(item["parts_done"]["N"]),
        objects=int(item["objects"]["N"]),
        counts=_counts_of(item),
        sends=int(item["sends"]["N"]),
        came_on=moment_of(item, "came_on"),
    )


def is_bulk(item: Mapping[str, Attribute]) -> bool:
    """Whether what stands under a job's key is a bulk registration."""
    return of(item, "kind") == BULK


def part_item(job_id: str, part: StagedPart) -> Item:
    """A part, whole."""
    key = key_item(names.part_key(job_id, part.number))
    told = {"kind": "bulk_part", "staged_key": part.staged_key, "results_key": part.results_key}
    numbers = {"number": part.number, "first": part.first, "objects": part.objects}
    return key | texts(told) | {name: number(value) for name, value in numbers.items()} | done_item(part)


def done_item(part: StagedPart) -> Item:
    """The attributes that say what became of a part."""
    counts = {name: number(value) for name, value in count_values(part.counts).items()}
    return counts | {"findings": findings_attribute(part.findings, part.finding_counts)}


def part_of(item: Mapping[str, Attribute]) -> StagedPart:
    """Read a part."""
    kept = decode_findings(item["findings"])
    return StagedPart(
        number=int(item["number"]["N"]),
        first=int(item["first"]["N"]),
        objects=int(item["objects"]["N"]),
        staged_key=item["staged_key"]["S"],
        results_key=of(item, "results_key"),
        counts=_counts_of(item),
        findings=kept.examples,
        finding_counts=kept.counts,
    )
