"""Datasets as items: what rasters and VRTs have in common, and rasters."""

from collections.abc import Callable, Collection, Mapping
from typing import Final
from uuid import uuid4

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.values import (
    Attribute,
    Blobs,
    Item,
    iso,
    loaded,
    moment_of,
    number,
    of,
    read_iso,
    shown,
    stored,
    text,
    texts,
)
from rasterloom.adapters.catalog_dynamodb.writes import Delete, Put, key_item
from rasterloom.domain.access import Audience, Visibility
from rasterloom.domain.dataset import Dataset, ObjectState, RasterDataset, RasterState
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.raster import Crs
from rasterloom.domain.sweeping import header_prefix
from rasterloom.vrt.profile_codec import decode_profile, encode_profile

RASTER: Final = "raster_dataset"
VRT: Final = "vrt_dataset"
"""Values of `kind`, as the published API names record types."""

STANDING: Final = (
    *("kind", "id", "title", "owner", "visibility", "groups"),
    *("etag", "bucket", "key", "object_state", "deletion"),
)
"""Attributes of a raster that `standing_of` needs."""


def common_item(dataset: Dataset, kind: str) -> Item:
    """Key, indexes and what every dataset has."""
    audience = dataset.audience
    item = key_item(names.dataset_key(dataset.id)) | texts(
        {
            "kind": kind,
            "id": dataset.id,
            "title": dataset.title,
            "summary": dataset.summary,
            "owner": audience.owner,
            "created_by_display": dataset.created_by_display,
            "created_at": iso(dataset.created_at),
            "updated_at": iso(dataset.updated_at),
            "created_id": _created_id(dataset),
            "owner_pk": names.owner_partition(audience.owner),
        }
    )
    return item | audience_item(dataset)


def listed_groups(audience: Audience) -> tuple[str, ...]:
    """The groups in whose listings a dataset stands: each once, and none unless it is restricted."""
    return tuple(dict.fromkeys(audience.groups)) if audience.visibility is Visibility.RESTRICTED else ()


def group_puts(dataset: Dataset, kind: str, present: Collection[str] = ()) -> tuple[Put, ...]:
    """A restricted dataset's entries in the listings of its groups; they hold nothing that could go out of date.

    They have no condition of their own: that of the dataset's item, in the same transaction, is about its groups too.

    Args:
        dataset: As it shall stand.
        kind: Its `kind`.
        present: Groups that list it already.
    """
    return tuple(
        Put(
            key_item(names.group_key(dataset.id, group))
            | texts(
                {
                    "kind": kind,
                    "id": dataset.id,
                    "created_id": _created_id(dataset),
                    "audience_pk": names.group_partition(group),
                }
            ),
            condition="",
        )
        for group in listed_groups(dataset.audience)
        if group not in present
    )


def _created_id(dataset: Dataset) -> str:
    """Sorts as the datasets came, and tells two of the same microsecond apart."""
    return f"{iso(dataset.created_at)}#{dataset.id}"


def group_deletes(dataset: Dataset, kept: Collection[str] = ()) -> tuple[Delete, ...]:
    """Takes a dataset out of the listings of its groups, save those that are kept."""
    groups = (group for group in listed_groups(dataset.audience) if group not in kept)
    return tuple(Delete(names.group_key(dataset.id, group)) for group in groups)


def audience_item(dataset: Dataset) -> Item:
    """Who a dataset is for, and where it therefore stands in the listings."""
    audience = dataset.audience
    partition = names.audience_partition(audience.visibility, dataset.id)
    item = texts({"visibility": audience.visibility.value, "audience_pk": partition})
    return item | {"groups": {"L": [text(group) for group in audience.groups]}}


def audience_of(item: Mapping[str, Attribute]) -> Audience:
    """Who a dataset is for."""
    groups = tuple(group["S"] for group in item["groups"]["L"])
    return Audience(item["owner"]["S"], Visibility(item["visibility"]["S"]), groups)


def header_of(raster: RasterDataset, blobs: Blobs) -> Item:
    """What is said of a raster's object: all of it is of one version of the object, and is replaced together."""
    encoded = encode_profile(raster.profile)
    item = stored("header", encoded.document, blobs, lambda sha256: header_key(raster.id, sha256))
    item |= texts({"etag": raster.etag, "crs": encoded.crs_sha256})
    return item | {"size_bytes": number(raster.size_bytes)}


def header_key(raster_id: str, sha256: str) -> str:
    """A key that was never used: what is to be deleted can never be what somebody is about to point to."""
    return f"{header_prefix(raster_id)}{uuid4().hex}-{sha256}.json.z"


def raster_item(raster: RasterDataset, blobs: Blobs) -> Item:
    """A raster; its CRS is stored apart."""
    place = texts({"bucket": raster.ref.bucket, "key": raster.ref.key})
    seen = state_of(raster) | {"observation": number(raster.observation)}
    return common_item(raster, RASTER) | place | header_of(raster, blobs) | seen


STATE: Final = ("object_state", "object_state_since")
"""Attributes that stand while an object is not present."""


def state_of(raster: RasterDataset) -> Item:
    """How a raster's object is, where it is not present."""
    if raster.object_state is ObjectState.PRESENT:
        return {}
    return texts({"object_state": raster.object_state.value, "object_state_since": shown(raster.object_state_since)})


def raster_of(item: Mapping[str, Attribute], blobs: Blobs, crs_of: Callable[[str], Crs]) -> RasterDataset:
    """Read what `raster_item` made."""
    return RasterDataset(
        id=item["id"]["S"],
        title=item["title"]["S"],
        summary=of(item, "summary"),
        audience=audience_of(item),
        created_by_display=item["created_by_display"]["S"],
        created_at=read_iso(item["created_at"]["S"]),
        updated_at=read_iso(item["updated_at"]["S"]),
        ref=ObjectRef(item["bucket"]["S"], item["key"]["S"]),
        etag=item["etag"]["S"],
        size_bytes=int(item["size_bytes"]["N"]),
        profile=decode_profile(loaded(item, "header", blobs), crs_of),
        object_state=ObjectState(of(item, "object_state") or ObjectState.PRESENT),
        object_state_since=moment_of(item, "object_state_since"),
        observation=int(item["observation"]["N"]),
        deletion=of(item, "deletion"),
    )


def standing_of(item: Mapping[str, Attribute]) -> RasterState:
    """Read what may have become of a raster."""
    return RasterState(
        id=item["id"]["S"],
        title=item["title"]["S"],
        audience=audience_of(item),
        etag=item["etag"]["S"],
        ref=ObjectRef(item["bucket"]["S"], item["key"]["S"]),
        object_state=ObjectState(of(item, "object_state") or ObjectState.PRESENT),
        deletion=of(item, "deletion"),
    )
