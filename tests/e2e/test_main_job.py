"""From COGs on S3 to a VRT that anyone can open, over HTTP, on the deployed stack."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import urllib3

from local import aws
from local.samples import Group
from local.state import StackState
from tests.e2e.rasters import build_with_gdal, numpy_mosaic, read_file, read_with_gdal, read_with_rasterio
from tests.e2e.stack import Caller, Sources, caller

type Paths = Callable[[Group], list[Path]]

STRATEGIES = {"finest": "highest", "coarsest": "lowest", "average": "average"}


def registered(alice: Caller, sources: Sources, files: list[Path]) -> tuple[list[str], list[str]]:
    """Upload and register files; give the dataset ids and GDAL's paths."""
    uris = [sources.put(path, path.name) for path in files]
    return [alice.register(uri) for uri in uris], [uri.replace("s3://", "/vsis3/") for uri in uris]


def vrt_path(stack: StackState, alice: Caller, dataset_id: str) -> str:
    """GDAL's path of the VRT that a dataset serves."""
    location = alice.get(f"/datasets/{dataset_id}/download/vrt").headers["location"]
    key = location.split("?")[0].split(f"/{stack.bucket}/", 1)[1]
    return f"/vsis3/{stack.bucket}/{key}"


def download(alice: Caller, dataset_id: str) -> bytes:
    """The VRT, as a browser gets it."""
    answer = alice.get(f"/datasets/{dataset_id}/download/vrt")
    assert answer.status == 307
    return urllib3.request("GET", answer.headers["location"]).data


def test_a_mosaic_has_the_pixels_of_its_sources(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths, tmp_path: Path
) -> None:
    files = paths(Group.TILES)
    ids, _ = registered(alice, sources, files)
    dataset_id = alice.built(ids, title="Blue Marble")
    expected = numpy_mosaic(files)
    path = vrt_path(stack, alice, dataset_id)

    np.testing.assert_array_equal(read_with_gdal(stack, path, tmp_path).pixels, expected)
    pixels, described = read_with_rasterio(stack, path, tmp_path)
    np.testing.assert_array_equal(pixels, expected)
    assert described == f"VRT {expected.shape[2]} {expected.shape[1]} 3 4326"


def test_a_band_stack_has_the_pixels_of_its_sources(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths, tmp_path: Path
) -> None:
    files = paths(Group.BANDS)
    ids, _ = registered(alice, sources, files)
    dataset_id = alice.built(ids, vrt_type="band_stack", title="South America")
    expected = np.concatenate([read_file(path)[0] for path in files])
    path = vrt_path(stack, alice, dataset_id)

    np.testing.assert_array_equal(read_with_gdal(stack, path, tmp_path).pixels, expected)
    pixels, _ = read_with_rasterio(stack, path, tmp_path)
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_mosaic_is_byte_for_byte_what_gdal_builds(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths, strategy: str, tmp_path: Path
) -> None:
    files = [*paths(Group.TILES)[4:8], *paths(Group.FINER), *paths(Group.COARSER)]
    ids, vsi_paths = registered(alice, sources, files)
    dataset_id = alice.built(ids, resolution_strategy=strategy)
    expected = build_with_gdal(stack, vsi_paths, tmp_path, "-resolution", STRATEGIES[strategy])
    assert download(alice, dataset_id).decode() == expected


@pytest.mark.parametrize("group", [Group.UTM, Group.DEM])
def test_mosaics_with_nodata_are_byte_for_byte_what_gdal_builds(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths, group: Group, tmp_path: Path
) -> None:
    ids, vsi_paths = registered(alice, sources, paths(group))
    dataset_id = alice.built(ids)
    expected = build_with_gdal(stack, vsi_paths, tmp_path, "-resolution", "highest")
    assert download(alice, dataset_id).decode() == expected


def test_a_band_stack_is_byte_for_byte_what_gdal_builds(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths, tmp_path: Path
) -> None:
    ids, vsi_paths = registered(alice, sources, paths(Group.BANDS))
    dataset_id = alice.built(ids, vrt_type="band_stack")
    expected = build_with_gdal(stack, vsi_paths, tmp_path, "-resolution", "highest", "-separate")
    assert download(alice, dataset_id).decode() == expected


def test_what_the_api_tells_of_a_mosaic_is_what_gdal_sees(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths, tmp_path: Path
) -> None:
    files = paths(Group.DEM)
    ids, _ = registered(alice, sources, files)
    dataset_id = alice.built(ids, title="Jacksboro fault", summary="Elevation")
    told = alice.get(f"/datasets/{dataset_id}").json
    raster = told["raster"]
    opened = read_with_gdal(stack, vrt_path(stack, alice, dataset_id), tmp_path)
    transform = opened.transform
    assert (raster["band_count"], raster["height"], raster["width"]) == opened.pixels.shape
    assert raster["band_count"] == 1
    assert (raster["res_x"], raster["res_y"]) == pytest.approx((transform[1], -transform[5]))
    assert float(raster["nodata"]) == opened.nodata == -9999
    assert (told["title"], told["summary"], told["record_type"]) == ("Jacksboro fault", "Elevation", "vrt_dataset")
    assert (raster["epsg"], raster["status"], raster["source_count"]) == (4326, "ready", len(ids))
    assert [band["dtype"] for band in raster["bands"]] == ["float32"]
    west, south, east, north = told["extent_bbox"]
    assert (west, north) == pytest.approx((transform[0], transform[3]), abs=1e-6)
    assert west < east
    assert south < north


def test_sources_are_listed_in_request_order_and_are_healthy(alice: Caller, sources: Sources, paths: Paths) -> None:
    ids, _ = registered(alice, sources, paths(Group.DEM))
    backwards = ids[::-1]
    dataset_id = alice.built(backwards)
    listed = alice.get(f"/datasets/{dataset_id}/vrt-sources/").json["sources"]
    assert [(source["dataset_id"], source["position"]) for source in listed] == [
        (source_id, position) for position, source_id in enumerate(backwards)
    ]
    state = alice.get(f"/datasets/{dataset_id}/vrt/status/").json
    assert (state["status"], state["source_count"], state["active_generation"]) == ("ready", len(ids), None)
    assert {entry["dataset_id"]: entry["status"] for entry in state["source_health"]} == dict.fromkeys(ids, "healthy")


def test_a_source_that_is_overwritten_later_is_stale_and_one_that_is_deleted_is_missing(
    alice: Caller, sources: Sources, paths: Paths
) -> None:
    files = paths(Group.DEM)
    uris = [sources.put(path, f"later/{path.name}") for path in files]
    ids = [alice.register(uri) for uri in uris]
    dataset_id = alice.built(ids)
    sources.put(files[1], f"later/{files[0].name}")
    sources.delete(uris[2])
    health = alice.get(f"/datasets/{dataset_id}/vrt/status/").json["source_health"]
    assert [entry["status"] for entry in health] == ["stale", "healthy", "missing", "healthy"]


@pytest.mark.parametrize(("size", "longest"), [(1, 256), (256, 256), (257, 512), (512, 512)])
def test_a_quicklook_is_a_png_of_the_mosaic(
    alice: Caller, sources: Sources, paths: Paths, size: int, longest: int
) -> None:
    ids, _ = registered(alice, sources, paths(Group.TILES)[:4])
    dataset_id = alice.built(ids)
    answer = alice.get(f"/datasets/{dataset_id}/quicklook?size={size}")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert answer.body.startswith(b"\x89PNG\r\n\x1a\n")
    width = int.from_bytes(answer.body[16:20])
    height = int.from_bytes(answer.body[20:24])
    assert max(width, height) == longest


def test_artifacts_lie_under_a_key_of_their_own_generation_and_attempt(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths
) -> None:
    ids, _ = registered(alice, sources, paths(Group.DEM))
    dataset_id = alice.built(ids)
    listed = aws.s3(stack.endpoint_url).list_objects_v2(Bucket=stack.bucket, Prefix=f"vrts/{dataset_id}/")
    keys = [entry["Key"].split("/") for entry in listed["Contents"]]
    assert {len(parts) for parts in keys} == {5}
    assert len({tuple(parts[:4]) for parts in keys}) == 1
    assert {parts[4] for parts in keys} == {
        "source.vrt",
        "source.relative.vrt",
        "quicklook_256.png",
        "quicklook_512.png",
        "members-00000.json.gz",
        "members.json",
        "members.ids",
        "reference.json.gz",
    }


def test_registering_the_same_object_again_answers_the_same_dataset_read_again(
    alice: Caller, sources: Sources, paths: Paths
) -> None:
    small, large = paths(Group.DEM_COARSER)[0], paths(Group.DEM)[0]
    uri = sources.put(small, "again.tif")
    first = alice.post("/ingest/raster/register", {"uri": uri, "title": "Mine"})
    again = alice.post("/ingest/raster/register", {"uri": uri})
    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    sources.put(large, "again.tif")
    changed = alice.post("/ingest/raster/register", {"uri": uri})
    assert changed.status == 200
    assert (changed.json["id"], changed.json["title"]) == (first.json["id"], "Mine")
    assert changed.json["raster"]["res_x"] < first.json["raster"]["res_x"]


def test_a_listing_shows_the_newest_first(stack: StackState, sources: Sources, paths: Paths) -> None:
    erin = caller(stack)
    ids, _ = registered(erin, sources, [*paths(Group.COARSER)])
    listed = erin.get("/datasets/?record_type=raster_dataset&limit=200").json
    # What other callers show to everybody is in it too.
    mine = [dataset["id"] for dataset in listed["datasets"] if dataset["id"] in ids]
    assert mine == ids[::-1]
    assert listed["total"] >= len(ids)
