"""What is left of uploads that came to nothing, or whose dataset is gone: nothing, and never what is in use."""

from dataclasses import replace

import pytest

from rasterloom.domain.errors import RasterloomError, UnavailableError
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.uploads import COMPLETION_PERIOD, UPLOAD_PERIOD
from rasterloom.services.register_raster import RegisterRequest
from tests.support.uploads import BUCKET
from tests.support.world import World
from tests.unit.services.test_delete_dataset import before
from tests.unit.services.test_uploads import ALICE, THREE_PARTS, requested, standing


def test_an_upload_that_nobody_completes_expires_and_leaves_nothing(world: World) -> None:
    parts, single = requested(world, THREE_PARTS), requested(world)
    world.store.send_all(parts)
    world.store.send(single)
    world.clock.forward(seconds=UPLOAD_PERIOD.total_seconds() - 1)
    assert world.sweep() == {}
    world.clock.forward(seconds=1)
    assert world.sweep() == {"removed": 2}
    assert (world.store.aborted, set(world.store.discarded)) == ([parts.key], {parts.key, single.key})
    assert [standing(world, each).error_code for each in (parts, single)] == ["upload_expired"] * 2
    assert world.sweep() == {}


def test_what_is_being_completed_is_left_alone_and_then_given_up(world: World) -> None:
    upload = requested(world, THREE_PARTS)
    world.store.send_all(upload)
    world.clock.now += UPLOAD_PERIOD
    due = world.clock() + COMPLETION_PERIOD
    world.catalog.uploads.begin(upload, world.clock(), due)
    assert world.sweep() == {}
    world.clock.now = due
    assert world.sweep() == {"removed": 1}


def test_a_completion_that_begins_while_the_sweep_looks_wins(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    world.clock.now += UPLOAD_PERIOD
    (seen,) = world.catalog.uploads.due(world.clock(), 10)
    world.catalog.uploads.begin(upload, world.clock(), world.clock() + COMPLETION_PERIOD)
    assert world.sweep._sweep(seen) == "left"
    assert world.store.discarded == []


def test_what_is_completed_while_the_sweep_looks_keeps_its_object(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    world.clock.now += UPLOAD_PERIOD
    racing = before(world, "update_item", lambda: world.complete_upload(ALICE, upload.id, ()))
    assert racing.sweep() == {"left": 1}
    assert standing(world, upload).status is JobStatus.COMPLETE
    assert (world.store.discarded, world.sweep()) == ([], {})


def test_an_upload_whose_dataset_is_deleted_before_it_has_ended_leaves_no_object(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    ref = ObjectRef(BUCKET, upload.key)

    def deleted() -> None:
        world.delete(ALICE, str(world.catalog.datasets.find_object(ref, "alice")))

    racing = before(world, "update_item", deleted, nth=3)  # begun, looked at once more, and now ended
    done = replace(world.complete_upload, uploads=racing.catalog.uploads, register=racing.register)
    assert done(ALICE, upload.id, ()).status is JobStatus.COMPLETE
    world.clock.forward(minutes=6)
    assert world.sweep() == {"removed": 1}
    assert world.store.discarded == [upload.key]


def test_a_dataset_that_is_deleted_while_the_sweep_keeps_its_object_takes_it_along_later(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    first = world.complete_upload(ALICE, upload.id, ())
    world.delete(ALICE, str(first.dataset_id))
    again = world.register(ALICE, RegisterRequest(f"s3://{BUCKET}/{upload.key}")).raster
    world.clock.forward(minutes=6)
    racing = before(world, "update_item", lambda: world.delete(ALICE, again.id))
    assert racing.sweep() == {"kept": 1}
    world.clock.forward(minutes=6)
    assert world.sweep() == {"removed": 1}


def test_a_registration_whose_end_was_never_noted_is_kept_and_its_job_completes(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    raster = world.register(ALICE, RegisterRequest(f"s3://{BUCKET}/{upload.key}")).raster
    world.clock.now += UPLOAD_PERIOD
    assert world.sweep() == {"kept": 1}
    assert (standing(world, upload).status, standing(world, upload).dataset_id) == (JobStatus.COMPLETE, raster.id)
    assert (world.store.discarded, world.sweep()) == ([], {})


def test_a_cancelled_file_goes_when_no_url_could_put_it_again(world: World) -> None:
    upload = requested(world)
    world.cancel(ALICE, upload.id)
    world.store.send(upload)
    world.clock.now += UPLOAD_PERIOD
    assert world.sweep() == {"removed": 1}
    assert (world.store.discarded, standing(world, upload).status) == ([upload.key], JobStatus.CANCELLED)


def test_an_s3_that_is_down_leaves_it_to_the_next_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = requested(world)
    world.clock.now += UPLOAD_PERIOD

    def down(*_: object) -> None:
        raise UnavailableError("S3", "SlowDown")

    with monkeypatch.context() as patched:
        patched.setattr(world.store, "discard", down)
        assert world.sweep() == {"left": 1}
    assert world.sweep() == {"removed": 1}
    assert world.store.discarded == [upload.key]


def test_an_upload_that_nobody_can_sweep_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = requested(world), requested(world)
    world.clock.now += UPLOAD_PERIOD
    discard = world.store.discard

    def fails_for_one(key: str) -> None:
        if key == broken.key:
            raise RasterloomError("an answer that nobody knows")
        discard(key)

    monkeypatch.setattr(world.store, "discard", fails_for_one)
    assert world.sweep() == {"left": 1, "removed": 1}
    assert world.store.discarded == [fine.key]


def test_the_object_of_a_deleted_upload_goes_and_that_of_a_raster_elsewhere_stays(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    done = world.complete_upload(ALICE, upload.id, ())
    (elsewhere,) = world.registered(1)
    for dataset_id in (str(done.dataset_id), elsewhere.id):
        world.delete(ALICE, dataset_id)
    assert world.sweep() == {}, "the deletion may still be under way"
    world.clock.forward(minutes=6)
    assert world.sweep() == {"removed": 1}
    assert world.store.discarded == [upload.key]
    assert standing(world, upload).status is JobStatus.COMPLETE


def test_an_upload_that_is_registered_again_after_its_deletion_is_kept(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    done = world.complete_upload(ALICE, upload.id, ())
    world.delete(ALICE, str(done.dataset_id))
    world.register(ALICE, RegisterRequest(f"s3://{BUCKET}/{upload.key}"))
    world.clock.forward(minutes=6)
    assert world.sweep() == {"kept": 1}
    assert world.store.discarded == []
