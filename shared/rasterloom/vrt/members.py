"""Manifests: the ordered members of a generation as JSON, each with the header it was built from.

CRSs are interned: a part holds each one once, however many members share it.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rasterloom.domain.dataset import Member
from rasterloom.domain.errors import UnknownMessageError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.raster import Crs
from rasterloom.vrt.profile_codec import decode_crs, decode_profile, encode_crs, encode_profile, to_bytes

SCHEMA_VERSION: Final = 2
"""Parts of version 1 told how many members all parts have; what is left of them is told by no part."""
LEVEL: Final = 6
"""Of gzip: what the highest level saves of a hundredth takes four times as long."""
READ: Final = frozenset({1, SCHEMA_VERSION})


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the members of a generation, in order, as values and as they are kept."""

    members: tuple[Member, ...]
    packed: bytes
    """What `encode_members` made, compressed."""
    total: int | None = None
    """Members of all parts, where this one tells it."""


def encode_members(members: Sequence[Member]) -> bytes:
    """Write one part of a manifest: the members of it, in order."""
    crss: dict[str, Mapping[str, Any]] = {}
    rows = []
    for member in members:
        encoded = encode_profile(member.profile)
        if encoded.crs is not None and encoded.crs_sha256 is not None:
            crss.setdefault(encoded.crs_sha256, encode_crs(encoded.crs))
        rows.append(
            {
                "id": member.source_id,
                "bucket": member.ref.bucket,
                "key": member.ref.key,
                "etag": member.etag,
                "size": member.size_bytes,
                "linked_by": member.linked_by,
                "header": encoded.document,
            }
        )
    return to_bytes({"schema_version": SCHEMA_VERSION, "crs": crss, "members": rows})


def pack_part(members: Sequence[Member]) -> Part:
    """A part as it is kept; the same members give the same bytes."""
    return Part(tuple(members), gzip.compress(encode_members(members), compresslevel=LEVEL, mtime=0))


def unpack_part(packed: bytes) -> Part:
    """Read what is kept of a part.

    Raises:
        UnknownMessageError: Another version of this code wrote it.
    """
    document = json.loads(gzip.decompress(packed))
    if document["schema_version"] not in READ:
        raise UnknownMessageError(f"a manifest of schema version {document['schema_version']} is not understood")
    crss = {digest: decode_crs(crs) for digest, crs in document["crs"].items()}
    members = tuple(_decode_member(row, crss) for row in document["members"])
    return Part(members, packed, document.get("total"))


def _decode_member(row: Mapping[str, Any], crss: Mapping[str, Crs]) -> Member:
    return Member(
        source_id=row["id"],
        ref=ObjectRef(row["bucket"], row["key"]),
        etag=row["etag"],
        size_bytes=row["size"],
        profile=decode_profile(row["header"], crss.__getitem__),
        linked_by=row["linked_by"],
    )
