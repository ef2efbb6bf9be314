"""Two CRSs are the same exactly where `gdal.BuildVRT` takes them for the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

import pytest
from osgeo import gdal, osr

from rasterloom.adapters.crs_gdal import GdalCrsEquality
from rasterloom.adapters.gdal_environment import configure, open_vrt, quiet
from rasterloom.domain.raster import Band, Crs, GeoTransform, RasterProfile
from rasterloom.vrt.stub import stub_document
from tests.support.corpus import TOWGS84, USER_WKT


def crs(text: str | int, **changes: str) -> Crs:
    """A CRS as a file would give it; `old=new` changes its WKT afterwards."""
    reference = osr.SpatialReference()
    reference.SetFromUserInput(f"EPSG:{text}" if isinstance(text, int) else text)
    wkt = reference.ExportToWkt(["FORMAT=WKT1_GDAL"])
    for old, new in changes.items():
        assert old in wkt
        wkt = wkt.replace(old, new)
    return Crs(wkt, reference.GetName(), axis_mapping=tuple(reference.GetDataAxisToSRSAxisMapping()))


GRADS = (
    'GEOGCS["in grads",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["grad",0.015707963267949]]'
)
COMPOUND = "UTM 32 above the ellipsoid's geoid of 2008"
CRSS = {
    "UTM 32": crs(32632),
    "UTM 32 in another case": crs(32632, WGS="wgs", metre="METRE"),
    "UTM 32 under another name": crs(32632, UTM="Utm"),
    "UTM 32 from PROJ": crs("+proj=utm +zone=32 +datum=WGS84 +units=m"),
    "UTM 33": crs(32633),
    "ETRS89 / UTM 32": crs(25832),
    "WGS 84": crs(4326),
    "WGS 84, longitude first": crs("OGC:CRS84"),
    "ETRS89": crs(4258),
    "Gauss-Krueger 3": crs(31467),
    "with TOWGS84": crs(TOWGS84),
    "our own": crs(USER_WKT),
    "web Mercator": crs(3857),
    "web Mercator of ESRI": crs("ESRI:102100"),
    "our own under another name": crs(USER_WKT.replace("of our own", "somebody else's", 1)),
    "our own on another ball": crs(USER_WKT.replace("6370000", "6370001")),
    "our own, one foot off": crs(USER_WKT.replace('"false_northing",2', '"false_northing",2.3048')),
    "UTM 32 in feet": crs("+proj=utm +zone=32 +datum=WGS84 +units=us-ft"),
    "UTM 32 above the geoid": crs("EPSG:32632+5773"),
    "UTM 32 above the ellipsoid's geoid of 2008": crs("EPSG:32632+3855"),
    "WGS 84 above the geoid": crs("EPSG:4326+5773"),
    "Gauss-Krueger 3, easting first": crs("+proj=tmerc +lon_0=9 +x_0=3500000 +ellps=bessel +units=m"),
    "WGS 84 in grads": crs(GRADS),
    "a pixel grid": crs('LOCAL_CS["a grid",UNIT["metre",1]]'),
}


def test_a_vertical_crs_is_part_of_a_compound_one() -> None:
    same = GdalCrsEquality()
    flat, high, higher = (CRSS[name] for name in ("UTM 32", "UTM 32 above the geoid", COMPOUND))
    assert high.wkt.startswith("COMPD_CS[")
    assert not same(flat, high)
    assert not same(high, higher)
    assert same(high, crs("EPSG:32632+5773"))


def test_axis_order_comes_from_the_file_and_is_no_part_of_the_crs() -> None:
    ours, theirs = CRSS["WGS 84"], replace(CRSS["WGS 84"], axis_mapping=(2, 1))
    assert GdalCrsEquality()(ours, theirs)
    assert gdal_takes_them_for_the_same(ours, theirs)


def test_user_defined_crss_are_compared_by_their_parameters() -> None:
    same = GdalCrsEquality()
    ours = CRSS["our own"]
    assert same(ours, CRSS["our own under another name"]) == gdal_takes_them_for_the_same(
        ours, CRSS["our own under another name"]
    )
    assert not same(ours, CRSS["our own on another ball"])
    assert not same(ours, CRSS["our own, one foot off"])


def gdal_takes_them_for_the_same(one: Crs, other: Crs) -> bool:
    band = Band("Byte", 64, 64)
    where = GeoTransform(0, 1, 0, 0, 0, -1)
    stubs = [open_vrt(stub_document(RasterProfile(64, 64, (band,), each, where))) for each in (one, other)]
    with quiet():
        try:
            gdal.BuildVRT("", stubs, options=["-strict"])
        except RuntimeError as error:
            assert "heterogeneous projection" in str(error)  # noqa: PT017 - any other refusal would prove nothing
            return False
    return True


@pytest.mark.parametrize(("one", "other"), list(combinations_with_replacement(CRSS, 2)))
def test_equality_is_that_of_gdal_both_ways(one: str, other: str) -> None:
    configure()
    same = GdalCrsEquality()
    assert same(CRSS[one], CRSS[other]) == gdal_takes_them_for_the_same(CRSS[one], CRSS[other])
    assert same(CRSS[one], CRSS[other]) == same(CRSS[other], CRSS[one])


def test_spelling_does_not_matter_and_meaning_does() -> None:
    same = GdalCrsEquality()
    assert same(CRSS["UTM 32"], CRSS["UTM 32 from PROJ"])
    assert not same(CRSS["UTM 32"], CRSS["UTM 33"])
    assert not same(CRSS["WGS 84"], CRSS["ETRS89"])


def test_what_proj_cannot_read_is_only_the_same_as_itself() -> None:
    same, broken = GdalCrsEquality(), Crs("no WKT at all", "broken")
    assert same(broken, broken)
    assert not same(broken, CRSS["UTM 32"])
    assert not same(CRSS["UTM 32"], broken)
