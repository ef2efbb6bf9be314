"""Over HTTP: other sources at once, other options, an earlier generation again, only as the caller knows the VRT."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local.samples import Group
from local.state import StackState
from tests.e2e.rasters import build_with_gdal
from tests.e2e.stack import Caller, Sources, creation
from tests.e2e.test_changes import done
from tests.e2e.test_main_job import download, registered

type Paths = Callable[[Group], list[Path]]
type Tiles = tuple[list[str], list[str]]


@pytest.fixture
def tiles(alice: Caller, sources: Sources, paths: Paths) -> Tiles:
    """Five registered tiles: their ids, and GDAL's paths."""
    return registered(alice, sources, paths(Group.TILES)[:5])


def members(caller: Caller, vrt: str) -> list[str]:
    return [source["dataset_id"] for source in caller.get(f"/datasets/{vrt}/vrt-sources/").json["sources"]]


def test_a_replaced_list_is_byte_for_byte_what_gdal_builds_of_it_and_the_first_one_comes_back(
    stack: StackState, alice: Caller, tiles: Tiles, tmp_path: Path
) -> None:
    ids, vsi_paths = tiles
    vrt = alice.built(ids[:3])
    before = download(alice, vrt)
    order = (4, 0, 3)
    done(
        alice,
        alice.request("PUT", f"/ingest/vrt/{vrt}/sources/", {"source_dataset_ids": [ids[index] for index in order]}),
    )
    expected = build_with_gdal(stack, [vsi_paths[index] for index in order], tmp_path, "-resolution", "highest")
    assert download(alice, vrt).decode() == expected
    assert members(alice, vrt) == [ids[index] for index in order]

    first = alice.get(f"/datasets/{vrt}/vrt/generations/").json["generations"][-1]
    done(alice, alice.request("POST", f"/datasets/{vrt}/vrt/rollback/{first['id'].upper()}/"))
    assert download(alice, vrt) == before
    assert [each["source_count"] for each in alice.get(f"/datasets/{vrt}/vrt/generations").json["generations"]] == [
        3,
        3,
        3,
    ]


def test_other_options_are_those_of_gdal(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths, tmp_path: Path
) -> None:
    files = [*paths(Group.TILES)[4:6], *paths(Group.FINER)]
    ids, vsi_paths = registered(alice, sources, files)
    vrt = alice.built(ids)
    body = {"resolution_strategy": "coarsest", "resampling": "cubic", "nodata_override": 0}
    done(alice, alice.request("PATCH", f"/datasets/{vrt}/vrt/", body))
    options = ("-resolution", "lowest", "-r", "cubic")
    nodata = ("-srcnodata", "0", "-vrtnodata", "0")
    assert download(alice, vrt).decode() == build_with_gdal(stack, vsi_paths, tmp_path, *options, *nodata)
    raster = alice.get(f"/datasets/{vrt}").json["raster"]
    assert {name: raster[name] for name in body} == body
    assert float(raster["nodata"]) == 0

    refused = alice.request("PATCH", f"/datasets/{vrt}/vrt/", {"nodata_override": 256})
    assert (refused.status, refused.json["detail"][0]["type"]) == (422, "nodata_not_representable")
    done(alice, alice.request("PATCH", f"/datasets/{vrt}/vrt", {"nodata_override": None}))
    assert download(alice, vrt).decode() == build_with_gdal(stack, vsi_paths, tmp_path, *options)


def test_going_back_to_members_that_are_gone_is_refused_with_their_names(
    alice: Caller, sources: Sources, paths: Paths, tiles: Tiles
) -> None:
    ids, _ = tiles
    gone = alice.register(sources.put(paths(Group.TILES)[1], "gone.tif"))
    vrt = alice.built([ids[0], gone])
    first = alice.get(f"/datasets/{vrt}/vrt/generations/").json["generations"][0]["id"]
    done(alice, alice.request("PUT", f"/ingest/vrt/{vrt}/sources/", {"source_dataset_ids": ids[2:4]}))
    assert alice.request("DELETE", f"/datasets/{gone}").status == 204
    refused = alice.request("POST", f"/datasets/{vrt}/vrt/rollback/{first}")
    assert (refused.status, refused.json["code"]) == (409, "members_gone")
    assert [entry["source_id"] for entry in refused.json["detail"]["findings"]] == [gone]
    assert members(alice, vrt) == ids[2:4]


def test_who_knows_an_old_version_is_told_so_before_anything_changes(alice: Caller, tiles: Tiles) -> None:
    ids, _ = tiles
    vrt = alice.built(ids[:3])
    old = alice.get(f"/datasets/{vrt}").headers["etag"]
    paths = (f"/datasets/{vrt}/vrt-sources/", f"/datasets/{vrt}/vrt/status/", f"/datasets/{vrt}/vrt/generations/")
    assert {alice.get(path).headers["etag"] for path in paths} == {old}
    done(
        alice,
        alice.request("DELETE", f"/ingest/vrt/{vrt}/sources/{ids[0]}/", headers={"If-Match": f'"other", {old}'}),
    )
    for method, path, body in (
        ("POST", f"/ingest/vrt/{vrt}/sources/", {"source_dataset_id": ids[4]}),
        ("PUT", f"/ingest/vrt/{vrt}/sources/", {"source_dataset_ids": ids[3:5]}),
        ("POST", f"/datasets/{vrt}/vrt/regenerate/", None),
        ("PATCH", f"/datasets/{vrt}/vrt/", {"nodata_override": 0}),
        ("PATCH", f"/datasets/{vrt}", {"title": "Mine"}),
        ("DELETE", f"/datasets/{vrt}", None),
    ):
        refused = alice.request(method, path, body, headers={"If-Match": old})
        assert (refused.status, refused.json["code"]) == (412, "version_changed"), (method, path)
        assert refused.headers["etag"] == alice.get(f"/datasets/{vrt}").headers["etag"] != old
    assert alice.get(f"/datasets/{vrt}").json["title"] == "A mosaic"
    assert members(alice, vrt) == ids[1:3]
    edited = alice.request("PATCH", f"/datasets/{vrt}", {"title": "Mine"}, headers={"If-Match": "*"})
    assert (edited.status, edited.headers["etag"]) == (200, alice.get(f"/datasets/{vrt}").headers["etag"])


def test_a_repeated_replacement_is_the_first_one(alice: Caller, tiles: Tiles) -> None:
    ids, _ = tiles
    vrt = alice.built(ids[:2])
    path, key = f"/ingest/vrt/{vrt}/sources/", {"Idempotency-Key": vrt}
    first = alice.request("PUT", path, {"source_dataset_ids": ids[1:4]}, headers=key)
    done(alice, first)
    again = alice.request("PUT", path, {"source_dataset_ids": ids[1:4]}, headers=key)
    assert (again.status, again.json) == (202, first.json)
    other = alice.request("PUT", path, {"source_dataset_ids": ids[3:0:-1]}, headers=key)
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_trial_tells_what_the_creation_then_does(alice: Caller, sources: Sources, paths: Paths, tiles: Tiles) -> None:
    ids, _ = tiles
    body = creation(ids[:4], title="Africa")
    tried = alice.post("/ingest/vrt/validate", body)
    assert tried.status == 200, tried.body
    assert (tried.json["valid"], tried.json["findings"]) == (True, [])
    vrt = alice.built(ids[:4])
    grid, raster = tried.json["grid"], alice.get(f"/datasets/{vrt}").json["raster"]
    assert (grid["width"], grid["height"], grid["resolution_x"], grid["crs_epsg"], grid["band_count"]) == (
        raster["width"],
        raster["height"],
        raster["res_x"],
        raster["epsg"],
        raster["band_count"],
    )
    features = tried.json["footprints"]["features"]
    assert [feature["id"] for feature in features] == ids[:4]
    for feature in features:
        ((ring,),) = feature["geometry"]["coordinates"]
        west, south, east, north = alice.get(f"/datasets/{feature['id']}").json["extent_bbox"]
        assert {tuple(point) for point in ring} == {
            (round(x, 7), round(y, 7)) for x in (west, east) for y in (south, north)
        }

    (dem,), _ = registered(alice, sources, paths(Group.DEM)[:1])
    unknown = "8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"
    wrong = creation([ids[0], dem, unknown])
    tried, refused = alice.post("/ingest/vrt/validate/", wrong), alice.post("/ingest/vrt/create", wrong)
    assert (tried.status, tried.json["valid"], refused.status) == (200, False, 422)
    codes = {(entry["loc"][-1], entry["code"]) for entry in tried.json["findings"]}
    assert {(entry["loc"][-1], entry["code"]) for entry in refused.json["detail"]} <= codes
    assert {(1, "dtype_mismatch"), (1, "band_count_mismatch"), (2, "source_not_found")} <= codes
