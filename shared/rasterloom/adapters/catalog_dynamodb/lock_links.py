"""Use links: which VRTs need a raster. A raster that a live link points from is not deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.lock_step import LockStep
from rasterloom.adapters.catalog_dynamodb.names import use_key
from rasterloom.adapters.catalog_dynamodb.table import Query
from rasterloom.adapters.catalog_dynamodb.values import Item, iso, read_iso, text, texts
from rasterloom.adapters.catalog_dynamodb.values import number as integer
from rasterloom.adapters.catalog_dynamodb.writes import key_item
from rasterloom.domain.uses import Use


@dataclass(frozen=True, slots=True)
class Links(LockStep):
    """Links of one generation at a time.

    A generation has rows of its own, `USED#<vrt>#<generation>`. With one row per VRT, whose `added_by` names the last
    generation that brought the raster, no order of overwriting would be right, for a link is live as long as its
    generation is completed or active, or unknown and young:

        overwriting          G1 publishes S     added_by G1
                             G2 links S         added_by G2
                             G2 is refused      15 minutes on, the row is dead: S may be deleted while G1 serves it

        never overwriting    B removes S and publishes             added_by A; the sweep of B is slow
                             C brings S again, row left alone      added_by A
                             the sweep of B deletes A's link       C builds with S, and nothing holds S

    With a row each, G2 dies without touching G1's row, and the sweep of B deletes A's row and never C's. So writing
    and deleting need no condition, are idempotent, and go in batches. A row does not repeat what its key says, for
    a caller waits until as many of them are written as the VRT has sources.
    """

    def link_sources(
        self, vrt_id: str, generation_id: str, source_ids: Sequence[str], now: datetime, *, number: int
    ) -> None:
        """Write the use links that a generation brings; they come before the admission.

        Args:
            vrt_id: The VRT.
            generation_id: The generation.
            source_ids: What it brings.
            now: This moment.
            number: The generation's, if it is admitted; another one may have it otherwise.
        """
        link = texts({"kind": "use", "added_at": iso(now)}) | {"number": integer(number)}
        self.table.put_many(
            [key_item(use_key(source_id, vrt_id, generation_id)) | link for source_id in dict.fromkeys(source_ids)]
        )

    def missing_links(self, vrt_id: str, generation_id: str, source_ids: Sequence[str]) -> Sequence[str]:
        """Those of the sources that this generation has no use link of, strongly consistent, in batches of 100."""
        keys = {source_id: use_key(source_id, vrt_id, generation_id) for source_id in source_ids}
        standing = self.table.get_many(keys.values(), only=("added_at",))
        return [source_id for source_id, key in keys.items() if key not in standing]

    def is_linked(self, vrt_id: str, source_id: str) -> bool:
        """Whether any generation of the VRT links the source: one query, however many sources the VRT has."""
        partition, prefix = names.links_of(source_id, vrt_id)
        links = Query(
            None,
            "pk",
            partition,
            "begins_with(#sk, :prefix)",
            values={":prefix": text(prefix)},
            only=("sk",),
            limit=1,
        )
        return any(True for _ in self.table.query(links))

    def standing_links(self, vrt_id: str, generation_id: str, source_ids: Sequence[str]) -> Sequence[str]:
        """Those of the sources that this generation has a use link of, strongly consistent, in batches of 100."""
        missing = set(self.missing_links(vrt_id, generation_id, source_ids))
        return [source_id for source_id in dict.fromkeys(source_ids) if source_id not in missing]

    def uses_of(self, source_id: str) -> Sequence[Use]:
        """Every use link of a raster, whatever became of the generation that brought it, strongly consistent."""
        partition, prefix = names.uses_of(source_id)
        links = Query(
            None,
            "pk",
            partition,
            "begins_with(#sk, :prefix)",
            values={":prefix": text(prefix)},
            only=("sk", "added_at", "number"),
        )
        return [_use_of(link) for link in self.table.query(links)]

    def unlink_sources(self, vrt_id: str, generation_id: str, source_ids: Sequence[str]) -> None:
        """Delete use links that this one generation brought.

        For a generation that was refused, never for one whose admission may stand; and for sources that a later
        generation was published without.
        """
        self.table.delete_many([use_key(source_id, vrt_id, generation_id) for source_id in dict.fromkeys(source_ids)])

    def unlink_source(self, source_id: str) -> int:
        """Delete every use link of a raster that is gone, and count them: whoever links it now fails to find it."""
        keys = [use_key(source_id, use.vrt_id, use.generation_id) for use in self.uses_of(source_id)]
        self.table.delete_many(keys)
        return len(keys)


def _use_of(link: Item) -> Use:
    vrt_id, generation_id = names.linked_by(link["sk"]["S"])
    number = int(link["number"]["N"]) if "number" in link else None
    return Use(vrt_id, generation_id, read_iso(link["added_at"]["S"]), number)
