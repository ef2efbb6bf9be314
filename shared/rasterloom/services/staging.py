"""What a change brings and what a generation was built from, as objects in our bucket."""

import gzip
import json
from collections.abc import Sequence
from itertools import batched
from typing import Final

from rasterloom.domain.dataset import Member, Published, RasterDataset
from rasterloom.domain.errors import UnknownMessageError
from rasterloom.domain.generation import Generation, staged_key
from rasterloom.domain.members import StagedSource
from rasterloom.ports import Objects
from rasterloom.vrt.members import decode_members, encode_members

SCHEMA_VERSION: Final = 1

PART_SIZE: Final = 10_000
"""Members in one object of a manifest."""

JSON_GZIP: Final = "application/gzip"


def stage_sources(objects: Objects, generation: Generation, rasters: Sequence[RasterDataset]) -> None:
    """Write the ordered list of sources of a `replace`, each with the ETag that it was validated with."""
    sources = [{"id": raster.id, "etag": raster.etag} for raster in rasters]
    body = {"schema_version": SCHEMA_VERSION, "sources": sources}
    packed = gzip.compress(json.dumps(body, separators=(",", ":")).encode(), mtime=0)
    objects.put_new(staged_key(generation.dataset_id, generation.id), packed, JSON_GZIP)


def read_staged(objects: Objects, key: str) -> tuple[StagedSource, ...]:
    """Read such a list.

    Raises:
        ObjectMissingError: It is gone.
        UnknownMessageError: Another version of this code wrote it.
    """
    body = json.loads(gzip.decompress(objects.get(key)))
    if body["schema_version"] != SCHEMA_VERSION:
        raise UnknownMessageError(f"{key} has schema version {body['schema_version']}, expected {SCHEMA_VERSION}")
    return tuple(StagedSource(source["id"], source["etag"]) for source in body["sources"])


def put_members(objects: Objects, prefix: str, members: Sequence[Member]) -> None:
    """Write the manifest of a generation: its ordered members in parts, each with the header it was built from."""
    for number, part in enumerate(batched(members, PART_SIZE, strict=False)):
        packed = gzip.compress(encode_members(part, total=len(members)), mtime=0)
        objects.put_new(_part_key(prefix, number), packed, JSON_GZIP)


def put_reference(objects: Objects, prefix: str, reference: Member) -> None:
    """Write the first member by itself: what is added later is held against it, whatever the number of members."""
    objects.put_new(
        f"{prefix}reference.json.gz", gzip.compress(encode_members([reference], total=1), mtime=0), JSON_GZIP
    )


def read_reference(objects: Objects, published: Published) -> Member:
    """Read the first member of a published generation.

    Raises:
        ObjectMissingError: It is gone.
    """
    _, (reference,) = decode_members(gzip.decompress(objects.get(f"{published.prefix}reference.json.gz")))
    return reference


def read_members(objects: Objects, published: Published | None) -> tuple[Member, ...]:
    """Read the members of a published generation, in order; none where nothing is published.

    Raises:
        ObjectMissingError: A part is gone.
    """
    return () if published is None else read_members_at(objects, published.prefix)


def read_members_at(objects: Objects, prefix: str) -> tuple[Member, ...]:
    """Read the members that an attempt wrote under its prefix, in order.

    Raises:
        ObjectMissingError: A part is gone.
    """
    members: list[Member] = []
    total = 1
    while len(members) < total:
        number = len(members) // PART_SIZE
        total, part = decode_members(gzip.decompress(objects.get(_part_key(prefix, number))))
        members.extend(part)
    return tuple(members)


def _part_key(prefix: str, number: int) -> str:
    return f"{prefix}members-{number:05d}.json.gz"
