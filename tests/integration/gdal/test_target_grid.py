"""The grid that rules reckon with is the one that `gdal.BuildVRT` makes, to the last bit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import eq
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from osgeo import gdal

from rasterloom.adapters.assembler_gdal import build_options
from rasterloom.adapters.gdal_environment import configure, memory_file, open_vrt, quiet, read_memory_file
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds, RasterProfile
from rasterloom.domain.rules import Source, TargetGrid, Weave, check_sources
from rasterloom.domain.rules.grid import ON_GRID
from rasterloom.domain.rules.size import MOST_PIXELS
from rasterloom.vrt.stub import stub_document
from tests.support.factories import band
from tests.support.ruling import at

RECTANGLE = re.compile(r'<(?:Src|Dst)Rect xOff="([^"]*)" yOff="([^"]*)" xSize="([^"]*)" ySize="([^"]*)"')


def source(x: float, y: float = 0.0, size: float = 10.0, pixels: int = 64) -> RasterProfile:
    """A small source with this upper left corner, without a CRS, which GDAL does not ask for."""
    small = {"width": pixels, "height": pixels, "bands": (band(dtype="Byte"),), "overviews": ()}
    return at(x, y, size, crs=None, **small)


def built(profiles: Sequence[RasterProfile], options: WeaveOptions) -> tuple[Any, str]:
    """Width, height and geotransform of what GDAL makes of them, and the document."""
    configure()
    with quiet(), memory_file(suffix=".vrt") as path:
        stubs = [open_vrt(stub_document(profile)) for profile in profiles]
        for number, stub in enumerate(stubs):
            stub.SetDescription(f"/vsimem/{number}.tif")
        mosaic = gdal.BuildVRT(path, stubs, options=build_options(VrtType.MOSAIC, options))
        told = mosaic.RasterXSize, mosaic.RasterYSize, mosaic.GetGeoTransform()
        mosaic.Close()
        return told, read_memory_file(path).decode()


def reckoned(profiles: Sequence[RasterProfile], options: WeaveOptions) -> TargetGrid:
    placed = [(profile.bounds, profile.resolution) for profile in profiles if profile.bounds and profile.resolution]
    grid = TargetGrid.of(placed, options)
    assert grid is not None
    return grid


sources = st.builds(
    source,
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
    st.floats(0.5, 500.0),
    st.integers(1, 500),
)


edges = st.tuples(*[st.floats(-1e6, 1e6)] * 4).map(sorted).filter(lambda four: four[0] < four[1] and four[2] < four[3])
extents = edges.map(lambda four: Bounds(four[0], four[2], four[1], four[3]))
steps = st.sampled_from([0.1, 1 / 3, 10.0, 7.0]) | st.floats(0.01, 1e4)
ways = st.builds(WeaveOptions, st.sampled_from(ResolutionStrategy), target_extent=st.none() | extents) | st.builds(
    WeaveOptions,
    target_extent=st.none() | extents,
    target_resolution=st.tuples(steps, steps),
    target_aligned_pixels=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(sources, min_size=1, max_size=6), ways)
def test_size_origin_and_resolution_are_those_of_gdal(profiles: list[RasterProfile], options: WeaveOptions) -> None:
    grid = reckoned(profiles, options)
    if not 1 <= min(grid.size) <= max(grid.size) <= MOST_PIXELS:
        return
    (width, height, (x, x_size, _, y, _, y_size)), document = built(profiles, options)
    opens = True
    for number, profile in enumerate(profiles):
        held = profile.bounds is not None and grid.holds(profile, profile.bounds)
        assert (f'<SourceFilename relativeToVRT="0">/vsimem/{number}.tif<' in document) is held
        opens &= not held or (profile.bounds is not None and grid.opens(profile, profile.bounds))
    assert opened(document) is opens
    assert (grid.bounds.x_min, grid.bounds.y_max, grid.resolution) == (x, y, (x_size, -y_size))
    assert grid.size == (width, height)


SLIVERS = [1e-9, 0.000999, 0.001001, 0.3]
"""Pixels."""


@pytest.mark.parametrize("sliver", SLIVERS)
@pytest.mark.parametrize("place", ["at the western edge", "at the northern edge", "inside, of small pixels"])
def test_a_source_is_refused_exactly_where_gdal_cannot_open_what_it_writes(sliver: float, place: str) -> None:
    reach = 10 * sliver
    other, extent = {
        "at the western edge": (source(-640.0), Bounds(-reach, -640.0, 640.0 - reach, 0.0)),
        "at the northern edge": (source(0.0, 640.0), Bounds(0.0, -640.0 + reach, 640.0, reach)),
        "inside, of small pixels": (source(100.0, -100.0, size=reach, pixels=1), None),
    }[place]
    profiles, options = [source(0.0), other], WeaveOptions(ResolutionStrategy.COARSEST, target_extent=extent)
    _, document = built(profiles, options)
    with_crs = [Source(str(index), index, at_home(profile)) for index, profile in enumerate(profiles)]
    found = check_sources(with_crs, Weave(VrtType.MOSAIC, eq, options))
    refused = [finding.index for finding in found if finding.code == "outside_target_extent"]
    assert refused == ([] if "/vsimem/1.tif" in document and opened(document) else [1])
    assert bool(refused) is (sliver < ON_GRID)


def opened(document: str) -> bool:
    with quiet():
        try:
            return gdal.OpenEx(document, allowed_drivers=["VRT"]) is not None
        except RuntimeError as error:
            assert "Wrong values in" in str(error)  # noqa: PT017 - any other refusal would prove nothing
            return False


@pytest.mark.parametrize("pixels", [MOST_PIXELS, MOST_PIXELS + 1, 2**40])
def test_gdal_writes_nonsense_from_where_the_rule_refuses(pixels: int) -> None:
    profiles = [source(0.0, size=1.0), source(float(pixels - 64), size=1.0)]
    (width, _, _), _ = built(profiles, WeaveOptions())
    assert reckoned(profiles, WeaveOptions()).size[0] == pixels
    assert width == (pixels if pixels <= MOST_PIXELS else -(2**31))


offsets = st.one_of(st.sampled_from([0.0, 0.5, 1 / 3, 0.000999, 0.001001, -0.0005]), st.floats(-1, 1))


@settings(max_examples=150, deadline=None)
@example(0.000999, 10.00001, 2)
@given(offsets, st.sampled_from([10.0, 10.00001, 10.001, 5.0, 20.0, 30.0]), st.integers(1, 200))
def test_a_source_is_on_the_grid_exactly_where_gdal_writes_whole_pixels_of_its_own_size(
    offset: float, size: float, pixels: int
) -> None:
    profiles = [source(0.0), source(1000.0 + 10 * offset, -2000.0, size, pixels)]
    _, document = built(profiles, WeaveOptions())
    src, dst = ([float(number) for number in found] for found in RECTANGLE.findall(document)[-2:])
    whole = all(number == int(number) for number in (*src, *dst)) and src[2:] == dst[2:]
    with_crs = [Source(str(index), index, at_home(profile)) for index, profile in enumerate(profiles)]
    found = check_sources(with_crs, Weave(VrtType.MOSAIC, eq, WeaveOptions()))
    told = {finding.index for finding in found if finding.code == "resampling_required"}
    assert (1 not in told) == whole or size < 10, (src, dst)


def at_home(profile: RasterProfile) -> RasterProfile:
    transform = profile.geotransform
    assert transform is not None
    return at(transform.x_origin, transform.y_origin, transform.x_step, width=profile.width, height=profile.height)
