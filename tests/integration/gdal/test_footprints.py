"""Where a raster lies on Earth: cut at the antimeridian, closed over the pole, and exact on its corners."""

from __future__ import annotations

import pytest
from osgeo import osr

from rasterloom.adapters.footprints_gdal import GdalFootprints
from rasterloom.domain.raster import Crs, GeoTransform, RasterProfile
from rasterloom.ports import Polygons
from tests.support.factories import profile


def crs(code: int) -> Crs:
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(code)
    return Crs(reference.ExportToWkt(), reference.GetName(), code)


def placed(code: int, x: float, y: float, size: float, **changes: object) -> RasterProfile:
    """100 x 100 pixels whose upper left corner lies at (x, y), `size` CRS units wide and high."""
    step = size / 100
    transform = GeoTransform(x, step, 0.0, y, 0.0, -step)
    return profile(width=100, height=100, crs=crs(code), geotransform=transform, **changes)


def outline(one: RasterProfile) -> Polygons:
    (found,) = GdalFootprints()([one])
    assert found is not None
    return found


def spans(polygons: Polygons) -> list[tuple[float, float, float, float]]:
    """West, south, east, north of each polygon."""
    return [
        (
            round(min(x for x, _ in outer), 4),
            round(min(y for _, y in outer), 4),
            round(max(x for x, _ in outer), 4),
            round(max(y for _, y in outer), 4),
        )
        for outer, *_ in polygons
    ]


def test_a_geographic_raster_has_four_corners() -> None:
    ((ring,),) = outline(placed(4326, 10, 20, 1))
    assert ring[0] == ring[-1]
    assert {(round(x, 9), round(y, 9)) for x, y in ring} == {(10, 20), (10, 19), (11, 19), (11, 20)}


def test_a_projected_raster_has_its_curved_sides() -> None:
    ((ring,),) = outline(placed(32632, 300_000, 6_000_000, 400_000))
    back = osr.CoordinateTransformation(_lonlat(), _lonlat(32632))
    for longitude, latitude in ring:
        x, y, _ = back.TransformPoint(longitude, latitude)
        on_side = min(abs(x - 300_000), abs(x - 700_000), abs(y - 6_000_000), abs(y - 5_600_000))
        assert on_side < 0.5
    assert len(ring) > 8, "a parallel of 400 km is no straight line in degrees"


def test_what_crosses_the_antimeridian_is_two_polygons() -> None:
    assert sorted(spans(outline(placed(4326, 175, 5, 10)))) == [(-180, -5, -175, 5), (175, -5, 180, 5)]
    west, east = sorted(spans(outline(placed(32601, 200_000, 6_200_000, 200_000))))
    assert west[0] == -180
    assert east[2] == 180
    assert all(part[2] - part[0] < 10 for part in (west, east))


def test_the_whole_globe_is_one_polygon() -> None:
    assert spans(
        outline(profile(width=360, height=180, crs=crs(4326), geotransform=GeoTransform(-180, 1, 0, 90, 0, -1)))
    ) == [(-180, -90, 180, 90)]


def test_half_a_pixel_beyond_the_pole_is_the_pole() -> None:
    assert spans(outline(placed(4326, 0, 90.5, 2))) == [(0, 88.5, 2, 90)]


def test_what_lies_over_a_pole_reaches_it() -> None:
    (span,) = spans(outline(placed(3031, -1_000_000, 1_000_000, 2_000_000)))
    assert (span[0], span[1], span[2]) == (-180, -90, 180)
    assert -78 < span[3] < -76


def test_a_rotated_raster_lies_where_its_corners_do() -> None:
    turned = profile(width=10, height=10, crs=crs(4326), geotransform=GeoTransform(0, 1, 1, 0, 1, -1))
    ((ring,),) = outline(turned)
    assert {(round(x, 9), round(y, 9)) for x, y in ring} == {(0, 0), (10, -10), (20, 0), (10, 10)}


@pytest.mark.parametrize(
    "one",
    [
        profile(crs=None),
        profile(geotransform=None),
        profile(crs=Crs("", "nothing")),
        profile(crs=Crs('LOCAL_CS["here"]', "here")),
        placed(32632, 1e300, 0, 1),
        placed(4326, 0, 500, 1),
        placed(4326, 500_000, 5_200_000, 1000),
        placed(32632, 30_500_000, 5_200_000, 1000),
    ],
    ids=[
        *("no CRS", "no geotransform", "no WKT", "a local CRS", "beyond the Earth", "beyond the pole"),
        *("metres as degrees", "beyond the projection"),
    ],
)
def test_what_lies_nowhere_has_no_footprint_and_hinders_no_other(one: RasterProfile) -> None:
    nowhere, somewhere = GdalFootprints()([one, placed(4326, 10, 20, 1)])
    assert nowhere is None
    assert somewhere is not None


def _lonlat(code: int = 4326) -> osr.SpatialReference:
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(code)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference
