"""CRSs, stored once each and kept in this process: thousands of rasters share a few."""

from collections.abc import Collection
from dataclasses import dataclass, field

from rasterloom.adapters.catalog_dynamodb.names import crs_key
from rasterloom.adapters.catalog_dynamodb.packing import pack, unpack
from rasterloom.adapters.catalog_dynamodb.table import Table
from rasterloom.adapters.catalog_dynamodb.transactions import write
from rasterloom.adapters.catalog_dynamodb.writes import Put, key_item
from rasterloom.domain.errors import RasterloomError
from rasterloom.domain.raster import Crs
from rasterloom.vrt.profile_codec import crs_digest, decode_crs, encode_crs


@dataclass(frozen=True, slots=True)
class InternedCrs:
    """CRSs by the SHA-256 of what they say."""

    table: Table
    known: dict[str, Crs] = field(default_factory=dict)

    def intern(self, crs: Crs) -> str:
        """Store a CRS unless it is stored, and answer its digest."""
        digest = crs_digest(crs)
        if digest not in self.known:
            # A row is named after what it says: put A writes it, put B writes the same. There is nothing to exclude.
            item = {**key_item(crs_key(digest)), "document": {"B": pack(encode_crs(crs))}}
            write(self.table, Put(item, condition=""))
            self.known[digest] = crs
        return digest

    def load(self, digests: Collection[str]) -> None:
        """Read those that this process does not know, in batches, so that `get` finds them."""
        unknown = [digest for digest in digests if digest not in self.known]
        items = self.table.get_many([crs_key(digest) for digest in unknown])
        for digest in unknown:
            item = items.get(crs_key(digest))
            if item is None:
                raise RasterloomError(f"The catalogue has no CRS {digest}, but a raster refers to it", crs=digest)
            self.known[digest] = decode_crs(unpack(item["document"]["B"]))

    def get(self, digest: str) -> Crs:
        """A CRS that was loaded or interned before."""
        return self.known[digest]
