"""What a VRT is made of and how it is, as answers."""

from rasterloom.domain.generation import Generation
from rasterloom.http.answers import ActiveGeneration, GenerationAnswer, SourceAnswer, VrtStatusAnswer
from rasterloom.http.present import bounds_list, finite, optional_time, time_text
from rasterloom.services.read_sources import LinkedSource, VrtState


def source_answer(source: LinkedSource) -> SourceAnswer:
    """One source, as it was built in."""
    profile = source.member.profile
    x_size, y_size = profile.resolution or (None, None)
    return {
        "dataset_id": source.member.source_id,
        "title": source.title,
        "position": source.position,
        "band_count": len(profile.bands),
        "resolution_x": finite(x_size),
        "resolution_y": finite(y_size),
        "crs_epsg": profile.crs.epsg if profile.crs else None,
        "extent_bbox": bounds_list(profile.lonlat_bounds),
    }


def status_answer(state: VrtState) -> VrtStatusAnswer:
    """How a VRT and its sources are."""
    return {
        "status": state.status.value,
        "last_generation_at": optional_time(state.last_generation_at),
        "source_count": state.source_count,
        "active_generation": _active(state),
        "stale": state.stale_since is not None,
        "stale_since": optional_time(state.stale_since),
        "source_health": [
            {"dataset_id": source.source_id, "title": source.title, "status": source.status.value}
            for source in state.health
        ],
        "source_health_summary": {status.value: count for status, count in state.health_counts.items()},
    }


def generation_answer(generation: Generation, *, is_owner: bool) -> GenerationAnswer:
    """One build; who asked for it and what went wrong is for who may change the VRT."""
    started = generation.started_at or generation.admitted_at
    ended = generation.ended_at
    return {
        "id": generation.id,
        "status": generation.status.value,
        "started_at": time_text(started),
        "completed_at": optional_time(ended),
        "duration_seconds": None if ended is None else (ended - started).total_seconds(),
        "error_message": generation.error_message if is_owner else None,
        "source_count": generation.source_count,
        "triggered_by": generation.triggered_by if is_owner else None,
    }


def _active(state: VrtState) -> ActiveGeneration | None:
    if state.active is None:
        return None
    return {
        "generation_id": state.active.generation_id,
        "started_at": time_text(state.active.started_at or state.active.admitted_at),
        "elapsed_seconds": state.elapsed_seconds or 0.0,
    }
