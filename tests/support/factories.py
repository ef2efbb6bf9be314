"""Domain values that hang together, for tests: say only what the test is about, the rest is plausible.

Ids are UUIDs made from a word, so that a failing test names the thing: `an_id("vrt")` is the same everywhere.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from rasterloom.domain.access import Audience, Principal, Visibility
from rasterloom.domain.dataset import (
    Activity,
    BandSummary,
    Dataset,
    MosaicSummary,
    Published,
    RasterDataset,
    VrtDataset,
    VrtType,
)
from rasterloom.domain.generation import BuildMessage, Change, ChangeKind, Generation, Job, attempt_prefix
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, JobStep, VrtStatus
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Band, Bounds, Crs, GeoTransform, MaskKind, RasterProfile
from rasterloom.domain.uploads import UPLOAD_PERIOD, Upload, upload_key
from rasterloom.ports import Admission, IdempotencyRecord, PendingEdit

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
"""The moment at which tests happen; not a whole second, so that lost precision shows."""

OWNER = "alice"

UTM_32N = Crs(
    wkt='PROJCS["WGS 84 / UTM zone 32N",GEOGCS["WGS 84",AUTHORITY["EPSG","4326"]],AUTHORITY["EPSG","32632"]]',
    name="WGS 84 / UTM zone 32N",
    epsg=32632,
)


def an_id(word: str) -> str:
    """The UUID that stands for a word."""
    return str(uuid5(NAMESPACE_URL, word))


def principal(subject: str = OWNER, **changes: Any) -> Principal:
    """A verified caller who may upload."""
    return Principal(**{"subject": subject, "name": subject.title(), "permissions": frozenset({"upload"})} | changes)


def audience(owner: str = OWNER, visibility: Visibility = Visibility.PRIVATE, *groups: str) -> Audience:
    """Who a dataset is for."""
    return Audience(owner, visibility, groups)


def band(**changes: Any) -> Band:
    """A UInt16 band with nodata 0."""
    values: Mapping[str, Any] = {
        "dtype": "UInt16",
        "block_width": 512,
        "block_height": 512,
        "nodata": 0,
        "color_interpretation": "Gray",
        "mask": MaskKind.NODATA,
    }
    return Band(**{**values, **changes})


def profile(**changes: Any) -> RasterProfile:
    """A north-up, single-band profile of 1,024 x 1,024 pixels of 10 m in UTM zone 32N."""
    values: Mapping[str, Any] = {
        "width": 1024,
        "height": 1024,
        "bands": (band(),),
        "crs": UTM_32N,
        "geotransform": GeoTransform(500_000.0, 10.0, 0.0, 5_000_000.0, 0.0, -10.0),
        "overviews": ((512, 512),),
        "compression": "DEFLATE",
        "metadata": (("AREA_OR_POINT", "Area"),),
        "layout": (),
    }
    return RasterProfile(**{**values, **changes})


def raster(**changes: Any) -> RasterDataset:
    """A private raster of `OWNER` with a fresh id; its object is named after the id."""
    dataset_id = changes.get("id", str(uuid4()))
    values: Mapping[str, Any] = {
        "id": dataset_id,
        "title": "Tile",
        "summary": None,
        "audience": audience(),
        "created_by_display": "Alice",
        "created_at": NOW,
        "updated_at": NOW,
        "ref": ObjectRef("sources", f"tiles/{dataset_id}.tif"),
        "etag": '"0123456789abcdef0123456789abcdef"',
        "size_bytes": 123_456,
        "profile": profile(),
    }
    return RasterDataset(**{**values, **changes})


def summary(**changes: Any) -> MosaicSummary:
    """What a mosaic of two tiles, side by side, is."""
    values: Mapping[str, Any] = {
        "width": 2048,
        "height": 1024,
        "resolution": (10.0, 10.0),
        "bounds": Bounds(500_000.0, 4_989_760.0, 520_480.0, 5_000_000.0),
        "crs_name": UTM_32N.name,
        "epsg": UTM_32N.epsg,
        "bands": (BandSummary("UInt16", 0, "Gray"),),
        "size_bytes": 2_345,
    }
    return MosaicSummary(**{**values, **changes})


def published(dataset_id: str, generation_id: str, attempt: str | None = None, **changes: Any) -> Published:
    """A published generation."""
    attempt = attempt or str(uuid4())
    values: Mapping[str, Any] = {
        "generation_id": generation_id,
        "attempt": attempt,
        "prefix": attempt_prefix(dataset_id, generation_id, attempt),
        "digest": "ab" * 32,
        "published_at": NOW,
        "summary": summary(),
    }
    return Published(**{**values, **changes})


def vrt(**changes: Any) -> VrtDataset:
    """A private, ready mosaic of `OWNER` with a fresh id and nothing published yet."""
    values: Mapping[str, Any] = {
        "id": str(uuid4()),
        "title": "Mosaic",
        "summary": None,
        "audience": audience(),
        "created_by_display": "Alice",
        "created_at": NOW,
        "updated_at": NOW,
        "vrt_type": VrtType.MOSAIC,
        "options": WeaveOptions(),
        "status": VrtStatus.READY,
        "fence": 0,
        "member_count": 0,
    }
    return VrtDataset(**{**values, **changes})


def generation(dataset_id: str, **changes: Any) -> Generation:
    """The first, pending generation of a VRT."""
    generation_id = changes.get("id", str(uuid4()))
    values: Mapping[str, Any] = {
        "id": generation_id,
        "number": 1,
        "dataset_id": dataset_id,
        "status": GenerationStatus.PENDING,
        "change": Change(ChangeKind.REPLACE, staged_key=f"staging/{dataset_id}/{generation_id}.json.gz"),
        "base_id": None,
        "job_id": str(uuid4()),
        "triggered_by": OWNER,
        "source_count": 2,
        "admitted_at": NOW,
        "options": WeaveOptions(),
    }
    return Generation(**{**values, **changes})


def job(of: Generation, **changes: Any) -> Job:
    """The pending job of a generation, due in a minute."""
    values: Mapping[str, Any] = {
        "id": of.job_id,
        "dataset_id": of.dataset_id,
        "generation_id": of.id,
        "generation_number": of.number,
        "status": JobStatus.PENDING,
        "step": JobStep.QUEUED,
        "progress": 0.0,
        "created_by": of.triggered_by,
        "source_filename": "vrt_mosaic",
        "created_at": of.admitted_at,
        "due": of.admitted_at + timedelta(seconds=60),
    }
    return Job(**{**values, **changes})


def pending_edit(seen: Dataset, wanted: Dataset, **changes: Any) -> PendingEdit:
    """What says of an edit that it has still to be held against others."""
    values: Mapping[str, Any] = {
        "dataset_id": seen.id,
        "token": str(uuid4()),
        "before": seen.audience,
        "wanted": wanted.audience,
        "title": seen.title,
        "summary": seen.summary,
        "edited_at": wanted.updated_at,
        "due": wanted.updated_at + timedelta(minutes=1),
    }
    return PendingEdit(**{**values, **changes})


def upload(**changes: Any) -> Upload:
    """The pending upload of `OWNER` that one request takes whole."""
    job_id = changes.get("id", str(uuid4()))
    values: Mapping[str, Any] = {
        "id": job_id,
        "created_by": OWNER,
        "created_by_display": "Alice",
        "source_filename": "scene.tif",
        "key": upload_key(OWNER, job_id, "scene.tif"),
        "size_bytes": 1000,
        "part_size": None,
        "upload_id": None,
        "status": JobStatus.PENDING,
        "created_at": NOW,
        "due": NOW + UPLOAD_PERIOD,
    }
    return Upload(**{**values, **changes})


def admission(
    base: VrtDataset | None = None,
    *,
    is_new: bool | None = None,
    idempotency_key: str | None = None,
    body_digest: str = "d1",
    expires_at: datetime = NOW + timedelta(days=1),
    **generation_changes: Any,
) -> Admission:
    """The admission of a new VRT, or of a change of `base` as it was read; `is_new` makes `base` the new one."""
    seen = base or vrt()
    fence = seen.fence + 1
    base_id = seen.published.generation_id if seen.published else None
    made = generation(seen.id, **{"number": fence, "base_id": base_id} | generation_changes)
    held = replace(
        seen,
        status=VrtStatus.REGENERATING,
        fence=fence,
        active=Activity(made.id, made.number, made.job_id, made.admitted_at),
    )
    record = idempotency_key and IdempotencyRecord(OWNER, idempotency_key, body_digest, made.job_id, NOW, expires_at)
    return Admission(
        held,
        made,
        job(made),
        is_new=base is None if is_new is None else is_new,
        base_id=base_id,
        idempotency=record or None,
    )


def message(of: Admission, **changes: Any) -> BuildMessage:
    """The message that starts an admitted build."""
    values = {
        "dataset_id": of.vrt.id,
        "job_id": of.job.id,
        "generation_id": of.generation.id,
        "fence": of.vrt.fence,
    }
    return BuildMessage(**{**values, **changes})
