"""Every format of a VRT, downloaded over HTTP and opened in its own tool, on the deployed stack."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import urllib3

from local.samples import Group
from local.state import StackState
from tests.e2e.rasters import numpy_mosaic, read_file, read_with_rasterio
from tests.e2e.stack import Caller, Sources
from tests.e2e.test_main_job import registered
from tests.support.races import race

type Paths = Callable[[Group], list[Path]]

FORMATS = {
    "vrt": (".vrt", "application/xml"),
    "gti": (".gti.gpkg", "application/geopackage+sqlite3"),
    "mosaicjson": (".mosaic.json", "application/json"),
    "stac": (".stac.json", "application/geo+json"),
    "footprints": (".geojson", "application/geo+json"),
}
"""Format -> how its file name ends, and its content type."""

OPEN_STAC = """
import json, sys, pystac
item = pystac.Item.from_file(sys.argv[1])
print(json.dumps([item.id, item.bbox, [link.get_href() for link in item.get_links("derived_from")],
    {name: asset.href for name, asset in item.assets.items()}]))
"""
OPEN_MOSAIC = """
import json, sys
from cogeo_mosaic.backends import MosaicBackend
with MosaicBackend(sys.argv[1]) as mosaic:
    print(json.dumps([mosaic.assets_for_point(*map(float, point.split(","))) for point in sys.argv[2:]]))
"""


@pytest.fixture(scope="module")
def files(paths: Paths) -> list[Path]:
    return paths(Group.TILES)[:4]


@pytest.fixture(scope="module")
def uris(sources: Sources, files: list[Path]) -> list[str]:
    return [sources.put(path, f"outputs/{path.name}") for path in files]


@pytest.fixture(scope="module")
def built(alice: Caller, uris: list[str]) -> str:
    return alice.built([alice.register(uri) for uri in uris], title="Blue Marble")


def download(alice: Caller, dataset_id: str, output: str, folder: Path) -> Path:
    """Follow the redirect as a browser does, without the token."""
    answer = alice.get(f"/datasets/{dataset_id}/download/{output}")
    assert answer.status == 307, answer.body
    got = urllib3.request("GET", answer.headers["location"], timeout=10.0)
    suffix, content_type = FORMATS[output]
    assert (got.status, got.headers["content-type"]) == (200, content_type)
    assert got.headers["content-disposition"].startswith(f'attachment; filename="{dataset_id}{suffix}"')
    target = folder / f"{dataset_id}{suffix}"
    target.write_bytes(got.data)
    return target


def in_its_tool(program: str, *arguments: object) -> Any:
    """What a program prints in a process of its own."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("output", ["vrt", "gti"])
def test_gdal_reads_the_pixels_through_the_vrt_and_the_tile_index(
    stack: StackState, alice: Caller, built: str, files: list[Path], output: str, tmp_path: Path
) -> None:
    path = download(alice, built, output, tmp_path)
    pixels, described = read_with_rasterio(stack, str(path), tmp_path)
    np.testing.assert_array_equal(pixels, numpy_mosaic(files))
    assert described.split()[0] == output.upper()


def test_the_relative_vrt_is_read_in_place(
    stack: StackState, alice: Caller, built: str, files: list[Path], tmp_path: Path
) -> None:
    uri = alice.get(f"/datasets/{built}/download/vrt-relative").json["s3_uri"]
    assert uri.startswith(f"s3://{stack.bucket}/vrts/{built}/")
    pixels, _ = read_with_rasterio(stack, uri.replace("s3://", "/vsis3/"), tmp_path)
    np.testing.assert_array_equal(pixels, numpy_mosaic(files))


def test_the_mosaicjson_finds_each_source_where_it_lies(
    alice: Caller, built: str, files: list[Path], uris: list[str], tmp_path: Path
) -> None:
    path = download(alice, built, "mosaicjson", tmp_path)
    transforms = [read_file(each)[1] for each in files]
    inside = [f"{transform[0] + 5 * transform[1]},{transform[3] + 5 * transform[5]}" for transform in transforms]
    found = in_its_tool(OPEN_MOSAIC, path, *inside)
    for uri, listed in zip(uris, found, strict=True):
        assert uri in listed


def test_the_item_names_its_sources_and_its_vrt(alice: Caller, built: str, uris: list[str], tmp_path: Path) -> None:
    path = download(alice, built, "stac", tmp_path)
    item_id, box, sources, assets = in_its_tool(OPEN_STAC, path)
    assert (item_id, sources) == (built, uris)
    assert box == pytest.approx(alice.get(f"/datasets/{built}").json["extent_bbox"], abs=1e-6)
    assert assets["vrt"].startswith("s3://")
    assert "?" not in "".join(assets.values())


def test_footprints_are_the_same_wherever_they_are_read(
    alice: Caller, built: str, uris: list[str], tmp_path: Path
) -> None:
    here = alice.get(f"/datasets/{built}/footprints.geojson")
    assert (here.status, here.headers["content-type"]) == (200, "application/geo+json")
    assert here.body == download(alice, built, "footprints", tmp_path).read_bytes()
    assert [feature["properties"]["uri"] for feature in here.json["features"]] == uris


def test_many_that_ask_for_the_first_time_are_all_answered(alice: Caller, uris: list[str]) -> None:
    dataset_id = alice.built([alice.register(uri) for uri in uris])
    ask = [lambda: alice.get(f"/datasets/{dataset_id}/download/gti")] * 6
    answers = [each for each in race(ask) if not isinstance(each, Exception)]
    assert [each.status for each in answers] == [307] * 6
    assert len({urllib3.request("GET", each.headers["location"]).data for each in answers}) == 1


def test_a_band_stack_has_footprints_and_an_item_and_no_formats_of_mosaics(
    alice: Caller, sources: Sources, paths: Paths, tmp_path: Path
) -> None:
    ids, _ = registered(alice, sources, paths(Group.BANDS))
    dataset_id = alice.built(ids, vrt_type="band_stack")
    for output in ("gti", "mosaicjson"):
        refused = alice.get(f"/datasets/{dataset_id}/download/{output}")
        assert (refused.status, refused.json["code"]) == (409, "not_for_band_stacks")
    assert len(json.loads(download(alice, dataset_id, "footprints", tmp_path).read_bytes())["features"]) == len(ids)
    assert in_its_tool(OPEN_STAC, download(alice, dataset_id, "stac", tmp_path))[0] == dataset_id


def test_an_unknown_format_is_404(alice: Caller, built: str) -> None:
    answer = alice.get(f"/datasets/{built}/download/shapefile")
    assert (answer.status, answer.json["code"]) == (404, "not_found")
