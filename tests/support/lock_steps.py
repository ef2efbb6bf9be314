"""The lock protocol's steps in short, for tests that begin in the middle."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.domain.dataset import RasterDataset, VrtDataset
from rasterloom.domain.sweeping import DELETION_PERIOD
from rasterloom.ports import Admission, Claim, DeletionMark
from tests.support.factories import NOW, admission, message, published

LEASE = timedelta(minutes=16)
MARGIN = timedelta(seconds=30)


def claimed(catalog: Catalog, change: Admission, attempt: str | None = None, now: datetime = NOW) -> Claim:
    """Admit a change and claim it."""
    catalog.lock.admit(change)
    expires = now + LEASE
    claim = catalog.lock.claim(message(change), attempt or str(uuid4()), now, expires, expires + MARGIN)
    assert isinstance(claim, Claim), claim
    return claim


def published_vrt(catalog: Catalog, change: Admission | None = None, **changes: Any) -> VrtDataset:
    """Admit, claim and publish; `changes` are of what is published."""
    claim = claimed(catalog, change or admission())
    pointer = published(claim.vrt.id, claim.generation.id, claim.attempt, **changes)
    catalog.lock.publish(claim, pointer, 2, NOW)
    return read_vrt(catalog, claim.vrt.id)


def read_vrt(catalog: Catalog, dataset_id: str) -> VrtDataset:
    """The VRT as the catalogue has it."""
    vrt = catalog.datasets.get(dataset_id)
    assert isinstance(vrt, VrtDataset), vrt
    return vrt


def mark(catalog: Catalog, raster_id: str, deletion: str, now: datetime = NOW, **terms: Any) -> RasterDataset | None:
    """Mark a raster as being deleted, as a request at this moment does."""
    return catalog.datasets.mark_deletion(raster_id, DeletionMark(deletion, now + DELETION_PERIOD, **terms))
