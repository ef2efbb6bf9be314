"""The tiles as our domain names them."""

from local.bench.tiles import ALIKE, BUCKET, keys
from rasterloom.domain.objects import ObjectRef


def refs(count: int, tiles: str = ALIKE) -> list[ObjectRef]:
    """The first tiles."""
    return [ObjectRef(BUCKET, key) for key in keys(count, tiles)]
