"""Everything that is stored comes back as it went in, field by field."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rasterloom.adapters.catalog_dynamodb.items_job import generation_item, generation_of, job_item, job_of
from rasterloom.adapters.catalog_dynamodb.items_vrt import decode_summary, encode_summary
from rasterloom.adapters.catalog_dynamodb.values import (
    iso,
    micros,
    read_iso,
    read_micros,
    read_seconds,
    seconds,
)
from rasterloom.domain.dataset import MosaicSummary
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import Generation, Job
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Bounds

MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
COUNTS = st.integers(0, 10**12)
SHARES = st.floats(0, 1)
PLAIN = st.none() | st.text() | st.booleans() | st.integers() | st.lists(st.integers())
FINDINGS = st.builds(Finding, expected=PLAIN, actual=PLAIN)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
OPTIONS = st.builds(
    WeaveOptions,
    nodata_override=st.none() | st.integers() | FINITE,
    add_alpha=st.booleans(),
    target_extent=st.none() | st.builds(Bounds, FINITE, FINITE, FINITE, FINITE),
    target_resolution=st.none() | st.tuples(FINITE, FINITE),
    target_aligned_pixels=st.booleans(),
)


def made(kind: type, **special: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of a dataclass, every field given: one that is not stored cannot hide behind its default."""
    chosen = {"admitted_at": MOMENTS, "created_at": MOMENTS, **special}
    names = [field.name for field in fields(kind)]
    for name in names:
        if name.endswith("_at") and name not in chosen:
            chosen[name] = st.none() | MOMENTS
    return st.builds(kind, **{name: chosen.get(name, ...) for name in names})


@given(made(Generation, number=COUNTS, source_count=COUNTS, attempts=COUNTS, options=OPTIONS))
def test_generations(generation: Generation) -> None:
    assert generation_of(generation_item(generation)) == generation


@given(
    made(
        Job,
        generation_number=COUNTS,
        progress=SHARES,
        sends=COUNTS,
        due=st.none() | MOMENTS,
        findings=st.lists(FINDINGS, max_size=3).map(tuple),
    )
)
def test_jobs(job: Job) -> None:
    assert job_of(job_item(job)) == job


@given(st.builds(MosaicSummary, lonlat_bounds=st.none() | st.from_type(Bounds)))
def test_summaries(summary: MosaicSummary) -> None:
    assert repr(decode_summary(encode_summary(summary))) == repr(summary)


@given(MOMENTS)
def test_moments_keep_their_microseconds(moment: datetime) -> None:
    assert read_iso(iso(moment)) == moment
    assert read_micros(micros(moment)) == moment
    assert timedelta(0) <= read_seconds(seconds(moment)) - moment < timedelta(seconds=1)


@given(MOMENTS, MOMENTS)
def test_moments_sort_as_text_and_as_numbers(one: datetime, other: datetime) -> None:
    assert (iso(one) < iso(other)) == (one < other)
    assert (int(micros(one)["N"]) < int(micros(other)["N"])) == (one < other)


def test_another_time_zone_is_the_same_moment() -> None:
    moment = datetime(2026, 11, 21, 14, tzinfo=timezone(timedelta(hours=2)))
    assert iso(moment) == "2026-11-21T12:00:00.000000Z"
