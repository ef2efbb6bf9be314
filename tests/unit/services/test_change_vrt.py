"""Changing a VRT: the order of the checks, what is promised, and what stays served meanwhile."""

from dataclasses import replace

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import RasterDataset, VrtType
from rasterloom.domain.errors import (
    DatasetBusyError,
    ForbiddenError,
    IncompatibleSourcesError,
    InvalidInputError,
    NotFoundError,
    NotPublishedError,
    SourceAlreadyLinkedError,
    TooFewSourcesError,
)
from rasterloom.domain.findings import Severity
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, VrtStatus
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.staging import read_members
from rasterloom.services.terms import Terms
from tests.support.factories import audience, band, principal, profile
from tests.support.ruling import at
from tests.support.world import World

UNKNOWN = "8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"
ALICE = principal()


def members(world: World, job_id: str) -> list[str]:
    return [member.source_id for member in read_members(world.objects, world.vrt(job_id).published)]


def another(world: World, **changes: object) -> RasterDataset:
    (raster,) = world.registered(1, **changes)
    return raster


def visible_as(world: World, visibility: Visibility) -> str:
    """A mosaic of this visibility that was built, of sources of the same."""
    rasters = world.registered(2, audience=audience("alice", visibility))
    ids = tuple(each.id for each in rasters)
    job_id = world.create(ALICE, CreateRequest(ids, VrtType.MOSAIC, WeaveOptions(), "Ours", visibility=visibility))
    world.run()
    return job_id


def test_an_added_source_is_appended_and_only_it_is_looked_at_in_s3(world: World) -> None:
    first, rasters = world.published(5)
    new = another(world)
    world.objects.stat_calls.clear()
    job_id = world.change.add(ALICE, world.vrt(first).id, new.id)
    assert world.objects.stat_calls == [1]
    assert members(world, first) == [each.id for each in rasters], "served until the new generation is published"
    world.run()
    assert members(world, first) == [each.id for each in [*rasters, new]]
    assert (world.job(job_id).status, world.job(job_id).source_filename) == (JobStatus.COMPLETE, "vrt_regenerate")


def test_a_removed_source_is_gone_and_can_be_added_again(world: World) -> None:
    first, rasters = world.published(3)
    vrt_id = world.vrt(first).id
    world.change.remove(ALICE, vrt_id, rasters[0].id)
    world.run()
    assert members(world, first) == [rasters[1].id, rasters[2].id]
    assert not world.catalog.lock.is_linked(vrt_id, rasters[0].id)
    world.change.add(ALICE, vrt_id, rasters[0].id)
    world.run()
    assert members(world, first) == [rasters[1].id, rasters[2].id, rasters[0].id]


def test_the_checks_of_adding_come_in_the_contracts_order(world: World) -> None:
    first, rasters = world.published(2, audience=audience("alice", Visibility.PUBLIC))
    vrt_id = world.vrt(first).id
    wrong = another(world, profile=profile(bands=(band(dtype="Float32"),)))
    with pytest.raises(ForbiddenError, match="upload"):
        world.change.add(principal(permissions=frozenset()), UNKNOWN, UNKNOWN)
    with pytest.raises(NotFoundError):
        world.change.add(ALICE, UNKNOWN, UNKNOWN)
    with pytest.raises(NotFoundError):
        world.change.add(ALICE, rasters[0].id, UNKNOWN)
    with pytest.raises(NotFoundError):
        world.change.add(principal("bob"), vrt_id, UNKNOWN)
    with pytest.raises(IncompatibleSourcesError):
        world.change.add(ALICE, vrt_id, UNKNOWN)
    with pytest.raises(SourceAlreadyLinkedError):
        world.change.add(ALICE, vrt_id, rasters[1].id)
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.change.add(ALICE, vrt_id, wrong.id)
    assert [finding.code for finding in caught.value.findings] == ["dtype_mismatch"]
    world.change.regenerate(ALICE, vrt_id)
    with pytest.raises(IncompatibleSourcesError):
        world.change.add(ALICE, vrt_id, UNKNOWN)
    with pytest.raises(DatasetBusyError):
        world.change.add(ALICE, vrt_id, rasters[1].id)


def test_a_source_that_would_make_another_one_too_thin_is_refused_and_that_one_named(world: World) -> None:
    wide, thin = another(world), another(world, profile=at(510_240.0, size=1.0, width=12, height=1024))
    request = CreateRequest((wide.id, thin.id), VrtType.MOSAIC, WeaveOptions(ResolutionStrategy.COARSEST), "Ours")
    vrt_id = world.vrt(world.create(ALICE, request)).id
    world.run()
    coarse = another(world, profile=at(600_000.0, size=50_000.0, width=8, height=8))
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.change.add(ALICE, vrt_id, coarse.id)
    refusing = [finding for finding in caught.value.findings if finding.severity is Severity.ERROR]
    assert [(finding.code, finding.source_id) for finding in refusing] == [("too_coarse_for_source", coarse.id)]
    assert thin.id in refusing[0].message
    assert world.change.add(ALICE, vrt_id, another(world).id)


def test_a_removal_that_makes_a_source_too_thin_fails_and_names_it_and_what_is_served_stays(world: World) -> None:
    """Of five, pixels are of 10 km on average, and 12 m of them a little more than a thousandth; of four, less."""
    thin = another(world, profile=at(510_240.0, size=1.0, width=12, height=1024))
    coarse = another(world, profile=at(600_000.0, size=50_000.0, width=8, height=8))
    ids = (*(another(world, profile=at(500_000.0)).id for _ in range(3)), thin.id, coarse.id)
    request = CreateRequest(ids, VrtType.MOSAIC, WeaveOptions(ResolutionStrategy.AVERAGE), "Ours")
    created = world.create(ALICE, request)
    world.run()
    before = world.vrt(created)
    job_id = world.change.remove(ALICE, before.id, ids[0])
    world.run()
    job, vrt = world.job(job_id), world.vrt(job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "too_coarse_for_source")
    assert [(finding.code, finding.source_id, finding.index) for finding in job.findings] == [
        ("too_coarse_for_source", thin.id, 2)
    ]
    assert (vrt.status, vrt.member_count, vrt.published) == (VrtStatus.FAILED, 5, before.published)


@pytest.mark.parametrize(("vrt_type", "most"), [(VrtType.MOSAIC, 3), (VrtType.BAND_STACK, 2)])
def test_no_vrt_grows_beyond_what_could_be_created_at_once(world: World, vrt_type: VrtType, most: int) -> None:
    world.change = replace(world.change, most=3, most_waited_for=2)
    ids = tuple(each.id for each in world.registered(2))
    vrt_id = world.vrt(world.create(ALICE, CreateRequest(ids, vrt_type, WeaveOptions(), "Ours"))).id
    world.run()
    for _ in range(most - 2):
        world.change.add(ALICE, vrt_id, another(world).id)
        world.run()
    with pytest.raises(InvalidInputError, match=f"has {most} sources already, and may have {most} at most") as caught:
        world.change.add(ALICE, vrt_id, another(world).id)
    assert (caught.value.reason, caught.value.loc) == ("source_count", ("body", "source_dataset_id"))
    with pytest.raises(SourceAlreadyLinkedError):
        world.change.add(ALICE, vrt_id, ids[0])


def test_a_stranger_does_not_see_a_private_vrt_and_an_admin_may_change_it(world: World) -> None:
    job_id, rasters = world.published(3)
    vrt = world.vrt(job_id)
    admin = principal("root", permissions=frozenset({"admin"}))
    with pytest.raises(NotFoundError):
        world.change.remove(principal("bob"), vrt.id, rasters[0].id)
    assert world.change.remove(admin, vrt.id, rasters[0].id)


def test_a_reader_of_a_public_vrt_is_told_that_it_is_not_theirs(world: World) -> None:
    job_id = visible_as(world, Visibility.PUBLIC)
    with pytest.raises(ForbiddenError, match="not yours"):
        world.change.regenerate(principal("bob"), world.vrt(job_id).id)


def test_removing_from_two_sources_is_refused_for_their_number_and_says_first_what_is_none_of_them(
    world: World,
) -> None:
    first, (_, linked) = world.published(2)
    vrt_id = world.vrt(first).id
    few = f"{vrt_id}, which has 2 sources; at least 2 have to stay"
    with pytest.raises(TooFewSourcesError, match=f"^{UNKNOWN} is no source of dataset {few}$"):
        world.change.remove(ALICE, vrt_id, UNKNOWN)
    with pytest.raises(TooFewSourcesError, match=f"^Dataset {vrt_id} has 2 sources; at least 2 have to stay$"):
        world.change.remove(ALICE, vrt_id, linked.id)
    second, _ = world.published(3)
    vrt_id = world.vrt(second).id
    with pytest.raises(NotFoundError, match=f"^{UNKNOWN} is no source of dataset {vrt_id}$"):
        world.change.remove(ALICE, vrt_id, UNKNOWN)


def test_an_id_of_the_other_kind_is_told_to_whoever_may_read_it_and_to_nobody_else(world: World) -> None:
    first, (raster, _) = world.published(2)
    second, _ = world.published(2)
    vrt_id, other_id = world.vrt(first).id, world.vrt(second).id
    with pytest.raises(NotFoundError, match=f"^{raster.id} is a raster, not a VRT$"):
        world.change.add(ALICE, raster.id, raster.id)
    with pytest.raises(NotFoundError, match=f"^No dataset {raster.id}$"):
        world.change.add(principal("bob"), raster.id, raster.id)
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.change.add(ALICE, vrt_id, other_id)
    (finding,) = caught.value.findings
    assert (finding.code, finding.message, finding.actual) == (
        "source_not_found",
        f"{other_id} is a VRT; only rasters can be sources",
        "a VRT",
    )
    with pytest.raises(NotFoundError, match=f"^{vrt_id} is a VRT: nothing is woven of VRTs$"):
        world.read_dependents(ALICE, vrt_id)


def test_an_added_source_may_not_be_less_visible_than_the_vrt(world: World) -> None:
    job_id = visible_as(world, Visibility.INTERNAL)
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.change.add(ALICE, world.vrt(job_id).id, another(world).id)
    assert [finding.code for finding in caught.value.findings] == ["visibility_exceeds_source"]


def test_what_was_never_published_has_nothing_to_change(world: World) -> None:
    job_id = world.created(world.registered())
    world.reconcile.dead_letter(world.queue.messages.pop())
    with pytest.raises(NotPublishedError):
        world.change.regenerate(ALICE, world.vrt(job_id).id)


def test_a_link_that_a_refused_change_left_behind_is_no_membership(world: World) -> None:
    first, _ = world.published(2)
    vrt_id, new = world.vrt(first).id, another(world)
    world.catalog.lock.link_sources(vrt_id, "a-generation-that-never-was", [new.id], world.clock(), number=1)
    assert world.change.add(ALICE, vrt_id, new.id)


def test_a_replayed_add_does_not_meet_its_own_source(world: World) -> None:
    first, _ = world.published(2)
    vrt_id, new, key = world.vrt(first).id, another(world), Terms(IdempotencyKey("k", "d"))
    job_id = world.change.add(ALICE, vrt_id, new.id, key)
    world.run()
    assert world.change.add(ALICE, vrt_id, new.id, key) == job_id


def test_generations_are_listed_newest_first_and_the_creating_one_too(world: World) -> None:
    first, _ = world.published(3)
    vrt_id = world.vrt(first).id
    world.change.regenerate(ALICE, vrt_id)
    world.run()
    world.change.regenerate(ALICE, vrt_id)
    page = world.read_generations(ALICE, vrt_id, skip=0, limit=2).page
    assert [(each.number, each.status) for each in page.generations] == [
        (3, GenerationStatus.PENDING),
        (2, GenerationStatus.COMPLETED),
    ]
    assert page.total == 3
    rest = world.read_generations(ALICE, vrt_id, skip=2, limit=2).page
    assert [each.number for each in rest.generations] == [1]


def test_who_built_a_generation_is_for_who_may_change_the_vrt(world: World) -> None:
    vrt_id = world.vrt(visible_as(world, Visibility.PUBLIC)).id
    assert world.read_generations(ALICE, vrt_id, skip=0, limit=1).is_owner is True
    assert world.read_generations(principal("bob"), vrt_id, skip=0, limit=1).is_owner is False


def test_the_newest_job_of_a_dataset_is_found(world: World) -> None:
    first, _ = world.published(2)
    vrt_id = world.vrt(first).id
    world.clock.forward(seconds=1)
    second = world.change.regenerate(ALICE, vrt_id)
    latest = world.catalog.jobs.latest_of(vrt_id)
    assert latest is not None
    assert latest.id == second
    assert world.catalog.jobs.latest_of(UNKNOWN) is None
