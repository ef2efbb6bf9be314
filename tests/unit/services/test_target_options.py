"""Alpha, extent, pixel size and alignment of a VRT: asked for, kept, changed, taken away, and refused in time."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rasterloom.domain.dataset import RasterDataset, VrtType
from rasterloom.domain.errors import IncompatibleSourcesError, InvalidInputError
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds, GeoTransform, MaskKind, RasterProfile
from rasterloom.domain.refusals import InvalidInputsError
from rasterloom.services.change_vrt import OptionsRequest
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.preview_vrt import PreviewRequest
from tests.support.factories import band, principal, profile
from tests.support.world import World

ALICE = principal()
HERE = Bounds(500_100.0, 4_990_000.0, 510_000.0, 4_999_900.0)
EAST = GeoTransform(510_240.0, 10.0, 0.0, 5_000_000.0, 0.0, -10.0)
ALL = WeaveOptions(
    ResolutionStrategy.AVERAGE,
    Resampling.CUBIC,
    7,
    add_alpha=True,
    target_extent=HERE,
    target_resolution=(10 / 3, 0.1),
    target_aligned_pixels=True,
)


def create_with(world: World, options: WeaveOptions, *rasters: RasterDataset, kind: VrtType = VrtType.MOSAIC) -> str:
    request = CreateRequest(tuple(raster.id for raster in rasters), kind, options, "A")
    return world.create(ALICE, request)


def codes(refused: Callable[[], object]) -> list[tuple[int, str]]:
    with pytest.raises(IncompatibleSourcesError) as caught:
        refused()
    return [(finding.index, finding.code) for finding in caught.value.findings if finding.severity == "error"]


def test_every_option_reaches_the_assembler_and_is_told_of_with_its_last_digit(world: World) -> None:
    job_id = create_with(world, ALL, *world.registered())
    world.run()
    assert world.vrt(job_id).options == ALL
    assert world.assembler.assembled[-1] == (VrtType.MOSAIC, ALL)
    assert world.generation(job_id).options == ALL


@pytest.mark.parametrize("name", ["add_alpha", "target_extent", "target_aligned_pixels"])
def test_each_option_can_be_taken_away_and_the_others_stay(world: World, name: str) -> None:
    job_id = create_with(world, ALL, *world.registered())
    world.run()
    world.change.weave_otherwise(ALICE, world.vrt(job_id).id, OptionsRequest(clears=frozenset({name})))
    world.run()
    assert world.vrt(job_id).options == replace(ALL, **{name: getattr(WeaveOptions(), name)})


def test_options_can_be_given_later_and_all_taken_away_at_once(world: World) -> None:
    first, _ = world.published()
    vrt_id = world.vrt(first).id
    asked = OptionsRequest(
        add_alpha=True, target_extent=HERE, target_resolution=(20.0, 20.0), target_aligned_pixels=True
    )
    world.change.weave_otherwise(ALICE, vrt_id, asked)
    world.run()
    given = world.vrt(first).options
    assert given == WeaveOptions(
        add_alpha=True, target_extent=HERE, target_resolution=(20.0, 20.0), target_aligned_pixels=True
    )
    names = frozenset({"add_alpha", "target_extent", "target_resolution", "target_aligned_pixels"})
    world.change.weave_otherwise(ALICE, vrt_id, OptionsRequest(ResolutionStrategy.COARSEST, clears=names))
    world.run()
    assert world.vrt(first).options == WeaveOptions(ResolutionStrategy.COARSEST)


def test_a_list_of_other_sources_and_a_roll_back_and_a_retry_keep_the_options(world: World) -> None:
    job_id = create_with(world, ALL, *world.registered())
    world.run()
    vrt_id, generation_id = world.vrt(job_id).id, world.generation(job_id).id
    world.replace(ALICE, vrt_id, [raster.id for raster in world.registered()])
    world.run()
    world.change.weave_otherwise(ALICE, vrt_id, OptionsRequest(clears=frozenset({"target_extent"})))
    world.run()
    back = world.replace.roll_back(ALICE, vrt_id, generation_id)
    world.reconcile.dead_letter(world.queue.messages.pop())
    world.retry(ALICE, back)
    world.run()
    built = [options for _, options in world.assembler.assembled]
    assert built == [ALL, ALL, replace(ALL, target_extent=None), ALL]
    assert world.vrt(job_id).options == ALL


def test_a_strategy_that_would_count_for_nothing_is_refused(world: World) -> None:
    job_id = create_with(world, WeaveOptions(target_resolution=(20.0, 20.0)), *world.registered())
    world.run()
    coarsest = OptionsRequest(ResolutionStrategy.COARSEST)
    for asked in (coarsest, replace(coarsest, target_resolution=(30.0, 30.0))):
        with pytest.raises(
            InvalidInputError, match="counts for nothing while the VRT has a target_resolution"
        ) as caught:
            world.change.weave_otherwise(ALICE, world.vrt(job_id).id, asked)
        assert caught.value.loc == ("body", "resolution_strategy")
    freed = replace(coarsest, clears=frozenset({"target_resolution"}))
    world.change.weave_otherwise(ALICE, world.vrt(job_id).id, freed)


def test_what_gdal_refuses_whatever_the_sources_are_is_refused_at_each_way_in(world: World) -> None:
    rasters = world.registered()
    impossible = WeaveOptions(add_alpha=True, target_aligned_pixels=True)
    ids = tuple(raster.id for raster in rasters)
    job_id = create_with(world, WeaveOptions(), *rasters, kind=VrtType.BAND_STACK)
    world.run()
    vrt_id = world.vrt(job_id).id
    for ask in (
        lambda: create_with(world, impossible, *rasters, kind=VrtType.BAND_STACK),
        lambda: world.preview(ALICE, PreviewRequest(ids, VrtType.BAND_STACK, impossible)),
        lambda: world.change.weave_otherwise(ALICE, vrt_id, OptionsRequest(add_alpha=True, target_aligned_pixels=True)),
    ):
        with pytest.raises(InvalidInputsError) as caught:
            ask()
        assert [(each.reason, each.loc[-1]) for each in caught.value.errors] == [
            ("not_for_band_stacks", "add_alpha"),
            ("target_resolution_required", "target_aligned_pixels"),
        ]
    assert world.queue.messages == []


def test_a_source_outside_the_extent_is_refused_by_every_way_in_and_by_name(world: World) -> None:
    west, east, other = *world.registered(), *world.registered(1, profile=profile(geotransform=EAST))
    assert codes(lambda: create_with(world, WeaveOptions(target_extent=HERE), west, other)) == [
        (1, "outside_target_extent")
    ]
    job_id = create_with(world, WeaveOptions(target_extent=HERE), west, east)
    world.run()
    vrt_id = world.vrt(job_id).id
    outside = [(0, "outside_target_extent")]
    assert codes(lambda: world.change.add(ALICE, vrt_id, other.id)) == outside
    assert codes(lambda: world.replace(ALICE, vrt_id, [other.id, east.id])) == outside
    preview = world.preview(
        ALICE, PreviewRequest((other.id, east.id), VrtType.MOSAIC, WeaveOptions(target_extent=HERE))
    )
    assert [(finding.index, finding.code) for finding in preview.findings] == outside
    assert world.queue.messages == []
    world.change.weave_otherwise(ALICE, vrt_id, OptionsRequest(clears=frozenset({"target_extent"})))
    world.run()
    world.change.add(ALICE, vrt_id, other.id)
    world.run()
    asked = OptionsRequest(target_extent=HERE)
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.change.weave_otherwise(ALICE, vrt_id, asked)
    assert [finding.source_id for finding in caught.value.findings] == [other.id]
    assert world.queue.messages == []


def test_other_options_are_held_against_all_members(world: World) -> None:
    """A nodata value that made sources fit cannot be taken away from under them; what is only odd is told of."""
    plain = profile(bands=(band(nodata=None, mask=MaskKind.ALL_VALID),))
    rasters = [*world.registered(1), *world.registered(1, profile=plain)]
    job_id = create_with(world, WeaveOptions(nodata_override=0), *rasters)
    world.run()
    vrt_id = world.vrt(job_id).id
    cleared = OptionsRequest(clears=frozenset({"nodata_override"}))
    assert codes(lambda: world.change.weave_otherwise(ALICE, vrt_id, cleared)) == [(1, "nodata_inconsistent")]
    changed = world.change.weave_otherwise(ALICE, vrt_id, OptionsRequest(target_resolution=(15.0, 15.0)))
    assert [finding.code for finding in world.job(changed).findings] == ["resampling_required"] * 2


def test_a_pixel_size_of_which_no_pixel_fits_is_refused(world: World) -> None:
    first, _ = world.published()
    for size, code in ((1e9, "target_too_small"), (1e-9, "target_too_large")):
        asked = OptionsRequest(target_resolution=(size, size))
        found = codes(lambda asked=asked: world.change.weave_otherwise(ALICE, world.vrt(first).id, asked))  # type: ignore[misc]
        assert found == [(0, code)]


def test_a_source_with_a_mask_is_not_added_beside_alpha_bands_whichever_source_is_the_reference(world: World) -> None:
    def of_bytes(mask: MaskKind, *more: str) -> RasterProfile:
        bands = [band(dtype="Byte", nodata=None, mask=mask)]
        return profile(bands=(*bands, *(band(dtype="Byte", nodata=None, color_interpretation=name) for name in more)))

    plain, alpha = of_bytes(MaskKind.ALL_VALID), of_bytes(MaskKind.ALPHA, "Alpha")
    rasters = [*world.registered(1, profile=plain), *world.registered(1, profile=alpha)]
    (masked,) = world.registered(1, profile=of_bytes(MaskKind.PER_DATASET))
    (another,) = world.registered(1, profile=alpha)
    assert codes(lambda: create_with(world, WeaveOptions(), *rasters)) == [(1, "band_count_mismatch")]
    job_id = create_with(world, WeaveOptions(add_alpha=True), *rasters)
    world.run()
    vrt_id = world.vrt(job_id).id
    assert codes(lambda: world.change.add(ALICE, vrt_id, masked.id)) == [(0, "alpha_beside_mask")]
    world.change.add(ALICE, vrt_id, another.id)
    world.run()
    cleared = OptionsRequest(clears=frozenset({"add_alpha"}))
    found = codes(lambda: world.change.weave_otherwise(ALICE, vrt_id, cleared))
    assert found == [(1, "band_count_mismatch"), (2, "band_count_mismatch")]
