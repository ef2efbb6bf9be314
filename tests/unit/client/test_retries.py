"""A client is patient within bounds, and what it sends twice happens once."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom_client import Client, NotFoundError, RetryPolicy, UnavailableError, UnreachableError
from rasterloom_client.problems import retry_after
from tests.unit.client.scripted import (
    ACCEPTED,
    FIRST,
    SECOND,
    TOKEN,
    URL,
    Script,
    Step,
    StoppedClock,
    answer,
    client,
    options,
    problem,
)

LOST = httpx.ReadError("connection reset")


@pytest.mark.parametrize(
    "failure",
    [problem(429, "throttled"), problem(503, "unavailable"), httpx.Response(502), httpx.Response(504, text="gateway")],
)
def test_a_refusal_that_may_pass_is_sent_again(failure: httpx.Response) -> None:
    caller, script = client(failure, failure, answer({"id": FIRST}))
    assert caller.dataset(FIRST)["id"] == FIRST
    assert len(script.requests) == 3


@pytest.mark.parametrize(
    "failure", [LOST, httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")]
)
def test_a_lost_answer_is_asked_for_again(failure: Exception) -> None:
    caller, script = client(failure, answer(ACCEPTED, 202))
    assert caller.regenerate(FIRST) == ACCEPTED
    assert len(script.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 413, 422, 500])
def test_a_refusal_that_stays_is_not_sent_again(status: int) -> None:
    caller, script = client(problem(status, "no"))
    with pytest.raises(Exception, match="No"):
        caller.regenerate(FIRST)
    assert len(script.requests) == 1


def test_the_idempotency_key_stays_while_one_write_is_sent_again_and_is_new_for_the_next() -> None:
    caller, script = client(LOST, problem(503, "unavailable"), answer(ACCEPTED, 202))
    caller.create([FIRST, SECOND], "A")
    caller.create([FIRST, SECOND], "A")
    first, *others, second = script.keys
    assert set(others) == {first}
    assert first != second
    assert {UUID(key).version for key in script.keys if key} == {4}


def test_a_read_carries_no_idempotency_key() -> None:
    caller, script = client(answer({}))
    caller.dataset(FIRST)
    assert script.keys == [None]


def test_the_range_of_the_jitter_doubles_up_to_its_cap() -> None:
    stopped = StoppedClock(share=1.0)
    caller, _ = client(problem(503, "unavailable"), stopped=stopped, policy=RetryPolicy(8, 1000, 0.5, 8))
    with pytest.raises(UnavailableError):
        caller.dataset(FIRST)
    assert stopped.sleeps == [0.5, 1, 2, 4, 8, 8, 8]


def test_full_jitter_may_be_no_wait_at_all() -> None:
    stopped = StoppedClock(share=0.0)
    caller, _ = client(LOST, LOST, answer({}), stopped=stopped)
    caller.dataset(FIRST)
    assert stopped.sleeps == [0, 0]


def test_what_retry_after_asks_for_is_waited_out_before_the_jitter() -> None:
    stopped = StoppedClock(share=1.0)
    caller, _ = client(problem(429, "throttled", retry_after=7), answer({}), stopped=stopped)
    caller.dataset(FIRST)
    assert stopped.sleeps == [7.5]


@given(st.integers(1, 40), st.none() | st.floats(0, 100), st.randoms(use_true_random=False))
def test_a_delay_is_never_shorter_than_asked_nor_longer_than_that_and_the_cap(
    failures: int, asked: float | None, chance: random.Random
) -> None:
    policy = RetryPolicy()
    delay = policy.delay(failures, asked, chance.uniform)
    assert (asked or 0) <= delay <= (asked or 0) + policy.cap


def test_no_more_is_sent_than_the_policy_allows() -> None:
    caller, script = client(LOST, policy=RetryPolicy(attempts=3))
    with pytest.raises(UnreachableError, match=r"https://rasterloom\.test does not answer \(tried 3 times; .*reset"):
        caller.dataset(FIRST)
    assert len(script.requests) == 3


def test_no_sending_begins_later_than_the_policy_allows() -> None:
    stopped = StoppedClock()
    caller, script = client(
        problem(503, "unavailable", retry_after=25), stopped=stopped, policy=RetryPolicy(seconds=60)
    )
    with pytest.raises(UnavailableError) as caught:
        caller.dataset(FIRST)
    assert caught.value.retry_after == 25
    assert len(script.requests) == 3
    assert stopped.time <= 60


def test_a_deletion_whose_answer_was_lost_is_not_reported_as_missing() -> None:
    caller, _ = client(LOST, problem(404, "not_found"))
    caller.delete(FIRST)


@pytest.mark.parametrize("before", [[], [problem(503, "unavailable")]])
def test_a_deletion_of_what_is_not_there_is(before: list[Step]) -> None:
    caller, _ = client(*before, problem(404, "not_found"))
    with pytest.raises(NotFoundError):
        caller.delete(FIRST)


def test_somebody_is_told_of_every_sending_again() -> None:
    told: list[tuple[str, float]] = []
    script = Script([LOST, problem(503, "unavailable", retry_after=3), answer({})])
    wire = replace(options(script), on_retry=lambda reason, seconds: told.append((reason, seconds)))
    Client(URL, TOKEN, wire).dataset(FIRST)
    assert told == [("connection reset", 0.5), ("status 503", 4.0)]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Fri, 02 Jan 2026 03:04:15 GMT", 10.0),
        ("Fri, 02 Jan 2026 03:04:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("1e9", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"seconds": -1.0}, {"base": -1.0}, {"cap": -0.1}])
def test_a_policy_that_could_never_work_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least one attempt"):
        RetryPolicy(**wrong)  # type: ignore[arg-type]
