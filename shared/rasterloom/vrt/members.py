"""Parts: the ordered members of a generation as JSON, each with the header it was built from.

What members share stands once in a part: a CRS, and all that is said of a header but where its raster lies, its *kind*.
10,000 tiles of one survey are one kind, so each of them is a short row.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, Final

from rasterloom.domain.dataset import Member
from rasterloom.domain.errors import UnknownMessageError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.raster import Crs, RasterProfile
from rasterloom.vrt.profile_codec import (
    decode_bounds,
    decode_crs,
    decode_profile,
    decode_transform,
    encode_bounds,
    encode_crs,
    encode_profile,
    encode_transform,
    to_bytes,
)

SCHEMA_VERSION: Final = 3
"""Rows of versions 1 and 2 hold whole headers; parts of version 1 tell how many members all parts have."""
LEVEL: Final = 3
"""Of gzip: 6, the usual level, saves a twentieth and takes twice as long; 9 saves a seventieth more."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the members of a generation, in order, as values and as they are kept."""

    members: tuple[Member, ...]
    packed: bytes
    """What `encode_members` made, compressed."""
    total: int | None = None
    """Members of all parts, where this one tells it."""


@dataclass(slots=True)
class _Kinds:
    """The kinds of one part, each once, in the order in which they came."""

    crss: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """By digest."""
    documents: list[Mapping[str, Any]] = field(default_factory=list)
    _by_bytes: dict[bytes, int] = field(default_factory=dict)
    _by_parts: dict[tuple[object, ...], int] = field(default_factory=dict)

    def number(self, profile: RasterProfile) -> int:
        """Where in the part the kind of this profile stands.

        Equal values may be spelled differently (0, 0.0 and -0.0), so kinds are the same only where their spelling is.
        Profiles of one survey share the objects they are made of, which are alive as long as the part's members are:
        of those that do, the spelling need not be compared.
        """
        parts = _identity(profile)
        known = self._by_parts.get(parts)
        if known is None:
            known = self._by_parts[parts] = self._added(profile)
        return known

    def _added(self, profile: RasterProfile) -> int:
        encoded = encode_profile(replace(profile, geotransform=None, lonlat_bounds=None))
        if encoded.crs is not None and encoded.crs_sha256 is not None:
            self.crss.setdefault(encoded.crs_sha256, encode_crs(encoded.crs))
        number = self._by_bytes.setdefault(to_bytes(encoded.document), len(self.documents))
        if number == len(self.documents):
            self.documents.append(encoded.document)
        return number


def _identity(profile: RasterProfile) -> tuple[object, ...]:
    """What is equal only for profiles of one kind: texts and whole numbers, and which objects hold the rest."""
    return (
        profile.width,
        profile.height,
        id(profile.bands),
        id(profile.crs),
        profile.overviews,
        profile.tiled,
        profile.compression,
        profile.area_or_point,
        profile.metadata,
        profile.stub_exact,
        profile.layout,
        profile.side_files,
    )


def encode_members(members: Sequence[Member]) -> bytes:
    """Write one part: the members of it, in order."""
    kinds = _Kinds()
    rows = [
        (
            member.source_id,
            member.ref.bucket,
            member.ref.key,
            member.etag,
            member.size_bytes,
            member.linked_by,
            kinds.number(member.profile),
            encode_transform(member.profile.geotransform),
            encode_bounds(member.profile.lonlat_bounds),
        )
        for member in members
    ]
    return to_bytes(
        {"schema_version": SCHEMA_VERSION, "crs": kinds.crss, "kinds": kinds.documents, "members": rows},
    )


def pack_part(members: Sequence[Member]) -> Part:
    """A part as it is kept; the same members give the same bytes."""
    return Part(tuple(members), gzip.compress(encode_members(members), compresslevel=LEVEL, mtime=0))


def unpack_part(packed: bytes) -> Part:
    """Read what is kept of a part.

    Raises:
        UnknownMessageError: Another version of this code wrote it.
    """
    document = json.loads(gzip.decompress(packed))
    crss = {digest: decode_crs(crs) for digest, crs in document["crs"].items()}
    match document["schema_version"]:
        case 3:
            return Part(tuple(_members(document, crss)), packed)
        case 1 | 2:
            return Part(tuple(_member(row, crss) for row in document["members"]), packed, document.get("total"))
    raise UnknownMessageError(f"a part of schema version {document['schema_version']} is not understood")


def _members(document: Mapping[str, Any], crss: Mapping[str, Crs]) -> Iterator[Member]:
    kinds = [_placed(decode_profile(kind, crss.__getitem__)) for kind in document["kinds"]]
    for source_id, bucket, key, etag, size, linked_by, kind, transform, bounds in document["members"]:
        profile = kinds[kind](geotransform=decode_transform(transform), lonlat_bounds=decode_bounds(bounds))
        yield Member(source_id, ObjectRef(bucket, key), etag, size, profile, linked_by)


def _placed(kind: RasterProfile) -> Callable[..., RasterProfile]:
    """Makes profiles of a kind, given where each of them lies: `replace`, with what it looks up looked up once."""
    return partial(RasterProfile, **{each.name: getattr(kind, each.name) for each in fields(kind)})


def _member(row: Mapping[str, Any], crss: Mapping[str, Crs]) -> Member:
    return Member(
        source_id=row["id"],
        ref=ObjectRef(row["bucket"], row["key"]),
        etag=row["etag"],
        size_bytes=row["size"],
        profile=decode_profile(row["header"], crss.__getitem__),
        linked_by=row["linked_by"],
    )
