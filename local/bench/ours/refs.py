"""The tiles as our domain names them."""

from local.bench.tiles import BUCKET, keys
from rasterloom.domain.objects import ObjectRef


def refs(count: int) -> list[ObjectRef]:
    """The first tiles."""
    return [ObjectRef(BUCKET, key) for key in keys(count)]
