"""Replacing all sources at once, and going back to an earlier generation."""

from collections.abc import Callable
from functools import partial

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import (
    DatasetBusyError,
    IncompatibleSourcesError,
    NotFoundError,
)
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from rasterloom.domain.refusals import GenerationNotCompletedError, MembersGoneError
from rasterloom.services.change_vrt import OptionsRequest
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.staging import read_members
from tests.support.factories import an_id, audience, band, principal, profile
from tests.support.world import World

ALICE = principal()


def members(world: World, job_id: str) -> list[str]:
    return [member.source_id for member in read_members(world.objects, world.vrt(job_id).published)]


def another(world: World, **changes: object) -> RasterDataset:
    (raster,) = world.registered(1, **changes)
    return raster


def test_sources_come_go_and_change_places_in_one_generation(world: World) -> None:
    first, (one, two, three) = world.published(3)
    vrt_id, new = world.vrt(first).id, another(world)
    wanted = [three.id, new.id, one.id]
    job_id = world.replace(ALICE, vrt_id, wanted)
    assert members(world, first) == [one.id, two.id, three.id], "served until the new generation is published"
    world.run()
    assert members(world, first) == wanted
    assert (world.job(job_id).status, world.vrt(first).member_count) == (JobStatus.COMPLETE, 3)


def test_a_source_that_was_replaced_can_be_deleted_and_one_that_stayed_cannot(world: World) -> None:
    first, (one, two) = world.published(2)
    new = another(world)
    world.replace(ALICE, world.vrt(first).id, [one.id, new.id])
    world.run()
    assert world.find_dependents(two.id).are_none
    assert not world.find_dependents(one.id).are_none
    assert not world.find_dependents(new.id).are_none


def test_every_source_of_the_new_list_is_held_against_the_rules(world: World) -> None:
    first, (one, _) = world.published(2)
    wrong = another(world, profile=profile(bands=(band(dtype="Float32"),)))
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.replace(ALICE, world.vrt(first).id, [one.id, wrong.id])
    assert [(finding.code, finding.index) for finding in caught.value.findings] == [("dtype_mismatch", 1)]
    with pytest.raises(IncompatibleSourcesError):
        world.replace(ALICE, world.vrt(first).id, [one.id, one.id])


def test_a_busy_vrt_is_said_to_be_busy_before_a_generation_that_it_has_not(world: World) -> None:
    first, _ = world.published(2)
    vrt_id = world.vrt(first).id
    running = world.change.regenerate(ALICE, vrt_id)
    with pytest.raises(DatasetBusyError) as caught:
        world.replace.roll_back(ALICE, vrt_id, an_id("no generation"))
    assert caught.value.job_id == running


def test_a_new_list_may_not_be_less_visible_than_the_vrt(world: World) -> None:
    first, (one, _) = world.published(2, audience=audience("alice", Visibility.PUBLIC))
    vrt = world.vrt(first)
    world.edit(ALICE, vrt.id, EditRequest(visibility=Visibility.PUBLIC))
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.replace(ALICE, vrt.id, [one.id, another(world).id])
    assert [(finding.code, finding.index) for finding in caught.value.findings] == [("visibility_exceeds_source", 1)]


def test_a_busy_vrt_is_not_asked_for_its_new_sources(world: World) -> None:
    first, _ = world.published(2)
    world.change.regenerate(ALICE, world.vrt(first).id)
    with pytest.raises(DatasetBusyError):
        world.replace(ALICE, world.vrt(first).id, [an_id("unknown"), an_id("other")])


def test_an_earlier_generation_comes_back_with_its_members_and_its_options(world: World) -> None:
    first, (one, two) = world.published(2)
    vrt_id, new = world.vrt(first).id, another(world)
    world.replace(ALICE, vrt_id, [new.id, two.id])
    world.run()
    world.change.weave_otherwise(ALICE, vrt_id, OptionsRequest(ResolutionStrategy.COARSEST, Resampling.CUBIC, 7))
    world.run()
    assert world.vrt(first).options == WeaveOptions(ResolutionStrategy.COARSEST, Resampling.CUBIC, 7)
    world.replace.roll_back(ALICE, vrt_id, world.generation(first).id)
    world.run()
    assert members(world, first) == [one.id, two.id]
    assert world.vrt(first).options == WeaveOptions()
    assert world.find_dependents(new.id).are_none


def test_only_a_completed_generation_of_this_vrt_comes_back(world: World) -> None:
    first, _ = world.published(2)
    other, _ = world.published(2)
    vrt_id = world.vrt(first).id
    failed = world.change.regenerate(ALICE, vrt_id)
    world.reconcile.dead_letter(world.queue.messages.pop())
    with pytest.raises(GenerationNotCompletedError, match="failed"):
        world.replace.roll_back(ALICE, vrt_id, world.generation(failed).id)
    for unknown in (an_id("unknown"), world.generation(other).id):
        with pytest.raises(NotFoundError, match="generation"):
            world.replace.roll_back(ALICE, vrt_id, unknown)


def test_members_that_are_gone_refuse_to_go_back_and_are_named(world: World) -> None:
    first, (one, two, three) = world.published(3)
    vrt_id = world.vrt(first).id
    world.replace(ALICE, vrt_id, [another(world).id, another(world).id])
    world.run()
    world.delete(ALICE, two.id)
    with pytest.raises(MembersGoneError) as deleted:
        world.replace.roll_back(ALICE, vrt_id, world.generation(first).id)
    assert [finding.source_id for finding in deleted.value.findings] == [two.id]
    world.catalog.datasets.add_raster(two)
    del world.objects.sources[three.ref]
    with pytest.raises(MembersGoneError) as missing:
        world.replace.roll_back(ALICE, vrt_id, world.generation(first).id)
    assert [(each.source_id, each.code) for each in missing.value.findings] == [(three.id, "object_missing")]
    assert one.id not in {finding.source_id for finding in missing.value.findings}


def test_a_failed_replacement_and_a_failed_roll_back_are_tried_again_as_they_were_asked_for(world: World) -> None:
    first, rasters = world.published(3)
    vrt_id, new = world.vrt(first).id, another(world)
    world.change.weave_otherwise(ALICE, vrt_id, OptionsRequest(ResolutionStrategy.AVERAGE))
    world.run()
    wanted = [new.id, rasters[0].id]
    back = partial(world.replace.roll_back, ALICE, vrt_id, world.generation(first).id)
    asked: list[tuple[Callable[[], str], list[str], WeaveOptions]] = [
        (partial(world.replace, ALICE, vrt_id, wanted), wanted, WeaveOptions(ResolutionStrategy.AVERAGE)),
        (back, [each.id for each in rasters], WeaveOptions()),
    ]
    for ask, expected, options in asked:
        failed = ask()
        world.reconcile.dead_letter(world.queue.messages.pop())
        world.retry(ALICE, failed)
        world.run()
        assert members(world, first) == expected
        assert world.vrt(first).options == options
