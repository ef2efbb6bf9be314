"""Over HTTP: alpha, extent, pixel size and alignment are GDAL's own, and no source is left out without a word."""

from collections.abc import Callable
from pathlib import Path

from local.samples import Group
from local.state import StackState
from tests.e2e.rasters import build_with_gdal, read_with_gdal
from tests.e2e.stack import Caller, Sources, creation
from tests.e2e.test_changes import done
from tests.e2e.test_main_job import download, registered

type Paths = Callable[[Group], list[Path]]


def test_alpha_extent_resolution_and_alignment_are_those_of_gdal_and_are_told_before(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths, tmp_path: Path
) -> None:
    ids, vsi_paths = registered(alice, sources, paths(Group.TILES)[:2])
    boxes = [alice.get(f"/datasets/{each}").json["extent_bbox"] for each in ids]
    size = alice.get(f"/datasets/{ids[0]}").json["raster"]["res_x"]
    west, south, east, north = (
        pick(column) for pick, column in zip((min, min, max, max), zip(*boxes, strict=True), strict=True)
    )
    extent = [west + 10.3 * size, south + 7.7 * size, east - 5.2 * size, north - 3 * size]
    asked = {
        "add_alpha": True,
        "target_extent": extent,
        "target_resolution": [1.5 * size, 2 * size],
        "target_aligned_pixels": True,
    }
    trial = alice.post("/ingest/vrt/validate", creation(ids, **asked)).json
    assert trial["valid"], trial["findings"]
    vrt = alice.built(ids, **asked)
    numbers = [repr(number) for number in extent]
    options = ("-addalpha", "-te", *numbers, "-tr", repr(1.5 * size), repr(2 * size), "-tap")
    assert download(alice, vrt).decode() == build_with_gdal(stack, vsi_paths, tmp_path, *options)
    raster = alice.get(f"/datasets/{vrt}").json["raster"]
    assert {name: raster[name] for name in asked} == asked
    grid = trial["grid"]
    assert [grid[name] for name in ("width", "height", "band_count")] == [
        raster[name] for name in ("width", "height", "band_count")
    ]
    assert raster["bands"][-1]["color_interp"] == "Alpha"
    described = read_with_gdal(stack, raster["s3_uri"].replace("s3://", "/vsis3/"), tmp_path)
    assert described.pixels[-1].min() >= 0
    assert set(described.pixels[-1].flat) <= {0, 255}

    off = {"add_alpha": None, "target_extent": None, "target_resolution": None, "target_aligned_pixels": False}
    done(alice, alice.request("PATCH", f"/datasets/{vrt}/vrt/", off))
    assert download(alice, vrt).decode() == build_with_gdal(stack, vsi_paths, tmp_path, "-resolution", "highest")


def test_a_source_outside_the_extent_refuses_creation_addition_and_change(
    alice: Caller, sources: Sources, paths: Paths
) -> None:
    ids, _ = registered(alice, sources, paths(Group.TILES)[:3])
    west, south, east, north = alice.get(f"/datasets/{ids[0]}").json["extent_bbox"]
    width = east - west
    inside = [west + width / 4, south + width / 4, east - width / 4, north - width / 4]
    refused = alice.post("/ingest/vrt/create", creation(ids[:2], target_extent=inside))
    assert refused.status == 422
    (entry,) = [each for each in refused.json["detail"] if each["severity"] == "error"]
    assert (entry["type"], entry["loc"], entry["source_id"]) == (
        "outside_target_extent",
        ["body", "source_dataset_ids", 1],
        ids[1],
    )
    vrt = alice.built(ids[:2])
    changed = alice.request("PATCH", f"/datasets/{vrt}/vrt/", {"target_extent": inside})
    assert changed.status == 422
    assert [each["source_id"] for each in changed.json["detail"] if each["type"] == "outside_target_extent"] == [ids[1]]
    far = [west - 0.1, south - 0.1, alice.get(f"/datasets/{ids[1]}").json["extent_bbox"][2], north]
    done(alice, alice.request("PATCH", f"/datasets/{vrt}/vrt/", {"target_extent": far}))
    added = alice.post(f"/ingest/vrt/{vrt}/sources/", {"source_dataset_id": ids[2]})
    assert (added.status, added.json["detail"][0]["type"]) == (422, "outside_target_extent")


def test_an_option_that_makes_the_whole_too_large_is_pointed_at_and_nothing_else_is_said(
    alice: Caller, sources: Sources, paths: Paths
) -> None:
    ids, _ = registered(alice, sources, paths(Group.TILES)[:2])
    for option, value in (("target_extent", [0, 0, 1e30, 1e30]), ("target_resolution", [1e-9, 1e-9])):
        refused = alice.post("/ingest/vrt/create", creation(ids, **{option: value}))
        (entry,) = refused.json["detail"]
        assert (refused.status, entry["type"], entry["loc"]) == (422, "target_too_large", ["body", option])
