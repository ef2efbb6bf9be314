"""What every part of the lock protocol stands on."""

from dataclasses import dataclass

from rasterloom.adapters.catalog_dynamodb.table import Table
from rasterloom.adapters.catalog_dynamodb.values import Blobs


@dataclass(frozen=True, slots=True)
class LockStep:
    """The table, and our bucket for what is too long for an item."""

    table: Table
    blobs: Blobs
