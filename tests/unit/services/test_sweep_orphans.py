"""What is left of dead attempts and of what is deleted: nothing in the end, and never what a pointer names."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from rasterloom.adapters.catalog_dynamodb.names import sweep_key
from rasterloom.domain.dataset import RasterDataset, VrtDataset
from rasterloom.domain.errors import DatasetInUseError, RasterloomError, UnavailableError
from rasterloom.domain.generation import BuildMessage, staged_key
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus
from rasterloom.domain.refusals import StagedSourcesGoneError
from rasterloom.domain.sweeping import GRACE, RELEASE_AFTER, Remains
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.staging import read_members
from rasterloom.services.sweep_orphans import PUT_OFF, Look
from tests.support.dynamo_faults import Troubled, through
from tests.support.factories import band, principal, profile
from tests.support.world import DUE_MARGIN, LEASE, MAX_ATTEMPTS, World

ALICE = principal()
PALETTE = tuple((index % 256, index // 256, 7 * index % 256, 255) for index in range(65_536))


def artifacts(world: World) -> set[str]:
    """Attempts of which something lies in the bucket, as `dataset/generation/attempt`."""
    return {"/".join(key.split("/")[1:4]) for key in world.objects.bodies if key.startswith("vrts/")}


def swept(world: World) -> dict[Look, int]:
    """Sweep an hour from now."""
    world.clock.now += GRACE
    return dict(world.sweep_orphans().looks)


def settled(world: World) -> None:
    """Sweep until nothing is due any more."""
    for _ in range(6):
        if not swept(world):
            return
    raise AssertionError("something is looked at for ever")


def links(world: World, rasters: list[RasterDataset]) -> int:
    return sum(len(world.catalog.lock.uses_of(each.id)) for each in rasters)


def served(world: World, job_id: str) -> str:
    """The attempt that a VRT serves, which must be whole."""
    vrt = world.vrt(job_id)
    assert vrt.published is not None
    assert len(read_members(world.objects, vrt.published)) == vrt.member_count
    world.objects.get(f"{vrt.published.prefix}source.vrt")
    return vrt.published.prefix.removeprefix("vrts/").rstrip("/")


def dies_at(world: World, operation: str, nth: int) -> World:
    """A process that is dead from the nth call of an operation of DynamoDB on."""
    calls = iter(range(1, 1000))

    def at_nth() -> None:
        if next(calls) >= nth:
            raise SystemExit

    troubled = through(world.catalog, lambda client: Troubled(client, operation, [], before=at_nth))
    return World(
        troubled, world.objects, queue=world.queue, clock=world.clock, first_id=10**6 * UUID(world.new_id()).int
    )


def dead_before_commit(world: World, message: BuildMessage | None = None) -> BuildMessage:
    """A worker that put every artifact and died before it could publish."""
    found = message or world.queue.messages.pop(0)
    with pytest.raises(SystemExit):
        dies_at(world, "transact_write_items", 2).run(found)
    return found


def taken_over(world: World) -> BuildMessage:
    world.clock.now += LEASE + DUE_MARGIN
    world.reconcile()
    return world.queue.messages.pop(0)


# --- attempts ---


def test_a_build_without_accidents_is_looked_at_once_and_nothing_of_it_is_touched(world: World) -> None:
    job_id, _ = world.published(2)
    before = {key for key in world.objects.bodies if key.startswith("vrts/")}
    assert world.sweep_orphans().looks == {}
    staged = staged_key(world.vrt(job_id).id, world.generation(job_id).id)
    for key in [key for key in world.objects.bodies if key.startswith(staged)]:
        world.objects.bodies.pop(key)
    assert swept(world) == {Look.CLEAN: 1}
    assert {key for key in world.objects.bodies if key.startswith("vrts/")} == before
    assert swept(world) == {}


def test_a_look_for_released_links_comes_early_and_another_one_for_dead_attempts_an_hour_after_the_end(
    world: World,
) -> None:
    first, (source, *_) = world.published(3)
    settled(world)
    job_id = world.change.remove(ALICE, world.vrt(first).id, source.id)
    dead_before_commit(world)
    world.run(taken_over(world))
    ended_at = world.generation(job_id).ended_at
    assert ended_at is not None
    before = artifacts(world)
    world.clock.now = ended_at + RELEASE_AFTER
    assert world.sweep_orphans().looks == {Look.EARLY: 1}
    world.clock.now = ended_at + GRACE - timedelta(microseconds=1)
    assert world.sweep_orphans().looks == {}
    assert artifacts(world) == before
    world.clock.now = ended_at + GRACE
    assert world.sweep_orphans().looks == {Look.REMOVED: 1}
    assert len(artifacts(world)) == len(before) - 1


def test_a_worker_that_died_after_its_puts_leaves_an_attempt_that_is_swept(world: World) -> None:
    job_id = world.created(world.registered())
    dead_before_commit(world)
    assert len(artifacts(world)) == 1
    assert world.run(taken_over(world)) is BuildOutcome.DONE
    assert len(artifacts(world)) == 2
    assert swept(world) == {Look.REMOVED: 1}
    assert artifacts(world) == {served(world, job_id)}
    assert swept(world) == {Look.CLEAN: 1}


def test_no_attempt_is_touched_while_its_generation_goes_on(world: World) -> None:
    world.created(world.registered())
    message = dead_before_commit(world)
    for _ in range(MAX_ATTEMPTS - 1):
        message = dead_before_commit(world, taken_over(world))
        assert world.sweep_orphans().looks == {}
    assert len(artifacts(world)) == MAX_ATTEMPTS
    assert world.generation(message.job_id).status is GenerationStatus.RUNNING


@pytest.mark.parametrize("end", ["given up", "dead letter", "cancelled"])
def test_every_attempt_of_a_generation_that_was_never_published_is_swept(world: World, end: str) -> None:
    job_id, _ = world.published(2)
    again = world.change.regenerate(ALICE, world.vrt(job_id).id)
    message = dead_before_commit(world)
    ends: dict[str, Callable[[], object]] = {
        "given up": world.reconcile,
        "dead letter": lambda: world.reconcile.dead_letter(message),
        "cancelled": lambda: world.cancel(ALICE, again),
    }
    world.clock.forward(hours=25)
    ends[end]()
    assert world.job(again).status in {JobStatus.FAILED, JobStatus.CANCELLED}
    assert len(artifacts(world)) == 2
    settled(world)
    assert artifacts(world) == {served(world, job_id)}


def test_a_look_is_never_the_last_one_while_it_finds_something(world: World) -> None:
    job_id = world.created(world.registered())
    dead_before_commit(world)
    world.clock.forward(hours=25)
    world.reconcile()
    generation = world.generation(job_id)
    zombie = f"vrts/{generation.dataset_id}/{generation.id}/zombie/source.vrt"
    assert swept(world) == {Look.REMOVED: 1}
    world.objects.bodies[zombie] = b"<VRTDataset/>"
    assert swept(world) == {Look.REMOVED: 1}
    assert zombie not in world.objects.bodies
    assert swept(world) == {Look.CLEAN: 1}
    assert swept(world) == {}


def test_older_published_generations_stay_for_whoever_goes_back(world: World) -> None:
    job_id, rasters = world.published(3)
    first = world.generation(job_id).id
    world.change.remove(ALICE, world.vrt(job_id).id, rasters[0].id)
    world.run()
    settled(world)
    assert len(artifacts(world)) == 2
    world.replace.roll_back(ALICE, world.vrt(job_id).id, first)
    assert world.run() is BuildOutcome.DONE
    assert world.vrt(job_id).member_count == 3
    settled(world)
    assert len(artifacts(world)) == 3
    assert served(world, job_id) in artifacts(world)


def test_a_list_is_kept_for_a_retry_and_goes_once_nobody_can_need_it(world: World) -> None:
    job_id = world.created(world.registered())
    world.reconcile.dead_letter(world.queue.messages.pop())
    key = staged_key(world.job(job_id).dataset_id, world.generation(job_id).id)
    settled(world)
    assert key in world.objects.bodies
    again = world.retry(ALICE, job_id)
    world.run()
    settled(world)
    assert staged_key(world.vrt(again).id, world.generation(again).id) not in world.objects.bodies
    world.delete(ALICE, world.vrt(again).id)
    settled(world)
    assert world.objects.bodies == {}


# --- links ---


def test_links_that_a_dead_builder_left_after_its_publish_are_let_go_within_a_minute(world: World) -> None:
    job_id, rasters = world.published(3)
    world.change.remove(ALICE, world.vrt(job_id).id, rasters[0].id)
    with pytest.raises(SystemExit):
        dies_at(world, "batch_write_item", 1).run()
    assert world.vrt(job_id).member_count == 2
    with pytest.raises(DatasetInUseError):
        world.delete(ALICE, rasters[0].id)
    world.clock.now += RELEASE_AFTER
    assert world.sweep_orphans().links == 1
    world.delete(ALICE, rasters[0].id)
    assert links(world, rasters) == 2


def test_the_sweep_of_a_removal_never_takes_what_a_later_change_brought_again(world: World) -> None:
    job_id, rasters = world.published(3)
    vrt_id = world.vrt(job_id).id
    world.change.remove(ALICE, vrt_id, rasters[0].id)
    with pytest.raises(SystemExit):
        dies_at(world, "batch_write_item", 1).run()
    world.change.add(ALICE, vrt_id, rasters[0].id)
    assert world.run() is BuildOutcome.DONE
    settled(world)
    assert links(world, rasters) == 3
    with pytest.raises(DatasetInUseError):
        world.delete(ALICE, rasters[0].id)


def test_links_that_a_failed_change_brought_go_and_those_of_its_base_stay(world: World) -> None:
    job_id, rasters = world.published(2)
    new = world.registered(2)
    vrt_id = world.vrt(job_id).id
    changes: list[Callable[[], str]] = [
        lambda: world.change.add(ALICE, vrt_id, new[0].id),
        lambda: world.replace(ALICE, vrt_id, [rasters[0].id, new[1].id]),
    ]
    for change in changes:
        change()
        world.reconcile.dead_letter(world.queue.messages.pop())
    assert links(world, rasters + new) == 5
    settled(world)
    assert links(world, new) == 0
    assert links(world, rasters) == 2


# --- what is deleted ---


def test_nothing_is_left_of_a_deleted_vrt_but_what_happened(world: World) -> None:
    job_id, rasters = world.published(3)
    vrt = world.vrt(job_id)
    world.change.remove(ALICE, vrt.id, rasters[0].id)
    world.run()
    world.change.regenerate(ALICE, vrt.id)
    dead_before_commit(world)
    world.clock.forward(hours=25)
    world.reconcile()
    world.delete(ALICE, vrt.id)
    assert len(artifacts(world)) == 3, "whoever has it open reads on for an hour"
    settled(world)
    assert (artifacts(world), links(world, rasters)) == (set(), 0)
    assert world.objects.bodies == {}
    assert world.catalog.jobs.table.get(sweep_key(vrt.id)) is None
    assert world.catalog.jobs.generations_of(vrt.id, skip=0, limit=5).total == 3


def test_a_vrt_s_lists_outlive_the_links_that_they_name(world: World) -> None:
    rasters = world.registered()
    job_id = world.created(rasters)
    world.reconcile.dead_letter(world.queue.messages.pop())
    vrt_id = world.job(job_id).dataset_id
    world.delete(ALICE, vrt_id)
    # Both are due at the same moment; what is left of the VRT waits for its generation.
    settled(world)
    assert (links(world, rasters), world.objects.bodies) == (0, {})


def test_a_deleted_vrt_waits_an_hour_for_its_generations_and_is_not_looked_at_meanwhile(world: World) -> None:
    job_id, _ = world.published(2)
    world.change.regenerate(ALICE, world.vrt(job_id).id)
    dead_before_commit(world)
    world.run(taken_over(world))
    world.delete(ALICE, world.vrt(job_id).id)
    looks = swept(world)
    assert looks[Look.LEFT] == 1, "what is left of the VRT, while a generation is not swept yet"
    assert world.sweep_orphans().looks == {}
    settled(world)
    assert artifacts(world) == set()


def test_nothing_is_left_of_a_deleted_raster(world: World) -> None:
    (raster,) = world.registered(1, profile=profile(bands=(band(color_table=PALETTE),)))
    world.catalog.lock.link_sources("a vrt", "a refused generation", [raster.id], world.clock(), number=1)
    (key,) = [key for key in world.objects.bodies if key.startswith("headers/")]
    world.clock.forward(hours=1)
    world.delete(ALICE, raster.id)
    assert key in world.objects.bodies
    settled(world)
    assert (world.objects.bodies, links(world, [raster])) == ({}, 0)
    assert world.catalog.jobs.table.get(sweep_key(raster.id)) is None


def test_two_rasters_with_one_header_do_not_share_its_object(world: World) -> None:
    one, other = world.registered(2, profile=profile(bands=(band(color_table=PALETTE),)))
    world.delete(ALICE, one.id)
    settled(world)
    assert world.catalog.datasets.get(other.id) == other


def test_a_header_that_never_became_a_raster_s_is_swept(world: World) -> None:
    (raster,) = world.registered(1)
    world.catalog.datasets.add_raster(
        replace(raster, id="lost the race", profile=profile(bands=(band(color_table=PALETTE),)))
    )
    assert len(world.objects.bodies) == 1
    settled(world)
    assert world.objects.bodies == {}


def test_of_a_raster_s_headers_the_one_that_it_names_stays(world: World) -> None:
    (raster,) = world.registered(1, profile=profile(bands=(band(color_table=PALETTE),)))
    for version in ("2", "3"):
        found = profile(width=int(version), bands=(band(color_table=PALETTE),))
        assert world.catalog.datasets.refresh_raster(replace(raster, etag=version, profile=found), seen=raster)
        raster = replace(raster, etag=version, profile=found, observation=raster.observation + 1)
    assert len(world.objects.bodies) == 3
    settled(world)
    assert len(world.objects.bodies) == 1
    assert world.catalog.datasets.get(raster.id) == raster


def test_a_header_that_comes_while_the_sweep_lists_is_not_taken(world: World) -> None:
    (raster,) = world.registered(1, profile=profile(bands=(band(color_table=PALETTE),)))
    newer = replace(
        raster,
        etag="2",
        profile=profile(width=2, bands=(band(color_table=PALETTE),)),
        updated_at=raster.updated_at + timedelta(hours=2),
    )

    def put_without_pointing() -> None:
        """The row and the object of a refresh stand; its update of the item is still to come."""
        world.orphans.on_keys = lambda: None
        watched = world.catalog.datasets._watched(newer)
        watched.put_new(f"headers/{raster.id}/of-the-refresh", b"header", "application/zlib")

    # It comes before the listing, so the listing has it and the item does not name it yet.
    put_without_pointing()
    world.clock.now = raster.updated_at + GRACE
    world.catalog.sweeps.look_again(Remains(raster.id, newer.updated_at + GRACE), raster.updated_at + GRACE)
    (stale,) = world.catalog.sweeps.due(world.clock(), 10)
    world.orphans.on_keys = put_without_pointing
    world.objects.bodies.pop(f"headers/{raster.id}/of-the-refresh")
    assert stale.due == raster.updated_at + GRACE
    assert world.sweep_orphans().objects == 0
    assert f"headers/{raster.id}/of-the-refresh" in world.objects.bodies


# --- bounded, resumable, beside itself ---


def test_a_run_ends_with_its_time_and_the_next_one_goes_on(world: World) -> None:
    job_id, _ = world.published(2)
    world.delete(ALICE, world.vrt(job_id).id)
    world.clock.now += GRACE
    world.sweep_orphans()  # the generation's list
    world.orphans.page = 1
    world.orphans.on_keys = lambda: world.clock.forward(seconds=7)
    objects: list[int] = []
    while artifacts(world) and len(objects) < 20:
        objects.append(world.sweep_orphans(world.clock() + timedelta(seconds=20)).objects)
        world.clock.now += GRACE
    assert artifacts(world) == set()
    assert len(objects) > 1
    assert max(objects) <= 3


def in_a_hurry(world: World) -> World:
    """A reconciler to whom each batch of reads from the table takes 7 s."""
    slow = through(
        world.catalog,
        lambda client: Troubled(client, "batch_get_item", [], before=lambda: world.clock.forward(seconds=7)),
    )
    return World(slow, world.objects, queue=world.queue, clock=world.clock, first_id=10**6 * UUID(world.new_id()).int)


@pytest.mark.parametrize("end", ["replaced", "deleted"])
def test_links_for_which_one_run_has_no_time_are_let_go_of_by_several(
    world: World, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr("rasterloom.services.sweep_orphans.STRETCH", 1)
    monkeypatch.setattr("rasterloom.services.staging.PART_SIZE", 1)
    job_id, rasters = world.published(2)
    vrt_id = world.vrt(job_id).id
    for each in world.registered(4):
        world.change.add(ALICE, vrt_id, each.id)
        world.run()
        rasters.append(each)
    settled(world)
    if end == "replaced":
        world.replace(ALICE, vrt_id, [each.id for each in world.registered(2)])
        with pytest.raises(SystemExit):
            dies_at(world, "batch_write_item", 1).run()
        world.clock.now += RELEASE_AFTER
    else:
        world.delete(ALICE, vrt_id)
        world.clock.now += GRACE
    looks, runs = {Look.LEFT: 1}, 0
    while looks == {Look.LEFT: 1} and runs < 10:
        looks = dict(in_a_hurry(world).sweep_orphans(world.clock() + timedelta(seconds=20)).looks)
        runs += 1
    assert links(world, rasters) == 0
    assert runs > 1
    assert looks == {Look.EARLY if end == "replaced" else Look.REMOVED: 1}, "a look that found something has another"
    settled(world)


def test_a_sweep_that_meets_trouble_leaves_it_for_the_next_one(world: World) -> None:
    job_id, rasters = world.published(2)
    vrt_id = world.vrt(job_id).id
    settled(world)
    world.delete(ALICE, vrt_id)
    world.orphans.down = True
    assert swept(world) == {Look.LEFT: 1}
    assert artifacts(world) != set()
    world.orphans.down = False
    assert dict(world.sweep_orphans().looks) == {}
    world.clock.now += PUT_OFF
    assert dict(world.sweep_orphans().looks) == {Look.REMOVED: 1}
    assert (artifacts(world), links(world, rasters)) == (set(), 0)


def test_what_cannot_be_deleted_does_not_keep_a_run_from_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rasterloom.services.sweep_orphans.BATCH", 2)
    for _ in range(2):
        world.published(2)
    kept = sorted(key for key in world.objects.bodies if key.startswith("staging/"))
    world.clock.forward(seconds=1)
    world.published(2)
    delete = world.orphans.delete

    def refused_for_two(keys: Collection[str]) -> None:
        if set(kept) & set(keys):
            raise UnavailableError("S3", "1 of 1 objects stay: AccessDenied")
        delete(keys)

    monkeypatch.setattr(world.orphans, "delete", refused_for_two)
    world.clock.now += GRACE
    for _ in range(2):
        world.sweep_orphans()
    assert sorted(key for key in world.objects.bodies if key.startswith("staging/")) == kept


def test_what_nobody_can_sweep_stops_no_other_and_comes_again_in_an_hour(world: World) -> None:
    job_id = world.created(world.registered())
    world.reconcile.dead_letter(world.queue.messages.pop())
    world.objects.bodies[staged_key(world.job(job_id).dataset_id, world.generation(job_id).id)] = b"no list"
    world.published(2)
    world.clock.now += GRACE
    assert dict(world.sweep_orphans().looks) == {Look.LEFT: 1, Look.REMOVED: 1}
    assert dict(world.sweep_orphans().looks) == {}
    assert swept(world)[Look.LEFT] == 1


def test_two_sweeps_at_once_delete_the_same_and_one_decides(world: World) -> None:
    job_id, rasters = world.published(2)
    settled(world)
    world.delete(ALICE, world.vrt(job_id).id)
    world.clock.now += GRACE

    def another() -> None:
        world.orphans.on_keys = lambda: None
        assert dict(world.sweep_orphans().looks) == {Look.REMOVED: 1}

    world.orphans.on_keys = another
    world.sweep_orphans()
    assert (artifacts(world), links(world, rasters)) == (set(), 0)
    settled(world)


# --- a VRT that goes while it is built ---


def test_a_vrt_that_is_deleted_before_its_claim_is_not_built(world: World) -> None:
    rasters = world.registered()
    job_id = world.created(rasters)
    vrt_id = world.job(job_id).dataset_id
    world.cancel(ALICE, job_id)
    world.delete(ALICE, vrt_id)
    assert world.run() is BuildOutcome.DONE
    assert world.job(job_id).status is JobStatus.CANCELLED
    settled(world)
    assert (world.objects.bodies, links(world, rasters)) == ({}, 0)


@pytest.mark.parametrize("step", range(2, 8), ids=lambda nth: f"before write {nth}")
def test_a_vrt_that_is_deleted_between_claim_and_publish_ends_quietly_and_leaves_nothing(
    world: World, step: int
) -> None:
    rasters = world.registered()
    job_id = world.created(rasters)
    vrt_id = world.job(job_id).dataset_id
    calls = iter(range(1, 1000))

    def gone() -> None:
        if next(calls) == step:
            world.cancel(ALICE, job_id)
            world.delete(ALICE, vrt_id)

    def slow(client: object) -> Troubled:
        inner = Troubled(client, "update_item", [], before=gone)
        return Troubled(inner, "transact_write_items", [], before=gone)

    worker = World(through(world.catalog, slow), world.objects, queue=world.queue, clock=world.clock, first_id=10**6)
    assert worker.run() is BuildOutcome.DONE
    assert world.job(job_id).status is JobStatus.CANCELLED
    assert world.catalog.datasets.get(vrt_id) is None
    settled(world)
    assert (world.objects.bodies, links(world, rasters)) == ({}, 0)
    for each in rasters:
        world.delete(ALICE, each.id)


def test_a_zombie_that_wakes_after_its_vrt_was_given_up_and_deleted_publishes_nothing(world: World) -> None:
    rasters = world.registered()
    job_id = world.created(rasters)
    vrt_id = world.job(job_id).dataset_id

    def given_up_and_deleted() -> None:
        if world.catalog.datasets.get(vrt_id) is None or world.vrt(job_id).active is None:
            return
        world.clock.forward(hours=25)
        world.reconcile()
        world.delete(ALICE, vrt_id)

    worker = dies_at(world, "query", 10**6)
    worker.objects.on_stat = given_up_and_deleted
    assert worker.run() is BuildOutcome.DONE
    world.objects.on_stat = lambda: None
    assert (world.job(job_id).status, world.job(job_id).error_code) == (JobStatus.FAILED, "not_built_in_time")
    settled(world)
    assert (world.objects.bodies, links(world, rasters)) == ({}, 0)


# --- a job that has failed for good ---


def test_a_dead_letter_s_job_is_retried_with_success(world: World) -> None:
    job_id = world.created(world.registered())
    world.reconcile.dead_letter(world.queue.messages.pop())
    job = world.job(job_id)
    assert (job.status, job.error_code, job.is_retryable) == (JobStatus.FAILED, "delivery_exhausted", True)
    vrt = world.catalog.datasets.get(job.dataset_id)
    assert isinstance(vrt, VrtDataset)
    assert vrt.active is None
    settled(world)
    again = world.retry(ALICE, job_id)
    assert world.run() is BuildOutcome.DONE
    assert world.job(again).status is JobStatus.COMPLETE
    assert world.vrt(again).id == vrt.id


def test_a_retry_whose_list_has_expired_says_so(world: World) -> None:
    job_id = world.created(world.registered())
    world.reconcile.dead_letter(world.queue.messages.pop())
    world.objects.bodies.clear()
    with pytest.raises(StagedSourcesGoneError):
        world.retry(ALICE, job_id)
    settled(world)


def test_the_oldest_job_s_age_is_told(world: World) -> None:
    assert world.reconcile.oldest_pending_seconds() == 0.0
    job_id = world.created(world.registered())
    world.clock.forward(seconds=90)
    world.created(world.registered())
    assert world.reconcile.oldest_pending_seconds() == 90.0
    world.cancel(ALICE, job_id)
    assert world.reconcile.oldest_pending_seconds() == 0.0


def test_a_job_that_cannot_be_helped_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = world.created(world.registered()), world.created(world.registered())
    world.clock.forward(hours=1)
    abandon = world.catalog.lock.mark_sent

    def fails_for_one(_: object, job_id: str, due: object) -> None:
        if job_id == broken:
            raise RasterloomError("an item that nobody can read")
        abandon(job_id, due)  # type: ignore[arg-type]

    monkeypatch.setattr(type(world.catalog.lock), "mark_sent", fails_for_one)
    assert world.reconcile() == {"left": 1, "resent": 1}
    assert world.job(fine).sends == 2
