"""Rules about the grid that sources share, about what they are like as files, and about one more source."""

from dataclasses import replace
from operator import eq
from time import process_time

import pytest

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds, Crs, GeoTransform, LayoutFault, RasterProfile
from rasterloom.domain.rules import Source, TargetGrid, Weave, check_added, check_alone
from tests.support.factories import band, profile, summary
from tests.support.ruling import DEGREES, at, check

WGS_84 = Crs(wkt='GEOGCS["WGS 84"]', name="WGS 84", epsg=4326, axis_mapping=(2, 1))
ADDED = Source("new", 0, profile())
FINER = GeoTransform(500_000.0, 5.0, 0.0, 5_000_000.0, 0.0, -5.0)


def with_band(**changes: object) -> RasterProfile:
    return profile(bands=(band(**changes),))


def test_a_mosaic_takes_different_sizes_and_resolutions_and_says_who_gets_resampled() -> None:
    sources = profile(), profile(width=7, geotransform=FINER)
    for strategy, index in ((ResolutionStrategy.FINEST, 0), (ResolutionStrategy.COARSEST, 1)):
        (finding,) = check(VrtType.MOSAIC, *sources, options=WeaveOptions(strategy))
        assert (finding.index, finding.code, finding.severity) == (index, "resampling_required", Severity.WARNING)
    both = check(VrtType.MOSAIC, *sources, options=WeaveOptions(ResolutionStrategy.AVERAGE))
    assert [finding.index for finding in both] == [0, 1]


@pytest.mark.parametrize(("off", "resampled"), [(0.0, False), (0.0099, False), (0.0101, True), (5.0, True)])
def test_a_thousandth_of_a_pixel_off_the_grid_is_on_it_as_gdal_has_it(off: float, resampled: bool) -> None:  # noqa: FBT001
    """GDAL writes a window for whole that is nearer to it than that: `tests/integration/gdal/test_target_grid.py`."""
    for source in (at(510_240.0 + off), at(510_240.0, 5_000_000.0 - off)):
        assert [finding.code for finding in check(VrtType.MOSAIC, profile(), source)] == [
            "resampling_required"
        ] * resampled


def test_pixels_that_are_a_little_larger_add_up() -> None:
    small, large = at(510_240.0, size=10.0001, width=9, height=9), at(510_240.0, size=10.0001)
    assert check(VrtType.MOSAIC, profile(), small) == []
    assert [finding.code for finding in check(VrtType.MOSAIC, profile(), large)] == ["resampling_required"]


def test_a_stack_is_not_told_of_resampling_for_it_needs_one_grid_anyway() -> None:
    assert {finding.code for finding in check(VrtType.BAND_STACK, profile(), at(500_003.0))} == {"grid_misaligned"}


@pytest.mark.parametrize(("last", "code"), [(2**31 - 1, None), (2**31, "target_too_large")])
def test_the_last_pixel_that_gdal_can_count_is_the_last_one(last: int, code: str | None) -> None:
    sources = at(0.0, size=1.0), at(float(last - 1024), size=1.0)
    assert [finding.code for finding in check(VrtType.MOSAIC, *sources)] == [code] * (code is not None)


def test_the_source_with_pixels_too_small_for_the_whole_is_blamed() -> None:
    fine = at(500_000.0, size=1e-9)
    found = [
        finding for finding in check(VrtType.MOSAIC, profile(), fine, profile()) if finding.code == "target_too_large"
    ]
    assert [(finding.index, finding.field) for finding in found] == [(1, "width"), (1, "height")]
    coarsest = WeaveOptions(ResolutionStrategy.COARSEST)
    assert {finding.code for finding in check(VrtType.MOSAIC, profile(), fine, options=coarsest)} == {
        "resampling_required",
        "outside_target_extent",
    }


EVERYWHERE, HERE = Bounds(0.0, 0.0, 1e30, 1e30), Bounds(500_000.0, 4_990_000.0, 510_000.0, 5_000_000.0)


@pytest.mark.parametrize(
    ("options", "option"),
    [
        (WeaveOptions(target_extent=EVERYWHERE), "target_extent"),
        (WeaveOptions(target_extent=EVERYWHERE, target_resolution=(10.0, 10.0)), "target_extent"),
        (WeaveOptions(target_extent=EVERYWHERE, target_resolution=(1e-9, 1e-9)), "target_extent"),
        (WeaveOptions(target_extent=HERE, target_resolution=(1e-9, 1e-9)), "target_resolution"),
        (WeaveOptions(target_resolution=(1e-9, 1e-9)), "target_resolution"),
        (WeaveOptions(target_resolution=(10.0, 5e-324)), "target_resolution"),
    ],
)
def test_of_a_grid_that_is_too_large_the_option_is_blamed_once_and_nothing_else_is_said(
    options: WeaveOptions, option: str
) -> None:
    """Neither source is at fault, and what would be resampled onto a grid that cannot be is of no interest."""
    for vrt_type in VrtType:
        (finding,) = check(vrt_type, profile(), profile(), options=options)
        assert (finding.code, finding.option, finding.field) == ("target_too_large", option, option)
        assert f"{option} is too" in finding.message


@pytest.mark.parametrize(
    ("options", "option"),
    [
        (WeaveOptions(target_extent=HERE, target_resolution=(1e9, 1e9)), "target_resolution"),
        (WeaveOptions(target_resolution=(1e9, 1e9)), "target_resolution"),
        (WeaveOptions(target_extent=HERE._replace(x_max=500_001.0)), "target_extent"),
        (WeaveOptions(target_extent=HERE._replace(x_max=500_001.0), target_resolution=(20.0, 20.0)), "target_extent"),
    ],
)
def test_of_a_grid_without_pixels_the_option_is_blamed_once(options: WeaveOptions, option: str) -> None:
    (finding,) = check(VrtType.MOSAIC, profile(), at(500_003.0), options=options)
    assert (finding.code, finding.option, finding.field) == ("target_too_small", option, option)
    assert f"{option} is too" in finding.message


def test_within_an_extent_that_suits_the_others_the_source_with_pixels_too_small_is_blamed() -> None:
    fine = at(500_000.0, size=1e-9)
    found = check(VrtType.MOSAIC, profile(), fine, options=WeaveOptions(target_extent=HERE))
    assert {(each.code, each.index, each.option) for each in found if each.severity is Severity.ERROR} == {
        ("target_too_large", 1, None)
    }


@pytest.mark.parametrize(
    ("options", "source", "code", "words"),
    [
        (
            WeaveOptions(target_resolution=(10.0, 10.0)),
            at(3e10, size=1e3),
            "target_too_large",
            "this source lies farthest from the others",
        ),
        (
            WeaveOptions(target_extent=HERE),
            at(500_000.0, size=1e-9),
            "target_too_large",
            "this source has the smallest pixels",
        ),
        (
            WeaveOptions(ResolutionStrategy.COARSEST, target_extent=HERE),
            at(500_000.0, size=1e9),
            "target_too_small",
            "this source makes its pixels too large",
        ),
    ],
)
def test_of_a_vrt_that_fits_as_it_is_the_source_that_is_added_is_blamed(
    options: WeaveOptions, source: RasterProfile, code: str, words: str
) -> None:
    base, grid = Source("base", -1, profile()), TargetGrid(HERE, (10.0, 10.0), 2)
    found = check_added(replace(ADDED, profile=source), Weave(VrtType.MOSAIC, eq, options), base, grid)
    told = [each for each in found if each.code == code]
    assert {each.option for each in told} == {None}
    assert all(words in each.message for each in told)


def test_sources_in_another_crs_do_not_make_the_grid() -> None:
    degrees = profile(crs=WGS_84, geotransform=GeoTransform(9.0, 1e-9, 0.0, 45.0, 0.0, -1e-9))
    assert [finding.code for finding in check(VrtType.MOSAIC, profile(), degrees)] == ["crs_mismatch"]


def test_a_mosaic_across_the_antimeridian_is_measured_the_short_way_around() -> None:
    def strip(west: float) -> RasterProfile:
        return profile(crs=DEGREES, geotransform=GeoTransform(west, 1e-7, 0.0, 0.0, 0.0, -1e-7))

    assert check(VrtType.MOSAIC, strip(179.9), strip(-180.0)) == []
    codes = {finding.code for finding in check(VrtType.MOSAIC, strip(0.0), strip(-179.0))}
    assert codes == set(), "179 degrees fit"
    wide = replace(strip(0.0), width=2**30, height=1), replace(strip(-179.0), width=2**30, height=1)
    assert {finding.code for finding in check(VrtType.MOSAIC, *wide)} == {"target_too_large"}


def test_what_is_small_needs_neither_tiles_nor_overviews() -> None:
    small = profile(width=512, height=512, tiled=False, overviews=())
    assert check(VrtType.MOSAIC, small, small, requires_cog=True) == []


def test_a_deployment_that_requires_cogs_refuses_what_another_warns_of() -> None:
    loose = profile(overviews=(), layout=(LayoutFault.DATA_UNSORTED,), side_files=(".ovr", ".msk"))
    warned = check(VrtType.MOSAIC, profile(), loose)
    assert {finding.severity for finding in warned} == {Severity.WARNING}
    refused = check(VrtType.MOSAIC, profile(), loose, requires_cog=True)
    assert [finding.severity for finding in refused] == [Severity.ERROR] * len(warned)
    (masked,) = check(VrtType.MOSAIC, profile(), profile(side_files=(".msk",)), requires_cog=True)
    assert masked.severity is Severity.WARNING, "a mask beside a COG leaves it a COG"


def test_small_sources_without_overviews_are_told_of_when_they_are_many() -> None:
    tiles = [at(500_000.0 + 2_560.0 * n, width=256, height=256, overviews=()) for n in range(200)]
    (finding,) = check(VrtType.MOSAIC, *tiles)
    assert (finding.code, finding.index, finding.severity) == ("overviews_missing", 0, Severity.WARNING)
    assert "200 of the 200 sources have no overviews" in finding.message
    assert "26.21 MB before compression" in finding.message
    assert check(VrtType.MOSAIC, *tiles[:100]) == [], "13 MB are read in no time"


def test_a_nodata_value_that_the_vrt_gives_to_all_is_no_source_s_matter() -> None:
    given_to_all = WeaveOptions(nodata_override=7)
    assert check(VrtType.MOSAIC, with_band(nodata=0), with_band(nodata=None), options=given_to_all) == []
    assert check(VrtType.MOSAIC, with_band(nodata=0), with_band(nodata=255), options=given_to_all) == []


def added(source: RasterProfile, strategy: ResolutionStrategy = ResolutionStrategy.FINEST) -> list[Finding]:
    """Add a source to two tiles of 10 m that lie side by side."""
    weave = Weave(VrtType.MOSAIC, eq, WeaveOptions(strategy))
    base = Source("base", -1, profile())
    return list(check_added(replace(ADDED, profile=source), weave, base, TargetGrid.published(summary(), 2)))


def test_a_source_is_added_onto_the_published_grid() -> None:
    assert added(at(520_480.0)) == []
    assert added(at(480_000.0)) == []
    assert [finding.code for finding in added(at(520_485.0))] == ["resampling_required"]
    assert [finding.code for finding in added(at(520_480.0, size=5.0))] == ["resampling_required"]
    assert [(finding.code, finding.field) for finding in added(at(3e10))] == [("target_too_large", "width")]


@pytest.mark.parametrize(
    ("strategy", "size", "pixels"),
    [(ResolutionStrategy.FINEST, 5.0, "5 x 5"), (ResolutionStrategy.COARSEST, 20.0, "20 x 20")],
)
def test_a_source_whose_pixels_all_others_get_is_not_the_one_that_is_resampled(
    strategy: ResolutionStrategy, size: float, pixels: str
) -> None:
    (finding,) = added(at(520_480.0, size=size), strategy)
    assert (finding.code, finding.field, finding.severity) == ("resampling_required", "resolution", Severity.WARNING)
    assert finding.message == (
        f"With this source the mosaic's pixels are {pixels}, and 10 x 10 without it: "
        "whoever reads the mosaic gets the sources that it has resampled"
    )
    assert "target_resolution of [10.0, 10.0]" in str(finding.hint)
    assert f"-te 520480.0 {5_000_000.0 - 1024 * size} {520_480.0 + 1024 * size} 5000000.0 -tr 10.0 10.0" in str(
        finding.hint
    )


def test_what_is_warped_as_it_is_told_lies_on_the_mosaic_s_grid_wherever_that_begins() -> None:
    """The mosaic begins 3 m beside multiples of its pixel size, to which `-tap` would align."""
    grid = TargetGrid(Bounds(500_003.0, 4_990_003.0, 510_003.0, 5_000_003.0), (10.0, 10.0), 2)
    weave, base = Weave(VrtType.MOSAIC, eq), Source("base", -1, at(500_003.0, 5_000_003.0, width=1000, height=1000))
    fine = replace(ADDED, profile=at(505_001.7, 4_999_998.1, size=0.5))
    (finding,) = (each for each in check_added(fine, weave, base, grid) if each.field == "resolution")
    west, south, east, north = map(float, str(finding.hint).split("-te ")[1].split(" ")[:4])
    assert (west, south, east, north) == (504_993.0, 4_999_483.0, 505_523.0, 5_000_003.0)
    warped = replace(ADDED, profile=at(west, north, width=int(east - west) // 10, height=int(north - south) // 10))
    assert check_added(warped, weave, base, grid) == ()


def test_of_pixels_of_an_average_size_every_source_is_resampled() -> None:
    found = [(each.code, each.field) for each in added(at(520_480.0, size=40.0), ResolutionStrategy.AVERAGE)]
    assert found == [("resampling_required", "geotransform"), ("resampling_required", "resolution")]
    assert added(at(520_480.0), ResolutionStrategy.AVERAGE) == []


def test_a_source_that_leaves_the_mosaic_s_pixels_as_they_are_is_the_one_that_is_resampled() -> None:
    (finding,) = added(at(520_480.0, size=20.0))
    assert (finding.field, finding.message.split(":")[0]) == (
        "geotransform",
        "The source's pixels of 20 x 20 begin on the grid's corners, the mosaic's have 10 x 10",
    )


@pytest.mark.parametrize("strategy", ResolutionStrategy)
def test_the_grid_with_one_more_source_is_that_of_all_at_once(strategy: ResolutionStrategy) -> None:
    options, sizes = WeaveOptions(strategy), [10.0, 15.0, 7.3, 22.1]
    places = [(Bounds(n * 100.0, 0.0, n * 100.0 + 50.0, 60.0), (size, 2 * size)) for n, size in enumerate(sizes)]
    grid = TargetGrid.of(places[:1], options)
    for number in range(1, len(places)):
        assert grid is not None
        grid = grid.joined(*places[number], options)
        assert grid == TargetGrid.of(places[: number + 1], options)


def test_a_source_that_crosses_the_antimeridian_is_added_where_it_is_nearest() -> None:
    grid = TargetGrid(Bounds(170.0, -1.0, 185.0, 0.0), (0.01, 0.01), 2)
    there = GeoTransform(-175.0, 0.01, 0.0, 0.0, 0.0, -0.01)
    base, new = (Source(name, 0, profile(crs=DEGREES, geotransform=there)) for name in ("base", "new"))
    assert check_added(new, Weave(VrtType.MOSAIC, eq), base, grid) == ()


def test_what_a_registration_can_tell_is_what_a_source_breaks_alone() -> None:
    worst = profile(crs=None, geotransform=None, bands=(), tiled=False, overviews=(), layout=None, side_files=(".ovr",))
    codes = [finding.code for finding in check_alone(replace(ADDED, profile=worst), Weave(VrtType.MOSAIC, eq))]
    assert codes == ["crs_missing", "unknown_pixel_geometry", *["not_a_cog"] * 3, "side_file_ignored"]
    assert check_alone(ADDED, Weave(VrtType.MOSAIC, eq)) == ()


def test_thousands_of_sources_are_checked_in_no_time() -> None:
    many = [at(500_000.0 + 10_243.3 * n) for n in range(5_000)]
    start = process_time()
    assert len(check(VrtType.MOSAIC, *many)) == 4_950, "every hundredth is on the grid"
    assert process_time() - start < 5.0


@pytest.mark.parametrize("strategy", ResolutionStrategy)
def test_edges_that_are_multiples_are_not_rounded_again_when_a_source_is_added(strategy: ResolutionStrategy) -> None:
    """3 * 0.1 is greater than 0.3: rounded up once more, the edge would move by a pixel."""
    options = WeaveOptions(strategy, target_resolution=(0.1, 0.1), target_aligned_pixels=True)
    first, second = Bounds(0.11, 0.0, 0.3, 0.25), Bounds(0.05, 0.1, 0.2, 0.35)
    placed = [(first, (0.01, 0.01)), (second, (0.01, 0.01))]
    grid = TargetGrid.of(placed[:1], options)
    assert grid is not None
    assert grid.bounds.x_max == 3 * 0.1 > 0.3
    assert grid.joined(*placed[1], options) == TargetGrid.of(placed, options)


def test_a_source_beside_the_extent_is_outside_though_the_last_pixel_of_the_vrt_reaches_into_it() -> None:
    """The VRT is of whole pixels, its extent is not: GDAL asks the extent."""
    extent = Bounds(500_000.0, 4_990_000.0, 510_237.0, 5_000_000.0)
    weave = Weave(VrtType.MOSAIC, eq, WeaveOptions(target_extent=extent))
    built = TargetGrid(extent._replace(x_max=510_240.0), (10.0, 10.0), 2)
    beside = replace(ADDED, profile=at(510_237.0))
    assert [each.code for each in check_added(beside, weave, Source("base", -1, profile()), built)] == [
        "outside_target_extent"
    ]
