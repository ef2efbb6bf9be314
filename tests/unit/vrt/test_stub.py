"""Stub documents: what they say, and that they are well-formed whatever a header said."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from rasterloom.domain.raster import Band, Crs, GeoTransform, MaskKind, RasterProfile
from rasterloom.vrt.stub import escape, stub_document

UTM = Crs('PROJCS["a & b <c>"]', "a", 32632, (2, 1))


def parse(profile: RasterProfile) -> ET.Element:
    return ET.fromstring(stub_document(profile))  # noqa: S314 - made here


def band(**changes: object) -> Band:
    return Band(**{"dtype": "Byte", "block_width": 128, "block_height": 64, **changes})  # type: ignore[arg-type]


def test_size_crs_and_geotransform() -> None:
    root = parse(RasterProfile(30, 20, (band(),), UTM, GeoTransform(0.1, 1e-9, 0, 1e300, -0.0, -10)))
    srs = root.find("SRS")
    assert srs is not None
    assert (root.get("rasterXSize"), root.get("rasterYSize")) == ("30", "20")
    assert (srs.get("dataAxisToSRSAxisMapping"), srs.text) == ("2,1", UTM.wkt)
    assert [float(part) for part in (root.findtext("GeoTransform") or "").split(",")] == [0.1, 1e-9, 0, 1e300, 0, -10]


def test_what_a_raster_lacks_is_not_written() -> None:
    root = parse(RasterProfile(30, 20, (band(),)))
    assert [child.tag for child in root] == ["VRTRasterBand"]
    assert [child.tag for child in root[0]] == ["ColorInterp"]


@pytest.mark.parametrize(
    ("nodata", "text"),
    [
        (0, "0"),
        (255.0, "255.0"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (-3.4028234663852886e38, "-3.4028234663852886e+38"),
        (2**64 - 1, "18446744073709551615"),
        (-(2**63), "-9223372036854775808"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_nodata_is_written_so_that_it_reads_back(nodata: float, text: str) -> None:
    root = parse(RasterProfile(30, 20, (band(nodata=nodata),)))
    assert root.findtext("VRTRasterBand/NoDataValue") == text


def test_a_mask_of_the_dataset_has_the_blocks_of_the_first_band() -> None:
    root = parse(RasterProfile(30, 20, (band(mask=MaskKind.PER_DATASET), band())))
    mask = root.find("MaskBand/VRTRasterBand")
    assert mask is not None
    assert (mask.get("blockXSize"), mask.get("blockYSize")) == ("128", "64")
    assert parse(RasterProfile(30, 20, (band(mask=MaskKind.ALPHA),))).find("MaskBand") is None


def test_metadata_keeps_its_order_and_its_characters() -> None:
    items = (("b", 'x < "y" & z'), ("a", "  leading\nand\tinside "), ('k"&<', ""))
    root = parse(RasterProfile(30, 20, (band(metadata=items),), metadata=items))
    for where in ("Metadata/MDI", "VRTRasterBand/Metadata/MDI"):
        assert [(item.get("key"), item.text or "") for item in root.findall(where)] == list(items)


def test_a_palette_is_written_entry_by_entry() -> None:
    root = parse(RasterProfile(30, 20, (band(color_table=((1, 2, 3, 4), (5, 6, 7, 8))),)))
    assert [entry.attrib for entry in root.iter("Entry")] == [
        {"c1": "1", "c2": "2", "c3": "3", "c4": "4"},
        {"c1": "5", "c2": "6", "c3": "7", "c4": "8"},
    ]


def test_overviews_have_their_exact_sizes_and_lie_in_the_first_band() -> None:
    root = parse(RasterProfile(601, 499, (band(), band()), overviews=((301, 250), (150, 124))))
    names = [name.text or "" for name in root.findall("VRTRasterBand[@band='1']/Overview/SourceFilename")]
    inner = [ET.fromstring(name) for name in names]  # noqa: S314 - made here
    assert [(each.get("rasterXSize"), each.get("rasterYSize")) for each in inner] == [("301", "250"), ("150", "124")]
    assert root.find("VRTRasterBand[@band='2']/Overview") is None


def test_only_white_space_at_the_start_needs_references() -> None:
    assert escape("\t a b ") == "&#9;&#32;a b "
    assert escape(" ") == "&#32;"
    assert escape("") == ""


def test_tiles_that_share_their_bands_differ_in_their_place_alone() -> None:
    first = RasterProfile(30, 20, (band(nodata=0),), UTM, GeoTransform(0.0, 1.0, 0.0, 9.0, 0.0, -1.0))
    second = replace(first, width=first.width + 1, geotransform=GeoTransform(7.0, 1.0, 0.0, 9.0, 0.0, -1.0))
    documents = [stub_document(each) for each in (first, second, first)]
    assert documents[0] == documents[2] != documents[1]
    assert [line for line in documents[1].splitlines() if line not in documents[0].splitlines()] == [
        f'<VRTDataset rasterXSize="{second.width}" rasterYSize="{second.height}">',
        "<GeoTransform>7.0, 1.0, 0.0, 9.0, 0.0, -1.0</GeoTransform>",
    ]


@pytest.mark.parametrize("order", [(0, 0.0, -0.0), (-0.0, 0, 0.0)])
def test_equal_numbers_that_are_spelled_differently_stay_apart(order: tuple[float, ...]) -> None:
    profiles = [RasterProfile(30, 20, (band(nodata=nodata),)) for nodata in order]
    for nodata, profile in zip(order, profiles, strict=True):
        assert f"<NoDataValue>{nodata!r}</NoDataValue>" in stub_document(profile)
