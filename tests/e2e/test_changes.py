"""Changing a VRT over HTTP: add, remove, build again; one change at a time, and GDAL's bytes after each."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.samples import Group
from local.state import StackState
from tests.e2e.rasters import build_with_gdal
from tests.e2e.stack import Answer, Caller, Sources
from tests.e2e.test_main_job import download, registered
from tests.support.cogs import make_cog

type Paths = Callable[[Group], list[Path]]


@pytest.fixture
def tiles(alice: Caller, sources: Sources, paths: Paths) -> tuple[list[str], list[str]]:
    """Four registered tiles: their ids, and GDAL's paths."""
    return registered(alice, sources, paths(Group.TILES)[:4])


def done(alice: Caller, answer: Answer) -> None:
    assert answer.status == 202, answer.body
    job = alice.wait(answer.json["job_id"])
    assert job["status"] == "complete", job


def test_a_mosaic_that_grew_and_shrank_is_byte_for_byte_what_gdal_builds(
    stack: StackState, alice: Caller, tiles: tuple[list[str], list[str]], tmp_path: Path
) -> None:
    ids, vsi_paths = tiles
    vrt = alice.built(ids[:2])
    before = download(alice, vrt)
    done(alice, alice.post(f"/ingest/vrt/{vrt}/sources/", {"source_dataset_id": ids[3]}))
    done(alice, alice.post(f"/ingest/vrt/{vrt}/sources", {"source_dataset_id": ids[2].upper()}))
    grown = build_with_gdal(stack, [vsi_paths[index] for index in (0, 1, 3, 2)], tmp_path, "-resolution", "highest")
    assert download(alice, vrt).decode() == grown
    for index in (3, 2):
        done(alice, alice.request("DELETE", f"/ingest/vrt/{vrt}/sources/{ids[index]}/"))
    assert download(alice, vrt) == before
    done(alice, alice.request("POST", f"/datasets/{vrt}/vrt/regenerate/"))
    assert download(alice, vrt) == before

    listed = alice.get(f"/datasets/{vrt}/vrt/generations/").json
    assert listed["total"] == 6
    assert [each["status"] for each in listed["generations"]] == ["completed"] * 6
    assert [each["source_count"] for each in listed["generations"]] == [2, 2, 3, 4, 3, 2]
    assert all(each["duration_seconds"] > 0 for each in listed["generations"])


def test_of_twenty_changes_at_once_one_is_accepted_and_the_others_are_told_which_job_holds_the_vrt(
    alice: Caller, tiles: tuple[list[str], list[str]]
) -> None:
    ids, _ = tiles
    vrt = alice.built(ids[:3])
    body = {"source_dataset_id": ids[3]}
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: alice.post(f"/ingest/vrt/{vrt}/sources/", body), range(20)))
    accepted = [answer for answer in answers if answer.status == 202]
    refused = [answer for answer in answers if answer.status != 202]
    assert len(accepted) == 1
    job_id = accepted[0].json["job_id"]
    assert {answer.status for answer in refused} == {409}
    # One that comes after the change is published meets its own source.
    assert {answer.json["code"] for answer in refused} <= {"dataset_busy", "base_changed", "source_already_linked"}
    busy = [answer for answer in refused if answer.json["code"] == "dataset_busy"]
    assert {answer.json["job_id"] for answer in busy} <= {job_id, None}
    assert {answer.json["detail"]["code"] for answer in busy} <= {"dataset_busy"}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in busy)
    assert alice.wait(job_id)["status"] == "complete"
    statuses = Counter(each["status"] for each in alice.get(f"/datasets/{vrt}/vrt/generations/").json["generations"])
    assert statuses == {"completed": 2}
    assert len(alice.get(f"/datasets/{vrt}/vrt-sources/").json["sources"]) == 4


def test_what_cannot_be_changed_is_refused_with_its_reason(alice: Caller, tiles: tuple[list[str], list[str]]) -> None:
    ids, _ = tiles
    vrt = alice.built(ids[:2])
    unknown = "8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"
    linked = alice.post(f"/ingest/vrt/{vrt}/sources/", {"source_dataset_id": ids[0]})
    assert (linked.status, linked.json["code"]) == (409, "source_already_linked")
    missing = alice.post(f"/ingest/vrt/{vrt}/sources/", {"source_dataset_id": unknown})
    assert (missing.status, missing.json["detail"][0]["type"]) == (422, "source_not_found")
    assert missing.json["detail"][0]["loc"] == ["body", "source_dataset_id"]
    few = alice.request("DELETE", f"/ingest/vrt/{vrt}/sources/{unknown}/")
    assert (few.status, few.json["detail"][0]["type"]) == (422, "too_few_sources")
    for path in (f"/ingest/vrt/{ids[0]}/sources/", f"/ingest/vrt/{unknown}/sources/"):
        assert alice.post(path, {"source_dataset_id": ids[0]}).status == 404


def test_a_source_that_would_make_another_one_too_thin_is_refused_and_woven_once_pixels_are_finer(
    alice: Caller, sources: Sources, tmp_path: Path
) -> None:
    shapes: dict[str, dict[str, Any]] = {
        "wide": {"origin": (500_000.0, 5_000_000.0), "resolution": (10.0, 10.0), "width": 256, "height": 256},
        "thin": {"origin": (502_560.0, 5_000_000.0), "resolution": (1.0, 1.0), "width": 12, "height": 256},
        "coarse": {"origin": (600_000.0, 5_000_000.0), "resolution": (50_000.0, 50_000.0), "width": 8, "height": 8},
    }
    files = [tmp_path / f"{name}.tif" for name in shapes]
    for file, shape in zip(files, shapes.values(), strict=True):
        make_cog(file, crs="EPSG:32632", **shape)
    (wide, thin, coarse), _ = registered(alice, sources, files)
    vrt = alice.built([wide, thin], resolution_strategy="coarsest")
    refused = alice.post(f"/ingest/vrt/{vrt}/sources/", {"source_dataset_id": coarse})
    (finding,) = [each for each in refused.json["detail"] if each["severity"] == "error"]
    assert (refused.status, finding["type"], finding["source_id"]) == (422, "too_coarse_for_source", coarse)
    assert thin in finding["msg"]
    done(alice, alice.request("PATCH", f"/datasets/{vrt}/vrt/", {"resolution_strategy": "finest"}))
    done(alice, alice.post(f"/ingest/vrt/{vrt}/sources/", {"source_dataset_id": coarse}))


def test_a_removal_that_makes_another_source_too_thin_says_so_and_the_vrt_stays_as_it_is(
    alice: Caller, sources: Sources, tmp_path: Path
) -> None:
    """Of five, pixels are of 10 km on average, and 12 m of them a little more than a thousandth; of four, less."""
    wide = {"origin": (500_000.0, 5_000_000.0), "resolution": (10.0, 10.0), "width": 256, "height": 256}
    shapes: list[dict[str, Any]] = [
        *(wide for _ in range(3)),
        {"origin": (502_560.0, 5_000_000.0), "resolution": (1.0, 1.0), "width": 12, "height": 256},
        {"origin": (600_000.0, 5_000_000.0), "resolution": (50_000.0, 50_000.0), "width": 8, "height": 8},
    ]
    files = [tmp_path / f"{number}.tif" for number in range(len(shapes))]
    for file, shape in zip(files, shapes, strict=True):
        make_cog(file, crs="EPSG:32632", **shape)
    ids, _ = registered(alice, sources, files)
    vrt = alice.built(ids, resolution_strategy="average")
    before = download(alice, vrt)
    accepted = alice.request("DELETE", f"/ingest/vrt/{vrt}/sources/{ids[0]}/")
    job = alice.wait(accepted.json["job_id"])
    assert (job["status"], job["error_code"]) == ("failed", "too_coarse_for_source")
    assert [finding["source_id"] for finding in job["findings"]] == [ids[3]]
    status = alice.get(f"/datasets/{vrt}/vrt/status/").json
    assert (status["status"], status["source_count"], download(alice, vrt)) == ("failed", 5, before)


def test_whoever_adds_a_source_of_finer_pixels_is_warned_of_what_it_does_to_all_others(
    alice: Caller, sources: Sources, tmp_path: Path
) -> None:
    files = [tmp_path / f"{number}.tif" for number in range(3)]
    for number, (file, size) in enumerate(zip(files, (10.0, 10.0, 5.0), strict=True)):
        make_cog(file, crs="EPSG:32632", origin=(500_000.0 + 2560.0 * number, 5_000_000.0), resolution=(size, size))
    ids, _ = registered(alice, sources, files)
    vrt = alice.built(ids[:2])
    accepted = alice.post(f"/ingest/vrt/{vrt}/sources/", {"source_dataset_id": ids[2]})
    job = alice.wait(accepted.json["job_id"])
    (finding,) = (each for each in job["findings"] if each["code"] == "resampling_required")
    assert (job["status"], finding["source_id"], finding["severity"]) == ("complete", ids[2], "warning")
    assert finding["message"].startswith("With this source the mosaic's pixels are 5 x 5, and 10 x 10 without it")
