"""What is due: sent again, taken over, or given up."""

from datetime import timedelta

import pytest

from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, VrtStatus
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.reconcile import GIVE_UP_AFTER, Action
from tests.support.world import DUE_MARGIN, DUE_SENT, DUE_UNSENT, LEASE, MAX_ATTEMPTS, World


def test_what_is_not_due_is_left_alone(world: World) -> None:
    world.created(world.registered())
    assert world.reconcile() == {}
    assert len(world.queue.messages) == 1


def test_a_job_that_could_not_be_sent_is_sent_within_its_minute(world: World) -> None:
    world.queue.down = True
    job_id = world.created(world.registered())
    assert world.job(job_id).status is JobStatus.PENDING
    world.queue.down = False
    assert world.reconcile() == {}
    world.clock.forward(seconds=DUE_UNSENT.total_seconds())
    assert world.reconcile() == {Action.RESENT: 1}
    assert world.run() is BuildOutcome.DONE
    assert world.job(job_id).status is JobStatus.COMPLETE


def test_a_message_that_was_lost_is_sent_again(world: World) -> None:
    job_id = world.created(world.registered())
    world.queue.messages.clear()
    world.clock.forward(seconds=DUE_SENT.total_seconds())
    assert world.reconcile() == {Action.RESENT: 1}
    world.run()
    assert world.job(job_id).status is JobStatus.COMPLETE


def test_a_run_in_which_every_job_takes_long_ends_in_time_and_the_next_takes_the_rest(world: World) -> None:
    for _ in range(3):
        world.created(world.registered())
    world.clock.forward(seconds=DUE_SENT.total_seconds())
    world.queue.on_send = lambda: world.clock.forward(seconds=10)
    assert world.reconcile(world.clock() + timedelta(seconds=20)) == {Action.RESENT: 2}
    world.queue.on_send = lambda: None
    assert world.reconcile() == {Action.RESENT: 1}


def test_a_queue_that_is_down_leaves_the_job_for_the_next_run(world: World) -> None:
    world.queue.down = True
    job_id = world.created(world.registered())
    world.clock.forward(seconds=DUE_UNSENT.total_seconds())
    assert world.reconcile() == {Action.LEFT: 1}
    world.queue.down = False
    assert world.reconcile() == {Action.RESENT: 1}
    assert world.job(job_id).status is JobStatus.PENDING


def claimed(world: World) -> str:
    """A job whose worker has claimed it and says no more."""
    job_id = world.created(world.registered())
    message = world.queue.messages.pop()
    lease_end = world.clock() + LEASE
    world.catalog.lock.claim(message, world.new_id(), world.clock(), lease_end, lease_end + DUE_MARGIN)
    return job_id


def test_a_live_lease_is_never_touched(world: World) -> None:
    job_id = claimed(world)
    fence = world.vrt(job_id).fence
    world.clock.forward(seconds=LEASE.total_seconds() - 1)
    assert world.reconcile() == {}
    assert world.vrt(job_id).fence == fence


def test_an_expired_lease_is_taken_over_with_a_higher_fence(world: World) -> None:
    job_id = claimed(world)
    fence = world.vrt(job_id).fence
    world.clock.forward(seconds=(LEASE + DUE_MARGIN).total_seconds())
    assert world.reconcile() == {Action.TAKEN_OVER: 1}
    assert world.vrt(job_id).fence == fence + 1
    assert world.queue.messages[0].fence == fence + 1
    assert world.run() is BuildOutcome.DONE
    assert world.job(job_id).status is JobStatus.COMPLETE


def test_a_message_from_before_the_take_over_is_acknowledged_and_does_nothing(world: World) -> None:
    job_id = world.created(world.registered())
    old = world.queue.messages.pop()
    lease_end = world.clock() + LEASE
    world.catalog.lock.claim(old, world.new_id(), world.clock(), lease_end, lease_end + DUE_MARGIN)
    world.clock.forward(seconds=(LEASE + DUE_MARGIN).total_seconds())
    world.reconcile()
    assert world.run(old) is BuildOutcome.DONE
    assert world.vrt(job_id).published is None
    world.run()
    assert world.vrt(job_id).published is not None


def test_a_take_over_whose_send_failed_is_found_again(world: World) -> None:
    job_id = claimed(world)
    world.clock.forward(seconds=(LEASE + DUE_MARGIN).total_seconds())
    world.queue.down = True
    assert world.reconcile() == {Action.LEFT: 1}
    world.queue.down = False
    assert world.reconcile() == {Action.RESENT: 1}
    world.run()
    assert world.job(job_id).status is JobStatus.COMPLETE


def test_a_build_that_kills_every_worker_is_failed_after_the_last_attempt(world: World) -> None:
    job_id = claimed(world)
    for _ in range(MAX_ATTEMPTS - 1):
        world.clock.forward(seconds=(LEASE + DUE_MARGIN).total_seconds())
        assert world.reconcile() == {Action.TAKEN_OVER: 1}
        lease_end = world.clock() + LEASE
        message = world.queue.messages.pop()
        world.catalog.lock.claim(message, world.new_id(), world.clock(), lease_end, lease_end + DUE_MARGIN)
    world.clock.forward(seconds=(LEASE + DUE_MARGIN).total_seconds())
    assert world.reconcile() == {Action.FAILED: 1}
    job, vrt = world.job(job_id), world.vrt(job_id)
    assert (job.status, job.error_code, job.due) == (JobStatus.FAILED, "attempts_exhausted", None)
    assert (vrt.status, vrt.active) == (VrtStatus.FAILED, None)
    assert world.generation(job_id).status is GenerationStatus.FAILED


def test_a_job_that_no_worker_ever_began_is_failed_in_the_end(world: World) -> None:
    job_id = world.created(world.registered())
    world.clock.forward(seconds=GIVE_UP_AFTER.total_seconds() + 1)
    assert world.reconcile() == {Action.FAILED: 1}
    job = world.job(job_id)
    assert (job.error_code, job.error_message) == ("not_built_in_time", "No worker ended this build within 24 hours")


def test_a_dead_letter_fails_its_job_and_frees_the_lock(world: World) -> None:
    job_id = world.created(world.registered())
    assert world.reconcile.dead_letter(world.queue.messages[0]) is True
    assert (world.job(job_id).status, world.job(job_id).error_code) == (JobStatus.FAILED, "delivery_exhausted")
    assert world.vrt(job_id).active is None


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "held by a live lease"])
def test_a_dead_letter_of_a_build_that_goes_on_or_has_ended_does_nothing(world: World, *, ended: bool) -> None:
    job_id = world.created(world.registered())
    message = world.queue.messages[0]
    if ended:
        world.run(message)
    else:
        world.catalog.lock.claim(message, "alive", world.clock(), world.clock() + LEASE, world.clock() + LEASE)
    before = world.job(job_id)
    assert world.reconcile.dead_letter(message) is False
    assert world.job(job_id) == before


def test_two_runs_at_the_same_moment_send_once_each_and_take_over_once(world: World) -> None:
    job_id = claimed(world)
    world.clock.forward(seconds=(LEASE + DUE_MARGIN).total_seconds())
    job, vrt = world.job(job_id), world.vrt(job_id)
    lock = world.catalog.lock
    first = lock.take_over(job, vrt, world.clock(), world.clock())
    second = lock.take_over(job, vrt, world.clock(), world.clock())
    assert first is not None
    assert second is None
