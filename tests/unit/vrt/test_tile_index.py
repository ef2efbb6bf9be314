"""A tile index repeats the mosaic's grid to the last digit and names its sources as they are in it."""

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.domain.dataset import BandSummary, Member
from rasterloom.domain.members import as_member
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.options import Resampling, WeaveOptions
from rasterloom.domain.outputs import NotInThisFormatError
from rasterloom.domain.raster import Bounds, Crs, GeoTransform, MaskKind
from rasterloom.domain.tile_index import TileIndex
from rasterloom.vrt.tile_index import tile_index
from tests.support.factories import NOW, band, profile, raster, summary

LONLAT = Crs('GEOGCS["WGS 84",UNIT["degree",0.0174532925199433]]', "WGS 84", 4326)
FINITE = st.floats(-1e7, 1e7)
STEPS = st.floats(1e-9, 1e5)


def member(key: str = "a.tif", **changes: Any) -> Member:
    return as_member(raster(ref=ObjectRef("sources", key), profile=profile(**changes)), "generation")


def index(*members: Member, options: WeaveOptions | None = None, **changes: Any) -> TileIndex:
    return tile_index(members, summary(**changes), options or WeaveOptions(), NOW)


@given(FINITE, FINITE, STEPS, STEPS)
def test_the_grid_loses_no_digit(x: float, y: float, width: float, height: float) -> None:
    made = index(member(), bounds=Bounds(x, y - 1, x + 1, y), resolution=(width, height))
    numbers = [float(text) for text in made.metadata["GEOTRANSFORM"].split(",")]
    assert numbers == [x, width, 0.0, y, 0.0, -height]
    assert (made.metadata["XSIZE"], made.metadata["YSIZE"]) == ("2048", "1024")


def test_bands_are_told_of_one_by_one() -> None:
    bands = (BandSummary("Float32", float("nan"), "Gray"), BandSummary("Float32", None, "Undefined"))
    made = index(member(bands=(band(scale=0.5), band(offset=2.0))), bands=bands).metadata
    assert (made["BAND_COUNT"], made["DATA_TYPE"]) == ("2", "Float32,Float32")
    assert (made["NODATA"], made["COLOR_INTERPRETATION"]) == ("nan,NONE", "Gray,Undefined")
    assert (made["BAND_1_SCALE"], made["BAND_2_OFFSET"]) == ("0.5", "2.0")
    assert not {"BAND_2_SCALE", "BAND_1_OFFSET", "MASK_BAND"} & made.keys()


def test_a_mask_of_any_source_is_a_mask_of_the_mosaic() -> None:
    plain, masked = member(bands=(band(mask=MaskKind.ALL_VALID),)), member(bands=(band(mask=MaskKind.PER_DATASET),))
    assert index(plain, masked).metadata["MASK_BAND"] == "YES"


def test_tiles_keep_the_order_and_the_resampling_is_the_mosaics() -> None:
    made = index(member("b.tif"), member("a.tif"), options=WeaveOptions(resampling=Resampling.CUBIC))
    assert [tile.location for tile in made.tiles] == ["/vsis3/sources/b.tif", "/vsis3/sources/a.tif"]
    assert (made.metadata["SORT_FIELD"], made.metadata["SORT_FIELD_ASC"]) == ("position", "YES")
    assert made.metadata["RESAMPLING"] == "cubic"


def test_what_lies_across_the_antimeridian_is_named_where_it_is_moved_to() -> None:
    west = member("w.tif", width=10, height=10, crs=LONLAT, geotransform=GeoTransform(170.0, 1.0, 0, 50.0, 0, -1.0))
    east = member("e.tif", width=10, height=10, crs=LONLAT, geotransform=GeoTransform(-180.0, 1.0, 0, 50.0, 0, -1.0))
    first, second = index(west, east).tiles
    assert first.location == "/vsis3/sources/w.tif"
    assert second.location == "vrt:///vsis3/sources/e.tif?a_ullr=180.0,50.0,190.0,40.0"
    assert second.bounds == Bounds(180, 40, 190, 50)


def test_another_nodata_value_is_said_of_every_source() -> None:
    made = index(member(), options=WeaveOptions(nodata_override=7))
    assert made.tiles[0].location == "vrt:///vsis3/sources/a.tif?a_nodata=7"


def test_an_alpha_band_is_in_an_index_only_if_every_source_has_one() -> None:
    gray, alpha = band(dtype="Byte"), band(dtype="Byte", nodata=None, color_interpretation="Alpha")
    bands = (BandSummary("Byte", 0, "Gray"), BandSummary("Byte", None, "Alpha"))
    woven = WeaveOptions(add_alpha=True)
    made = index(member(bands=(gray, alpha)), options=woven, bands=bands)
    assert made.metadata["COLOR_INTERPRETATION"] == "Gray,Alpha"
    for others in ([member(bands=(gray, alpha)), member(bands=(gray,))], [member(bands=(gray,))]):
        with pytest.raises(NotInThisFormatError, match="alpha band \\(add_alpha\\) is one that not all of its sources"):
            index(*others, options=woven, bands=bands)


def test_an_extent_decides_where_tiles_are_named() -> None:
    east = member("e.tif", width=10, height=10, crs=LONLAT, geotransform=GeoTransform(-180.0, 1.0, 0, 50.0, 0, -1.0))
    (tile,) = index(east, options=WeaveOptions(target_extent=Bounds(175, 40, 185, 50))).tiles
    assert tile.location == "vrt:///vsis3/sources/e.tif?a_ullr=180.0,50.0,190.0,40.0"


@pytest.mark.parametrize("key", ["what?.tif", "this&that.tif"])
def test_a_key_that_would_be_read_as_something_else_is_refused_where_it_matters(key: str) -> None:
    assert index(member(key)).tiles[0].location == f"/vsis3/sources/{key}"
    with pytest.raises(NotInThisFormatError, match="'\\?' or '&' in its key"):
        index(member(key), options=WeaveOptions(nodata_override=7))


def test_palettes_bring_all_that_the_driver_then_reads_nowhere_else() -> None:
    palette = ((1, 2, 3, 255), (4, 5, 6, 0))
    colored = band(color_table=palette, mask=MaskKind.PER_DATASET)
    made = index(member(bands=(colored,)), bands=(BandSummary("Byte", 9, "Palette"),))
    assert made.xml is not None
    root = ET.fromstring(made.xml)  # noqa: S314 - made by this test
    assert {name: root.findtext(name) for name in ("LocationField", "SortField", "SortFieldAsc", "MaskBand")} == {
        "LocationField": "location",
        "SortField": "position",
        "SortFieldAsc": "YES",
        "MaskBand": "YES",
    }
    (described,) = root.iter("Band")
    assert (described.get("dataType"), described.findtext("NoDataValue")) == ("Byte", "9")
    assert [tuple(int(entry.get(f"c{n}") or "") for n in range(1, 5)) for entry in root.iter("Entry")] == list(palette)
    assert index(member()).xml is None


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (member(crs=None), "no CRS"),
        (member(geotransform=None), "no geotransform"),
        (replace(member(), profile=profile(bands=(band(), band()))), "bands that its sources have not"),
    ],
)
def test_a_mosaic_that_no_index_can_describe_is_refused_with_the_reason(one: Member, reason: str) -> None:
    with pytest.raises(NotInThisFormatError, match=reason):
        index(one)
