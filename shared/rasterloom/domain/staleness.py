"""VRTs whose sources are not what they were built from any more, and when that is looked at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rasterloom.domain.dataset import ObjectState, RasterDataset, RasterState

MOST_QUIET_PERIODS: Final = 10
"""Quiet periods after its first mark at which a VRT is looked at, however often its sources change meanwhile."""

TOLD_WITHIN: Final = timedelta(minutes=1)
"""When it is looked whether whoever saw a raster change also marked the VRTs that use it."""

AUTOMATIC: Final = "auto_regenerate"
"""Who asked for a generation that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Mark:
    """That a source of a VRT may not be what the VRT was built from: it has to be compared."""

    vrt_id: str
    source_id: str
    state: ObjectState
    etag: str
    """The object's; empty where it cannot be read."""
    observation: int
    """The raster's, of which this tells; a mark of a later one is never overwritten."""
    since: datetime


@dataclass(frozen=True, slots=True)
class StaleLook:
    """That a VRT's marks are to be looked at."""

    vrt_id: str
    due: datetime
    token: str
    """Changes with every mark: a look that somebody has marked meanwhile is not over."""


def mark_of(vrt_id: str, raster: RasterDataset) -> Mark:
    """The mark of a VRT that uses a raster, as the raster is catalogued."""
    etag = raster.etag if raster.object_state is ObjectState.PRESENT else ""
    return Mark(vrt_id, raster.id, raster.object_state, etag, raster.observation, raster.updated_at)


def is_as_built(etag: str, raster: RasterState | None) -> bool:
    """Whether a source that was built in with this ETag is that object still, as far as the catalogue knows."""
    return raster is not None and raster.object_state is ObjectState.PRESENT and raster.etag == etag
