"""The row of an S3 object and one owner: what it is registered as, or that the owner deleted what it was.

The row of a deleted raster lies where that of the next one comes: whoever registers the object replaces it.
"""

from datetime import datetime
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.dataset_step import Condition
from rasterloom.adapters.catalog_dynamodb.values import Item, micros, seconds, text, texts
from rasterloom.adapters.catalog_dynamodb.writes import key_item
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.sweeping import STAYS_DELETED

UNREGISTERED: Final = "attribute_not_exists(#dataset)"
"""That the owner has no raster of the object; the owner may have deleted one."""


def object_item(raster: RasterDataset, job_id: str | None = None) -> Item:
    """That an object is registered as this raster, and by which bulk registration."""
    return _key(raster) | texts({"dataset": raster.id, "job": job_id})


def deleted_item(raster: RasterDataset, now: datetime) -> Item:
    """That the owner deleted this raster, and which object it was of."""
    moments = {"deleted_at": micros(now), "expires_at": seconds(now + STAYS_DELETED)}
    return _key(raster) | {"etag": text(raster.etag), **moments}


def not_deleted(raster: RasterDataset, modified_at: datetime | None) -> Condition:
    """That the owner has no raster of the object, and deleted none of this very object.

    Args:
        raster: Of the object as it was found.
        modified_at: When it was put there; None where that is unknown.
    """
    terms = ["attribute_not_exists(#etag)", "#etag <> :etag", "#expires_at <= :now"]
    values = {":etag": text(raster.etag), ":now": seconds(raster.created_at.replace(microsecond=0))}
    if modified_at is not None:
        terms.append("#deleted_at < :modified")
        values[":modified"] = micros(modified_at)
    return f"{UNREGISTERED} AND ({' OR '.join(terms)})", values


def _key(raster: RasterDataset) -> Item:
    return key_item(names.object_key(raster.ref, raster.audience.owner))
