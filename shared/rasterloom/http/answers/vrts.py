"""VRTs: their sources, generations and state."""

from typing import Literal, TypedDict

from rasterloom.http.answers.formats import Id, Time


class SourceAnswer(TypedDict):
    """One source of a published generation, as it was built in."""

    dataset_id: Id
    """The raster's."""
    title: str
    """The raster's, as it is today."""
    position: int
    """From 0; of sources that overlap, the one with the higher position is on top."""
    band_count: int
    """Bands of the raster."""
    resolution_x: float | None
    """Width of a pixel in CRS units; null where it has none that is finite."""
    resolution_y: float | None
    """Height of a pixel in CRS units, positive; null where it has none that is finite."""
    crs_epsg: int | None
    """EPSG code of the CRS; null where it has none."""
    extent_bbox: list[float] | None
    """West, south, east, north in degrees; west > east where it crosses the antimeridian."""


class SourceList(TypedDict):
    """Sources by position; those that the caller may not read are left out."""

    sources: list[SourceAnswer]
    """Those at the positions that were asked for."""
    next: str | None
    """The next part, as a reference relative to this one; null on the last."""


class ActiveGeneration(TypedDict):
    """The generation that is being built."""

    generation_id: Id
    """As in the list of generations."""
    started_at: Time
    """When a worker began, or when it was accepted while none has."""
    elapsed_seconds: float
    """Since `started_at`."""


class GenerationAnswer(TypedDict):
    """One build of a VRT."""

    id: Id
    """The generation's own."""
    status: Literal["pending", "running", "completed", "failed"]
    """`completed` was published, if only until the next one; a cancelled one is `failed`."""
    started_at: Time
    """When a worker began, or when it was accepted while none has."""
    completed_at: Time | None
    """When it ended, published or not; null until then."""
    duration_seconds: float | None
    """From `started_at` to `completed_at`; null until it has ended."""
    error_message: str | None
    """Why it failed; null for who may not change the VRT."""
    source_count: int
    """How many sources it is built of."""
    triggered_by: str | None
    """Subject of the caller who asked for it; null for who may not change the VRT."""


class GenerationList(TypedDict):
    """Part of a VRT's generations, newest first."""

    generations: list[GenerationAnswer]
    """The creating build is the oldest."""
    total: int
    """How many generations there are in all."""


class SourceHealthAnswer(TypedDict):
    """How a source's object is now, held against what was built in."""

    dataset_id: Id
    """The raster's."""
    title: str
    """The raster's, as it is today."""
    status: Literal["healthy", "missing", "inaccessible", "stale"]
    """`stale` is an object that changed since it was built in, `inaccessible` one that may not be read or,
    where events tell of it, is no GeoTIFF any more."""


class VrtStatusAnswer(TypedDict):
    """How a VRT and its sources are."""

    status: Literal["ready", "regenerating", "failed"]
    """`failed` is a VRT of which nothing was published yet, or whose last build failed."""
    last_generation_at: Time | None
    """When what is served was published; null where nothing is."""
    source_count: int
    """Of what is served; before anything is, of what was asked for."""
    active_generation: ActiveGeneration | None
    """What is being built; null where nothing is."""
    stale: bool
    """Whether a source was found not to be what was built in: it changed, or is gone. What is served stays."""
    stale_since: Time | None
    """When the first of them was found so; null where none is."""
    source_health: list[SourceHealthAnswer]
    """Of every source up to 500 of them; beyond, of those that are not healthy."""
    source_health_summary: dict[str, int]
    """How many sources are in each state."""
