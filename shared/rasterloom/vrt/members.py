"""Manifests: the ordered members of a generation as JSON, each with the header it was built from.

CRSs are interned: a part holds each one once, however many members share it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rasterloom.domain.dataset import Member
from rasterloom.domain.errors import UnknownMessageError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.raster import Crs
from rasterloom.vrt.profile_codec import decode_crs, decode_profile, encode_crs, encode_profile, to_bytes

SCHEMA_VERSION: Final = 1


def encode_members(members: Sequence[Member], *, total: int) -> bytes:
    """Write one part of a manifest.

    Args:
        members: The members of this part, in order.
        total: Members in all parts.
    """
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
    return to_bytes({"schema_version": SCHEMA_VERSION, "total": total, "crs": crss, "members": rows})


def decode_members(part: bytes) -> tuple[int, tuple[Member, ...]]:
    """Read one part of a manifest: how many members all parts have, and those of this one.

    Raises:
        UnknownMessageError: Another version of this code wrote it.
    """
    document = json.loads(part)
    if document["schema_version"] != SCHEMA_VERSION:
        raise UnknownMessageError(f"a manifest of schema version {document['schema_version']} is not understood")
    crss = {digest: decode_crs(crs) for digest, crs in document["crs"].items()}
    return document["total"], tuple(_decode_member(row, crss) for row in document["members"])


def _decode_member(row: Mapping[str, Any], crss: Mapping[str, Crs]) -> Member:
    return Member(
        source_id=row["id"],
        ref=ObjectRef(row["bucket"], row["key"]),
        etag=row["etag"],
        size_bytes=row["size"],
        profile=decode_profile(row["header"], crss.__getitem__),
        linked_by=row["linked_by"],
    )
