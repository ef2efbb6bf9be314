"""Every key and partition of the table. Attribute names that stand in conditions are spelled out there, with `#`."""

from typing import Final
from urllib.parse import quote
from zlib import crc32

from rasterloom.domain.access import Visibility
from rasterloom.domain.objects import ObjectRef

type Key = tuple[str, str]
"""(pk, sk) of one item."""

META: Final = "META"

BY_OWNER: Final = "by_owner"
BY_AUDIENCE: Final = "by_audience"
BY_DUE: Final = "by_due"

AUDIENCE_SHARDS: Final = 8
"""Partitions of each visibility: one hot partition takes 1,000 writes a second, and public datasets are many."""
DUE_SHARDS: Final = 4


def dataset_key(dataset_id: str) -> Key:
    """A dataset."""
    return f"DATASET#{dataset_id}", META


def generation_key(dataset_id: str, number: int) -> Key:
    """A generation, by the fence that it was admitted with: keys sort as the generations came."""
    return f"DATASET#{dataset_id}", f"GEN#{number:012d}"


def generations_of(dataset_id: str) -> Key:
    """Partition and common prefix of all generations of a VRT."""
    return f"DATASET#{dataset_id}", "GEN#"


def links_of(source_id: str, vrt_id: str) -> Key:
    """Partition and common prefix of all links from a raster to a VRT."""
    return f"DATASET#{source_id}", f"USED#{vrt_id}#"


def uses_of(source_id: str) -> Key:
    """Partition and common prefix of all links of a raster."""
    return f"DATASET#{source_id}", "USED#"


def group_key(dataset_id: str, group: str) -> Key:
    """A restricted dataset's entry in the listing of one group."""
    return f"DATASET#{dataset_id}", f"GROUP#{group}"


def use_key(source_id: str, vrt_id: str, generation_id: str) -> Key:
    """The link from a raster to a VRT that one generation of it brought."""
    return f"DATASET#{source_id}", f"USED#{vrt_id}#{generation_id}"


def linked_by(sort: str) -> tuple[str, str]:
    """The VRT and the generation that the sort key of a link names."""
    _, vrt_id, generation_id = sort.split("#")
    return vrt_id, generation_id


def job_key(job_id: str) -> Key:
    """A job."""
    return f"JOB#{job_id}", META


def part_key(job_id: str, number: int) -> Key:
    """A part of a bulk registration: keys sort as the parts came."""
    return f"JOB#{job_id}", f"PART#{number:06d}"


def object_key(ref: ObjectRef, owner: str) -> Key:
    """What an owner registered an S3 object as; at most 63 + 1,024 bytes of a pk's 2,048."""
    return owners_of(ref), f"OWNER#{owner}"


def crs_key(sha256: str) -> Key:
    """An interned CRS."""
    return f"CRS#{sha256}", META


def idempotency_key(caller: str, key: str) -> Key:
    """A caller's idempotency key; quoting the caller keeps `a#b` + `c` apart from `a` + `b#c`."""
    return f"IDEM#{quote(caller, safe='')}#{key}", META


def owner_partition(owner: str) -> str:
    """Datasets of one owner, in `by_owner`."""
    return f"OWNER#{owner}"


def jobs_partition(creator: str) -> str:
    """Jobs of one creator, in `by_owner`."""
    return f"JOBS#{creator}"


def dataset_jobs_partition(dataset_id: str) -> str:
    """Jobs of one dataset, in `by_audience`."""
    return f"DATASETJOBS#{dataset_id}"


def audience_partition(visibility: Visibility, dataset_id: str) -> str:
    """Where a dataset of this visibility stands in `by_audience`."""
    return f"AUDIENCE#{visibility.value}#{_shard(dataset_id, AUDIENCE_SHARDS)}"


def audience_partitions(visibility: Visibility) -> tuple[str, ...]:
    """Everything of one visibility, in `by_audience`."""
    return tuple(f"AUDIENCE#{visibility.value}#{shard}" for shard in range(AUDIENCE_SHARDS))


def group_partition(group: str) -> str:
    """Restricted datasets of one group, in `by_audience`."""
    return f"AUDIENCE#group#{group}"


def due_partition(job_id: str) -> str:
    """Where an unfinished job stands in `by_due`."""
    return f"DUE#{_shard(job_id, DUE_SHARDS)}"


def due_partitions() -> tuple[str, ...]:
    """All unfinished jobs, in `by_due`."""
    return tuple(f"DUE#{shard}" for shard in range(DUE_SHARDS))


def uploads_due_partition(job_id: str) -> str:
    """Where an upload that the sweep looks at stands in `by_due`: apart from jobs, which must never wait for it."""
    return f"DUE#UPLOADS#{_shard(job_id, DUE_SHARDS)}"


def uploads_due_partitions() -> tuple[str, ...]:
    """All uploads that the sweep looks at, in `by_due`."""
    return tuple(f"DUE#UPLOADS#{shard}" for shard in range(DUE_SHARDS))


def bulk_due_partition(job_id: str) -> str:
    """Where a bulk registration that has not ended stands in `by_due`."""
    return f"DUE#BULK#{_shard(job_id, DUE_SHARDS)}"


def bulk_due_partitions() -> tuple[str, ...]:
    """All bulk registrations that have not ended, in `by_due`."""
    return tuple(f"DUE#BULK#{shard}" for shard in range(DUE_SHARDS))


def sweep_key(dataset_id: str) -> Key:
    """That something may be left of a dataset."""
    return f"DATASET#{dataset_id}", "SWEEP"


def sweeps_due_partition(identifier: str) -> str:
    """Where a generation, or what is left of a dataset, stands in `by_due` until it is swept."""
    return f"DUE#SWEEPS#{_shard(identifier, DUE_SHARDS)}"


def sweeps_due_partitions() -> tuple[str, ...]:
    """All that the sweep looks at, in `by_due`."""
    return tuple(f"DUE#SWEEPS#{shard}" for shard in range(DUE_SHARDS))


def deletions_due_partition(raster_id: str) -> str:
    """Where a raster that is being deleted stands in `by_due`."""
    return f"DUE#DELETIONS#{_shard(raster_id, DUE_SHARDS)}"


def deletions_due_partitions() -> tuple[str, ...]:
    """All rasters that are being deleted, in `by_due`."""
    return tuple(f"DUE#DELETIONS#{shard}" for shard in range(DUE_SHARDS))


def edit_key(dataset_id: str) -> Key:
    """That an edit of who a dataset is for has still to be held against others."""
    return f"DATASET#{dataset_id}", "EDITED"


def edits_due_partition(dataset_id: str) -> str:
    """Where such an edit stands in `by_due`."""
    return f"DUE#EDITS#{_shard(dataset_id, DUE_SHARDS)}"


def edits_due_partitions() -> tuple[str, ...]:
    """All edits that have still to be held against others, in `by_due`."""
    return tuple(f"DUE#EDITS#{shard}" for shard in range(DUE_SHARDS))


def mark_key(vrt_id: str, source_id: str) -> Key:
    """That a source of a VRT may not be what the VRT was built from."""
    return f"DATASET#{vrt_id}", f"STALE#{source_id}"


def marks_of(vrt_id: str) -> Key:
    """Partition and common prefix of all marks of a VRT."""
    return f"DATASET#{vrt_id}", "STALE#"


def marked_dataset(dataset_id: str) -> tuple[Key, Key]:
    """The first and the last key there can be of a dataset and its marks: nothing else sorts between META and these."""
    return dataset_key(dataset_id), mark_key(dataset_id, "\uffff")


def look_key(vrt_id: str) -> Key:
    """That a VRT's marks are to be looked at."""
    return f"DATASET#{vrt_id}", "LOOK"


def change_key(raster_id: str) -> Key:
    """That a raster changed, and who uses it may not be marked yet."""
    return f"DATASET#{raster_id}", "CHANGED"


def looks_due_partition(vrt_id: str) -> str:
    """Where a VRT whose marks are to be looked at stands in `by_due`."""
    return f"DUE#LOOKS#{_shard(vrt_id, DUE_SHARDS)}"


def looks_due_partitions() -> tuple[str, ...]:
    """All VRTs whose marks are to be looked at, in `by_due`."""
    return tuple(f"DUE#LOOKS#{shard}" for shard in range(DUE_SHARDS))


def changes_due_partition(raster_id: str) -> str:
    """Where a raster that changed stands in `by_due` until all who use it are marked."""
    return f"DUE#CHANGES#{_shard(raster_id, DUE_SHARDS)}"


def changes_due_partitions() -> tuple[str, ...]:
    """All rasters that changed and whose users may not be marked yet, in `by_due`."""
    return tuple(f"DUE#CHANGES#{shard}" for shard in range(DUE_SHARDS))


def owners_of(ref: ObjectRef) -> str:
    """Partition of everything that an S3 object is registered as, one row for each owner."""
    return f"OBJECT#{ref.bucket}/{ref.key}"


def _shard(identifier: str, shards: int) -> int:
    return crc32(identifier.encode()) % shards
