"""Building a generation: what is published, what fails, and what becomes of the message."""

from dataclasses import replace
from typing import Any

import pytest

from rasterloom.domain.errors import (
    AssemblyRefusedError,
    DatasetBusyError,
    ObjectMissingError,
    ObjectUnreadableError,
    UnavailableError,
    VerificationFailedError,
)
from rasterloom.domain.generation import ChangeKind
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, JobStep, VrtStatus
from rasterloom.domain.objects import ObjectStat
from rasterloom.ports import Claim
from rasterloom.services.admit_change import Plan
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.staging import read_members
from tests.support.factories import principal
from tests.support.world import LEASE, MAX_ATTEMPTS, World


def test_a_build_publishes_its_members_in_order_and_frees_the_lock(world: World) -> None:
    rasters = world.registered(3)
    job_id = world.created(rasters)
    assert world.run() is BuildOutcome.DONE

    job, vrt, generation = world.job(job_id), world.vrt(job_id), world.generation(job_id)
    assert (job.status, job.step, job.progress, job.due) == (JobStatus.COMPLETE, JobStep.COMPLETE, 1.0, None)
    assert (vrt.status, vrt.active, vrt.member_count) == (VrtStatus.READY, None, 3)
    assert generation.status is GenerationStatus.COMPLETED
    assert vrt.published is not None
    assert vrt.published.prefix == f"vrts/{vrt.id}/{generation.id}/{generation.attempt}/"
    assert [member.source_id for member in read_members(world.objects, vrt.published)] == [r.id for r in rasters]
    document = world.objects.get(f"{vrt.published.prefix}source.vrt").decode()
    assert document.split("\n") == [each.ref.vsi_path for each in rasters]


def test_the_same_message_again_changes_nothing(world: World) -> None:
    job_id = world.created(world.registered())
    message = world.queue.messages[0]
    world.run(message)
    before = (world.job(job_id), world.vrt(job_id), dict(world.objects.bodies))
    assert world.run(message) is BuildOutcome.DONE
    assert (world.job(job_id), world.vrt(job_id), dict(world.objects.bodies)) == before


def test_a_message_that_meets_a_live_lease_is_given_back(world: World) -> None:
    job_id = world.created(world.registered())
    message = world.queue.messages[0]
    world.catalog.lock.claim(message, "a-stalled-worker", world.clock(), world.clock() + LEASE, world.clock() + LEASE)
    assert world.run(message) is BuildOutcome.GIVE_BACK
    assert world.job(job_id).status is JobStatus.RUNNING


def test_a_message_is_claimed_again_once_the_lease_has_run_out(world: World) -> None:
    job_id = world.created(world.registered())
    message = world.queue.messages[0]
    world.catalog.lock.claim(message, "a-dead-worker", world.clock(), world.clock() + LEASE, world.clock() + LEASE)
    world.clock.forward(seconds=LEASE.total_seconds() + 1)
    assert world.run(message) is BuildOutcome.DONE
    assert world.job(job_id).status is JobStatus.COMPLETE
    assert world.generation(job_id).attempts == 2


def test_a_source_that_is_gone_fails_the_job_with_its_id(world: World) -> None:
    rasters = world.registered(3)
    job_id = world.created(rasters)
    world.objects.sources[rasters[1].ref] = ObjectMissingError(rasters[1].ref.uri)
    assert world.run() is BuildOutcome.DONE
    job, vrt = world.job(job_id), world.vrt(job_id)
    assert (job.status, job.error_code, job.due) == (JobStatus.FAILED, "object_missing", None)
    assert [(finding.code, finding.source_id) for finding in job.findings] == [("object_missing", rasters[1].id)]
    assert (vrt.status, vrt.active, vrt.published) == (VrtStatus.FAILED, None, None)
    assert world.generation(job_id).error_code == "object_missing"


def test_a_source_that_was_registered_anew_is_not_what_was_validated(world: World) -> None:
    rasters = world.registered()
    job_id = world.created(rasters)
    fresh = replace(rasters[0], etag='"another"')
    world.catalog.datasets.refresh_raster(fresh, seen=rasters[0])
    world.objects.hold([fresh])
    world.run()
    assert world.job(job_id).error_code == "object_changed"


def test_a_source_that_changes_during_the_build_is_found_before_publishing(world: World) -> None:
    rasters = world.registered()
    job_id = world.created(rasters)
    before = len(world.objects.stat_calls)

    def overwrite_after_the_first_look() -> None:
        if len(world.objects.stat_calls) == before + 2:
            world.objects.sources[rasters[0].ref] = ObjectStat('"overwritten"', 1)

    world.objects.on_stat = overwrite_after_the_first_look
    world.run()
    assert world.job(job_id).error_code == "object_changed"
    assert world.vrt(job_id).published is None


@pytest.mark.parametrize(
    ("step", "error", "code"),
    [
        ("assemble", AssemblyRefusedError("heterogeneous projection"), "assembly_refused"),
        ("assemble", ObjectUnreadableError("s3://b/k", "403"), "object_unreadable"),
        ("verify", VerificationFailedError("cannot read the window"), "verification_failed"),
    ],
)
def test_a_permanent_error_fails_the_job_at_once(world: World, step: str, error: Exception, code: str) -> None:
    job_id = world.created(world.registered())
    world.assembler.errors[step] = error
    assert world.run() is BuildOutcome.DONE
    assert (world.job(job_id).status, world.job(job_id).error_code) == (JobStatus.FAILED, code)
    assert world.vrt(job_id).active is None


def test_a_vrt_that_lacks_a_member_is_never_published(world: World) -> None:
    job_id = world.created(world.registered(3))
    world.assembler.drop = 1
    world.run()
    assert world.job(job_id).error_code == "members_differ"
    assert world.vrt(job_id).published is None


def test_a_transient_error_gives_lease_and_message_back_and_the_next_delivery_builds(world: World) -> None:
    job_id = world.created(world.registered())
    message = world.queue.messages[0]
    world.assembler.errors["verify"] = UnavailableError("S3", "SlowDown")
    assert world.run(message) is BuildOutcome.GIVE_BACK
    assert world.job(job_id).status is JobStatus.RUNNING
    world.assembler.errors.clear()
    assert world.run(message) is BuildOutcome.DONE
    assert world.job(job_id).status is JobStatus.COMPLETE


def test_a_transient_error_is_final_once_all_attempts_are_used(world: World) -> None:
    job_id = world.created(world.registered())
    message = world.queue.messages[0]
    world.assembler.errors["assemble"] = UnavailableError("S3", "SlowDown")
    outcomes = [world.run(message) for _ in range(MAX_ATTEMPTS)]
    assert outcomes == [*[BuildOutcome.GIVE_BACK] * (MAX_ATTEMPTS - 1), BuildOutcome.DONE]
    assert world.job(job_id).error_code == "unavailable"


def test_a_build_without_time_left_is_given_back(world: World) -> None:
    job_id = world.created(world.registered())
    world.remaining = 1.0
    assert world.run() is BuildOutcome.GIVE_BACK
    assert world.job(job_id).status is JobStatus.RUNNING
    assert not [key for key in world.objects.bodies if key.startswith("vrts/")]


def test_a_worker_that_lost_its_lease_publishes_nothing(world: World) -> None:
    job_id = world.created(world.registered())
    message = world.queue.messages[0]
    before = len(world.objects.stat_calls)

    def stall() -> None:
        if len(world.objects.stat_calls) == before + 2:  # the last look before publishing
            world.clock.forward(seconds=2 * LEASE.total_seconds())
            world.objects.on_stat = lambda: None
            assert world.run(message) is BuildOutcome.DONE

    world.objects.on_stat = stall
    assert world.run(message) is BuildOutcome.DONE
    vrt, generation = world.vrt(job_id), world.generation(job_id)
    assert vrt.published is not None
    assert generation.attempts == 2
    assert vrt.published.attempt == generation.attempt
    assert len({key.split("/")[3] for key in world.objects.bodies if key.startswith("vrts/")}) == 2


def changed(world: World, job_id: str, kind: ChangeKind, **parts: Any) -> str:
    """Have a change of a job's VRT admitted, and give the new job's id."""
    plan = Plan(vrt=world.vrt(job_id), kind=kind, brought=(), source_count=0, source_filename="vrt_regenerate")
    return world.admit(principal(), replace(plan, **parts))


def members(world: World, job_id: str) -> list[str]:
    return [member.source_id for member in read_members(world.objects, world.vrt(job_id).published)]


def test_a_failed_rebuild_leaves_what_is_published_and_the_next_change_is_admitted(world: World) -> None:
    first = world.created(world.registered())
    world.run()
    published = world.vrt(first).published
    world.assembler.errors["verify"] = VerificationFailedError("cannot read the window")
    second = changed(world, first, ChangeKind.REBUILD)
    world.run()
    vrt = world.vrt(first)
    assert world.job(second).status is JobStatus.FAILED
    assert (vrt.status, vrt.active, vrt.published, vrt.member_count) == (VrtStatus.FAILED, None, published, 2)
    world.assembler.errors.clear()
    third = changed(world, first, ChangeKind.REBUILD)
    world.run()
    assert world.job(third).status is JobStatus.COMPLETE
    assert world.vrt(first).published != published


def test_adding_a_source_asks_s3_about_that_one_only_and_puts_it_last(world: World) -> None:
    rasters = world.registered(3)
    first = world.created(rasters[:2])
    world.run()
    world.objects.stat_calls.clear()
    changed(world, first, ChangeKind.ADD, brought=(rasters[2],), source_count=3)
    assert members(world, first) == [each.id for each in rasters[:2]]
    world.run()
    assert members(world, first) == [each.id for each in rasters]
    assert world.objects.stat_calls == [1, 1]
    assert world.vrt(first).member_count == 3


def test_removing_a_source_asks_s3_about_nothing(world: World) -> None:
    rasters = world.registered(3)
    first = world.created(rasters)
    world.run()
    world.objects.stat_calls.clear()
    changed(world, first, ChangeKind.REMOVE, removed_id=rasters[1].id, source_count=2)
    world.run()
    assert members(world, first) == [rasters[0].id, rasters[2].id]
    assert sum(world.objects.stat_calls) == 0


def test_a_rebuild_takes_todays_headers(world: World) -> None:
    rasters = world.registered(2)
    first = world.created(rasters)
    world.run()
    fresh = replace(rasters[0], etag='"fresh"')
    world.catalog.datasets.refresh_raster(fresh, seen=rasters[0])
    world.objects.hold([fresh])
    changed(world, first, ChangeKind.REBUILD, source_count=2)
    world.run()
    built = read_members(world.objects, world.vrt(first).published)
    assert [member.etag for member in built] == ['"fresh"', rasters[1].etag]


@pytest.mark.parametrize(("kind", "parts"), [(ChangeKind.REBUILD, 0), (ChangeKind.ADD, 1)])
def test_headers_of_what_is_published_are_held_only_where_they_stay(world: World, kind: ChangeKind, parts: int) -> None:
    rasters = world.registered(3)
    first = world.created(rasters[:2])
    world.run()
    brought = rasters[2:] if kind is ChangeKind.ADD else []
    changed(world, first, kind, brought=tuple(brought), source_count=2 + len(brought))
    until = world.clock() + LEASE
    claim = world.catalog.lock.claim(world.queue.messages[-1], "a-worker", world.clock(), until, until)
    assert isinstance(claim, Claim)
    taken = world.take(claim)
    assert (len(taken.kept), taken.released) == (parts, ())
    assert [member.source_id for member in taken.members] == [each.id for each in (*rasters[:2], *brought)]


def test_links_of_what_was_removed_are_let_go_of_and_the_others_stay(world: World) -> None:
    rasters = world.registered(3)
    first = world.created(rasters)
    world.run()
    founder = world.generation(first).id
    ids = [each.id for each in rasters]
    changed(world, first, ChangeKind.REMOVE, removed_id=ids[1], source_count=2)
    assert world.catalog.lock.missing_links(world.vrt(first).id, founder, ids) == []
    world.run()
    assert world.catalog.lock.missing_links(world.vrt(first).id, founder, ids) == [ids[1]]


def test_a_change_while_another_one_is_under_way_is_refused_and_leaves_no_link(world: World) -> None:
    rasters = world.registered(3)
    first = world.created(rasters[:2])
    world.run()
    running = changed(world, first, ChangeKind.REBUILD)
    with pytest.raises(DatasetBusyError) as caught:
        changed(world, first, ChangeKind.ADD, brought=(rasters[2],), source_count=3)
    assert caught.value.job_id == running
    assert len(world.queue.messages) == 1
