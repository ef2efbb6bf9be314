"""The functions `builder`, `registrar` and `reconciler`: what becomes of every message."""

import json
import logging
import re
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from rasterloom.bootstrap.schedule import work_off
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.objects import ObjectRef
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.hold_edits import Held
from rasterloom.services.mark_users import Told
from rasterloom.services.observe_object import Observed
from rasterloom.services.reconcile import Action
from rasterloom.services.refresh_vrts import Refreshed
from rasterloom.services.resume_bulk import ResumedBulk
from rasterloom.services.resume_deletions import Resumed
from rasterloom.services.sweep_orphans import Look, SweepReport
from rasterloom.services.sweep_uploads import Swept
from tests.unit.functions.conftest import Context, Load, Logged, Measured, Recorder, Sample

MESSAGE = BuildMessage(
    "6a1f5a0e-3b1d-4f0b-8d8e-5c2b7e9f3c10",
    "f3c1b2a4-9d8e-4c7b-a6f5-0e1d2c3b4a59",
    "c0ffee00-1234-4abc-8def-0123456789ab",
    1,
)

METRICS = {"OldestPendingJobSeconds", "Reconciled", "Deletions", "SweptObjects", "SweptLinks", "Swept"}


@pytest.fixture
def container() -> SimpleNamespace:
    reconcile = Recorder()
    reconcile.dead_letter = Recorder()  # type: ignore[attr-defined]
    reconcile.oldest_pending_seconds = lambda: 12.5  # type: ignore[attr-defined]
    resume_bulk = Recorder([{}])
    resume_bulk.idle_seconds = lambda: 7.0  # type: ignore[attr-defined]
    sweep = Recorder([{}])
    return SimpleNamespace(
        build_generation=Recorder(),
        give_back=Recorder(),
        give_back_registration=Recorder(),
        reconcile=reconcile,
        resume_bulk=resume_bulk,
        resume_deletions=Recorder([{}]),
        hold_edits=SimpleNamespace(overdue=Recorder([{}])),
        sweep_uploads=sweep,
        sweep_orphans=Recorder([SweepReport({}, 0, 0)]),
        mark_users=SimpleNamespace(overdue=Recorder([{}])),
        refresh_vrts=Recorder([{}]),
        observe_object=Recorder(),
    )


@pytest.fixture
def builder(load: Load, container: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Any:
    app = load("builder")
    monkeypatch.setattr(app, "container", lambda: container)
    return app


@pytest.fixture
def reconciler(load: Load, container: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Any:
    app = load("reconciler")
    monkeypatch.setattr(app, "container", lambda: container)
    return app


@pytest.fixture
def registrar(load: Load, container: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Any:
    app = load("registrar")
    monkeypatch.setattr(app, "container", lambda: container)
    return app


def with_body(event: Any, body: str, receives: int = 1) -> Any:
    event["Records"][0]["body"] = body
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(receives)
    return event


def test_a_build_that_ends_is_acknowledged(
    builder: Any, container: SimpleNamespace, sample: Sample, context: Context
) -> None:
    container.build_generation.answers = [BuildOutcome.DONE]
    assert builder.handler(sample("build_message"), context) == {"batchItemFailures": []}
    message, remaining = container.build_generation.calls[0]
    assert message == MESSAGE
    assert remaining() == 42.5
    assert container.give_back.calls == []


@pytest.mark.parametrize("answer", [BuildOutcome.GIVE_BACK, UnavailableError("DynamoDB", "down"), RuntimeError("bug")])
def test_a_build_that_another_delivery_must_try_is_given_back_soon(
    builder: Any, container: SimpleNamespace, sample: Sample, context: Context, answer: Any
) -> None:
    container.build_generation.answers = [answer]
    event = sample("build_message")
    answered = builder.handler(event, context)
    assert answered == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    assert container.give_back.calls == [(event["Records"][0]["receiptHandle"], 1)]


@pytest.mark.parametrize("body", ["", "not json", "{}", json.dumps({"schema_version": 2}), json.dumps([1])])
def test_a_message_that_is_not_understood_goes_back_until_it_is_a_dead_letter(
    builder: Any, container: SimpleNamespace, sample: Sample, context: Context, body: str
) -> None:
    answered = builder.handler(with_body(sample("build_message"), body, receives=4), context)
    assert len(answered["batchItemFailures"]) == 1
    assert container.build_generation.calls == []
    assert container.give_back.calls[0][1] == 4


def test_one_message_s_end_is_not_another_s(
    builder: Any, container: SimpleNamespace, sample: Sample, context: Context
) -> None:
    records = [sample("build_message")["Records"][0] | {"messageId": f"m{number}"} for number in range(3)]
    container.build_generation.answers = [BuildOutcome.DONE, RuntimeError("bug"), BuildOutcome.DONE]
    answered = builder.handler({"Records": records}, context)
    assert answered == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_every_line_of_a_build_says_which_one_it_is(
    builder: Any, container: SimpleNamespace, sample: Sample, context: Context, logged: Logged
) -> None:
    def build(*_: Any) -> BuildOutcome:
        logging.getLogger("rasterloom.services.build_generation").warning("attempt %s lost", "a1")
        return BuildOutcome.DONE

    container.build_generation = build
    builder.handler(sample("build_message"), context)
    logging.getLogger("rasterloom.later").warning("after")
    during, after = logged()
    assert (during["message"], during["function_request_id"]) == ("attempt a1 lost", "invocation-1")
    assert (during["job_id"], during["generation_id"], during["fence"]) == (MESSAGE.job_id, MESSAGE.generation_id, 1)
    assert after["message"] == "after"
    assert "job_id" not in after


def test_a_line_of_a_build_names_the_trace_of_whoever_sent_it(
    builder: Any, container: SimpleNamespace, sample: Sample, context: Context, logged: Logged
) -> None:
    event = sample("build_message")
    event["Records"][0]["attributes"]["AWSTraceHeader"] = "Root=1-67891233-abcdef;Parent=463ac35c9f6413ad;Sampled=1"

    def build(*_: Any) -> BuildOutcome:
        logging.getLogger("rasterloom.services.build_generation").warning("lost")
        return BuildOutcome.DONE

    container.build_generation = build
    builder.handler(event, context)
    (line,) = logged()
    assert line["sent_by_trace_id"] == "1-67891233-abcdef"


def test_how_long_a_build_took_is_told_however_it_ended(
    builder: Any, container: SimpleNamespace, sample: Sample, context: Context, measured: Measured
) -> None:
    container.build_generation.answers = [BuildOutcome.DONE, RuntimeError("bug")]
    for _ in range(2):
        builder.handler(sample("build_message"), context)
    assert [each["value"] < 60 for each in measured("BuildSeconds")] == [True, True]


@pytest.mark.parametrize(
    ("body", "error", "outcome", "code"),
    [
        (None, RuntimeError("bug"), "broken", "internal_error"),
        (None, UnavailableError("DynamoDB", "down"), "retried", "unavailable"),
        ("{}", None, "broken", "unknown_message"),
    ],
)
def test_a_message_that_is_given_back_for_an_error_is_counted_with_its_code(
    builder: Any,
    container: SimpleNamespace,
    sample: Sample,
    context: Context,
    measured: Measured,
    body: str | None,
    error: Exception | None,
    outcome: str,
    code: str,
) -> None:
    container.build_generation.answers = [error]
    event = sample("build_message")
    builder.handler(event if body is None else with_body(event, body), context)
    assert [each["outcome"] for each in measured("Builds")] == [outcome]
    assert [each["code"] for each in measured("BuildErrors")] == [code]


def test_the_schedule_works_off_what_is_due(
    reconciler: Any, container: SimpleNamespace, sample: Sample, context: Context
) -> None:
    container.reconcile.answers = [{Action.RESENT: 2, Action.FAILED: 1}]
    container.resume_bulk.answers = [{ResumedBulk.RESENT: 3, ResumedBulk.FAILED: 1}]
    container.resume_deletions.answers = [{Resumed.FINISHED: 4, Resumed.UNDONE: 1}]
    container.hold_edits.overdue.answers = [{Held.TAKEN_BACK: 1, Held.STANDS: 2}]
    container.sweep_uploads.answers = [{Swept.REMOVED: 3, Swept.KEPT: 1}]
    container.sweep_orphans.answers = [SweepReport({Look.REMOVED: 2, Look.CLEAN: 5}, objects=17, links=6)]
    container.mark_users.overdue.answers = [{Told.TOLD: 7}]
    container.refresh_vrts.answers = [{Refreshed.REBUILT: 1, Refreshed.BUSY: 2}]
    assert reconciler.handler(sample("schedule"), context) == {
        "resent": 2,
        "failed": 1,
        "bulk_resent": 3,
        "bulk_failed": 1,
        "deletions_finished": 4,
        "deletions_undone": 1,
        "edits_taken_back": 1,
        "edits_stands": 2,
        "uploads_removed": 3,
        "uploads_kept": 1,
        "swept_removed": 2,
        "swept_clean": 5,
        "changed_told": 7,
        "marked_rebuilt": 1,
        "marked_busy": 2,
    }


def test_the_schedule_tells_how_old_the_oldest_job_is_and_what_was_swept(
    reconciler: Any, container: SimpleNamespace, sample: Sample, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    container.reconcile.answers = [{Action.TAKEN_OVER: 1}]
    container.sweep_orphans.answers = [SweepReport({Look.REMOVED: 2}, objects=17, links=6)]
    reconciler.handler(sample("schedule"), context)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = {
        (name, line.get("action")): line[name] for line in lines if "_aws" in line for name in METRICS & line.keys()
    }
    assert told == {
        ("OldestPendingJobSeconds", None): [12.5],
        ("Reconciled", "taken_over"): [1.0],
        ("SweptObjects", None): [17.0],
        ("SweptLinks", None): [6.0],
        ("Swept", "removed"): [2.0],
    }


def test_a_bulk_registration_that_stands_still_is_as_old_as_any_job(
    reconciler: Any, container: SimpleNamespace, sample: Sample, context: Context, measured: Measured
) -> None:
    container.resume_bulk.idle_seconds = lambda: 1801.0
    container.reconcile.answers = [UnavailableError("DynamoDB", "down")]
    with pytest.raises(UnavailableError):
        reconciler.handler(sample("schedule"), context)
    assert [each["value"] for each in measured("OldestPendingJobSeconds")] == [1801.0]


def test_a_schedule_that_cannot_be_worked_off_is_an_error_of_the_function(
    reconciler: Any, container: SimpleNamespace, sample: Sample, context: Context
) -> None:
    container.reconcile.answers = [UnavailableError("DynamoDB", "down")]
    with pytest.raises(UnavailableError):
        reconciler.handler(sample("schedule"), context)


@pytest.mark.parametrize(("minute", "first"), [(0, RuntimeError("bug")), (2, UnavailableError("DynamoDB", "down"))])
def test_what_one_part_of_the_schedule_cannot_do_keeps_no_other_from_its_own_and_the_first_failure_is_told(
    reconciler: Any,
    container: SimpleNamespace,
    sample: Sample,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    *,
    minute: int,
    first: Exception,
) -> None:
    moment = datetime(1970, 1, 1, 0, minute, tzinfo=UTC)
    monkeypatch.setattr(reconciler, "work_off", partial(work_off, clock=lambda: moment))
    container.reconcile.answers = [RuntimeError("bug")]
    container.resume_deletions.answers = [UnavailableError("DynamoDB", "down")]
    with pytest.raises(type(first), match=re.escape(str(first))):
        reconciler.handler(sample("schedule"), context)
    assert len(container.reconcile.calls) == len(container.resume_deletions.calls) == 1
    assert len(container.sweep_uploads.calls) == len(container.sweep_orphans.calls) == 1


@pytest.mark.parametrize("ended", [True, False])
def test_a_dead_letter_s_generation_is_ended_and_the_letter_acknowledged(
    reconciler: Any, container: SimpleNamespace, sample: Sample, context: Context, *, ended: bool
) -> None:
    container.reconcile.dead_letter.answers = [ended]
    assert reconciler.handler(sample("dead_letter"), context) == {"batchItemFailures": []}
    assert container.reconcile.dead_letter.calls == [(MESSAGE,)]


def test_a_dead_letter_that_cannot_be_settled_stays(
    reconciler: Any, container: SimpleNamespace, sample: Sample, context: Context
) -> None:
    container.reconcile.dead_letter.answers = [UnavailableError("DynamoDB", "down")]
    event = sample("dead_letter")
    answered = reconciler.handler(event, context)
    assert answered == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}


def test_a_dead_letter_that_is_not_understood_waits_for_a_person(
    reconciler: Any, container: SimpleNamespace, sample: Sample, context: Context
) -> None:
    answered = reconciler.handler(with_body(sample("dead_letter"), '{"schema_version":99}'), context)
    assert len(answered["batchItemFailures"]) == 1
    assert container.reconcile.dead_letter.calls == []


@pytest.mark.parametrize("name", ["object_created", "object_deleted", "object_archived"])
def test_an_event_has_its_object_looked_at_whatever_it_says_of_it(
    registrar: Any, container: SimpleNamespace, sample: Sample, context: Context, measured: Measured, name: str
) -> None:
    container.observe_object.answers = [{Observed.REFRESHED: 2, Observed.REGISTERED: 1}]
    assert registrar.handler(sample(name), context) == {"batchItemFailures": []}
    assert container.observe_object.calls == [(ObjectRef("sources", "bluemarble/n00e000.tif"),)]
    told = [(each["outcome"], each["value"]) for each in measured("Registrations")]
    assert told == [("refreshed", 2.0), ("registered", 1.0)]


def test_of_a_batch_only_those_events_come_again_whose_objects_could_not_be_looked_at(
    registrar: Any, container: SimpleNamespace, sample: Sample, context: Context
) -> None:
    created = sample("object_created")["Records"][0]
    bodies = [created["body"].replace("n00e000", f"n00e00{number}") for number in range(3)]
    records = [created | {"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]
    container.observe_object.answers = [{Observed.REGISTERED: 1}, UnavailableError("S3", "SlowDown"), {}]
    answered = registrar.handler({"Records": records}, context)
    assert answered == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
