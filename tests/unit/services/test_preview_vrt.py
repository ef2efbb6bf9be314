"""Trying whether a VRT could be created: every finding at its place, and nothing refused or written."""

from dataclasses import replace

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import RasterDataset, VrtType
from rasterloom.domain.errors import AssemblyRefusedError
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import GeoTransform
from rasterloom.services.preview_vrt import MOST_FOOTPRINTS, Preview, PreviewRequest
from tests.support.factories import an_id, band, principal, profile
from tests.support.world import World

ALICE = principal()


def preview(world: World, *ids: str, who: str = "alice", **changes: object) -> Preview:
    request = PreviewRequest(ids, VrtType.MOSAIC, WeaveOptions(ResolutionStrategy.AVERAGE))
    return world.preview(principal(who, permissions=frozenset()), replace(request, **changes))  # type: ignore[arg-type]


def found(previewed: Preview) -> list[tuple[int, str]]:
    return [(finding.index, finding.code) for finding in previewed.findings]


def made(world: World, **changes: object) -> RasterDataset:
    (raster,) = world.registered(1, **changes)
    return raster


def test_sources_that_fit_are_valid_and_their_grid_is_what_gdal_assembles(world: World) -> None:
    one, two = world.registered(2)
    previewed = preview(world, one.id, two.id)
    assert (previewed.is_valid, previewed.findings, previewed.found) == (True, (), 2)
    assert previewed.grid is not None
    assert world.assembler.assembled == [(VrtType.MOSAIC, WeaveOptions(ResolutionStrategy.AVERAGE))]
    assert [(each.raster.id, each.position) for each in previewed.footprints] == [(one.id, 0), (two.id, 1)]


def test_everything_that_is_wrong_is_told_at_once_each_at_its_place(world: World) -> None:
    good, gone = world.registered(2)
    wrong = made(world, profile=profile(bands=(band(dtype="Float32"),)))
    skewed = made(world, profile=profile(geotransform=GeoTransform(0.0, 10.0, 1.0, 0.0, 0.0, -10.0)))
    del world.objects.sources[gone.ref]
    unknown = an_id("unknown")
    previewed = preview(world, unknown, good.id, wrong.id, good.id, gone.id, skewed.id)
    assert found(previewed) == [
        (0, "source_not_found"),
        (2, "dtype_mismatch"),
        (3, "duplicate_source"),
        (4, "object_missing"),
        (5, "rotated_raster"),
    ]
    assert not previewed.is_valid
    first = previewed.footprints[0]
    assert (first.position, first.raster.id) == (1, good.id)


def test_the_same_is_said_as_by_a_creation_and_nothing_is_written(world: World) -> None:
    one, two = world.registered(2)
    before = set(world.objects.bodies)
    previewed = preview(world, one.id, two.id, visibility=Visibility.PUBLIC)
    assert found(previewed) == [(0, "visibility_exceeds_source"), (1, "visibility_exceeds_source")]
    assert (set(world.objects.bodies), world.queue.messages) == (before, [])
    assert world.find_dependents(one.id).are_none


def test_a_stranger_s_sources_look_like_unknown_ones(world: World) -> None:
    one, two = world.registered(2)
    previewed = preview(world, one.id, two.id, who="bob")
    assert found(previewed) == [(0, "source_not_found"), (1, "source_not_found")]
    assert (previewed.grid, previewed.footprints, previewed.found) == (None, (), 0)


def test_sources_that_gdal_would_not_assemble_have_no_grid(world: World) -> None:
    one, two = world.registered(2)
    world.assembler.errors["assemble"] = AssemblyRefusedError("GDAL refuses")
    assert preview(world, one.id, two.id).grid is None


def test_a_warning_leaves_a_vrt_valid(world: World) -> None:
    one = made(world)
    two = made(world, profile=profile(bands=(band(nodata=1),)))
    previewed = preview(world, one.id, two.id)
    assert found(previewed) == [(1, "nodata_collision")]
    assert previewed.is_valid


def test_footprints_are_of_the_first_sources(world: World) -> None:
    rasters = world.registered(3)
    ids = [each.id for each in rasters] * (MOST_FOOTPRINTS // 3 + 1)
    previewed = preview(world, *ids)
    assert (len(previewed.footprints), previewed.found) == (MOST_FOOTPRINTS, len(ids))
