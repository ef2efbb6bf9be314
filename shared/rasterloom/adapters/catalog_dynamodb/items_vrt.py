"""VRTs as items: the lock, the generation that is being built, the generation that is served."""

from collections.abc import Mapping

from rasterloom.adapters.catalog_dynamodb.items_dataset import VRT, audience_of, common_item
from rasterloom.adapters.catalog_dynamodb.items_options import options_item, options_of
from rasterloom.adapters.catalog_dynamodb.values import (
    Attribute,
    Blobs,
    Item,
    iso,
    loaded,
    micros_of,
    moment_of,
    number,
    of,
    read_iso,
    stored,
    texts,
)
from rasterloom.domain.dataset import (
    Activity,
    BandSummary,
    MosaicSummary,
    Product,
    Published,
    VrtDataset,
    VrtType,
)
from rasterloom.domain.lifecycle import VrtStatus
from rasterloom.domain.margins import Extreme, Margins
from rasterloom.domain.raster import Bounds
from rasterloom.vrt.profile_codec import (
    Json,
    decode_bounds,
    decode_number,
    decode_optional,
    encode_bounds,
    encode_number,
    encode_optional,
)

LEASE = ("active_attempt", "lease_expires_at")
"""Attributes that a claim sets."""
ACTIVITY = ("active_generation", "active_number", "active_job", "active_admitted_at", "active_started_at", *LEASE)
"""Attributes that stand while a generation is active."""


SUMMARY = ("published_summary", "published_summary_key")
"""The two forms of a summary, of which one stands."""


def vrt_item(vrt: VrtDataset, activity: Activity) -> Item:
    """A VRT that has just been admitted: nothing is published yet."""
    own = texts(
        {
            "vrt_type": vrt.vrt_type.value,
            "status": vrt.status.value,
        }
    )
    own |= {"auto_regenerate": {"BOOL": vrt.auto_regenerate}}
    counts = {"fence": number(vrt.fence), "member_count": number(vrt.member_count)}
    return common_item(vrt, VRT) | own | options_item(vrt.options) | counts | activity_item(activity)


def activity_item(activity: Activity) -> Item:
    """The attributes of a generation that waits for its first claim."""
    item = texts(
        {
            "active_generation": activity.generation_id,
            "active_job": activity.job_id,
            "active_admitted_at": iso(activity.admitted_at),
        }
    )
    return item | {"active_number": number(activity.number)}


def published_item(published: Published, blobs: Blobs) -> Item:
    """The pointer; a summary that is too long for the item (a stack of thousands of bands) lies with the artifacts."""
    pointer = texts(
        {
            "published_generation": published.generation_id,
            "published_attempt": published.attempt,
            "published_prefix": published.prefix,
            "published_digest": published.digest,
            "published_at": iso(published.published_at),
            "published_product": published.product.value,
        }
    )
    summary = encode_summary(published.summary)
    return pointer | stored("published_summary", summary, blobs, lambda _: f"{published.prefix}summary.json.z")


def vrt_of(item: Mapping[str, Attribute], blobs: Blobs) -> VrtDataset:
    """Read a VRT."""
    return VrtDataset(
        id=item["id"]["S"],
        title=item["title"]["S"],
        summary=of(item, "summary"),
        audience=audience_of(item),
        created_by_display=item["created_by_display"]["S"],
        created_at=read_iso(item["created_at"]["S"]),
        updated_at=read_iso(item["updated_at"]["S"]),
        vrt_type=VrtType(item["vrt_type"]["S"]),
        options=options_of(item),
        status=VrtStatus(item["status"]["S"]),
        fence=int(item["fence"]["N"]),
        member_count=int(item["member_count"]["N"]),
        active=_activity_of(item),
        published=_published_of(item, blobs),
        auto_regenerate=item["auto_regenerate"]["BOOL"],
    )


def _activity_of(item: Mapping[str, Attribute]) -> Activity | None:
    if "active_generation" not in item:
        return None
    return Activity(
        generation_id=item["active_generation"]["S"],
        number=int(item["active_number"]["N"]),
        job_id=item["active_job"]["S"],
        admitted_at=read_iso(item["active_admitted_at"]["S"]),
        started_at=moment_of(item, "active_started_at"),
        attempt=of(item, "active_attempt"),
        lease_expires_at=micros_of(item, "lease_expires_at"),
    )


def _published_of(item: Mapping[str, Attribute], blobs: Blobs) -> Published | None:
    if "published_generation" not in item:
        return None
    return Published(
        generation_id=item["published_generation"]["S"],
        attempt=item["published_attempt"]["S"],
        prefix=item["published_prefix"]["S"],
        digest=item["published_digest"]["S"],
        published_at=read_iso(item["published_at"]["S"]),
        summary=decode_summary(loaded(item, "published_summary", blobs)),
        product=Product(of(item, "published_product") or Product.VRT),
    )


def encode_summary(summary: MosaicSummary) -> Mapping[str, Json]:
    """Turn a summary into JSON values."""
    return {
        "size": [summary.width, summary.height],
        "resolution": [encode_number(value) for value in summary.resolution],
        "bounds": encode_bounds(summary.bounds),
        "lonlat_bounds": encode_bounds(summary.lonlat_bounds),
        "crs_name": summary.crs_name,
        "epsg": summary.epsg,
        "bands": [
            [band.dtype, encode_optional(band.nodata), band.color_interpretation, band.description]
            for band in summary.bands
        ],
        "size_bytes": summary.size_bytes,
        "margins": None if summary.margins is None else _encode_margins(summary.margins),
    }


def decode_summary(document: Mapping[str, Json]) -> MosaicSummary:
    """Read what `encode_summary` made."""
    width, height = document["size"]
    x_size, y_size = (decode_number(value) for value in document["resolution"])
    return MosaicSummary(
        width=width,
        height=height,
        resolution=(x_size, y_size),
        bounds=Bounds(*(decode_number(value) for value in document["bounds"])),
        crs_name=document["crs_name"],
        epsg=document["epsg"],
        bands=tuple(
            BandSummary(dtype, decode_optional(nodata), color, description)
            for dtype, nodata, color, description in document["bands"]
        ),
        size_bytes=document["size_bytes"],
        lonlat_bounds=decode_bounds(document["lonlat_bounds"]),
        margins=None if document.get("margins") is None else _margins_of(document["margins"]),
    )


def _encode_margins(margins: Margins) -> Json:
    extremes = [*margins.thinnest, *margins.last]
    return [encode_bounds(margins.extent), [[each.source_id, encode_number(each.value)] for each in extremes]]


def _margins_of(document: Json) -> Margins:
    extent, extremes = document
    narrow, low, east, south = (Extreme(source_id, decode_number(value)) for source_id, value in extremes)
    return Margins(Bounds(*(decode_number(value) for value in extent)), (narrow, low), (east, south))
