"""A MosaicJSON lists, for every place, the sources that lie there, the topmost one first."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.domain.dataset import Member
from rasterloom.domain.geojson import Polygons
from rasterloom.domain.members import as_member
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.outputs import NotInThisFormatError
from rasterloom.domain.raster import Bounds
from rasterloom.vrt.mosaicjson import PER_SOURCE, mosaic_json, quadkeys
from tests.support.factories import profile, raster, summary

WORLD = summary(width=36_000, height=18_000, lonlat_bounds=Bounds(-180.0, -85.0, 180.0, 85.0))


def members(count: int) -> list[Member]:
    return [as_member(raster(), "generation") for _ in range(count)]


def box(west: float, south: float, width: float, height: float) -> Polygons:
    east, north = min(west + width, 180.0), min(south + height, 90.0)
    return ((((west, south), (east, south), (east, north), (west, north), (west, south)),),)


BOXES = st.builds(box, st.floats(-180, 179), st.floats(-84, 83), st.floats(0.01, 90.0), st.floats(0.01, 60.0))


def quadkey_at(longitude: float, latitude: float, zoom: int) -> str:
    """The quadkey of a place, worked out from the pyramid's definition, digit by digit."""
    x = (longitude + 180) / 360
    y = 0.5 - math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) / (2 * math.pi)
    key = ""
    for _ in range(zoom):
        x, y = x * 2, y * 2
        key += str(int(x >= 1) + 2 * int(y >= 1))
        x, y = x - int(x >= 1), y - int(y >= 1)
    return key


@given(st.lists(BOXES, min_size=1, max_size=8), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_no_source_is_missed_and_the_last_comes_first(outlines: list[Polygons], right: float, up: float) -> None:
    sources = members(len(outlines))
    document = json.loads(mosaic_json("test", sources, outlines, WORLD))
    ((west, south), (east, _), (_, north), *_) = outlines[-1][0][0]
    longitude, latitude = west + right * (east - west), south + up * (north - south)
    listed = document["tiles"][quadkey_at(longitude, latitude, document["quadkey_zoom"])]
    uris = [document["asset_prefix"] + name for name in listed]
    assert uris[0] == sources[-1].ref.uri
    positions = [[member.ref.uri for member in sources].index(uri) for uri in uris]
    assert positions == sorted(set(positions), reverse=True)


@given(st.lists(BOXES, min_size=1, max_size=20))
def test_the_index_stays_small_however_large_a_source_is(outlines: list[Polygons]) -> None:
    document = json.loads(mosaic_json("test", members(len(outlines)), outlines, WORLD))
    assert sum(map(len, document["tiles"].values())) <= PER_SOURCE * len(outlines)
    assert 0 <= document["minzoom"] <= document["maxzoom"]
    assert {len(key) for key in document["tiles"]} == {document["quadkey_zoom"]}


@pytest.mark.parametrize(("beyond", "is_whole"), [(-5.0, True), (9.0, True), (10.0, False), (5_000.0, False)])
def test_a_mosaic_that_shows_a_source_in_part_cannot_be_had(beyond: float, is_whole: bool) -> None:  # noqa: FBT001
    """Readers of the document show sources whole; what rounding cuts off of them is less than a pixel."""
    (member,) = members(1)
    assert member.profile.bounds is not None
    x_min, y_min, x_max, y_max = member.profile.bounds
    extent = Bounds(x_min, y_min + beyond, x_max, y_max)
    grid, woven = replace(WORLD, bounds=extent, resolution=(10.0, 10.0)), WeaveOptions(target_extent=extent)
    outlines = [box(9.0, 45.0, 1.0, 1.0)]
    if is_whole:
        assert mosaic_json("test", [member], outlines, grid, woven) == mosaic_json("test", [member], outlines, grid)
    else:
        with pytest.raises(NotInThisFormatError, match="target_extent cuts s3://sources/tiles/"):
            mosaic_json("test", [member], outlines, grid, woven)


def test_quadkeys_are_those_of_the_tile_system() -> None:
    assert list(quadkeys((0.375, 0.625, 0.5, 0.75), 3)) == ["213"], "column 3, row 5 at zoom 3"
    assert list(quadkeys((0.25, 0.25, 0.75, 0.75), 1)) == ["0", "1", "2", "3"]
    assert list(quadkeys((0.0, 0.0, 1.0, 1.0), 0)) == [""]


def test_a_side_on_the_edge_of_a_tile_does_not_reach_the_next() -> None:
    assert list(quadkeys((0.0, 0.0, 0.5, 0.5), 1)) == ["0"]


def test_zooms_are_of_the_resolution_and_the_overviews() -> None:
    # 1/10 degree a pixel: the world is 3,600 pixels wide, and 256 x 2^4 are 4,096.
    coarse = replace(WORLD, width=3_600, height=3_400)
    deep = profile(width=1024, height=1024, overviews=((512, 512), (256, 256)))
    shallow = profile(width=1024, height=1024, overviews=((512, 512),))
    sources = [as_member(raster(profile=each), "generation") for each in (deep, shallow)]
    document = json.loads(mosaic_json("test", sources, [box(0, 0, 9, 9)] * 2, coarse))
    assert (document["minzoom"], document["maxzoom"]) == (3, 4)


def test_names_are_shortened_by_the_folder_that_all_share() -> None:
    sources = members(2)
    document = json.loads(mosaic_json("test", sources, [box(0, 0, 9, 9)] * 2, WORLD))
    assert document["asset_prefix"] == "s3://sources/tiles/"
    twins = [sources[0], replace(sources[0], ref=replace(sources[0].ref, bucket="another"))]
    assert json.loads(mosaic_json("test", twins, [box(0, 0, 9, 9)] * 2, WORLD))["asset_prefix"] == "s3://"


def test_the_center_is_the_middle_of_the_bounds_at_the_coarsest_zoom() -> None:
    document = json.loads(mosaic_json("test", members(2), [box(10, 40, 2, 4), box(12, 40, 4, 4)], WORLD))
    assert document["bounds"] == [10.0, 40.0, 16.0, 44.0]
    assert document["center"] == [13.0, 42.0, document["minzoom"]]


def test_bounds_across_the_antimeridian_are_all_longitudes() -> None:
    halves = (*box(179, 0, 1, 1), *box(-180, 0, 1, 1))
    document = json.loads(mosaic_json("test", members(1), [halves], WORLD))
    assert document["bounds"][::2] == [-180.0, 180.0]


def test_what_no_tile_can_show_is_refused_with_the_reason() -> None:
    with pytest.raises(NotInThisFormatError, match=r"s3://sources/tiles/.*cannot be placed on Earth"):
        mosaic_json("test", members(2), [box(0, 0, 1, 1), None], WORLD)
    with pytest.raises(NotInThisFormatError, match=r"85\.05 degrees"):
        mosaic_json("test", members(1), [box(0, 86, 1, 1)], WORLD)
