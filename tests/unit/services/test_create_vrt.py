"""Creating a VRT: validated while the caller waits, promised all or nothing."""

from dataclasses import replace

import pytest

from rasterloom.domain.access import Principal, Visibility
from rasterloom.domain.dataset import RasterDataset, VrtDataset, VrtType
from rasterloom.domain.errors import (
    ForbiddenError,
    IdempotencyKeyReusedError,
    IncompatibleSourcesError,
    RasterloomError,
    UnavailableError,
)
from rasterloom.domain.findings import EXAMPLES_PER_CODE, Finding
from rasterloom.domain.lifecycle import JobStatus, VrtStatus
from rasterloom.domain.objects import ObjectStat
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.sweeping import GRACE
from rasterloom.ports import DeletionMark
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.replays import IDEMPOTENCY_PERIOD, IdempotencyKey
from tests.support.dynamo_faults import Troubled, through
from tests.support.dynamo_faults import refused as for_now
from tests.support.factories import audience, band, principal, profile
from tests.support.world import DUE_SENT, DUE_UNSENT, World

UNKNOWN = "8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"


def request(rasters: list[RasterDataset], **changes: object) -> CreateRequest:
    ids = tuple(each.id for each in rasters)
    return replace(CreateRequest(ids, VrtType.MOSAIC, WeaveOptions(), "A mosaic"), **changes)  # type: ignore[arg-type]


def refused(world: World, wanted: CreateRequest, who: Principal | None = None) -> list[tuple[str, str, int]]:
    """What the findings say, after it was seen that nothing was written."""
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.create(who or principal(), wanted)
    assert world.queue.messages == []
    assert world.objects.bodies == {}
    page = world.catalog.datasets.list_readable(principal(), record_type="vrt_dataset", skip=0, limit=10)
    assert page.total == 0
    return [(finding.code, finding.source_id, finding.index) for finding in caught.value.findings]


def test_an_accepted_create_is_a_regenerating_vrt_a_pending_job_and_a_message(world: World) -> None:
    rasters = world.registered(3)
    job_id = world.create(principal(), request(rasters, title="Survey", summary="2026"))
    job, vrt = world.job(job_id), world.vrt(job_id)
    assert (job.status, job.progress, job.source_filename) == (JobStatus.PENDING, 0.0, "vrt_mosaic")
    assert (vrt.title, vrt.summary, vrt.status, vrt.fence) == ("Survey", "2026", VrtStatus.REGENERATING, 1)
    assert vrt.published is None
    assert vrt.active is not None
    assert vrt.active.lease_expires_at is None, "waiting in a queue is not work"
    (message,) = world.queue.messages
    assert (message.dataset_id, message.job_id, message.fence) == (vrt.id, job_id, 1)
    assert job.due == world.clock() + DUE_SENT


def test_s3_is_asked_about_all_sources_in_one_concurrent_round(world: World) -> None:
    world.create(principal(), request(world.registered(5)))
    assert world.objects.stat_calls == [5]


def test_without_upload_nothing_is_looked_at(world: World) -> None:
    rasters = world.registered()
    with pytest.raises(ForbiddenError, match="Missing permission: upload"):
        world.create(principal(permissions=frozenset()), request(rasters))
    assert world.objects.stat_calls == []


def findings_about(world: World, who: Principal, *ids: str) -> tuple[Finding, ...]:
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.create(who, replace(request([]), source_ids=ids))
    return caught.value.findings


def test_sources_that_are_unknown_or_may_not_be_read_are_all_named_and_look_alike(world: World) -> None:
    """Whatever they are: of what exists nothing is told."""
    (mine,) = world.registered(1, audience=audience("bob"))
    hidden, going = world.registered(2)
    assert world.catalog.datasets.mark_deletion(going.id, DeletionMark(world.new_id(), world.clock() + DUE_SENT))
    vrt = world.vrt(world.created(world.registered()))
    findings = findings_about(world, principal("bob"), mine.id, UNKNOWN, hidden.id, going.id, vrt.id)
    assert [(each.source_id, each.index) for each in findings] == [
        (UNKNOWN, 1),
        (hidden.id, 2),
        (going.id, 3),
        (vrt.id, 4),
    ]
    told = {(each.code, each.message.replace(each.source_id, ""), each.actual, each.hint) for each in findings}
    assert len(told) == 1
    assert findings[0].message == f"No raster dataset {UNKNOWN} that you may read"


def test_of_what_the_caller_may_read_it_is_told_why_it_is_no_source(world: World) -> None:
    mine, going = world.registered(2)
    assert world.catalog.datasets.mark_deletion(going.id, DeletionMark(world.new_id(), world.clock() + DUE_SENT))
    vrt = world.vrt(world.created(world.registered()))
    woven, deleted = findings_about(world, principal(), mine.id, vrt.id, going.id)
    assert (woven.code, woven.index, woven.actual) == ("source_not_found", 1, "a VRT")
    assert woven.message == f"{vrt.id} is a VRT; only rasters can be sources"
    assert f"GET /datasets/{vrt.id}/vrt-sources" in str(woven.hint)
    assert (deleted.code, deleted.index, deleted.message) == ("source_not_found", 2, f"{going.id} is being deleted")


def test_each_repetition_of_a_source_is_named_at_its_place(world: World) -> None:
    one, two = world.registered()
    wanted = replace(request([one]), source_ids=(one.id, two.id, one.id, one.id))
    assert refused(world, wanted) == [("duplicate_source", one.id, 2), ("duplicate_source", one.id, 3)]
    (first, second) = findings_about(world, principal(), one.id, two.id, one.id, one.id)
    assert (first.message, first.actual) == (f"Source {one.id} is listed before, at position 0", "3 times")
    assert (second.message, second.actual) == (first.message, first.actual)


def test_rule_findings_and_s3_findings_come_together_by_source(world: World) -> None:
    good, gone, changed = world.registered(3)
    (wrong,) = world.registered(1, profile=profile(bands=(band(dtype="Float32"),)))
    del world.objects.sources[gone.ref]
    world.objects.sources[changed.ref] = ObjectStat('"another"', 1)
    assert refused(world, request([good, gone, changed, wrong])) == [
        ("object_missing", gone.id, 1),
        ("object_changed", changed.id, 2),
        ("dtype_mismatch", wrong.id, 3),
    ]


def test_warnings_do_not_refuse_and_travel_with_the_job(world: World) -> None:
    reference = world.registered(1)
    others = world.registered(EXAMPLES_PER_CODE + 5, profile=profile(bands=(band(nodata=255),)))
    job = world.job(world.create(principal(), request([*reference, *others])))
    assert len(job.findings) == EXAMPLES_PER_CODE
    assert dict(job.finding_counts) == {"nodata_collision": EXAMPLES_PER_CODE + 5}


@pytest.mark.parametrize(
    ("source", "wanted", "groups", "allowed"),
    [
        ("private", "private", (), True),
        ("private", "restricted", ("survey",), False),
        ("restricted", "restricted", ("survey",), True),
        ("restricted", "restricted", ("survey", "press"), False),
        ("restricted", "internal", (), False),
        ("internal", "restricted", ("press",), True),
        ("internal", "internal", (), True),
        ("internal", "public", (), False),
        ("public", "public", (), True),
    ],
)
def test_a_vrt_is_never_more_visible_than_its_sources(
    world: World, source: str, wanted: str, groups: tuple[str, ...], *, allowed: bool
) -> None:
    rasters = world.registered(2, audience=audience("alice", Visibility(source), "survey"))
    asked = request(rasters, visibility=Visibility(wanted), groups=groups)
    if allowed:
        assert world.vrt(world.create(principal(), asked)).audience.visibility == wanted
    else:
        assert [code for code, _, _ in refused(world, asked)] == ["visibility_exceeds_source"] * 2


def test_a_queue_that_is_down_does_not_lose_the_job(world: World) -> None:
    world.queue.down = True
    job_id = world.created(world.registered())
    assert world.job(job_id).status is JobStatus.PENDING
    assert world.job(job_id).sends == 0


def test_a_queue_that_refuses_for_good_does_not_make_an_accepted_job_an_error(world: World) -> None:
    def forbidden() -> None:
        raise RasterloomError("SQS refused a call: AccessDenied")

    world.queue.on_send = forbidden
    job_id = world.created(world.registered())
    world.queue.on_send = lambda: None
    world.clock.now += DUE_UNSENT
    world.reconcile()
    assert world.run() is BuildOutcome.DONE
    assert world.job(job_id).status is JobStatus.COMPLETE


def test_an_s3_that_is_down_while_staging_promises_nothing(world: World) -> None:
    rasters = world.registered()
    world.objects.fail_puts = 1
    with pytest.raises(UnavailableError):
        world.created(rasters)
    page = world.catalog.datasets.list_readable(principal(), record_type="vrt_dataset", skip=0, limit=10)
    assert (page.total, world.queue.messages) == (0, [])
    assert [world.catalog.lock.uses_of(each.id) for each in rasters] == [[], []], "it holds no source either"


def throttling(world: World, nth: int) -> tuple[World, Troubled]:
    """The same deployment, in which the nth write of many items is refused for now."""
    troubled = Troubled(None, "batch_write_item", [])

    def at_nth() -> None:
        if troubled.calls == nth:
            troubled.errors.append(for_now("ThrottlingException"))

    troubled.before = at_nth
    tired = through(world.catalog, troubled.around)
    return World(tired, world.objects, clock=world.clock, first_id=1_000_000), troubled


def test_links_that_cannot_be_let_go_of_now_are_let_go_of_by_whoever_reads_them(world: World) -> None:
    rasters = world.registered()
    tired, _ = throttling(world, 2)
    world.objects.fail_puts = 1
    with pytest.raises(UnavailableError, match="S3"):
        tired.created(rasters)
    assert not world.find_dependents(rasters[0].id).are_none, "its admission may still come"
    world.clock.now += GRACE
    for each in rasters:
        assert world.find_dependents(each.id).are_none
    assert [world.catalog.lock.uses_of(each.id) for each in rasters] == [[], []]


def test_whoever_reads_links_that_cannot_be_let_go_of_now_is_told_of_the_others(world: World) -> None:
    rasters = world.registered()
    tired, _ = throttling(world, 2)
    world.objects.fail_puts = 1
    with pytest.raises(UnavailableError):
        tired.created(rasters)
    world.clock.now += GRACE
    still_tired, _ = throttling(world, 1)
    assert still_tired.find_dependents(rasters[0].id).are_none
    assert len(world.catalog.lock.uses_of(rasters[0].id)) == 1


def test_links_of_which_only_some_were_written_are_let_go_of(world: World) -> None:
    tired, troubled = throttling(world, 1)
    with pytest.raises(UnavailableError, match="DynamoDB"):
        tired.created(world.registered())
    assert troubled.calls == 2, "the links, and letting go of them"


KEY = IdempotencyKey("key-1", "digest-1")


def test_a_key_replays_its_job_even_after_the_sources_are_gone(world: World) -> None:
    rasters = world.registered()
    first = world.created(rasters, key=KEY)
    world.objects.sources.clear()
    assert world.created(rasters, key=KEY) == first
    assert len(world.queue.messages) == 1


def test_a_key_with_another_body_is_refused(world: World) -> None:
    rasters = world.registered()
    world.created(rasters, key=KEY)
    with pytest.raises(IdempotencyKeyReusedError):
        world.created(rasters, key=IdempotencyKey("key-1", "digest-2"))


def test_a_key_belongs_to_its_caller(world: World) -> None:
    rasters = world.registered(2, audience=audience("alice", Visibility.PUBLIC))
    assert world.created(rasters, key=KEY) != world.created(rasters, principal("bob"), key=KEY)


def test_a_key_is_free_again_after_its_period(world: World) -> None:
    rasters = world.registered()
    first = world.created(rasters, key=KEY)
    world.clock.forward(seconds=IDEMPOTENCY_PERIOD.total_seconds() + 1)
    assert world.created(rasters, key=KEY) != first


def test_two_requests_with_one_key_that_both_passed_the_look_up_are_one_job(world: World) -> None:
    """The loser of the race meets the row inside the transaction: its links go, its VRT never was."""
    rasters = world.registered()
    first = world.created(rasters, key=KEY)
    admit = world.create.admit
    object.__setattr__(
        world.create,
        "admit",
        type("Blind", (), {"replayed": staticmethod(lambda *_: None), "__call__": lambda _self, *args: admit(*args)})(),
    )
    assert world.created(rasters, key=KEY) == first
    page = world.catalog.datasets.list_readable(principal(), record_type="vrt_dataset", skip=0, limit=10)
    assert [dataset.id for dataset in page.datasets] == [world.vrt(first).id]
    assert isinstance(page.datasets[0], VrtDataset)
    assert len(world.queue.messages) == 1
