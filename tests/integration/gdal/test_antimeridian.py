"""A mosaic on both sides of ±180° is what GDAL writes of the same sources moved by a whole turn, and no wider."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from rasterloom.adapters.assembler_gdal import build_options
from rasterloom.adapters.crs_gdal import GdalCrsEquality
from rasterloom.adapters.gdal_environment import memory_file, quiet, read_memory_file
from rasterloom.domain.dataset import Member, VrtType
from rasterloom.domain.findings import Severity
from rasterloom.domain.framing import moved_east
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds
from rasterloom.domain.rules import Source, TargetGrid, Weave, check_sources
from tests.integration.gdal.test_pixels import read_gdal, read_through_gdal, read_through_rasterio
from tests.support.cogs import make_cog
from tests.support.corpus import hole
from tests.support.lab import Lab

GRADS = (
    'GEOGCS["NTF (Paris)",DATUM["Nouvelle_Triangulation_Francaise_Paris",SPHEROID["Clarke 1880 (IGN)",6378249.2,'
    '293.466021293627]],PRIMEM["Paris",2.5969213],UNIT["grad",0.0157079632679489]]'
)
DEGREES: dict[str, Any] = {"crs": 4326, "resolution": (0.01, 0.01)}

CROSSING: dict[str, list[tuple[dict[str, Any], int]]] = {
    "two that touch at the antimeridian": [({"origin": (179.36, 0.0)}, 0), ({"origin": (-180.0, 0.0)}, 1)],
    "the eastern one first": [({"origin": (-180.0, 0.3)}, 1), ({"origin": (179.0, 0.0)}, 0)],
    "one that reaches across, and a gap": [({"origin": (179.7, 0.0)}, 0), ({"origin": (-178.0, 0.0)}, 1)],
    "mixed resolutions": [
        ({"origin": (179.0, 0.0), "resolution": (0.02, 0.02)}, 0),
        ({"origin": (-180.0, 0.0)}, 1),
    ],
    "masks": [({"origin": (179.36, 0.0), "mask": hole}, 0), ({"origin": (-180.0, 0.0), "mask": hole}, 1)],
    "nodata": [({"origin": (179.36, 0.0), "nodata": 0}, 0), ({"origin": (-180.0, 0.0), "nodata": 0}, 1)],
    "stubs that are not exact": [
        ({"origin": (179.36, 0.0), "block_size": 16}, 0),
        ({"origin": (-180.0, 0.0), "block_size": 16}, 1),
    ],
    "longitudes to 360": [({"origin": (355.0, 0.0)}, -1), ({"origin": (1.0, 0.0)}, 0)],
    "overviews": [
        ({"origin": (173.0, 0.0), "width": 600, "height": 500, "overviews": 2}, 0),
        ({"origin": (-180.0, 0.0), "width": 600, "height": 500, "overviews": 2}, 1),
    ],
}


def moved(lab: Lab, members: list[Member], turns: list[int], each: list[dict[str, Any]], options: list[str]) -> bytes:
    """What GDAL makes of files that were written where ours are moved to."""
    with quiet(), memory_file(suffix=".vrt") as path:
        sources = []
        for member, properties, count in zip(members, each, turns, strict=True):
            x, y = properties["origin"]
            file = make_cog(lab.folder / f"{member.source_id}.tif", **properties | {"origin": (x + 360.0 * count, y)})
            source = gdal.Open(str(file))
            source.SetDescription(member.ref.vsi_path)
            sources.append(source)
        gdal.BuildVRT(path, sources, options=options).Close()
        return read_memory_file(path)


@pytest.mark.parametrize("name", CROSSING)
@pytest.mark.parametrize("strategy", ResolutionStrategy)
def test_what_crosses_is_gdals_mosaic_of_moved_files(lab: Lab, name: str, strategy: ResolutionStrategy) -> None:
    each = [DEGREES | properties for properties, _ in CROSSING[name]]
    turns = [count for _, count in CROSSING[name]]
    members = lab.members(*each)
    options = WeaveOptions(strategy)
    ours = lab.assembler.assemble(members, VrtType.MOSAIC, options).document
    assert ours == moved(lab, members, turns, each, build_options(VrtType.MOSAIC, options))
    summary = lab.assembler.describe(ours)
    assert summary.bounds.x_max - summary.bounds.x_min < 20


TARGETS: dict[str, tuple[WeaveOptions, list[int]]] = {
    "across, counted on": (WeaveOptions(target_extent=Bounds(179.5, -0.4, 180.3, -0.1)), [0, 1]),
    "across, counted from the west": (WeaveOptions(target_extent=Bounds(-180.5, -0.4, -179.7, -0.1)), [-1, 0]),
    "the whole Earth, as GDAL has it": (
        WeaveOptions(target_extent=Bounds(-180.0, -1.0, 180.0, 1.0), target_resolution=(0.1, 0.1)),
        [0, 0],
    ),
    "aligned pixels and alpha": (
        WeaveOptions(
            add_alpha=True,
            target_extent=Bounds(179.511, -0.4, 180.333, -0.1),
            target_resolution=(0.02, 0.03),
            target_aligned_pixels=True,
        ),
        [0, 1],
    ),
}


@pytest.mark.parametrize("name", TARGETS)
def test_an_extent_decides_on_which_side_a_mosaic_lies(lab: Lab, name: str) -> None:
    options, turns = TARGETS[name]
    each = [DEGREES | {"origin": (179.36, 0.0)}, DEGREES | {"origin": (-180.0, 0.0)}]
    members = lab.members(*each)
    ours = lab.assembler.assemble(members, VrtType.MOSAIC, options)
    assert ours.document == moved(lab, members, turns, each, build_options(VrtType.MOSAIC, options))
    assert ours.source_filenames == tuple(member.ref.vsi_path for member in members)
    sources = [Source(str(index), index, member.profile) for index, member in enumerate(members)]
    found = check_sources(sources, Weave(VrtType.MOSAIC, GdalCrsEquality(), options))
    assert [finding for finding in found if finding.severity is Severity.ERROR] == []
    placed = [
        (moved_east(member.profile, count).bounds, member.profile.resolution)
        for member, count in zip(members, turns, strict=True)
    ]
    grid = TargetGrid.of([(bounds, size) for bounds, size in placed if bounds and size], options)
    summary = lab.assembler.describe(ours.document)
    assert grid is not None
    assert (grid.size, grid.resolution) == ((summary.width, summary.height), summary.resolution)
    assert (grid.bounds.x_min, grid.bounds.y_max) == (summary.bounds.x_min, summary.bounds.y_max)


@pytest.mark.parametrize("name", CROSSING)
def test_no_object_is_ever_written_to(lab: Lab, name: str) -> None:
    members = lab.members(*(DEGREES | properties for properties, _ in CROSSING[name]))
    lab.assembler.assemble(members, VrtType.MOSAIC, WeaveOptions())
    gc.collect()
    listed = lab.client.list_objects_v2(Bucket=lab.bucket)["Contents"]
    assert {entry["Key"]: entry["ETag"] for entry in listed} == {member.ref.key: member.etag for member in members}


def test_pixels_lie_side_by_side_across_the_antimeridian(lab: Lab) -> None:
    west, east = lab.members(DEGREES | {"origin": (179.36, 0.0)}, DEGREES | {"origin": (-180.0, 0.0), "fill": 77})
    document = lab.assembler.assemble([west, east], VrtType.MOSAIC, WeaveOptions()).document
    files = [read_gdal(gdal.Open(str(lab.paths[member.ref.key])))[0] for member in (west, east)]
    expected = np.concatenate(files, axis=2)
    np.testing.assert_array_equal(read_through_gdal(document), expected)
    np.testing.assert_array_equal(read_through_rasterio(lab, document), expected)
    summary = lab.assembler.verify(document)
    assert summary.lonlat_bounds is not None
    assert summary.lonlat_bounds.x_min == pytest.approx(179.36)
    assert summary.lonlat_bounds.x_max == pytest.approx(-180 + 0.64), "west is greater than east, as RFC 7946 has it"


UNTOUCHED: dict[str, list[dict[str, Any]]] = {
    "the whole Earth": [
        {"crs": 4326, "origin": (-180.0 + 90 * n, 10.0), "resolution": (90 / 64, 0.1)} for n in range(4)
    ],
    "grads": [
        {"crs": GRADS, "origin": (199.0, 0.0), "resolution": (0.01, 0.01)},
        {"crs": GRADS, "origin": (-200.0, 0.0), "resolution": (0.01, 0.01)},
    ],
    "projected": [{"origin": (179.0, 0.0)}, {"origin": (-180.0, 0.0)}],
    "both beside the antimeridian, on one side": [
        DEGREES | {"origin": (178.0, 0.0)},
        DEGREES | {"origin": (179.36, 0.0)},
    ],
    "a hemisphere each": [
        {"crs": 4326, "origin": (-180.0, 10.0), "resolution": (180 / 64, 0.1)},
        {"crs": 4326, "origin": (0.0, 10.0), "resolution": (180 / 64, 0.1)},
    ],
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_every_other_mosaic_is_gdals_own(lab: Lab, name: str) -> None:
    members = lab.members(*UNTOUCHED[name])
    with quiet(), memory_file(suffix=".vrt") as path:
        names = [member.ref.vsi_path for member in members]
        gdal.BuildVRT(path, names, options=build_options(VrtType.MOSAIC, WeaveOptions())).Close()
        expected = read_memory_file(path)
    assert lab.assembler.assemble(members, VrtType.MOSAIC, WeaveOptions()).document == expected


def test_a_band_stack_is_never_moved(lab: Lab) -> None:
    (one,) = lab.members(DEGREES | {"origin": (-180.0, 0.0)})
    (two,) = lab.members(DEGREES | {"origin": (179.0, 0.0)})
    stack = lab.assembler.assemble([one, replace(two)], VrtType.BAND_STACK, WeaveOptions())
    assert lab.assembler.describe(stack.document).bounds.x_min == -180
