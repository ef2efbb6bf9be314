"""How a VRT's sources are: as events have it where events come, as S3 has it where none do, or all of them probed."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import Member, ObjectState, RasterDataset
from rasterloom.domain.errors import NotFoundError, ObjectMissingError, ObjectUnreadableError
from rasterloom.domain.objects import ObjectStat
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.read_sources import FULL_HEALTH, ReadVrtStatus, SourceStatus
from rasterloom.services.staging import read_members_at
from tests.support.factories import audience, principal
from tests.support.world import World

ALICE, BOB = principal(), principal("bob")
MANY = FULL_HEALTH + 1


def following(world: World, *, follows: bool) -> ReadVrtStatus:
    """Where events tell of every source, or of none."""
    return replace(world.read_status, follows=lambda _: follows)


@pytest.fixture
def asked(world: World) -> list[int]:
    """How many objects each call asks S3 for, once the test has begun."""
    return world.objects.stat_calls


def made(world: World, count: int = 4, **changes: object) -> tuple[str, list[RasterDataset]]:
    job_id, rasters = world.published(count, **changes)
    world.objects.stat_calls.clear()
    return world.vrt(job_id).id, rasters


def spoil(world: World, rasters: list[RasterDataset]) -> None:
    """The first is overwritten, the second deleted, the third forbidden."""
    world.objects.sources[rasters[0].ref] = ObjectStat('"2"', 1000)
    world.objects.sources[rasters[1].ref] = ObjectMissingError(rasters[1].ref.uri)
    world.objects.sources[rasters[2].ref] = ObjectUnreadableError(rasters[2].ref.uri, "denied")


SPOILT = [SourceStatus.STALE, SourceStatus.MISSING, SourceStatus.INACCESSIBLE]


def test_without_events_every_source_is_asked_for(world: World, asked: list[int]) -> None:
    vrt_id, rasters = made(world)
    spoil(world, rasters)
    state = following(world, follows=False)(ALICE, vrt_id)
    assert [each.status for each in state.health] == [*SPOILT, SourceStatus.HEALTHY]
    assert state.health_counts == dict.fromkeys([*SPOILT, SourceStatus.HEALTHY], 1)
    assert (state.stale_since, asked) == (None, [4])


def test_with_events_nothing_is_asked_for_and_all_is_told(world: World, asked: list[int]) -> None:
    vrt_id, rasters = made(world)
    spoil(world, rasters)
    for each in rasters:
        world.observe(each.ref)
    state = following(world, follows=True)(ALICE, vrt_id)
    assert [each.status for each in state.health] == [*SPOILT, SourceStatus.HEALTHY]
    assert (state.stale_since, sum(asked)) == (world.clock(), 0)


def test_with_events_what_they_have_not_told_yet_is_found_by_a_probe(world: World, asked: list[int]) -> None:
    vrt_id, rasters = made(world)
    spoil(world, rasters)
    read = following(world, follows=True)
    assert {each.status for each in read(ALICE, vrt_id).health} == {SourceStatus.HEALTHY}
    assert [each.status for each in read(ALICE, vrt_id, probe=True).health] == [*SPOILT, SourceStatus.HEALTHY]
    assert asked == [0, 4]


def test_a_source_that_is_no_geotiff_any_more_is_told_alike_with_and_without_a_probe(world: World) -> None:
    vrt_id, rasters = made(world)
    world.objects.sources[rasters[0].ref] = ObjectStat('"text"', 30)
    world.headers.error = ObjectUnreadableError(rasters[0].ref.uri, "it is no TIFF")
    world.observe(rasters[0].ref)
    read = following(world, follows=True)
    told = [[each.status for each in read(ALICE, vrt_id, probe=probe).health] for probe in (False, True)]
    assert told == [[SourceStatus.INACCESSIBLE, *[SourceStatus.HEALTHY] * 3]] * 2


def test_members_are_read_once_from_s3_until_another_generation_is_served(world: World) -> None:
    vrt_id, rasters = made(world)
    kept: list[str] = []

    @cache
    def members(prefix: str) -> Sequence[Member]:
        kept.append(prefix)
        return read_members_at(world.objects, prefix)

    read = replace(world.read_status, kept_members=members)
    assert [each.source_id for each in read(ALICE, vrt_id).health] == [each.id for each in rasters]
    assert len(read(ALICE, vrt_id).health) == 4
    assert len(kept) == 1
    world.change.remove(ALICE, vrt_id, rasters[0].id)
    world.run()
    assert [each.source_id for each in read(ALICE, vrt_id).health] == [each.id for each in rasters[1:]]
    assert len(kept) == 2


def test_members_of_a_vrt_of_many_are_not_kept(world: World) -> None:
    vrt_id, _ = made(world, MANY)

    def members(prefix: str) -> Sequence[Member]:
        raise AssertionError(prefix)

    read = replace(world.read_status, kept_members=members)
    assert read(ALICE, vrt_id, probe=True).health_counts == {SourceStatus.HEALTHY: MANY}


def test_an_upload_s_events_are_ours(world: World) -> None:
    (raster,) = world.registered(1)
    assert not world.follows(raster.ref)
    assert world.follows(replace(raster.ref, bucket="artifacts"))


def test_of_many_sources_only_marked_ones_are_looked_up(world: World, asked: list[int]) -> None:
    vrt_id, rasters = made(world, MANY)
    spoil(world, rasters)
    for each in rasters[:3]:
        world.observe(each.ref)
    state = following(world, follows=False)(ALICE, vrt_id)
    told = {each.source_id: each.status for each in state.health}
    assert told == dict(zip([each.id for each in rasters[:3]], SPOILT, strict=True))
    assert state.health_counts == dict.fromkeys(SPOILT, 1) | {SourceStatus.HEALTHY: MANY - 3}
    assert asked == []


def test_of_many_sources_a_probe_asks_for_all(world: World, asked: list[int]) -> None:
    vrt_id, rasters = made(world, MANY)
    spoil(world, rasters)
    state = following(world, follows=True)(ALICE, vrt_id, probe=True)
    assert [each.status for each in state.health] == SPOILT
    assert state.health_counts[SourceStatus.HEALTHY] == MANY - 3
    assert asked == [MANY]


@pytest.mark.parametrize("count", [2, MANY])
def test_sources_that_the_caller_may_not_read_are_not_told_of(world: World, count: int) -> None:
    rasters = world.registered(count, audience=audience("bob", Visibility.PUBLIC))
    vrt_id = world.vrt(world.created(rasters)).id
    assert world.run() is BuildOutcome.DONE
    hidden = world.edit(BOB, rasters[0].id, EditRequest(visibility=Visibility.PRIVATE))
    assert hidden.audience.visibility is Visibility.PRIVATE
    world.objects.sources[rasters[0].ref] = ObjectStat('"2"', 1000)
    world.observe(rasters[0].ref)
    state = following(world, follows=True)(ALICE, vrt_id)
    assert rasters[0].id not in {each.source_id for each in state.health}
    assert state.stale_since is not None


def test_a_vrt_that_nobody_may_know_of_is_not_found(world: World) -> None:
    vrt_id, _ = made(world)
    with pytest.raises(NotFoundError):
        world.read_status(BOB, vrt_id)


def test_a_raster_tells_of_no_staleness(world: World) -> None:
    (raster,) = world.registered(1)
    found = world.read_dataset(ALICE, raster.id)
    assert isinstance(found, RasterDataset)
    assert found.object_state is ObjectState.PRESENT
