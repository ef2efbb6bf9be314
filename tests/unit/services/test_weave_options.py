"""Weaving a VRT otherwise: the options of what is served, of what is built, and of what is tried again."""

import math
from dataclasses import replace

import pytest

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.errors import AssemblyRefusedError, InvalidInputError
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions, is_representable
from rasterloom.services.change_vrt import OptionsRequest
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.preview_vrt import PreviewRequest
from tests.support.factories import principal
from tests.support.world import World

ALICE = principal()
COARSE = OptionsRequest(ResolutionStrategy.COARSEST, Resampling.BILINEAR, 0)


def test_options_are_those_of_what_is_served_until_the_new_generation_is_published(world: World) -> None:
    first, _ = world.published(2)
    world.change.weave_otherwise(ALICE, world.vrt(first).id, COARSE)
    assert world.vrt(first).options == WeaveOptions()
    world.run()
    expected = WeaveOptions(ResolutionStrategy.COARSEST, Resampling.BILINEAR, 0)
    assert world.vrt(first).options == expected
    assert [options for _, options in world.assembler.assembled] == [WeaveOptions(), expected]


def test_a_build_that_fails_leaves_the_options_of_what_is_served(world: World) -> None:
    first, _ = world.published(2)
    world.assembler.errors["assemble"] = AssemblyRefusedError("GDAL refuses")
    world.change.weave_otherwise(ALICE, world.vrt(first).id, COARSE)
    world.run()
    assert world.vrt(first).options == WeaveOptions()
    world.assembler.errors.clear()
    world.change.regenerate(ALICE, world.vrt(first).id)
    world.run()
    assert world.assembler.assembled[-1][1] == WeaveOptions()


def test_what_is_left_out_stays_and_a_nodata_value_can_be_taken_away(world: World) -> None:
    first, _ = world.published(2)
    vrt_id = world.vrt(first).id
    for request, expected in (
        (OptionsRequest(nodata_override=9), WeaveOptions(nodata_override=9)),
        (OptionsRequest(resampling=Resampling.MODE), WeaveOptions(resampling=Resampling.MODE, nodata_override=9)),
        (OptionsRequest(clears=frozenset({"nodata_override"})), WeaveOptions(resampling=Resampling.MODE)),
    ):
        world.change.weave_otherwise(ALICE, vrt_id, request)
        world.run()
        assert world.vrt(first).options == expected


def test_a_failed_change_of_options_is_tried_again_with_them_and_a_failed_rebuild_without(world: World) -> None:
    first, _ = world.published(2)
    vrt_id = world.vrt(first).id
    rebuild = world.change.regenerate(ALICE, vrt_id)
    world.reconcile.dead_letter(world.queue.messages.pop())
    change = world.change.weave_otherwise(ALICE, vrt_id, COARSE)
    world.reconcile.dead_letter(world.queue.messages.pop())
    world.retry(ALICE, change)
    world.run()
    coarse = COARSE.applied(WeaveOptions())
    assert world.vrt(first).options == coarse
    world.retry(ALICE, rebuild)
    world.run()
    assert world.vrt(first).options == coarse


@pytest.mark.parametrize("value", [-1, 65_536, 0.5, math.nan])
def test_a_nodata_value_that_pixels_cannot_have_is_refused_and_names_the_band(world: World, value: float) -> None:
    first, _ = world.published(2)
    with pytest.raises(InvalidInputError, match="Band 1 is UInt16") as caught:
        world.change.weave_otherwise(ALICE, world.vrt(first).id, OptionsRequest(nodata_override=value))
    assert caught.value.loc == ("body", "nodata_override")
    assert world.queue.messages == []


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (255, "Byte", True),
        (256, "Byte", False),
        (-128, "Int8", True),
        (-129, "Int8", False),
        (2**64 - 1, "UInt64", True),
        (2**64, "UInt64", False),
        (-(2**63), "Int64", True),
        (1.0, "Int16", True),
        (1.5, "Int16", False),
        (math.inf, "Int32", False),
        (math.nan, "Float32", True),
        (math.inf, "Float64", True),
        (3.5e38, "Float32", False),
        (3.5e38, "Float64", True),
        (70_000, "Float16", False),
        (-(2**15), "CInt16", True),
    ],
)
def test_which_values_pixels_can_have(*, value: float, dtype: str, expected: bool) -> None:
    assert is_representable(value, dtype) is expected


def test_a_vrt_is_created_with_its_options_and_refused_with_impossible_ones(world: World) -> None:
    ids = tuple(each.id for each in world.registered())
    request = CreateRequest(ids, VrtType.MOSAIC, WeaveOptions(ResolutionStrategy.COARSEST, Resampling.CUBIC, 3), "A")
    job_id = world.create(ALICE, request)
    world.run()
    assert world.vrt(job_id).options == WeaveOptions(ResolutionStrategy.COARSEST, Resampling.CUBIC, 3)
    assert world.assembler.assembled[-1][1] == world.vrt(job_id).options
    with pytest.raises(InvalidInputError, match="Band 1 is UInt16"):
        world.create(ALICE, replace(request, options=WeaveOptions(nodata_override=-3)))
    preview = PreviewRequest(ids, VrtType.MOSAIC, WeaveOptions(nodata_override=-3))
    with pytest.raises(InvalidInputError, match="Band 1 is UInt16"):
        world.preview(ALICE, preview)
