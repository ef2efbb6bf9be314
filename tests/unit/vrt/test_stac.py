"""A STAC Item says what the catalogue knows, in STAC's words."""

import json
from dataclasses import replace
from typing import Any

import pytest

from rasterloom.domain.dataset import BandSummary, Member, VrtType
from rasterloom.domain.geojson import Polygons
from rasterloom.domain.members import as_member
from rasterloom.domain.raster import Bounds, Crs, GeoTransform
from rasterloom.vrt.stac import MOST_LINKS, Placed, stac_item
from tests.support.factories import UTM_32N, an_id, band, profile, published, raster, summary, vrt

SQUARE: Polygons = ((((9.0, 45.0), (9.2, 45.0), (9.2, 45.2), (9.0, 45.2), (9.0, 45.0)),),)
LONLAT = Crs('GEOGCS["WGS 84",UNIT["degree",0.0174532925199433]]', "WGS 84", 4326)
FEET = Crs('PROJCS["here",GEOGCS["NAD27",UNIT["degree",0.0174532925199433]],UNIT["foot",0.3048]]', "here")
METRES = Crs('PROJCS["here",GEOGCS["WGS 84",UNIT["degree",0.0174532925199433]],UNIT["metre",1]]', "here")


def members(count: int = 2, **changes: Any) -> list[Member]:
    return [as_member(raster(profile=profile(**changes)), "generation") for _ in range(count)]


def item(sources: list[Member] | None = None, *, outline: Polygons | None = SQUARE, **changes: Any) -> dict[str, Any]:
    about: dict[str, Any] = {
        name: changes.pop(name) for name in ("title", "summary_text", "vrt_type") if name in changes
    }
    about["summary"] = about.pop("summary_text", None)
    dataset = vrt(id=an_id("vrt"), **about)
    built = published(dataset.id, an_id("generation"), an_id("attempt"), summary=summary(**changes))
    placed = Placed(dataset, built, "artifacts", outline, None)
    made: dict[str, Any] = json.loads(stac_item(placed, members() if sources is None else sources))
    return made


def bands(**changes: Any) -> list[dict[str, Any]]:
    described: list[dict[str, Any]] = item(**changes)["assets"]["vrt"]["bands"]
    return described


def test_it_has_the_words_of_the_vrt_and_the_moment_it_was_published() -> None:
    made = item(title="Jacksboro", summary_text="Elevation")
    properties = made["properties"]
    assert (made["id"], properties["title"], properties["description"]) == (an_id("vrt"), "Jacksboro", "Elevation")
    assert properties["datetime"] == properties["created"] == "2026-11-21T12:00:00Z"
    assert "description" not in item()["properties"]


def test_its_grid_is_the_vrts() -> None:
    properties = item()["properties"]
    assert properties["proj:code"] == "EPSG:32632"
    assert properties["proj:shape"] == [1024, 2048], "height before width"
    assert properties["proj:transform"] == [10.0, 0.0, 500_000.0, 0.0, -10.0, 5_000_000.0]
    assert properties["proj:bbox"] == [500_000.0, 4_989_760.0, 520_480.0, 5_000_000.0]


def test_what_lies_nowhere_has_neither_geometry_nor_box() -> None:
    made = item(outline=None)
    assert made["geometry"] is None
    assert "bbox" not in made


@pytest.mark.parametrize(
    ("nodata", "told"), [(float("nan"), "nan"), (float("inf"), "inf"), (float("-inf"), "-inf"), (-9999.0, -9999.0)]
)
def test_a_nodata_value_that_json_does_not_know_is_a_word(nodata: float, told: object) -> None:
    (described,) = bands(bands=(BandSummary("Float32", nodata, "Gray"),))
    assert (described["nodata"], described["data_type"]) == (told, "float32")


@pytest.mark.parametrize(
    ("gdal", "stac"), [("Byte", "uint8"), ("Int8", "int8"), ("CFloat64", "cfloat64"), ("Unknown", "other")]
)
def test_types_have_the_names_of_stac(gdal: str, stac: str) -> None:
    (described,) = bands(bands=(BandSummary(gdal, None, "Gray"),))
    assert described["data_type"] == stac
    assert "nodata" not in described


@pytest.mark.parametrize(("crs", "metres"), [(METRES, 10.0), (FEET, 3.048), (LONLAT, 1_111_950.0), (None, None)])
def test_the_size_of_a_pixel_is_in_metres(crs: Crs | None, metres: float | None) -> None:
    (described,) = bands(sources=members(crs=crs))
    assert described.get("raster:spatial_resolution") == metres


def test_scale_and_offset_are_those_that_all_sources_of_a_mosaic_share() -> None:
    sources = members(bands=(band(scale=0.1, offset=-273.15),))
    (described,) = bands(sources=sources)
    assert (described["raster:scale"], described["raster:offset"]) == (0.1, -273.15)
    (stacked,) = bands(sources=sources, vrt_type=VrtType.BAND_STACK)
    assert "raster:scale" not in stacked


def test_a_scale_or_offset_that_json_does_not_know_is_left_out() -> None:
    (described,) = bands(sources=members(bands=(band(scale=float("inf"), offset=float("-inf")),)))
    assert not {"raster:scale", "raster:offset"} & described.keys()


def test_sources_are_linked_up_to_a_number_and_counted_beyond() -> None:
    sources = members(1) * (MOST_LINKS + 5)
    made = item(sources)
    assert [link["rel"] for link in made["links"]] == ["derived_from"] * MOST_LINKS
    assert made["links"][0]["href"] == sources[0].ref.uri
    assert made["properties"]["rasterloom:source_count"] == MOST_LINKS + 5


def test_assets_are_s3_uris_and_the_type_of_a_vrt_is_explained() -> None:
    assets = item()["assets"]
    assert all(asset["href"].startswith("s3://artifacts/vrts/") for asset in assets.values())
    assert assets["vrt"]["type"] == "application/x-gdal-vrt+xml"
    assert "not registered" in assets["vrt"]["description"]


def test_a_crs_without_a_code_is_spelled_out() -> None:
    dataset = vrt()
    built = published(dataset.id, an_id("generation"), summary=summary(epsg=None, bounds=Bounds(0, 0, 1, 1)))
    told = Placed(dataset, built, "artifacts", None, {"type": "ProjectedCRS"})
    properties = json.loads(stac_item(told, members()))["properties"]
    assert (properties["proj:code"], properties["proj:projjson"]) == (None, {"type": "ProjectedCRS"})


def test_members_of_a_mosaic_keep_their_grid_to_themselves() -> None:
    moved = replace(members(1)[0], profile=profile(geotransform=GeoTransform(0, 1, 0, 0, 0, -1), crs=UTM_32N))
    assert item([moved])["properties"]["proj:transform"][0] == 10.0
