"""Uploads: requested, completed once however often, cancelled; nobody else's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import (
    ForbiddenError,
    IdempotencyKeyReusedError,
    IncompatibleSourcesError,
    InvalidInputError,
    JobEndedError,
    JobNotRetryableError,
    NotFoundError,
    ObjectUnreadableError,
    UnavailableError,
)
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.refusals import InvalidInputsError, UploadEndedError
from rasterloom.domain.uploads import COMPLETION_PERIOD, MIB, UPLOAD_PERIOD, URL_PERIOD, Part, Upload, upload_prefix
from rasterloom.services.read_jobs import ListJobs, ReadJob, ReadJobs, ReadLatestJob
from rasterloom.services.read_manifest import MAX_MANIFEST_BYTES
from rasterloom.services.register_raster import RegisterRequest
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.request_upload import UploadRequest
from tests.support.factories import OWNER, principal
from tests.support.uploads import BUCKET
from tests.support.world import World

ALICE = principal()
BOB = principal("bob")
ADMIN = principal("root", permissions=frozenset({"admin"}))
THREE_PARTS = 20 * MIB


def requested(world: World, size: int = 1000, name: str = "scene.tif", who: Principal = ALICE) -> Upload:
    return world.request_upload(who, UploadRequest(name, size, "image/tiff")).upload


def standing(world: World, upload: Upload) -> Upload:
    found = world.catalog.uploads.get(upload.id)
    assert found is not None
    return found


def problems(world: World, upload: Upload, listed: Sequence[Part]) -> list[tuple[str, tuple[str | int, ...]]]:
    """(code, loc) of everything that a completion is refused for."""
    with pytest.raises(InvalidInputsError) as caught:
        world.complete_upload(ALICE, upload.id, listed)
    return [(error.reason, error.loc) for error in caught.value.errors]


# --- asking for one ---


def test_a_small_file_goes_up_in_one_request_and_its_job_can_be_read_by_its_maker(world: World) -> None:
    made = world.request_upload(ALICE, UploadRequest("scene.tif", 1000, "image/tiff"))
    upload = made.upload
    assert upload.key == f"{upload_prefix(OWNER)}{upload.id}/scene.tif"
    assert made.urls == (f"https://signed.invalid/{upload.key}?part=1&bytes=1000&for=21600",)
    assert made.urls_expire_at == world.clock() + URL_PERIOD
    assert ReadJob(world.catalog.jobs)(ALICE, upload.id) == upload == standing(world, upload)
    assert (upload.status, upload.dataset_id, upload.source_filename) == (JobStatus.PENDING, None, "scene.tif")


def test_a_request_that_comes_again_has_the_urls_of_the_same_upload_signed_anew(world: World) -> None:
    key = IdempotencyKey("key", "digest")
    wanted = UploadRequest("scene.tif", THREE_PARTS, "image/tiff")
    first = world.request_upload(ALICE, wanted, key)
    world.clock.now += UPLOAD_PERIOD - timedelta(hours=1)
    again = world.request_upload(ALICE, wanted, key)
    assert again.upload == first.upload
    assert [url.split("&for=")[0] for url in again.urls] == [url.split("&for=")[0] for url in first.urls]
    assert again.urls_expire_at == first.upload.due, "no URL outlives the upload"
    assert world.request_upload(BOB, wanted, key).upload.id != first.upload.id
    with pytest.raises(IdempotencyKeyReusedError):
        world.request_upload(ALICE, wanted, replace(key, body_digest="another"))


def test_an_upload_that_has_ended_is_not_promised_again(world: World) -> None:
    key = IdempotencyKey("key", "digest")
    wanted = UploadRequest("scene.tif", 1000, "image/tiff")
    upload = world.request_upload(ALICE, wanted, key).upload
    world.catalog.uploads.cancel(upload, world.clock())
    with pytest.raises(UploadEndedError, match=r"is cancelled and .*another Idempotency-Key"):
        world.request_upload(ALICE, wanted, key)


def test_a_large_file_goes_up_in_parts_each_of_a_length_of_its_own(world: World) -> None:
    made = world.request_upload(ALICE, UploadRequest("scene.tif", THREE_PARTS, "image/tiff"))
    assert made.upload.part_size == 8 * MIB
    assert [url.split("bytes=")[1].split("&")[0] for url in made.urls] == [
        str(8 * MIB),
        str(8 * MIB),
        str(4 * MIB),
    ]
    assert made.upload.upload_id in world.store.multiparts


def test_without_upload_nothing_is_begun(world: World) -> None:
    with pytest.raises(ForbiddenError, match="Missing permission: upload"):
        requested(world, THREE_PARTS, who=principal(permissions=frozenset()))
    assert world.store.multiparts == {}


def test_a_manifest_that_could_never_be_read_is_refused_before_it_is_sent(world: World) -> None:
    with pytest.raises(InvalidInputError) as caught:
        requested(world, MAX_MANIFEST_BYTES + 1, "list.jsonl")
    assert (caught.value.reason, caught.value.loc) == ("manifest_too_large", ("body", "file_size"))


# --- completing one ---


@pytest.mark.parametrize("size", [1000, THREE_PARTS])
def test_a_completed_upload_is_a_private_raster_of_its_maker_called_as_the_file_is(world: World, size: int) -> None:
    upload = requested(world, size, "Zürich 2026.tif")
    parts = world.store.send_all(upload)
    world.clock.forward(seconds=90)
    done = world.complete_upload(ALICE, upload.id, list(reversed(parts)))
    assert done == standing(world, upload)
    assert (done.status, done.completed_at, done.due) == (JobStatus.COMPLETE, world.clock(), None)
    raster = world.catalog.datasets.get(str(done.dataset_id))
    assert isinstance(raster, RasterDataset)
    assert (raster.title, raster.audience.owner, raster.audience.visibility) == ("Zürich 2026.tif", OWNER, "private")
    assert (raster.ref, raster.size_bytes) == (ObjectRef(BUCKET, upload.key), size)


def test_one_request_needs_no_list_of_parts(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    assert world.complete_upload(ALICE, upload.id, ()).status is JobStatus.COMPLETE


def test_completing_again_answers_alike_and_looks_at_nothing(world: World) -> None:
    upload = requested(world, THREE_PARTS)
    parts = world.store.send_all(upload)
    first = world.complete_upload(ALICE, upload.id, parts)
    looks = len(world.objects.stat_calls)
    assert world.complete_upload(ALICE, upload.id, ()) == first
    assert (len(world.objects.stat_calls), world.store.assembled) == (looks, [upload.key])


@pytest.mark.parametrize("size", [1000, THREE_PARTS])
def test_two_completions_at_once_make_one_dataset(world: World, size: int) -> None:
    """The second comes between the first one's object and its registration, and ends before it."""
    upload = requested(world, size)
    parts = world.store.send_all(upload)
    second: list[Upload] = []

    def meanwhile() -> None:
        world.headers.on_read = lambda: None
        second.append(world.complete_upload(ALICE, upload.id, parts))

    world.headers.on_read = meanwhile
    first = world.complete_upload(ALICE, upload.id, parts)
    assert (first.dataset_id, first.status) == (second[0].dataset_id, second[0].status)
    page = world.catalog.datasets.list_readable(ALICE, record_type=None, skip=0, limit=10)
    assert [dataset.id for dataset in page.datasets] == [first.dataset_id]


def test_a_completion_that_died_after_s3_made_the_object_is_carried_on(world: World) -> None:
    upload = requested(world, THREE_PARTS)
    parts = world.store.send_all(upload)
    world.headers.error = None

    def die() -> None:
        raise UnavailableError("S3", "no answer")

    world.headers.on_read = die
    with pytest.raises(UnavailableError):
        world.complete_upload(ALICE, upload.id, parts)
    assert standing(world, upload).status is JobStatus.RUNNING
    world.headers.on_read = lambda: None
    assert world.complete_upload(ALICE, upload.id, parts).status is JobStatus.COMPLETE


# --- parts that are not as they have to be ---


def test_every_part_that_is_missing_is_named_and_may_be_sent_again(world: World) -> None:
    upload = requested(world, THREE_PARTS)
    one = world.store.send(upload, 1)
    listed = [one, Part(2, "a" * 32)]
    assert problems(world, upload, listed) == [
        ("part_missing", ("body", "parts", 1)),
        ("part_missing", ("body", "parts")),
    ]
    assert standing(world, upload) == upload
    rest = [world.store.send(upload, number) for number in (2, 3)]
    assert world.complete_upload(ALICE, upload.id, [one, *rest]).status is JobStatus.COMPLETE


def test_a_part_with_another_etag_or_length_or_number_is_named(world: World) -> None:
    upload = requested(world, THREE_PARTS)
    parts = [world.store.send(upload, number) for number in (1, 2)]
    short = world.store.send(upload, 3, size=17)
    listed = [replace(parts[0], etag="f" * 32), parts[1], short, parts[1], Part(4, "a" * 32)]
    assert problems(world, upload, listed) == [
        ("duplicate_part", ("body", "parts", 3, "part_number")),
        ("unknown_part", ("body", "parts", 4, "part_number")),
        ("part_etag_mismatch", ("body", "parts", 0, "etag")),
        ("part_size_mismatch", ("body", "parts", 2)),
    ]


def test_a_part_that_was_sent_has_to_be_listed(world: World) -> None:
    upload = requested(world, THREE_PARTS)
    parts = world.store.send_all(upload)
    assert problems(world, upload, parts[:2]) == [("part_not_listed", ("body", "parts"))]


def test_a_refusal_says_what_was_expected_and_what_was_found(world: World) -> None:
    upload = requested(world, THREE_PARTS)
    world.store.send(upload, 1)
    with pytest.raises(InvalidInputsError) as caught:
        world.complete_upload(ALICE, upload.id, [Part(1, "f" * 32)])
    wrong, missing, _ = caught.value.errors
    assert (wrong.data["expected"], wrong.data["actual"]) == (world.store.parts(upload)[0].etag, "f" * 32)  # type: ignore[index]
    assert (missing.message, missing.data["expected"]) == ("Part 2 of 3 has not arrived", f"{8 * MIB} bytes")


def test_a_single_file_that_has_not_arrived_or_is_another_one_is_named(world: World) -> None:
    upload = requested(world)
    assert problems(world, upload, ()) == [("part_missing", ("body", "parts"))]
    world.store.send(upload, size=999)
    assert problems(world, upload, [Part(1, "f" * 32)]) == [
        ("part_size_mismatch", ("body", "parts")),
        ("part_etag_mismatch", ("body", "parts", 0, "etag")),
    ]
    part = world.store.send(upload)
    assert world.complete_upload(ALICE, upload.id, [part]).status is JobStatus.COMPLETE


def test_a_file_that_is_no_geotiff_fails_its_job_with_the_finding(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    world.headers.error = ObjectUnreadableError(f"s3://{BUCKET}/{upload.key}", "no TIFF")
    with pytest.raises(IncompatibleSourcesError, match="1 findings"):
        world.complete_upload(ALICE, upload.id, ())
    failed = standing(world, upload)
    assert (failed.status, failed.error_code, failed.error_message) == (
        JobStatus.FAILED,
        "object_unreadable",
        "no TIFF",
    )
    assert [finding.code for finding in failed.findings] == ["object_unreadable"]
    with pytest.raises(UploadEndedError, match="is failed and can no longer be completed: no TIFF"):
        world.complete_upload(ALICE, upload.id, ())


def test_an_upload_that_s3_has_forgotten_has_ended(world: World) -> None:
    upload = requested(world, THREE_PARTS)
    world.store.multiparts.clear()
    with pytest.raises(UploadEndedError, match="S3 has neither the parts"):
        world.complete_upload(ALICE, upload.id, ())
    assert standing(world, upload).error_code == "upload_expired"


def test_a_manifest_is_not_registered(world: World) -> None:
    upload = requested(world, name="list.jsonl.gz")
    assert problems(world, upload, ()) == [("part_missing", ("body", "parts"))]
    world.store.send(upload)
    assert world.complete_upload(ALICE, upload.id, ()) == upload


# --- whose ---


def test_an_upload_of_somebody_else_looks_like_none(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    told = []
    for job_id in (upload.id, world.created(world.registered()), "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFoundError) as caught:
            world.complete_upload(BOB, job_id, ())
        told.append(caught.value.message.replace(job_id, ""))
    assert told == ["No job "] * 3


def test_an_admin_completes_an_upload_for_who_made_it(world: World) -> None:
    upload = requested(world)
    world.store.send(upload)
    done = world.complete_upload(ADMIN, upload.id, ())
    dataset = world.catalog.datasets.get(str(done.dataset_id))
    assert dataset is not None
    assert (dataset.audience.owner, dataset.created_by_display) == (OWNER, "Alice")


def test_completing_needs_the_permission_again(world: World) -> None:
    upload = requested(world)
    with pytest.raises(ForbiddenError):
        world.complete_upload(principal(permissions=frozenset()), upload.id, ())


@pytest.mark.parametrize("who", [BOB, ADMIN])
def test_nobody_else_registers_an_upload_not_even_an_admin(world: World, who: Principal) -> None:
    upload = requested(world)
    world.store.send(upload)
    uri = f"s3://{BUCKET}/{upload.key}"
    with pytest.raises(ForbiddenError, match="may not be registered"):
        world.register(who, RegisterRequest(uri))
    assert world.register(ALICE, RegisterRequest(uri)).created


@pytest.mark.parametrize("prefix", ["vrts/", "staging/", "headers/", "uploads/", ""])
def test_no_other_part_of_our_bucket_is_registered_by_anybody(world: World, prefix: str) -> None:
    for who in (ALICE, ADMIN):
        with pytest.raises(ForbiddenError):
            world.register(who, RegisterRequest(f"s3://{BUCKET}/{prefix}source.tif"))


# --- as a job ---


def test_an_upload_is_among_its_makers_jobs_and_nobody_elses(world: World) -> None:
    pending, done = requested(world), requested(world)
    world.store.send(done)
    done = world.complete_upload(ALICE, done.id, ())
    built = world.created(world.registered())
    jobs = world.catalog.jobs
    page = ListJobs(jobs)(ALICE, status=None, dataset_id=None, skip=0, limit=10)
    assert {job.id for job in page.jobs} == {pending.id, done.id, built}
    of_dataset = ListJobs(jobs)(ALICE, status=JobStatus.COMPLETE, dataset_id=done.dataset_id, skip=0, limit=10)
    assert of_dataset.jobs == (done,)
    assert ReadLatestJob(world.catalog.datasets, jobs)(ALICE, str(done.dataset_id)) == done
    assert ReadJobs(jobs)(ALICE, [done.id, built]) == {done.id: done, built: world.job(built)}
    assert ReadJobs(jobs)(BOB, [done.id]) == {done.id: None}


def test_a_cancelled_upload_gives_up_its_parts_and_stays_cancelled(world: World) -> None:
    upload = requested(world, THREE_PARTS)
    parts = world.store.send_all(upload)
    world.clock.forward(seconds=5)
    assert world.cancel(ALICE, upload.id).already is False
    assert world.cancel(ALICE, upload.id).already is True
    assert (world.store.aborted, standing(world, upload).status) == ([upload.key], JobStatus.CANCELLED)
    with pytest.raises(UploadEndedError):
        world.complete_upload(ALICE, upload.id, parts)


def test_what_is_complete_or_being_completed_is_not_cancelled(world: World) -> None:
    done = requested(world)
    world.store.send(done)
    world.complete_upload(ALICE, done.id, ())
    running = requested(world)
    world.catalog.uploads.begin(running, world.clock(), world.clock() + COMPLETION_PERIOD)
    for upload, status in ((done, "complete"), (running, "running")):
        with pytest.raises(JobEndedError, match=f"is {status} and can no longer be cancelled"):
            world.cancel(ALICE, upload.id)


@pytest.mark.parametrize("fails", [False, True])
def test_an_upload_is_never_retried(world: World, *, fails: bool) -> None:
    upload = requested(world, THREE_PARTS)
    if fails:
        world.store.multiparts.clear()
        with pytest.raises(UploadEndedError):
            world.complete_upload(ALICE, upload.id, ())
    with pytest.raises(JobNotRetryableError, match="An upload cannot be retried; ask for another one"):
        world.retry(ALICE, upload.id)
