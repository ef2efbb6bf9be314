"""The rules, each with a source that keeps it and one that breaks it."""

from dataclasses import replace
from math import inf, nan
from operator import eq
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.domain import rules
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds, Crs, GeoTransform, LayoutFault, MaskKind, RasterProfile
from rasterloom.domain.rules import (
    RULES,
    WHOLE_RULES,
    Source,
    TargetGrid,
    Weave,
    check_added,
    framed,
)
from rasterloom.domain.rules.base import Rule, WholeRule
from tests.support.factories import UTM_32N, band, profile, summary
from tests.support.ruling import check

WGS_84 = Crs(wkt='GEOGCS["WGS 84"]', name="WGS 84", epsg=4326, axis_mapping=(2, 1))
UTM_32N_RESPELLED = Crs(wkt='PROJCS["WGS_1984_UTM_Zone_32N"]', name="WGS_1984_UTM_Zone_32N")
SHIFTED = GeoTransform(500_000.5, 10.0, 0.0, 5_000_000.0, 0.0, -10.0)
FINER = GeoTransform(500_000.0, 5.0, 0.0, 5_000_000.0, 0.0, -5.0)
ROTATED = GeoTransform(500_000.0, 10.0, 0.1, 5_000_000.0, 0.1, -10.0)
SOUTH_UP = GeoTransform(500_000.0, 10.0, 0.0, 5_000_000.0, 0.0, 10.0)
EAST = GeoTransform(510_240.0, 10.0, 0.0, 5_000_000.0, 0.0, -10.0)
OFF_GRID = GeoTransform(510_243.3, 10.0, 0.0, 5_000_000.0, 0.0, -10.0)
FAR_EAST = GeoTransform(3e10, 10.0, 0.0, 5_000_000.0, 0.0, -10.0)
FAR_SOUTH = GeoTransform(500_000.0, 10.0, 0.0, -3e10, 0.0, -10.0)
NOWHERE = GeoTransform(inf, 10.0, 0.0, 5_000_000.0, 0.0, -10.0)
NOWHERE_KNOWN = GeoTransform(500_000.0, 10.0, 0.0, nan, 0.0, -10.0)
RED = ((255, 0, 0, 255),)
UNSAYABLE: dict[str, Any] = {"dtype": "UInt64", "nodata": 2**64 - 1}
NEVER: dict[str, Any] = {"dtype": "Byte", "nodata": -9999.0}


def with_band(**changes: Any) -> RasterProfile:
    return profile(bands=(band(**changes),))


def rgba(dtype: str = "Byte", colors: int = 3, **changes: Any) -> RasterProfile:
    """Colours of bytes, and an alpha band."""
    mask = MaskKind.ALPHA
    shown = [band(dtype="Byte", nodata=None, color_interpretation=name, mask=mask) for name in ("Red", "Green", "Blue")]
    alpha = band(dtype=dtype, nodata=None, color_interpretation="Alpha", mask=MaskKind.ALL_VALID)
    return profile(bands=(*shown[:colors], alpha), **changes)


BROKEN = [
    ("VAL-01", "mosaic", profile(), profile(crs=WGS_84), "crs_mismatch", "crs"),
    ("VAL-01", "band_stack", profile(), profile(crs=WGS_84), "crs_mismatch", "crs"),
    ("VAL-01", "mosaic", profile(), profile(crs=None), "crs_missing", "crs"),
    ("VAL-02", "mosaic", profile(), profile(bands=(band(), band())), "band_count_mismatch", "band_count"),
    ("VAL-03", "band_stack", profile(), profile(bands=(band(), band())), "single_band_required", "band_count"),
    ("VAL-03", "band_stack", profile(), profile(bands=()), "single_band_required", "band_count"),
    ("VAL-04", "mosaic", profile(), with_band(dtype="Float32"), "dtype_mismatch", "bands[1].dtype"),
    ("VAL-04", "band_stack", profile(), with_band(dtype="Int16"), "dtype_mismatch", "bands[1].dtype"),
    ("VAL-05", "band_stack", profile(), profile(width=1023), "grid_misaligned", "width"),
    ("VAL-05", "band_stack", profile(), profile(height=1025), "grid_misaligned", "height"),
    ("VAL-05", "band_stack", profile(), profile(geotransform=SHIFTED), "grid_misaligned", "origin_x"),
    ("VAL-06", "mosaic", profile(), with_band(nodata=None), "nodata_inconsistent", "bands[1].nodata"),
    ("VAL-06", "band_stack", with_band(nodata=None), profile(), "nodata_inconsistent", "bands[1].nodata"),
    ("VAL-07", "mosaic", profile(), profile(geotransform=ROTATED), "rotated_raster", "geotransform"),
    ("VAL-07", "mosaic", profile(), profile(geotransform=SOUTH_UP), "rotated_raster", "geotransform"),
    ("VAL-07", "band_stack", profile(), profile(geotransform=ROTATED), "rotated_raster", "geotransform"),
    ("VAL-08", "mosaic", profile(), profile(geotransform=None), "unknown_pixel_geometry", "geotransform"),
    ("VAL-09", "mosaic", profile(), with_band(nodata=255), "nodata_collision", "bands[1].nodata"),
    *[
        ("VAL-09", kind, with_band(**each), with_band(**each), code, "bands[1].nodata")
        for kind in ("mosaic", "band_stack")
        for each, code in ((UNSAYABLE, "nodata_collision"), (NEVER, "nodata_not_representable"))
    ],
    (
        "VAL-10",
        "mosaic",
        profile(),
        with_band(color_interpretation="Red"),
        "color_interpretation_mismatch",
        "bands[1].color_interpretation",
    ),
    ("VAL-10", "mosaic", profile(), with_band(color_table=RED), "color_table_mismatch", "bands[1].color_table"),
    ("VAL-10", "mosaic", profile(), with_band(scale=0.1), "scale_offset_mismatch", "bands[1].scale"),
    ("VAL-10", "mosaic", profile(), with_band(offset=1.0), "scale_offset_mismatch", "bands[1].scale"),
    ("VAL-08", "mosaic", profile(), profile(geotransform=NOWHERE), "unknown_pixel_geometry", "geotransform"),
    ("VAL-08", "mosaic", profile(), profile(geotransform=NOWHERE_KNOWN), "unknown_pixel_geometry", "geotransform"),
    ("VAL-11", "mosaic", profile(), profile(tiled=False), "not_a_cog", "tiled"),
    ("VAL-11", "band_stack", profile(), profile(tiled=False), "not_a_cog", "tiled"),
    ("VAL-11", "mosaic", profile(), profile(overviews=()), "not_a_cog", "overviews"),
    ("VAL-11", "band_stack", profile(), profile(overviews=()), "not_a_cog", "overviews"),
    ("VAL-11", "mosaic", profile(), profile(layout=None), "not_a_cog", "layout"),
    ("VAL-11", "mosaic", profile(), profile(side_files=(".msk",)), "side_file_ignored", "side_files"),
    ("VAL-13", "mosaic", profile(), profile(geotransform=OFF_GRID), "resampling_required", "geotransform"),
    *[
        (rule, kind, profile(), profile(layout=(fault,)), "not_a_cog", "layout")
        for rule, kind in (("VAL-11", "mosaic"), ("VAL-11", "band_stack"))
        for fault in LayoutFault
    ],
]

TOGETHER = [
    ("VAL-15", "mosaic", [profile(), profile(geotransform=FAR_EAST)], "target_too_large", "width"),
    ("VAL-15", "mosaic", [profile(), profile(geotransform=FAR_SOUTH)], "target_too_large", "height"),
    ("VAL-11", "mosaic", [profile(), profile(width=9000, overviews=())], "overviews_missing", "overviews"),
    (
        "VAL-11",
        "band_stack",
        [profile(width=9000), profile(width=9000, overviews=())],
        "overviews_missing",
        "overviews",
    ),
    ("VAL-15", "band_stack", [profile(), profile(geotransform=FAR_EAST)], "target_too_large", "width"),
    ("VAL-08", "band_stack", [profile(), profile(geotransform=None)], "unknown_pixel_geometry", "geotransform"),
    ("VAL-11", "band_stack", [profile(), profile(side_files=(".ovr",))], "side_file_ignored", "side_files"),
]

ALPHA = WeaveOptions(add_alpha=True)
COARSEST = WeaveOptions(ResolutionStrategy.COARSEST)
HERE = WeaveOptions(target_extent=Bounds(500_000.0, 4_990_000.0, 505_000.0, 5_000_000.0))
HUGE_PIXELS = WeaveOptions(target_resolution=(10.0, 1e6))

WOVEN: list[tuple[str, str, WeaveOptions, list[RasterProfile], str, str]] = [
    ("VAL-15", "mosaic", HUGE_PIXELS, [profile(), profile()], "target_too_small", "target_resolution"),
    ("VAL-15", "band_stack", HUGE_PIXELS, [profile(), profile()], "target_too_small", "target_resolution"),
    ("VAL-17", "mosaic", HERE, [profile(), profile(geotransform=EAST)], "outside_target_extent", "bounds"),
    ("VAL-17", "band_stack", HERE, [profile(), profile(geotransform=EAST)], "outside_target_extent", "bounds"),
    ("VAL-16", "mosaic", ALPHA, [rgba(), rgba(dtype="UInt16")], "alpha_not_of_bytes", "bands[4].dtype"),
    ("VAL-02", "mosaic", ALPHA, [rgba(), rgba(colors=2)], "band_count_mismatch", "band_count"),
]


@pytest.mark.parametrize(("rule", "vrt_type", "reference", "source", "code", "field"), BROKEN)
def test_a_source_that_breaks_a_rule_gets_its_finding(
    rule: str, vrt_type: str, reference: RasterProfile, source: RasterProfile, code: str, field: str
) -> None:
    found = [finding for finding in check(VrtType(vrt_type), reference, source) if finding.source_id == "source-1"]
    assert [(finding.code, finding.field) for finding in found] == [(code, field)]
    assert rule in {row.name for row in RULES if VrtType(vrt_type) in row.types}
    assert found[0].hint
    assert found[0].index == 1


@pytest.mark.parametrize("vrt_type", VrtType)
def test_equal_sources_give_no_finding(vrt_type: VrtType) -> None:
    assert check(vrt_type, profile(), profile(), profile()) == []


@pytest.mark.parametrize(("rule", "vrt_type", "profiles", "code", "field"), TOGETHER)
def test_sources_that_break_a_rule_together_get_one_finding_that_names_one_of_them(
    rule: str, vrt_type: str, profiles: list[RasterProfile], code: str, field: str
) -> None:
    found = [finding for finding in check(VrtType(vrt_type), *profiles) if finding.code == code]
    assert [(finding.field, bool(finding.hint)) for finding in found] == [(field, True)]
    both: tuple[Rule | WholeRule, ...] = (*RULES, *WHOLE_RULES)
    assert rule in {row.name for row in both if VrtType(vrt_type) in row.types}


@pytest.mark.parametrize(("rule", "vrt_type", "options", "profiles", "code", "field"), WOVEN)
def test_options_bring_rules_of_their_own(
    rule: str, vrt_type: str, options: WeaveOptions, profiles: list[RasterProfile], code: str, field: str
) -> None:
    """Without the options, the source is as good as it was."""
    found = [finding for finding in check(VrtType(vrt_type), *profiles, options=options) if finding.code == code]
    severity = Severity.WARNING if code == "alpha_not_of_bytes" else Severity.ERROR
    assert [(finding.field, finding.severity, bool(finding.hint)) for finding in found] == [(field, severity, True)]
    both: tuple[Rule | WholeRule, ...] = (*RULES, *WHOLE_RULES)
    assert rule in {row.name for row in both if VrtType(vrt_type) in row.types}
    if rule != "VAL-02":
        assert code not in {finding.code for finding in check(VrtType(vrt_type), *profiles)}


def test_a_mask_beside_an_alpha_band_ends_gdal_so_every_source_with_either_is_named() -> None:
    masked = profile(bands=rgba().bands[:3])
    masked = replace(masked, bands=tuple(replace(each, mask=MaskKind.PER_DATASET) for each in masked.bands))
    plain = profile(bands=tuple(replace(each, mask=MaskKind.ALL_VALID) for each in masked.bands))
    found = check(VrtType.MOSAIC, plain, rgba(), masked, options=ALPHA)
    assert [(finding.index, finding.code) for finding in found] == [(1, "alpha_beside_mask"), (2, "alpha_beside_mask")]
    for fine in ([plain, rgba()], [plain, masked], [rgba(), rgba()]):
        assert check(VrtType.MOSAIC, *fine, options=ALPHA) == []
    both = replace(rgba(), bands=(replace(rgba().bands[0], mask=MaskKind.PER_DATASET), *rgba().bands[1:]))
    assert {finding.code for finding in check(VrtType.MOSAIC, both, both, options=ALPHA)} == {"alpha_beside_mask"}


def broken_codes() -> list[set[str]]:
    """The codes that each row of this file is given."""
    rows = [(vrt_type, [reference, source], WeaveOptions()) for _, vrt_type, reference, source, *_ in BROKEN]
    rows += [(vrt_type, profiles, WeaveOptions()) for _, vrt_type, profiles, *_ in TOGETHER]
    rows += [(vrt_type, profiles, options) for _, vrt_type, options, profiles, *_ in WOVEN]
    masked = replace(rgba(), bands=(replace(rgba().bands[0], mask=MaskKind.PER_DATASET), *rgba().bands[1:]))
    rows.append(("mosaic", [masked, masked], ALPHA))
    codes = [
        {found.code + found.field for found in check(VrtType(vrt_type), *each, options=options)}
        for vrt_type, each, options in rows
    ]
    return [*codes, {found.code + found.field for found in too_coarse()}]


def too_coarse() -> tuple[Finding, ...]:
    """What is found of a source that is added to one of 10 km with pixels of 100,000 km."""
    huge = profile(geotransform=GeoTransform(500_000.0, 1e8, 0.0, 5_000_000.0, 0.0, -1e8))
    held = framed([("base", profile())], COARSEST).grid
    assert held is not None
    grid = TargetGrid.published(summary(margins=held.margins), 2)
    return check_added(Source("new", 0, huge), Weave(VrtType.MOSAIC, eq, COARSEST), Source("base", -1, profile()), grid)


def test_a_source_that_is_added_leaves_the_others_their_pixels() -> None:
    found = [(each.field, each.severity, each.index) for each in too_coarse() if each.code == "too_coarse_for_source"]
    assert found == [("width", Severity.ERROR, 0), ("height", Severity.ERROR, 0)]


@pytest.mark.parametrize("table", ["RULES", "WHOLE_RULES"])
def test_without_any_one_rule_some_row_of_this_file_fails(monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    complete, every = broken_codes(), getattr(rules, table)
    for left_out in every:
        for vrt_type in left_out.types:
            fewer = replace(left_out, types=left_out.types - {vrt_type})
            monkeypatch.setattr(rules, table, tuple(fewer if rule is left_out else rule for rule in every))
            assert broken_codes() != complete, (left_out.name, left_out.check.__name__, vrt_type)


@pytest.mark.parametrize("vrt_type", VrtType)
def test_every_finding_says_what_was_expected_and_what_to_do(vrt_type: VrtType) -> None:
    rows = [[reference, source] for _, _, reference, source, *_ in BROKEN] + [
        profiles for _, _, profiles, *_ in TOGETHER
    ]
    for profiles in rows:
        for finding in check(vrt_type, *profiles):
            assert finding.message, finding
            assert finding.hint, finding
            assert finding.expected is not None, finding


def test_all_rules_run_over_all_sources_without_stopping_at_the_first_failure() -> None:
    worst = profile(crs=None, geotransform=None, bands=(band(dtype="Unknown", nodata=None),))
    found = check(VrtType.MOSAIC, profile(), worst, profile(), worst)
    codes = {"crs_missing", "unknown_pixel_geometry", "dtype_mismatch", "nodata_inconsistent"}
    assert {(finding.index, finding.code) for finding in found} == {(i, code) for i in (1, 3) for code in codes}


def test_the_reference_itself_is_held_against_the_rules_that_need_no_reference() -> None:
    found = check(VrtType.MOSAIC, profile(crs=None, geotransform=None), profile())
    assert {(finding.index, finding.code, finding.reference) for finding in found} == {
        (0, "crs_missing", None),
        (0, "unknown_pixel_geometry", None),
    }


def test_a_pixel_type_that_is_not_known_is_refused_even_if_all_sources_share_it() -> None:
    unknown = with_band(dtype="Unknown")
    assert [finding.code for finding in check(VrtType.MOSAIC, unknown, unknown)] == ["dtype_mismatch"] * 2


def test_one_finding_for_each_dimension_that_is_out_of_line() -> None:
    found = check(VrtType.BAND_STACK, profile(), profile(width=9, geotransform=FINER))
    assert [finding.field for finding in found] == ["width", "resolution_x", "resolution_y"]
    assert [(finding.expected, finding.actual) for finding in found] == [(1024, 9), (10.0, 5.0), (10.0, 5.0)]


@pytest.mark.parametrize(("shift", "aligned"), [(0.9e-10, True), (1.2e-10, False)])
def test_a_band_stack_forgives_less_than_a_ten_billionth_of_a_unit(shift: float, aligned: bool) -> None:  # noqa: FBT001
    near = profile(geotransform=GeoTransform(0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
    off = profile(geotransform=GeoTransform(0.0, 1.0 + shift, 0.0, 0.0, 0.0, -1.0))
    assert (check(VrtType.BAND_STACK, near, off) == []) is aligned


def test_nodata_values_that_differ_are_a_warning_and_nan_equals_nan() -> None:
    (warning,) = check(VrtType.MOSAIC, with_band(nodata=0), with_band(nodata=255))
    assert warning.severity is Severity.WARNING
    for value in (nan, inf):
        source = with_band(dtype="Float32", nodata=value)
        assert check(VrtType.MOSAIC, source, source) == []


@pytest.mark.parametrize("changes", [{"scale": nan}, {"offset": nan}])
def test_a_scale_or_offset_of_nan_is_equal_to_none_as_to_gdal(changes: dict[str, float]) -> None:
    source = with_band(**changes)
    assert "scale_offset_mismatch" in {finding.code for finding in check(VrtType.MOSAIC, source, source)}


@pytest.mark.parametrize(
    ("dtype", "value", "told"),
    [
        ("UInt64", 2**64 - 1, 1),
        ("Int64", -(2**63), -9),
        ("Int64", 2**63 - 1, 9),
        ("Int64", 2**53 + 1, 2**53),
        ("Int64", 10**18, 1),
    ],
)
def test_a_nodata_value_of_64_bits_that_gdal_misreads_is_warned_of(dtype: str, value: int, told: int) -> None:
    (warning,) = check(VrtType.BAND_STACK, with_band(dtype=dtype, nodata=0), with_band(dtype=dtype, nodata=value))
    assert (warning.severity, warning.actual) == (Severity.WARNING, value)
    assert f"they say {told}, and" in warning.message
    override = WeaveOptions(nodata_override=value)
    assert len(check(VrtType.MOSAIC, *[with_band(dtype=dtype, nodata=0)] * 2, options=override)) == 2


@pytest.mark.parametrize("value", [nan, inf, -1.5, 1e300])
def test_an_override_that_no_pixel_of_64_bits_can_have_is_no_matter_of_reading_it_back(value: float) -> None:
    override = WeaveOptions(nodata_override=value)
    assert check(VrtType.MOSAIC, *[with_band(dtype="Int64", nodata=0)] * 2, options=override) == []


@pytest.mark.parametrize(("dtype", "value"), [("Int64", -(2**53)), ("UInt64", 2**59), ("Int64", 0), ("Float64", 1e300)])
def test_a_nodata_value_that_gdal_reads_as_it_is_is_not_warned_of(dtype: str, value: float) -> None:
    assert check(VrtType.MOSAIC, *[with_band(dtype=dtype, nodata=value)] * 2) == []


def test_of_palettes_of_one_length_the_first_value_that_differs_is_told() -> None:
    colors = ((0, 0, 0, 255), *RED)
    others = (colors[0], (0, 255, 0, 255))
    (found,) = check(VrtType.MOSAIC, with_band(color_table=colors), with_band(color_table=others))
    assert found.expected == "a palette of 2 entries, in which 1 is (255, 0, 0, 255)"
    assert found.actual == "a palette of 2 entries, in which 1 is (0, 255, 0, 255)"


def test_crs_equality_is_not_a_matter_of_text() -> None:
    respelled = profile(crs=UTM_32N_RESPELLED)
    assert check(VrtType.MOSAIC, profile(), respelled, same=lambda _one, _other: True) == []


def test_each_distinct_pair_of_crss_is_asked_about_once() -> None:
    asked: list[tuple[str, str]] = []

    def same(one: Crs, other: Crs) -> bool:
        asked.append((one.name, other.name))
        return True

    check(VrtType.MOSAIC, profile(), *[profile(crs=UTM_32N_RESPELLED)] * 50, *[profile()] * 50, same=same)
    assert asked == [(UTM_32N.name, UTM_32N_RESPELLED.name)]


def test_a_finding_about_crss_names_them_and_shows_no_wkt() -> None:
    (finding,) = check(VrtType.MOSAIC, profile(), profile(crs=WGS_84))
    assert (finding.expected, finding.actual) == ("WGS 84 / UTM zone 32N (EPSG:32632)", "WGS 84 (EPSG:4326)")
    assert "gdalwarp -t_srs EPSG:32632" in (finding.hint or "")
    assert "PROJCS" not in repr(finding)


def test_sources_can_be_held_against_a_reference_that_is_not_among_them() -> None:
    reference, new = Source("base", -1, profile()), Source("new", 0, profile(crs=WGS_84))
    grid = TargetGrid.published(summary(), 2)
    (finding,) = check_added(new, Weave(VrtType.MOSAIC, eq), reference, grid)
    assert (finding.source_id, finding.reference) == ("new", "base")


def test_no_source_gives_no_finding() -> None:
    assert check(VrtType.MOSAIC) == []


profiles = st.builds(
    lambda bands, crs, transform: profile(bands=tuple(bands), crs=crs, geotransform=transform),
    st.lists(
        st.builds(
            lambda dtype, nodata, scale: band(dtype=dtype, nodata=nodata, scale=scale),
            st.sampled_from(["Byte", "UInt16", "Float32", "Unknown"]),
            st.one_of(st.none(), st.floats(), st.integers(0, 255)),
            st.one_of(st.none(), st.just(0.1)),
        ),
        max_size=3,
    ),
    st.sampled_from([None, UTM_32N, WGS_84]),
    st.sampled_from([None, SHIFTED, FINER, ROTATED, SOUTH_UP]),
)


@given(st.lists(profiles, min_size=2, max_size=6), st.sampled_from(VrtType))
def test_what_is_found_about_a_source_does_not_depend_on_its_neighbours(
    drawn: list[RasterProfile], vrt_type: VrtType
) -> None:
    """Rules about pairs compare with the reference alone, but for those about the grid that all share."""
    of_all = {"resampling_required", "target_too_large", "overviews_missing"}

    def about(index: int, *profiles: RasterProfile) -> list[tuple[str, str]]:
        found = check(vrt_type, *profiles)
        return [(each.code, each.field) for each in found if each.index == index and each.code not in of_all]

    assert about(len(drawn) - 1, *drawn) == about(1, drawn[0], drawn[-1])


@given(profiles, st.sampled_from(VrtType))
def test_a_source_is_compatible_with_its_own_copy_unless_it_breaks_a_rule_alone(
    drawn: RasterProfile, vrt_type: VrtType
) -> None:
    own = {
        "crs_missing",
        "rotated_raster",
        "unknown_pixel_geometry",
        "single_band_required",
        "band_count_mismatch",
        "dtype_mismatch",
        "grid_misaligned",
        "nodata_not_representable",
    }
    assert {finding.code for finding in check(vrt_type, drawn, drawn)} <= own
