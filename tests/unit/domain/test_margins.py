"""What one more source does to those that a VRT has is told from its margins as it is told from all of them."""

from dataclasses import replace
from operator import eq
from random import Random

import pytest

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.margins import Margins
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds, RasterProfile
from rasterloom.domain.rules import Source, TargetGrid, Weave, check_added, check_sources, framed, lost_sources
from rasterloom.domain.rules.grid import ON_GRID
from tests.support.factories import profile, summary
from tests.support.ruling import DEGREES, at

COARSEST = WeaveOptions(ResolutionStrategy.COARSEST)
TILE = at(500_000.0)
SLIVER = at(510_240.0, size=1.0, width=12, height=1024)
"""12 m wide: nearly nothing of pixels of kilometres."""
CODES = {"too_coarse_for_source", "outside_target_extent"}


def margins_of(sources: list[tuple[str, RasterProfile]], options: WeaveOptions) -> Margins | None:
    """What a build keeps of sources with these ids."""
    grid = framed(sources, options).grid
    return None if grid is None else grid.margins


def grid_of_all(profiles: list[RasterProfile], options: WeaveOptions) -> TargetGrid:
    """What is known of a VRT that was built of these: its grid in whole pixels, and its margins."""
    placed = [(each.bounds, each.resolution) for each in profiles if each.bounds and each.resolution]
    grid = TargetGrid.of(placed, options)
    assert grid is not None
    (width, height), (x_size, y_size), bounds = grid.size, grid.resolution, grid.bounds
    whole = Bounds(bounds.x_min, bounds.y_max - height * y_size, bounds.x_min + width * x_size, bounds.y_max)
    margins = margins_of([(str(number), each) for number, each in enumerate(profiles)], options)
    return TargetGrid.published(summary(bounds=whole, resolution=grid.resolution, margins=margins), len(profiles))


def added(profiles: list[RasterProfile], new: RasterProfile, options: WeaveOptions) -> list[tuple[str, str]]:
    """Codes and messages that refuse one more source."""
    weave = Weave(VrtType.MOSAIC, eq, options)
    found = check_added(Source("new", 0, new), weave, Source("0", -1, profiles[0]), grid_of_all(profiles, options))
    return [(each.code, each.message) for each in found if each.code in CODES]


def all_at_once(profiles: list[RasterProfile], options: WeaveOptions) -> set[int]:
    """Positions of the sources that are refused where all are woven at once."""
    sources = [Source(str(number), number, each) for number, each in enumerate(profiles)]
    found = check_sources(sources, Weave(VrtType.MOSAIC, eq, options))
    return {each.index for each in found if each.code == "outside_target_extent"}


@pytest.mark.parametrize("strategy", [ResolutionStrategy.COARSEST, ResolutionStrategy.AVERAGE])
def test_a_source_that_leaves_another_one_too_few_pixels_is_refused_and_that_one_named(
    strategy: ResolutionStrategy,
) -> None:
    coarse = at(600_000.0, size=50_000.0, width=8, height=8)
    ((code, message),) = added([TILE, SLIVER], coarse, WeaveOptions(strategy))
    assert code == "too_coarse_for_source"
    assert "source 1 " in message


def test_a_source_that_coarsens_what_has_room_for_it_is_added() -> None:
    assert added([TILE, SLIVER], at(600_000.0, size=1_000.0, width=8, height=8), COARSEST) == []
    assert added([TILE, TILE], at(600_000.0, size=50_000.0, width=8, height=8), COARSEST) == []


def test_the_finest_resolution_thins_nothing() -> None:
    assert added([TILE, SLIVER], at(600_000.0, size=50_000.0, width=8, height=8), WeaveOptions()) == []


def test_a_source_that_rounding_cuts_off_at_the_edge_is_named_as_well() -> None:
    """The VRT is 10,252 m wide; of pixels of 3,000 m it would have 3, and the sliver begins after 3.4 of them."""
    coarse = at(500_000.0, size=3_000.0, width=3, height=3)
    assert [code for code, _ in added([TILE, SLIVER], coarse, COARSEST)] == ["too_coarse_for_source"]


def test_what_was_built_before_there_were_margins_is_left_to_the_build() -> None:
    grid = replace(grid_of_all([TILE, SLIVER], COARSEST), margins=None)
    coarse = Source("new", 0, at(600_000.0, size=50_000.0, width=8, height=8))
    found = check_added(coarse, Weave(VrtType.MOSAIC, eq, COARSEST), Source("0", -1, TILE), grid)
    assert {each.code for each in found} & CODES == set()


def drawn(random: Random) -> RasterProfile:
    size = random.choice([0.5, 1.0, 10.0, 100.0, 3_000.0, random.uniform(1.0, 5_000.0)])
    x, y = random.uniform(0.0, 20_000.0), random.uniform(0.0, 20_000.0)
    return at(x, y, size, width=random.choice([1, 2, 7, 500]), height=random.choice([1, 3, 500]))


def drawn_options(random: Random) -> WeaveOptions:
    extent = Bounds(-1_000.0, -30_000.0, random.uniform(10_000.0, 30_000.0), 30_000.0)
    options = WeaveOptions(random.choice(list(ResolutionStrategy)), target_extent=random.choice([None, None, extent]))
    if random.random() < 0.3:
        size = random.uniform(10.0, 3_000.0), random.uniform(10.0, 3_000.0)
        options = replace(options, target_resolution=size, target_aligned_pixels=random.random() < 0.5)
    return options


def on_the_edge(grid: TargetGrid) -> bool:
    """Whether rounding of the last bit decides; whole numbers of pixels are the usual way there."""
    return any(abs(each.value - ON_GRID) < 1e-9 for each in grid.standing)


def test_margins_say_of_any_sources_what_all_of_them_say() -> None:
    random, refused = Random(7), 0  # noqa: S311 - the same cases every time
    for _ in range(3_000):
        base, options = [drawn(random) for _ in range(random.randint(2, 6))], drawn_options(random)
        new = drawn(random)
        if all_at_once(base, options):
            continue
        grid = grid_of_all(base, options)
        assert new.bounds is not None
        assert new.resolution is not None
        if min(grid.size) < 1 or on_the_edge(grid.joined(new.bounds, new.resolution, options)):
            continue
        lost = all_at_once([*base, new], options)
        told = added(base, new, options)
        assert any(code == "too_coarse_for_source" for code, _ in told) is bool(lost - {len(base)}), (
            base,
            new,
            options,
        )
        refused += bool(lost - {len(base)})
    assert refused > 30


def lost(profiles: list[RasterProfile], options: WeaveOptions) -> list[tuple[int, str, str]]:
    """Position, dimension and words about each source that is lost of what a VRT has."""
    sources = [(str(number), each) for number, each in enumerate(profiles)]
    found = lost_sources(sources, framed(sources, options))
    assert {each.code for each in found} <= {"too_coarse_for_source"}
    assert all(each.source_id == str(each.index) and each.reference is None for each in found)
    return [(each.index, each.field, each.message) for each in found]


def test_what_is_left_of_a_vrt_is_told_to_be_too_coarse_for_a_source() -> None:
    coarse = at(600_000.0, size=50_000.0, width=8, height=8)
    assert lost([TILE, SLIVER], COARSEST) == []
    assert lost([TILE, SLIVER, coarse], WeaveOptions()) == []
    ((position, dimension, message),) = lost([coarse, SLIVER], COARSEST)
    assert (position, dimension) == (1, "width")
    assert message.startswith(
        "Pixels of the VRT would have a width of 50000, in units of its CRS, and this source less"
    )


def test_of_sources_in_other_units_nothing_is_told_but_by_gdal() -> None:
    assert lost([TILE, at(7.0, 45.0, 1e-6)], COARSEST) != []
    assert lost([TILE, at(7.0, 45.0, 1e-6, crs=DEGREES)], COARSEST) == []


def test_a_rebuild_of_what_has_no_pixels_or_no_place_is_left_to_gdal() -> None:
    assert lost([profile(geotransform=None)], COARSEST) == []
    assert lost([at(0.0, size=0.0)], COARSEST) == []
    assert lost([TILE, SLIVER], replace(COARSEST, target_resolution=(1e9, 1e9))) == []


def test_all_of_a_vrt_are_lost_as_the_rules_over_all_have_it() -> None:
    random, refused = Random(8), 0  # noqa: S311 - the same cases every time
    for _ in range(3_000):
        base = [drawn(random) for _ in range(random.randint(2, 6))]
        options = replace(drawn_options(random), target_extent=None)
        grid = framed([(str(number), each) for number, each in enumerate(base)], options).grid
        assert grid is not None
        if min(grid.size) < 1 or on_the_edge(grid):
            continue
        found = all_at_once(base, options)
        assert bool(lost(base, options)) is bool(found), (base, options)
        assert {position for position, _, _ in lost(base, options)} <= found
        refused += bool(found)
    assert refused > 30


def test_margins_are_of_what_lies_within_the_extent() -> None:
    extent = Bounds(500_100.0, 4_990_000.0, 510_246.0, 4_999_000.0)
    margins = margins_of([("a", TILE), ("b", SLIVER)], replace(COARSEST, target_extent=extent))
    assert isinstance(margins, Margins)
    assert margins.extent == extent
    assert [(each.source_id, each.value) for each in margins.thinnest] == [("b", 6.0), ("b", 24.0)]
    assert [(each.source_id, each.value) for each in margins.last] == [("b", 510_240.0), ("a", 4_999_000.0)]


def test_sources_without_a_place_have_no_margins() -> None:
    assert margins_of([("a", profile(geotransform=None))], WeaveOptions()) is None
