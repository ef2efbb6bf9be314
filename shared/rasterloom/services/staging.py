"""What a generation was built from, as objects in our bucket."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, batched, chain, pairwise, zip_longest
from operator import is_
from typing import Final

from rasterloom.domain.dataset import Member, Published
from rasterloom.domain.errors import ObjectMissingError, UnknownMessageError
from rasterloom.domain.members import Linked
from rasterloom.ports import Objects, Puts
from rasterloom.vrt.members import Part, pack_part, unpack_part
from rasterloom.vrt.membership import HEAD_BYTES, encode_membership, holds, place_of

SCHEMA_VERSION: Final = 1

PART_SIZE: Final = 10_000
"""Members in one part."""

JSON_GZIP: Final = "application/gzip"
BINARY: Final = "application/octet-stream"


def put_members(objects: Puts, prefix: str, members: Sequence[Member], base: Sequence[Part] = ()) -> None:
    """Write the members of a generation in order and in parts, each with the header it was built from.

    Beside it stand how many members each part has, and which sources they are.

    Args:
        objects: Our bucket.
        prefix: Of the attempt.
        members: All of them, in order.
        base: Parts that some of these very members are kept in already; what is left as it is, is copied.
    """
    parts = list(parted(members, base))
    for number, part in enumerate(parts):
        objects.put_new(_part_key(prefix, number), part.packed, JSON_GZIP)
    objects.put_new(_membership_key(prefix), encode_membership(member.source_id for member in members), BINARY)
    index = {"schema_version": SCHEMA_VERSION, "parts": [len(part.members) for part in parts]}
    objects.put_new(_index_key(prefix), json.dumps(index, separators=(",", ":")).encode(), "application/json")


def parted(members: Sequence[Member], base: Sequence[Part]) -> Iterator[Part]:
    """Cut members into parts, and take those of the base that none was taken from and none added to.

    The last part of the base is taken as it is only if it is full, or nothing follows it: it is what grows.
    """
    at = 0
    for part, following in zip_longest(base, base[1:]):
        end = at + len(part.members)
        is_last = following is None
        kept = end <= len(members) and all(map(is_, members[at:end], part.members))
        if kept and not (is_last and end < len(members) and len(part.members) < PART_SIZE):
            yield part
            at = end
        elif not is_last:
            # One was taken away: this part ends where the next one begins.
            first = following.members[0]
            ends = (place for place in range(at, min(end, len(members))) if members[place] is first)
            end = next(ends, at)
            if end > at:
                yield pack_part(members[at:end])
            at = end
    yield from map(pack_part, batched(members[at:], PART_SIZE, strict=False))


def put_reference(objects: Puts, prefix: str, reference: Member) -> None:
    """Write the first member by itself: what is added later is held against it, whatever the number of members."""
    objects.put_new(f"{prefix}reference.json.gz", pack_part([reference]).packed, JSON_GZIP)


def read_reference(objects: Objects, published: Published) -> Member:
    """Read the first member of a published generation.

    Raises:
        ObjectMissingError: It is gone.
    """
    (reference,) = unpack_part(objects.get(f"{published.prefix}reference.json.gz")).members
    return reference


def is_member(objects: Objects, published: Published, source_id: str) -> bool:
    """Whether a published generation has this source: two small reads at most, whatever the number of members.

    Of generations that were published before there was a file for this, all members are read.
    """
    key = _membership_key(published.prefix)
    try:
        head = objects.get_part(key, range(HEAD_BYTES))
    except ObjectMissingError:
        parts = member_parts(objects, published.prefix)
        return any(member.source_id == source_id for part in parts for member in part)
    place = place_of(head, source_id)
    ids = head[place.start : place.stop] if place.stop <= len(head) else objects.get_part(key, place)
    return holds(ids, source_id)


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


def read_some(objects: Objects, published: Published | None, places: range) -> Sequence[tuple[int, Member]]:
    """Read the members at these places of a published generation, each with its place; fewer where it ends before.

    Only the parts in which they are, are read; of generations that were published before there was an index, all.

    Raises:
        ObjectMissingError: A part is gone.
    """
    if published is None:
        return ()
    lengths = _lengths(objects, published.prefix)
    if lengths is None:
        return list(enumerate(read_members(objects, published)))[places.start : places.stop]
    found: list[tuple[int, Member]] = []
    for number, (start, end) in enumerate(pairwise(accumulate(lengths, initial=0))):
        if start < places.stop and places.start < end:
            part = unpack_part(objects.get(_part_key(published.prefix, number)))
            found += enumerate(part.members, start)
    return [(place, member) for place, member in found if place in places]


def member_parts(objects: Objects, prefix: str, first: int = 0) -> Iterator[Sequence[Member]]:
    """Read the members that an attempt wrote part by part, so that only one part is in memory.

    Args:
        objects: Our bucket.
        prefix: Of the attempt.
        first: The first part that is wanted; those before it are not read where there is an index of them.

    Raises:
        ObjectMissingError: A part is gone.
    """
    return (part.members for part in read_parts(objects, prefix, first))


def read_parts(objects: Objects, prefix: str, first: int = 0) -> Iterator[Part]:
    """As `member_parts`, each part also as it is kept.

    Generations that were published before parts could be copied have no index: each of their parts tells the whole.

    Raises:
        ObjectMissingError: A part is gone.
    """
    lengths = _lengths(objects, prefix)
    if lengths is not None:
        yield from (unpack_part(objects.get(_part_key(prefix, number))) for number in range(first, len(lengths)))
        return
    total: int | None = None
    read, number = 0, 0
    while total is None or read < total:
        part = unpack_part(objects.get(_part_key(prefix, number)))
        if number >= first:
            yield part
        read, number, total = read + len(part.members), number + 1, part.total


def _lengths(objects: Objects, prefix: str) -> Sequence[int] | None:
    """How many members each part has; None where there is no index of them."""
    try:
        index = json.loads(objects.get(_index_key(prefix)))
    except ObjectMissingError:
        return None
    require_version(_index_key(prefix), index)
    lengths: Sequence[int] = index["parts"]
    return lengths


def put_released(objects: Puts, prefix: str, released: Sequence[Linked]) -> None:
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
    require_version(_released_key(prefix), body)
    links: Mapping[str, Sequence[str]] = body["links"]
    return links


def links_of(members: Iterable[Linked]) -> Mapping[str, Sequence[str]]:
    """Ids of members, by the generation that linked them."""
    by_generation = defaultdict[str, list[str]](list)
    for member in members:
        by_generation[member.linked_by].append(member.source_id)
    return by_generation


def require_version(key: str, body: Mapping[str, object]) -> None:
    """Refuse what another version of this code wrote.

    Raises:
        UnknownMessageError: It is not understood.
    """
    if body["schema_version"] != SCHEMA_VERSION:
        raise UnknownMessageError(f"{key} has schema version {body['schema_version']}, expected {SCHEMA_VERSION}")


def _released_key(prefix: str) -> str:
    return f"{prefix}released.json.gz"


def _index_key(prefix: str) -> str:
    return f"{prefix}members.json"


def _membership_key(prefix: str) -> str:
    return f"{prefix}members.ids"


def _part_key(prefix: str, number: int) -> str:
    return f"{prefix}members-{number:05d}.json.gz"
