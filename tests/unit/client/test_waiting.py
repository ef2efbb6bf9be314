"""Waiting for a job: as long as told, as often as asked, and to which end."""

import httpx
import pytest

from rasterloom_client import JobCancelledError, JobFailedError, RetryPolicy, UnreachableError, WaitTimeoutError
from rasterloom_client.answers import Job
from tests.unit.client.scripted import JOB, StoppedClock, answer, client, job, problem


def test_a_job_is_looked_at_until_it_is_complete() -> None:
    seen: list[Job] = []
    caller, script = client(answer(job("pending")), answer(job("running")), answer(job("complete")))
    assert caller.wait(JOB, on_progress=seen.append)["status"] == "complete"
    assert [(each["status"], each["progress"]) for each in seen] == [("pending", 0), ("running", 0.4), ("complete", 1)]
    assert {request.url.path for request in script.requests} == {f"/api/jobs/{JOB}"}


def test_looks_are_as_far_apart_as_retry_after_asks() -> None:
    stopped = StoppedClock()
    running = [answer(job("running"), Retry_After="3"), answer(job("running"))]
    caller, _ = client(*running, answer(job()), stopped=stopped)
    caller.wait(JOB)
    assert stopped.sleeps == [3.0, 1.0]


def test_waiting_ends_in_time_and_says_that_the_job_goes_on() -> None:
    stopped = StoppedClock()
    caller, _ = client(answer(job("running"), Retry_After="4"), stopped=stopped)
    with pytest.raises(WaitTimeoutError, match="has not ended within 10 s; it goes on") as caught:
        caller.wait(JOB, timeout=10)
    assert stopped.sleeps == [4, 4, 2]
    assert caught.value.job["status"] == "running"


def test_a_job_that_has_ended_needs_no_time() -> None:
    caller, _ = client(answer(job()))
    assert caller.wait(JOB, timeout=0)["id"] == JOB


def test_no_timeout_waits_for_ever() -> None:
    stopped = StoppedClock()
    caller, _ = client(*[answer(job("running"), Retry_After="3600")] * 50, answer(job()), stopped=stopped)
    assert caller.wait(JOB, timeout=None)["status"] == "complete"
    assert stopped.time == 50 * 3600


def test_a_failed_job_is_an_error_with_its_reason() -> None:
    caller, _ = client(answer(job("failed", error_message="The source is gone", error_code="object_missing")))
    with pytest.raises(JobFailedError, match=f"job {JOB} failed: The source is gone") as caught:
        caller.wait(JOB)
    assert caught.value.job["error_code"] == "object_missing"


def test_a_cancelled_job_is_an_error() -> None:
    caller, _ = client(answer(job("cancelled")))
    with pytest.raises(JobCancelledError, match="was cancelled"):
        caller.wait(JOB)


def test_a_moment_without_an_answer_does_not_end_the_waiting() -> None:
    caller, _ = client(answer(job("running")), problem(503, "unavailable"), httpx.ReadError("cut"), answer(job()))
    assert caller.wait(JOB)["status"] == "complete"


def test_an_api_that_went_away_is_not_asked_for_longer_than_was_to_be_waited() -> None:
    stopped = StoppedClock()
    steps = (answer(job("running")), httpx.ConnectError("refused"))
    caller, _ = client(*steps, stopped=stopped, policy=RetryPolicy(attempts=100, seconds=1000))
    with pytest.raises(UnreachableError):
        caller.wait(JOB, timeout=5)
    assert stopped.time <= 5
