"""Items of mixed kinds, read together and turned into datasets."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rasterloom.adapters.catalog_dynamodb.client import pool
from rasterloom.adapters.catalog_dynamodb.interned_crs import InternedCrs
from rasterloom.adapters.catalog_dynamodb.items_dataset import RASTER, STANDING, raster_of, standing_of
from rasterloom.adapters.catalog_dynamodb.items_vrt import vrt_of
from rasterloom.adapters.catalog_dynamodb.names import dataset_key
from rasterloom.adapters.catalog_dynamodb.table import Table
from rasterloom.adapters.catalog_dynamodb.values import Attribute, Blobs, Item
from rasterloom.domain.dataset import Dataset, RasterState


@dataclass(frozen=True, slots=True)
class Records:
    """Datasets by id."""

    table: Table
    blobs: Blobs
    crs: InternedCrs

    def get_many(self, dataset_ids: Collection[str]) -> dict[str, Dataset]:
        """Read datasets; what does not exist is left out.

        Each batch is decoded by the thread that read it, after the CRSs that this process has not met. What lies in S3
        is fetched at the end, concurrently.
        """
        keys = [dataset_key(dataset_id) for dataset_id in dataset_ids]
        datasets: dict[str, Dataset] = {}
        long: list[Item] = []
        for inline, rest in self.table.read_many(keys, self._read):
            datasets |= {dataset.id: dataset for dataset in inline}
            long += rest
        return datasets | {dataset.id: dataset for dataset in pool().map(self._decode, long)}

    def decoded(self, item: Item) -> Dataset:
        """Turn an item that was read into a dataset."""
        self._load_crs([item])
        return self._decode(item)

    def states_of(self, dataset_ids: Collection[str]) -> dict[str, RasterState]:
        """Read what may have become of rasters; what does not exist, or is no raster, is left out."""
        keys = [dataset_key(dataset_id) for dataset_id in dataset_ids]
        batches = self.table.read_many(keys, _states, only=STANDING)
        return {state.id: state for batch in batches for state in batch}

    def _read(self, items: Sequence[Item]) -> tuple[list[Dataset], list[Item]]:
        """Datasets of a batch, and the items whose headers lie in S3."""
        self._load_crs(items)
        inline = [self._decode(item) for item in items if "header_key" not in item]
        return inline, [item for item in items if "header_key" in item]

    def _load_crs(self, items: Sequence[Item]) -> None:
        self.crs.load({item["crs"]["S"] for item in items if "crs" in item})

    def _decode(self, item: Mapping[str, Attribute]) -> Dataset:
        if item["kind"]["S"] == RASTER:
            return raster_of(item, self.blobs, self.crs.get)
        return vrt_of(item, self.blobs)


def _states(items: Sequence[Item]) -> list[RasterState]:
    return [standing_of(item) for item in items if item["kind"]["S"] == RASTER]
