"""VRTs: their sources, generations and state."""

from typing import Literal, TypedDict


class SourceAnswer(TypedDict):
    """One source of a published generation, as it was built in."""

    dataset_id: str
    title: str
    position: int
    """From 0."""
    band_count: int
    resolution_x: float | None
    resolution_y: float | None
    crs_epsg: int | None
    extent_bbox: list[float] | None


class SourceList(TypedDict):
    """Sources by position; those that the caller may not read are left out."""

    sources: list[SourceAnswer]
    next: str | None
    """The next part, as a reference relative to this one."""


class ActiveGeneration(TypedDict):
    """The generation that is being built."""

    generation_id: str
    started_at: str
    elapsed_seconds: float


class GenerationAnswer(TypedDict):
    """One build of a VRT."""

    id: str
    status: Literal["pending", "running", "completed", "failed"]
    started_at: str
    """When a worker began, or when it was accepted while none has."""
    completed_at: str | None
    duration_seconds: float | None
    error_message: str | None
    """Null for who may not change the VRT."""
    source_count: int
    triggered_by: str | None
    """Null for who may not change the VRT."""


class GenerationList(TypedDict):
    """Part of a VRT's generations, newest first."""

    generations: list[GenerationAnswer]
    total: int


class SourceHealthAnswer(TypedDict):
    """How a source's object is now, held against what was built in."""

    dataset_id: str
    title: str
    status: Literal["healthy", "missing", "inaccessible", "stale"]


class VrtStatusAnswer(TypedDict):
    """How a VRT and its sources are."""

    status: Literal["ready", "regenerating", "failed"]
    last_generation_at: str | None
    source_count: int
    active_generation: ActiveGeneration | None
    source_health: list[SourceHealthAnswer]
    """Of every source up to 500 of them; beyond, of those that are not healthy."""
    source_health_summary: dict[str, int]
    """How many sources are in each state."""
