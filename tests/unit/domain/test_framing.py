"""Which mosaics are moved across ±180°, and how."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.domain.framing import TURN, is_in_degrees, turns
from rasterloom.domain.raster import Bounds, Crs, GeoTransform, RasterProfile
from tests.support.factories import UTM_32N, profile

WGS_84 = Crs(
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433],AXIS["Latitude",NORTH]]',
    "WGS 84",
    4326,
)
GRADS = Crs(WGS_84.wkt.replace('"degree",0.0174532925199433', '"grad",0.0157079632679489'), "in grads")


def placed(west: float, east: float, crs: Crs | None = WGS_84) -> RasterProfile:
    """A raster of 100 columns between two meridians."""
    transform = GeoTransform(west, (east - west) / 100, 0.0, 10.0, 0.0, -0.1)
    return profile(width=100, height=100, crs=crs, geotransform=transform)


def moved(*spans: tuple[float, float]) -> tuple[int, ...]:
    return turns([placed(*span) for span in spans])


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(175, 180), (-180, -175)], (0, 1)),
        ([(-180, -175), (175, 180)], (1, 0)),
        ([(177, 178), (-179, -178), (179, 179.5)], (0, 1, 0)),
        ([(172, 182), (-178, -170)], (0, 1)),
        ([(185, 190), (-170, -165)], (-1, 0)),
        ([(-125, -67), (172, 180), (-180, -130)], (1, 0, 1)),
        ([(355, 360), (0, 5)], (-1, 0)),
    ],
)
def test_sources_on_both_sides_of_the_antimeridian_lie_side_by_side(
    spans: list[tuple[float, float]], expected: tuple[int, ...]
) -> None:
    assert moved(*spans) == expected


@pytest.mark.parametrize(
    "spans",
    [
        [(10, 20), (20, 30)],
        [(-60, -50), (0, 3)],
        [(-180, -90), (-90, 0), (0, 90), (90, 180)],
        [(-180, 0), (0, 180)],
        [(-180, 180), (175, 180)],
        [(0, 180), (180, 360)],
        [(-180, -170), (-90, -80), (0, 10), (90, 100)],
        [(175, 185), (180, 190)],
        [(170, 340), (-179, -178), (50, 51)],
        [(-120, -110), (0, 10), (110, 120)],
    ],
)
def test_whatever_does_not_cross_and_whatever_goes_around_the_earth_is_left_alone(
    spans: list[tuple[float, float]],
) -> None:
    assert moved(*spans) == (0,) * len(spans)


@pytest.mark.parametrize("crs", [UTM_32N, GRADS, None], ids=["projected", "grads", "no CRS"])
def test_only_degrees_come_around(crs: Crs | None) -> None:
    assert turns([placed(175, 180, crs), placed(-180, -175, crs)]) == (0, 0)
    assert turns([placed(175, 180), placed(-180, -175, crs)]) == (0, 0)


def test_a_raster_without_a_place_keeps_all_where_they_are() -> None:
    assert turns([placed(175, 180), placed(-180, -175), profile(crs=WGS_84, geotransform=None)]) == (0, 0, 0)
    assert turns([]) == ()


@pytest.mark.parametrize(
    ("spans", "west", "east", "expected"),
    [
        ([(175, 180), (-180, -175)], 170, 190, (0, 1)),
        ([(175, 180), (-180, -175)], -190, -170, (-1, 0)),
        ([(175, 180), (-180, -175)], -180, 180, (0, 0)),
        ([(355, 360)], -10, 10, (-1,)),
        ([(-5, 0)], 355, 360, (1,)),
        ([(175, 180)], 180, 190, (0,)),
        ([(10, 20)], 30, 40, (0,)),
        ([(-180, 180)], 350, 370, (0,)),
        ([(10, 20)], 725, 735, (2,)),
        ([(10, 20)], -1e30, 1e30, (0,)),
    ],
)
def test_an_extent_decides_where_sources_in_degrees_lie(
    spans: list[tuple[float, float]], west: float, east: float, expected: tuple[int, ...]
) -> None:
    """A source is moved where it meets the extent only so; what never meets it, and what is too wide, stays."""
    extent = Bounds(west, -90.0, east, 90.0)
    assert turns([placed(*span) for span in spans], extent) == expected
    assert turns([placed(*span, GRADS) for span in spans], extent) == (0,) * len(spans)


def test_what_is_in_degrees() -> None:
    compound = Crs(f'COMPD_CS["with height",{WGS_84.wkt},VERT_CS["height",UNIT["metre",1]]]', "compound")
    projected = Crs(f'COMPD_CS["with height",PROJCS["UTM",{WGS_84.wkt},UNIT["metre",1]],VERT_CS["height"]]', "UTM")
    assert [is_in_degrees(crs) for crs in (WGS_84, compound, projected, GRADS, UTM_32N, Crs("", ""))] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


@given(
    st.lists(
        st.tuples(st.integers(-360, 360), st.integers(1, 120)).map(lambda pair: (pair[0], pair[0] + pair[1])),
        min_size=1,
        max_size=6,
    )
)
def test_a_moved_mosaic_is_never_wider_and_holds_every_source_by_whole_turns(spans: list[tuple[int, int]]) -> None:
    counts = moved(*spans)
    before = max(east for _, east in spans) - min(west for west, _ in spans)
    wests = [west + count * TURN for (west, _), count in zip(spans, counts, strict=True)]
    easts = [east + count * TURN for (_, east), count in zip(spans, counts, strict=True)]
    after = max(easts) - min(wests)
    if any(counts):
        assert after < 180 < before
        assert -180 <= min(wests) < 180
    else:
        assert after == before
