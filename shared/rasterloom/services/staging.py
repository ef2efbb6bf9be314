"""What a change brings and what a generation was built from, as objects in our bucket."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched, chain
from typing import Final

from rasterloom.domain.dataset import Member, Published, RasterDataset
from rasterloom.domain.errors import ObjectMissingError, UnknownMessageError
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
    _require_version(key, body)
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
    return tuple(chain.from_iterable(member_parts(objects, prefix)))


def member_parts(objects: Objects, prefix: str) -> Iterator[Sequence[Member]]:
    """Read the members that an attempt wrote part by part, so that only one part is in memory.

    Raises:
        ObjectMissingError: A part is gone.
    """
    read, total, number = 0, 1, 0
    while read < total:
        total, part = decode_members(gzip.decompress(objects.get(_part_key(prefix, number))))
        read, number = read + len(part), number + 1
        yield part


def put_released(objects: Objects, prefix: str, released: Sequence[Member]) -> None:
    """Write which links nothing holds any more once the attempt is published; nothing where there are none."""
    links = links_of(released)
    if links:
        body = {"schema_version": SCHEMA_VERSION, "links": links}
        packed = gzip.compress(json.dumps(body, separators=(",", ":")).encode(), mtime=0)
        objects.put_new(_released_key(prefix), packed, JSON_GZIP)


def read_released(objects: Objects, prefix: str) -> Mapping[str, Sequence[str]]:
    """Read them: ids of sources, by the generation that linked them.

    Raises:
        UnknownMessageError: Another version of this code wrote them.
    """
    try:
        body = json.loads(gzip.decompress(objects.get(_released_key(prefix))))
    except ObjectMissingError:
        return {}
    _require_version(_released_key(prefix), body)
    links: Mapping[str, Sequence[str]] = body["links"]
    return links


def links_of(members: Iterable[Member]) -> Mapping[str, Sequence[str]]:
    """Ids of members, by the generation that linked them."""
    by_generation = defaultdict[str, list[str]](list)
    for member in members:
        by_generation[member.linked_by].append(member.source_id)
    return by_generation


def _require_version(key: str, body: Mapping[str, object]) -> None:
    if body["schema_version"] != SCHEMA_VERSION:
        raise UnknownMessageError(f"{key} has schema version {body['schema_version']}, expected {SCHEMA_VERSION}")


def _released_key(prefix: str) -> str:
    return f"{prefix}released.json.gz"


def _part_key(prefix: str, number: int) -> str:
    return f"{prefix}members-{number:05d}.json.gz"
