"""What a caller may know of datasets."""

import logging
from dataclasses import dataclass, replace
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Dataset, Product, Published, VrtDataset
from rasterloom.domain.errors import NotFoundError, NotPublishedError, ObjectMissingError
from rasterloom.domain.outputs import (
    DRAWN_FIRST,
    INDEX_ONLY_FROM,
    PICTURE_SIZES,
    VRT_FILE,
    TooLargeForOutputError,
    picture_name,
)
from rasterloom.ports import DatasetPage, Datasets, Objects
from rasterloom.services.permissions import readable

logger = logging.getLogger(__name__)

DOWNLOAD_SECONDS: Final = 900
"""How long a presigned URL reads."""


@dataclass(frozen=True, slots=True)
class ListDatasets:
    """`GET /datasets/`."""

    datasets: Datasets

    def __call__(self, principal: Principal, *, record_type: str | None, skip: int, limit: int) -> DatasetPage:
        """Answer what the caller may read, newest first."""
        return self.datasets.list_readable(principal, record_type=record_type, skip=skip, limit=limit)


@dataclass(frozen=True, slots=True)
class ReadDataset:
    """`GET /datasets/{dataset_id}`."""

    datasets: Datasets

    def __call__(self, principal: Principal, dataset_id: str) -> Dataset:
        """Answer a dataset; of a VRT, also whether it is stale.

        Raises:
            NotFoundError: There is none that the caller may know of.
        """
        found, marks = self.datasets.get_marked(dataset_id, most=1)
        dataset = readable(found, dataset_id, principal)
        return replace(dataset, is_stale=bool(marks)) if isinstance(dataset, VrtDataset) else dataset


@dataclass(frozen=True, slots=True)
class ReadArtifact:
    """Artifacts of what a VRT serves."""

    datasets: Datasets
    objects: Objects

    def quicklook(self, principal: Principal, dataset_id: str, size: int) -> bytes:
        """A PNG picture: the smallest that was made whose longer side has `size` pixels or more, or the largest.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of.
            NotPublishedError: Nothing is published yet.
        """
        vrt, published = published_vrt(self.datasets, principal, dataset_id)
        made = next((each for each in PICTURE_SIZES if each >= size), PICTURE_SIZES[-1])
        if vrt.member_count > DRAWN_FIRST:
            try:
                return self.objects.get(f"{published.prefix}{picture_name(made, late=True)}")
            except ObjectMissingError:
                logger.info("%s is not drawn yet: its sketch is shown", published.prefix)
        return self.objects.get(f"{published.prefix}{picture_name(made)}")

    def download_url(self, principal: Principal, dataset_id: str) -> str:
        """A URL that reads the published `source.vrt` for `DOWNLOAD_SECONDS`.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of.
            NotPublishedError: Nothing is published yet.
            TooLargeForOutputError: It is a tile index in place of a VRT.
        """
        vrt, published = published_vrt(self.datasets, principal, dataset_id)
        require_vrt(vrt, published)
        return self.objects.presigned_url(f"{published.prefix}{VRT_FILE}", f"{dataset_id}.vrt", DOWNLOAD_SECONDS)


def require_vrt(vrt: VrtDataset, published: Published) -> None:
    """Refuse to give the VRT of a mosaic that has too many sources to be one.

    Raises:
        TooLargeForOutputError: It is a tile index in place of a VRT.
    """
    if published.product is not Product.VRT:
        most = (INDEX_ONLY_FROM - 1) // len(published.summary.bands)
        raise TooLargeForOutputError(vrt.id, vrt.member_count, most)


def readable_vrt(datasets: Datasets, principal: Principal, dataset_id: str) -> VrtDataset:
    """Answer a VRT; what is no VRT is not found here.

    Raises:
        NotFoundError: There is none that the caller may know of.
    """
    return as_readable_vrt(datasets.get(dataset_id), dataset_id, principal)


def as_readable_vrt(found: Dataset | None, dataset_id: str, principal: Principal) -> VrtDataset:
    """The same for what was read of this id.

    Raises:
        NotFoundError: It is no VRT that the caller may know of.
    """
    dataset = readable(found, dataset_id, principal)
    if not isinstance(dataset, VrtDataset):
        raise NotFoundError("VRT dataset", dataset_id, f"{dataset_id} is a raster, not a VRT")
    return dataset


def published_vrt(datasets: Datasets, principal: Principal, dataset_id: str) -> tuple[VrtDataset, Published]:
    """Answer a VRT, and what it serves.

    Raises:
        NotFoundError: There is none that the caller may know of.
        NotPublishedError: Nothing is published yet.
    """
    vrt = readable_vrt(datasets, principal, dataset_id)
    if vrt.published is None:
        raise NotPublishedError(dataset_id)
    return vrt, vrt.published
