"""What a change brings, as objects in our bucket: kept until its job can be tried again no more."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, batched, pairwise
from typing import Any, Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Member, RasterDataset
from rasterloom.domain.errors import UnknownMessageError
from rasterloom.domain.generation import Generation, staged_key
from rasterloom.domain.members import StagedSource, as_member
from rasterloom.ports import Objects, Puts
from rasterloom.services.staging import JSON_GZIP, PART_SIZE
from rasterloom.vrt.members import Part, pack_part, unpack_part

SCHEMA_VERSION: Final = 2
"""Lists of version 1 hold ids and ETags alone."""


@dataclass(frozen=True, slots=True)
class Staged:
    """An ordered list of sources, as a `replace` was accepted with it."""

    sources: tuple[StagedSource, ...]
    asker: Principal | None = None
    """Who asked, where the list was accepted before anybody held it against the catalogue."""
    parts: tuple[Part, ...] = ()
    """The sources as the members that they shall be, as they were validated; none where they were not."""
    lines: tuple[int, ...] = ()
    """The line of the manifest, from 1, of each of them; none where the request listed them."""


def stage_sources(
    objects: Puts, generation: Generation, rasters: Sequence[RasterDataset], lines: Sequence[int] = ()
) -> None:
    """Write sources that have been validated, each as the member that it shall be."""
    members = (as_member(raster, generation.id) for raster in rasters)
    count = 0
    for number, part in enumerate(batched(members, PART_SIZE, strict=False)):
        objects.put_new(_part_key(_key(generation), number), pack_part(part).packed, JSON_GZIP)
        count = number + 1
    _put(objects, generation, {"parts": count}, lines)


def stage_ids(
    objects: Puts, generation: Generation, source_ids: Sequence[str], asker: Principal, lines: Sequence[int] = ()
) -> None:
    """Write sources that nobody has looked at yet, and who wants to use them."""
    who = {
        "subject": asker.subject,
        "name": asker.name,
        "groups": sorted(asker.groups),
        "permissions": sorted(asker.permissions),
    }
    _put(objects, generation, {"ids": list(source_ids), "asker": who}, lines)


def read_staged(objects: Objects, key: str) -> Staged:
    """Read such a list.

    Raises:
        ObjectMissingError: It is gone.
        UnknownMessageError: Another version of this code wrote it.
    """
    body = json.loads(gzip.decompress(objects.get(key)))
    lines = tuple(accumulate(body.get("line_steps", ())))
    match body:
        case {"schema_version": 1, "sources": sources}:
            return Staged(tuple(StagedSource(source["id"], source["etag"]) for source in sources))
        case {"schema_version": 2, "ids": ids, "asker": asker}:
            return Staged(tuple(StagedSource(source_id, None) for source_id in ids), _principal(asker), lines=lines)
        case {"schema_version": 2, "parts": count}:
            parts = tuple(unpack_part(objects.get(_part_key(key, number))) for number in range(count))
            sources = tuple(StagedSource(member.source_id, member.etag) for part in parts for member in part.members)
            return Staged(sources, parts=parts, lines=lines)
    raise UnknownMessageError(f"{key} has schema version {body['schema_version']}, expected {SCHEMA_VERSION}")


def members_of(staged: Staged) -> tuple[Member, ...]:
    """The members that were staged."""
    return tuple(member for part in staged.parts for member in part.members)


def _put(objects: Puts, generation: Generation, body: dict[str, Any], lines: Sequence[int]) -> None:
    """Lines are written as the steps from one to the next: where none of them is blank, they take no room."""
    steps = [after - before for before, after in pairwise((0, *lines))]
    document = json.dumps({"schema_version": SCHEMA_VERSION, **body, "line_steps": steps}, separators=(",", ":"))
    objects.put_new(_key(generation), gzip.compress(document.encode(), mtime=0), JSON_GZIP)


def _principal(who: dict[str, Any]) -> Principal:
    return Principal(who["subject"], who["name"], frozenset(who["groups"]), frozenset(who["permissions"]))


def _key(generation: Generation) -> str:
    return staged_key(generation.dataset_id, generation.id)


def _part_key(key: str, number: int) -> str:
    """Begins with the list's own key, so that whoever removes what begins with it removes its parts."""
    return f"{key}.{number:05d}"
