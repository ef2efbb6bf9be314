"""The function `registrar`: what becomes of every message of a bulk registration."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from rasterloom.domain.bulk import BulkCounts
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.registration import BulkListing, BulkPart
from tests.unit.functions.conftest import Context, Load, Measured, Recorder, Sample

JOB = "f3c1b2a4-9d8e-4c7b-a6f5-0e1d2c3b4a59"


@pytest.fixture
def container() -> SimpleNamespace:
    return SimpleNamespace(
        register_part=Recorder([BulkCounts()] * 9),
        list_prefix=Recorder([None] * 9),
        observe_object=Recorder([{}] * 9),
        give_back_registration=Recorder(),
    )


@pytest.fixture
def registrar(load: Load, container: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Any:
    app = load("registrar")
    monkeypatch.setattr(app, "container", lambda: container)
    return app


def batch(*bodies: Any) -> dict[str, Any]:
    records = [
        {
            "messageId": f"m{at}",
            "receiptHandle": f"handle {at}",
            "body": json.dumps(body),
            "attributes": {"ApproximateReceiveCount": "3"},
        }
        for at, body in enumerate(bodies)
    ]
    return {"Records": records}


def message(kind: str, number: int = 0) -> dict[str, Any]:
    return {"schema_version": 1, "kind": kind, "job": JOB, "number": number}


def test_a_part_is_worked_off_within_the_time_that_is_left_and_counted(
    registrar: Any, container: SimpleNamespace, sample: Sample, context: Context, measured: Measured
) -> None:
    container.register_part.answers = [BulkCounts(created=7, failed=2)]
    assert registrar.handler(sample("bulk_part"), context) == {"batchItemFailures": []}
    ((part, remaining, _),) = container.register_part.calls
    assert (part, remaining()) == (BulkPart(JOB, 0), 42.5)
    told = [(each["outcome"], each["value"]) for each in measured("Registrations")]
    assert told == [("created", 7.0), ("failed", 2.0)]


def test_parts_of_a_batch_know_what_those_before_them_took_and_of_no_other(
    registrar: Any, container: SimpleNamespace, context: Context
) -> None:
    for _ in range(2):
        registrar.handler(batch(message("part", 0), message("part", 1)), context)
    first, second, third, fourth = (batches for _, _, batches in container.register_part.calls)
    assert first is second is not third
    assert third is fourth


def test_a_listing_is_listed(registrar: Any, container: SimpleNamespace, sample: Sample, context: Context) -> None:
    assert registrar.handler(sample("bulk_listing"), context) == {"batchItemFailures": []}
    ((listing, remaining),) = container.list_prefix.calls
    assert (listing, remaining()) == (BulkListing(JOB, 0), 42.5)


def test_parts_come_after_what_must_not_wait_for_them(
    registrar: Any, container: SimpleNamespace, context: Context
) -> None:
    order: list[object] = []

    def register_part(part: BulkPart, *_: object) -> BulkCounts:
        order.append(part)
        return BulkCounts()

    def observe(ref: ObjectRef) -> dict[str, int]:
        order.append(ref)
        return {}

    container.register_part = register_part
    container.list_prefix = lambda listing, _: order.append(listing)
    container.observe_object = observe
    messages = (message("part", 1), message("listing"), message("part", 2), happened("a"))
    registrar.handler(batch(*messages), context)
    assert order == [ObjectRef("sources", "a"), BulkListing(JOB, 0), BulkPart(JOB, 1), BulkPart(JOB, 2)]


def happened(key: str) -> dict[str, Any]:
    return {"source": "aws.s3", "detail": {"bucket": {"name": "sources"}, "object": {"key": key}}}


def test_an_object_that_is_named_many_times_is_looked_at_once_for_all_of_them(
    registrar: Any, container: SimpleNamespace, context: Context
) -> None:
    container.observe_object.answers = [{}, UnavailableError("S3", "SlowDown")]
    answered = registrar.handler(batch(*map(happened, "abab")), context)
    assert container.observe_object.calls == [(ObjectRef("sources", key),) for key in "ab"]
    assert [each["itemIdentifier"] for each in answered["batchItemFailures"]] == ["m1", "m3"]
    assert container.give_back_registration.calls == [("handle 1", 3), ("handle 3", 3)]


def test_what_there_is_no_time_for_comes_again_before_the_function_is_stopped(
    registrar: Any, container: SimpleNamespace, context: Context
) -> None:
    def observe(ref: ObjectRef) -> dict[str, int]:
        looked.append(ref.key)
        context.remaining -= 30_000
        return {}

    looked: list[str] = []
    container.observe_object = observe
    answered = registrar.handler(batch(happened("a"), message("part"), happened("b"), happened("c")), context)
    assert looked == ["a", "b"]
    assert [each["itemIdentifier"] for each in answered["batchItemFailures"]] == ["m3"]
    assert container.give_back_registration.calls == [("handle 3", 3)]


def test_a_message_that_nobody_can_read_keeps_no_other_from_being_worked_off(
    registrar: Any, container: SimpleNamespace, context: Context
) -> None:
    event = batch(happened("a"), {}, happened("b"))
    event["Records"][1]["body"] = "[" * 100_000
    assert registrar.handler(event, context) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert len(container.observe_object.calls) == 2


@pytest.mark.parametrize("error", [UnavailableError("S3", "SlowDown"), RuntimeError("bug")])
def test_what_fails_is_given_back_and_nothing_else(
    registrar: Any, container: SimpleNamespace, context: Context, error: Exception
) -> None:
    container.register_part.answers = [BulkCounts(), error, BulkCounts()]
    answered = registrar.handler(batch(*(message("part", number) for number in range(3))), context)
    assert answered == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_only_what_a_service_did_not_answer_for_comes_again_before_the_queues_time_out(
    registrar: Any, container: SimpleNamespace, context: Context
) -> None:
    container.register_part.answers = [BulkCounts(), UnavailableError("S3", "SlowDown"), RuntimeError("bug")]
    registrar.handler(batch(*(message("part", number) for number in range(3)), {"schema_version": 2}), context)
    assert container.give_back_registration.calls == [("handle 1", 3)]


@pytest.mark.parametrize("body", [[], {"schema_version": 2}, message("other"), {**message("part"), "number": -1}])
def test_what_is_not_understood_goes_back_until_it_is_a_dead_letter(
    registrar: Any, context: Context, body: Any
) -> None:
    assert registrar.handler(batch(body), context) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
