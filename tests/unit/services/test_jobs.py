"""Jobs: who may know of them, trying a failed one again, cancelling one, working off what is due."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from rasterloom.domain.access import Principal, Visibility
from rasterloom.domain.dataset import RasterDataset, VrtType
from rasterloom.domain.errors import (
    AssemblyRefusedError,
    BaseChangedError,
    DatasetBusyError,
    ForbiddenError,
    IdempotencyKeyReusedError,
    IncompatibleSourcesError,
    JobEndedError,
    JobNotRetryableError,
    NotFoundError,
    SourceAlreadyLinkedError,
)
from rasterloom.domain.generation import ChangeKind
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, VrtStatus
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.refusals import StagedSourcesGoneError
from rasterloom.domain.sweeping import GRACE
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.clean_up import CleanedUp, CleanUp
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.read_jobs import ListJobs, ReadJobs, ReadLatestJob
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.staging import read_members
from tests.support.factories import an_id, audience, principal
from tests.support.world import DUE_MARGIN, DUE_SENT, LEASE, MAX_ATTEMPTS, World

ALICE = principal()
BOB = principal("bob")
READER = principal(permissions=frozenset())
ADMIN = principal("root", permissions=frozenset({"admin"}))
UNKNOWN = an_id("unknown")


def another(world: World, **changes: object) -> RasterDataset:
    (raster,) = world.registered(1, **changes)
    return raster


def failed(world: World, job_id: str) -> str:
    """The same job, which GDAL refused."""
    world.assembler.errors["assemble"] = AssemblyRefusedError("GDAL refuses")
    assert world.run() is BuildOutcome.DONE
    world.assembler.errors.clear()
    assert world.job(job_id).status is JobStatus.FAILED
    return job_id


def public(world: World) -> tuple[str, str]:
    """The job and the id of a public mosaic that was built."""
    rasters = world.registered(2, audience=audience("alice", Visibility.PUBLIC))
    ids = tuple(each.id for each in rasters)
    request = CreateRequest(ids, VrtType.MOSAIC, WeaveOptions(), "Ours", visibility=Visibility.PUBLIC)
    job_id = world.create(ALICE, request)
    world.run()
    return job_id, world.vrt(job_id).id


# --- reading ---


def test_the_newest_job_of_a_dataset_is_the_newest_that_the_caller_may_know_of(world: World) -> None:
    read = ReadLatestJob(world.catalog.datasets, world.catalog.jobs)
    first, vrt_id = public(world)
    world.clock.forward(seconds=1)
    second = world.change.regenerate(ADMIN, vrt_id)
    for running in (True, False):
        assert [job and job.id for job in (read(who, vrt_id) for who in (ALICE, ADMIN, BOB))] == [first, second, None]
        if running:
            world.run()


def test_a_job_that_keeps_its_vrt_busy_is_found_before_any_index_has_it(world: World) -> None:
    job_id = world.created(world.registered())
    vrt_id = world.vrt(job_id).id
    item = world.catalog.jobs.table.get((f"JOB#{job_id}", "META"))
    assert item is not None
    del item["audience_pk"]
    world.catalog.jobs.table.put_many([item])
    found = ReadLatestJob(world.catalog.datasets, world.catalog.jobs)(ALICE, vrt_id)
    assert found is not None
    assert found.id == job_id


def test_a_raster_has_no_job_and_a_dataset_that_may_not_be_read_is_not_found(world: World) -> None:
    read = ReadLatestJob(world.catalog.datasets, world.catalog.jobs)
    raster = another(world)
    assert read(ALICE, raster.id) is None
    for who, dataset_id in ((BOB, raster.id), (ALICE, UNKNOWN)):
        with pytest.raises(NotFoundError):
            read(who, dataset_id)


def test_of_several_jobs_those_that_the_caller_may_not_know_of_look_unknown(world: World) -> None:
    job_id = world.created(world.registered())
    read = ReadJobs(world.catalog.jobs)
    assert list(read(ALICE, [UNKNOWN, job_id]).items()) == [(UNKNOWN, None), (job_id, world.job(job_id))]
    assert read(BOB, [job_id]) == {job_id: None}
    assert read(ADMIN, [job_id]) == {job_id: world.job(job_id)}


def test_a_list_of_jobs_has_the_callers_own_only(world: World) -> None:
    job_id = world.created(world.registered())
    read = ListJobs(world.catalog.jobs)
    pages = [read(who, status=None, dataset_id=None, skip=0, limit=10) for who in (ALICE, BOB, ADMIN)]
    assert [[job.id for job in page.jobs] for page in pages] == [[job_id], [], []]


# --- trying again ---


def test_a_first_build_that_failed_is_tried_again_and_publishes(world: World) -> None:
    rasters = world.registered(3)
    job_id = failed(world, world.created(rasters))
    assert (world.vrt(job_id).status, world.vrt(job_id).published) == (VrtStatus.FAILED, None)
    again = world.retry(ALICE, job_id)
    assert (world.job(again).source_filename, world.generation(again).number) == ("vrt_mosaic", 2)
    world.run()
    assert world.job(again).status is JobStatus.COMPLETE
    assert world.job(job_id).status is JobStatus.FAILED, "no state of a generation is ever left"
    members = read_members(world.objects, world.vrt(job_id).published)
    assert [member.source_id for member in members] == [raster.id for raster in rasters]


def test_each_kind_of_change_is_repeated_as_it_was_recorded(world: World) -> None:
    first, rasters = world.published(3)
    vrt_id, new = world.vrt(first).id, another(world)
    changes: list[tuple[ChangeKind, Callable[[], str], int]] = [
        (ChangeKind.ADD, lambda: world.change.add(ALICE, vrt_id, new.id), 4),
        (ChangeKind.REMOVE, lambda: world.change.remove(ALICE, vrt_id, rasters[0].id), 3),
        (ChangeKind.REBUILD, lambda: world.change.regenerate(ALICE, vrt_id), 3),
    ]
    for kind, change, count in changes:
        job_id = failed(world, change())
        assert world.vrt(first).published is not None
        again = world.retry(ALICE, job_id)
        repeated, recorded = world.generation(again).change, world.generation(job_id).change
        assert (repeated.kind, repeated.source_id) == (kind, recorded.source_id)
        world.run()
        assert world.vrt(first).member_count == count
    expected = [rasters[1].id, rasters[2].id, new.id]
    assert [member.source_id for member in read_members(world.objects, world.vrt(first).published)] == expected


@pytest.mark.parametrize("status", [status for status in JobStatus if status is not JobStatus.FAILED])
def test_only_what_failed_is_tried_again(world: World, status: JobStatus) -> None:
    job_id = world.created(world.registered())
    if status is JobStatus.RUNNING:
        world.assembler.errors["verify"] = UnboundLocalError("a worker dies")
        with pytest.raises(UnboundLocalError):
            world.run()
    elif status is JobStatus.COMPLETE:
        world.run()
    elif status is JobStatus.CANCELLED:
        world.cancel(ALICE, job_id)
    assert (world.job(job_id).status, world.job(job_id).is_retryable) == (status, False)
    with pytest.raises(JobNotRetryableError, match=status):
        world.retry(ALICE, job_id)


def test_trying_again_is_for_those_who_may_know_of_the_job_and_may_write(world: World) -> None:
    job_id = failed(world, world.created(world.registered()))
    assert world.job(job_id).is_retryable
    with pytest.raises(ForbiddenError, match="upload"):
        world.retry(READER, job_id)
    with pytest.raises(NotFoundError, match="job"):
        world.retry(BOB, job_id)
    with pytest.raises(NotFoundError, match="job"):
        world.retry(ALICE, UNKNOWN)
    assert world.job(world.retry(ADMIN, job_id)).created_by == "root"


def test_a_creator_who_may_no_longer_change_the_vrt_is_refused(world: World) -> None:
    first, vrt_id = public(world)
    job_id = failed(world, world.change.regenerate(ADMIN, vrt_id))
    was_admin = principal("root")
    with pytest.raises(ForbiddenError, match="not yours"):
        world.retry(was_admin, job_id)
    assert world.vrt(first).active is None


def test_the_sources_are_held_against_the_rules_of_today(world: World) -> None:
    rasters = world.registered(2)
    job_id = failed(world, world.created(rasters))
    del world.objects.sources[rasters[1].ref]
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.retry(ALICE, job_id)
    assert [(each.code, each.source_id) for each in caught.value.findings] == [("object_missing", rasters[1].id)]
    assert world.vrt(job_id).active is None


def test_a_source_that_fewer_may_see_by_now_refuses_the_retry_of_a_vrt_that_more_would(world: World) -> None:
    rasters = world.registered(2, audience=audience("alice", Visibility.PUBLIC))
    ids = tuple(raster.id for raster in rasters)
    request = CreateRequest(ids, VrtType.MOSAIC, WeaveOptions(), "For all", visibility=Visibility.PUBLIC)
    job_id = failed(world, world.create(ALICE, request))
    world.clock.now += GRACE
    world.edit(ALICE, rasters[1].id, EditRequest(visibility=Visibility.PRIVATE))
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.retry(ALICE, job_id)
    assert [(each.code, each.source_id) for each in caught.value.findings] == [
        ("visibility_exceeds_source", rasters[1].id)
    ]
    assert world.vrt(job_id).active is None


def test_a_retry_while_another_change_is_under_way_is_busy(world: World) -> None:
    job_id = failed(world, world.created(world.registered()))
    running = world.retry(ALICE, job_id)
    with pytest.raises(DatasetBusyError) as caught:
        world.retry(ALICE, job_id)
    assert caught.value.job_id == running


def test_a_replacement_whose_base_has_moved_is_not_repeated(world: World) -> None:
    job_id = failed(world, world.created(world.registered()))
    world.retry(ALICE, job_id)
    world.run()
    with pytest.raises(BaseChangedError):
        world.retry(ALICE, job_id)


def test_an_addition_that_was_made_meanwhile_is_not_repeated(world: World) -> None:
    first, _ = world.published(2)
    job_id = failed(world, world.change.add(ALICE, world.vrt(first).id, another(world).id))
    world.retry(ALICE, job_id)
    world.run()
    with pytest.raises(SourceAlreadyLinkedError):
        world.retry(ALICE, job_id)


def test_a_list_of_sources_that_is_kept_no_longer_cannot_be_repeated(world: World) -> None:
    job_id = failed(world, world.created(world.registered()))
    del world.objects.bodies[str(world.generation(job_id).change.staged_key)]
    with pytest.raises(StagedSourcesGoneError, match=job_id):
        world.retry(ALICE, job_id)


def test_a_replayed_retry_answers_its_first_job(world: World) -> None:
    first, _ = world.published(2)
    creation = failed(world, world.created(world.registered()))
    addition = failed(world, world.change.add(ALICE, world.vrt(first).id, another(world).id))
    for job_id in (creation, addition):
        key = IdempotencyKey(f"key-of-{job_id}", "d")
        again = world.retry(ALICE, job_id, key)
        world.run()
        assert world.retry(ALICE, job_id, key) == again
        with pytest.raises(IdempotencyKeyReusedError):
            world.retry(ALICE, job_id, IdempotencyKey(key.key, "another"))


# --- cancelling ---


def test_a_cancelled_change_leaves_what_is_served_and_lets_the_next_one_in(world: World) -> None:
    first, _ = world.published(2)
    vrt_id, served = world.vrt(first).id, world.vrt(first).published
    job_id = world.change.add(ALICE, vrt_id, another(world).id)
    accepted = world.job(job_id)
    done = world.cancel(ALICE, job_id)
    assert (done.job, done.already) == (accepted, False)
    assert world.cancel(ALICE, job_id).already is True
    vrt = world.vrt(first)
    assert (vrt.status, vrt.active, vrt.published) == (VrtStatus.READY, None, served)
    assert (world.generation(job_id).status, world.generation(job_id).error_code) == (
        GenerationStatus.FAILED,
        "cancelled",
    )
    assert world.run() is BuildOutcome.DONE, "the message of a cancelled job is of no use"
    assert world.vrt(first).published == served
    assert world.job(job_id).status is JobStatus.CANCELLED
    world.change.regenerate(ALICE, vrt_id)
    world.run()
    assert world.vrt(first).published != served


@pytest.mark.parametrize("which_look", [1, 2], ids=["before it assembles", "before it publishes"])
def test_a_worker_whose_job_is_cancelled_publishes_nothing(world: World, which_look: int) -> None:
    first, _ = world.published(2)
    served = world.vrt(first).published
    job_id = world.change.regenerate(ALICE, world.vrt(first).id)
    looks: list[int] = []

    def cancel_at_that_look() -> None:
        looks.append(1)
        if len(looks) == which_look:
            world.cancel(ALICE, job_id)

    world.objects.on_stat = cancel_at_that_look
    assert world.run() is BuildOutcome.DONE
    assert (world.job(job_id).status, world.job(job_id).error_code) == (JobStatus.CANCELLED, "cancelled")
    assert (world.vrt(first).published, world.vrt(first).status) == (served, VrtStatus.READY)


@pytest.mark.parametrize("status", [JobStatus.COMPLETE, JobStatus.FAILED])
def test_a_job_that_has_ended_otherwise_is_not_cancelled(world: World, status: JobStatus) -> None:
    job_id = world.created(world.registered())
    if status is JobStatus.FAILED:
        failed(world, job_id)
    else:
        world.run()
    with pytest.raises(JobEndedError, match=status):
        world.cancel(ALICE, job_id)


def test_cancelling_is_for_those_who_may_know_of_the_job_and_may_write(world: World) -> None:
    job_id = world.created(world.registered())
    with pytest.raises(ForbiddenError, match="upload"):
        world.cancel(READER, job_id)
    for who, wanted in ((BOB, job_id), (ALICE, UNKNOWN)):
        with pytest.raises(NotFoundError, match="job"):
            world.cancel(who, wanted)
    assert world.cancel(ADMIN, job_id).already is False


# --- working off what is due ---


def claimed_to_death(world: World) -> str:
    """A job that as many workers have begun as may."""
    job_id = world.created(world.registered())
    message = world.queue.messages.pop()
    for _ in range(MAX_ATTEMPTS):
        end = world.clock() + LEASE
        world.catalog.lock.claim(message, world.new_id(), world.clock(), end, end + DUE_MARGIN)
        world.clock.forward(seconds=LEASE.total_seconds())
    return job_id


def test_an_admin_works_off_what_is_due_and_is_told_what_that_did(world: World) -> None:
    clean_up = CleanUp(world.reconcile)
    assert clean_up(ADMIN) == CleanedUp(0, 0, 0, 0, 0)
    dead = claimed_to_death(world)
    held = world.created(world.registered())
    end = world.clock() + LEASE
    world.catalog.lock.claim(world.queue.messages.pop(), world.new_id(), world.clock(), end, end)
    lost = world.created(world.registered())
    world.clock.forward(seconds=DUE_SENT.total_seconds())
    assert clean_up(ADMIN) == CleanedUp(pending_failed=0, running_failed=1, resent=1, taken_over=1, left=0)
    assert [world.job(each).status for each in (dead, held, lost)] == ["failed", "running", "pending"]
    world.clock.forward(seconds=timedelta(hours=25).total_seconds())
    assert clean_up(ADMIN).pending_failed == 1
    assert world.job(lost).status is JobStatus.FAILED


def test_a_clean_up_ends_in_time_where_every_job_takes_long(world: World) -> None:
    for _ in range(4):
        world.created(world.registered())
    world.clock.forward(seconds=DUE_SENT.total_seconds())
    world.queue.on_send = lambda: world.clock.forward(seconds=6)
    assert CleanUp(world.reconcile)(ADMIN).resent == 2
    assert CleanUp(world.reconcile)(ADMIN).resent == 2


@pytest.mark.parametrize("who", [ALICE, READER], ids=["a caller who may write", "a reader"])
def test_only_an_admin_works_off_what_is_due(world: World, who: Principal) -> None:
    with pytest.raises(ForbiddenError, match="admin"):
        CleanUp(world.reconcile)(who)
