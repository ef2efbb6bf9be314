"""Items of mixed kinds, read together and turned into datasets."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rasterloom.adapters.catalog_dynamodb.client import pool
from rasterloom.adapters.catalog_dynamodb.interned_crs import InternedCrs
from rasterloom.adapters.catalog_dynamodb.items_dataset import RASTER, raster_of
from rasterloom.adapters.catalog_dynamodb.items_vrt import vrt_of
from rasterloom.adapters.catalog_dynamodb.names import dataset_key
from rasterloom.adapters.catalog_dynamodb.table import Table
from rasterloom.adapters.catalog_dynamodb.values import Attribute, Blobs
from rasterloom.domain.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Records:
    """Datasets by id."""

    table: Table
    blobs: Blobs
    crs: InternedCrs

    def get_many(self, dataset_ids: Collection[str]) -> dict[str, Dataset]:
        """Read datasets; what does not exist is left out.

        Two rounds however many there are: the datasets, then those of their CRSs that this process has not met.
        """
        items = self.table.get_many([dataset_key(dataset_id) for dataset_id in dataset_ids])
        self.crs.load({item["crs"]["S"] for item in items.values() if "crs" in item})
        long = [item for item in items.values() if "header_key" in item]
        inline = [item for item in items.values() if "header_key" not in item]
        datasets = [*map(self._decode, inline), *pool().map(self._decode, long)]
        return {dataset.id: dataset for dataset in datasets}

    def _decode(self, item: Mapping[str, Attribute]) -> Dataset:
        if item["kind"]["S"] == RASTER:
            return raster_of(item, self.blobs, self.crs.get)
        return vrt_of(item, self.blobs)
