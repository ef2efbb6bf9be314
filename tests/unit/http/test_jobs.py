"""Routes about jobs: what they pass on, and what they answer."""

from dataclasses import replace

import pytest

from rasterloom.domain.errors import (
    BaseChangedError,
    IncompatibleSourcesError,
    JobEndedError,
    JobNotRetryableError,
    RasterloomError,
)
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import Job
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.refusals import StagedSourcesGoneError
from rasterloom.ports import JobPage
from rasterloom.services.cancel_job import Cancelled
from rasterloom.services.clean_up import CleanedUp
from tests.support.factories import an_id, generation, job, principal
from tests.unit.http.api import FakeUseCases, ask

VRT, JOB, OTHER = an_id("vrt"), an_id("job"), an_id("other job")


def a_job(status: JobStatus = JobStatus.PENDING, job_id: str = JOB) -> Job:
    return replace(job(generation(VRT, job_id=job_id)), status=status)


# --- the newest of a dataset ---


def test_the_newest_job_of_a_dataset_is_answered_with_when_to_ask_again(fakes: FakeUseCases) -> None:
    fakes.answers["read_latest_job"] = a_job()
    answer = ask(fakes, "GET", f"/jobs/by-dataset/{VRT.upper()}")
    assert (answer.status, answer.json["id"], answer.headers["retry-after"]) == (200, JOB, "1")
    assert fakes.calls[0][1][1] == VRT


def test_a_dataset_without_a_job_is_answered_with_null(fakes: FakeUseCases) -> None:
    fakes.answers["read_latest_job"] = None
    answer = ask(fakes, "GET", f"/jobs/by-dataset/{VRT}/")
    assert (answer.status, answer.body, "retry-after" in answer.headers) == (200, b"null", False)


# --- the caller's ---


def test_a_list_of_jobs_passes_its_filters_on(fakes: FakeUseCases) -> None:
    fakes.answers["list_jobs"] = JobPage((a_job(JobStatus.FAILED),), 7)
    answer = ask(fakes, "GET", "/jobs", query=f"status=failed&dataset_id={VRT.upper()}&offset=3&limit=1")
    assert (answer.json["total"], [each["id"] for each in answer.json["jobs"]]) == (7, [JOB])
    assert fakes.calls[0][2] == {"status": JobStatus.FAILED, "dataset_id": VRT, "skip": 3, "limit": 1}
    ask(fakes, "GET", "/jobs/")
    assert fakes.calls[1][2] == {"status": None, "dataset_id": None, "skip": 0, "limit": 50}


@pytest.mark.parametrize(
    ("query", "name", "kind"),
    [
        ("status=done", "status", "enum"),
        ("status=", "status", "enum"),
        ("dataset_id=1", "dataset_id", "uuid_parsing"),
        ("dataset_id=", "dataset_id", "uuid_parsing"),
        ("limit=0", "limit", "greater_than_equal"),
        ("limit=201", "limit", "less_than_equal"),
        ("skip=-1", "skip", "greater_than_equal"),
    ],
)
def test_a_filter_that_is_not_valid_is_named(fakes: FakeUseCases, query: str, name: str, kind: str) -> None:
    answer = ask(fakes, "GET", "/jobs/", query=query)
    assert answer.status == 422
    assert [(each["loc"], each["type"]) for each in answer.json["detail"]] == [(["query", name], kind)]
    assert fakes.calls == []


# --- several at once ---


def test_several_jobs_are_answered_in_the_order_of_the_request_and_each_once(fakes: FakeUseCases) -> None:
    fakes.answers["read_jobs"] = {OTHER: None, JOB: a_job(JobStatus.FAILED)}
    answer = ask(fakes, "POST", "/jobs/status/", body={"job_ids": [OTHER, JOB.upper(), OTHER.upper()]})
    assert fakes.calls[0][1][1] == [OTHER, JOB]
    assert answer.json == {
        "jobs": [
            {
                "id": OTHER,
                "status": "not_found",
                "dataset_id": None,
                "progress": None,
                "current_step": None,
                "step": None,
                "error_code": None,
                "warnings": [],
                "can_retry": False,
                "refresh_run": None,
            },
            {
                "id": JOB,
                "status": "failed",
                "dataset_id": VRT,
                "progress": 0.0,
                "current_step": "queued",
                "step": "queued",
                "error_code": None,
                "warnings": [],
                "can_retry": True,
                "refresh_run": None,
            },
        ]
    }


def test_reading_several_jobs_is_no_writing(fakes: FakeUseCases) -> None:
    fakes.caller = principal(permissions=frozenset())
    fakes.answers["read_jobs"] = {JOB: None}
    assert ask(fakes, "POST", "/jobs/status", body={"job_ids": [JOB]}).status == 200


@pytest.mark.parametrize(("count", "status"), [(0, 422), (1, 200), (100, 200), (101, 422)])
def test_one_to_a_hundred_jobs_may_be_asked_for(fakes: FakeUseCases, count: int, status: int) -> None:
    ids = [an_id(str(number)) for number in range(count)]
    fakes.answers["read_jobs"] = dict.fromkeys(ids)
    assert ask(fakes, "POST", "/jobs/status/", body={"job_ids": ids}).status == status


@pytest.mark.parametrize("body", [{}, {"job_ids": None}, {"job_ids": JOB}, {"job_ids": ["x"]}, {"job_ids": [1]}])
def test_what_is_no_list_of_ids_is_refused(fakes: FakeUseCases, body: object) -> None:
    answer = ask(fakes, "POST", "/jobs/status/", body=body)
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"][:2] == ["body", "job_ids"]


# --- trying again ---


def test_a_retry_answers_202_with_the_new_job(fakes: FakeUseCases) -> None:
    fakes.answers["retry_job"] = OTHER
    answer = ask(fakes, "POST", f"/jobs/{JOB.upper()}/retry", headers={"Idempotency-Key": "k"})
    assert (answer.status, answer.json["job_id"], answer.json["status"]) == (202, OTHER, "accepted")
    _, job_id, key = fakes.calls[0][1]
    assert (job_id, key.key) == (JOB, "k")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (JobNotRetryableError(JOB, "complete"), "job_not_retryable"),
        (BaseChangedError("another one is published"), "base_changed"),
        (StagedSourcesGoneError(JOB), "staged_sources_gone"),
    ],
)
def test_a_change_that_cannot_be_repeated_is_a_409(fakes: FakeUseCases, error: RasterloomError, code: str) -> None:
    fakes.answers["retry_job"] = error
    answer = ask(fakes, "POST", f"/jobs/{JOB}/retry/")
    assert (answer.status, answer.json["code"], answer.json["detail"]) == (409, code, error.message)


def test_findings_about_a_recorded_change_point_at_the_job(fakes: FakeUseCases) -> None:
    fakes.answers["retry_job"] = IncompatibleSourcesError([Finding("object_missing", OTHER, 3, "object", "Gone")])
    answer = ask(fakes, "POST", f"/jobs/{JOB}/retry")
    assert answer.status == 422
    assert [(each["loc"], each["source_id"]) for each in answer.json["detail"]] == [(["path", "job_id"], OTHER)]


@pytest.mark.parametrize("status", JobStatus)
def test_what_a_job_says_of_trying_again_holds(fakes: FakeUseCases, status: JobStatus) -> None:
    """The use case asks the same question of the same job."""
    told = a_job(status)
    fakes.answers["read_job"] = told
    answer = ask(fakes, "GET", f"/jobs/{JOB}").json
    assert answer["can_retry"] is told.is_retryable is (status is JobStatus.FAILED)
    assert (answer["retry_reason"] is None) is answer["can_retry"]


# --- cancelling ---


@pytest.mark.parametrize("already", [False, True])
def test_a_cancelled_job_is_answered_alike_every_time(fakes: FakeUseCases, *, already: bool) -> None:
    found = a_job(JobStatus.CANCELLED if already else JobStatus.RUNNING)
    fakes.answers["cancel_job"] = Cancelled(found, already=already)
    answer = ask(fakes, "POST", f"/jobs/{JOB}/cancel")
    assert answer.status == 200
    assert answer.json == {"id": JOB, "status": "cancelled", "run_id": found.generation_id, "already": already}


def test_a_job_that_has_ended_is_a_409(fakes: FakeUseCases) -> None:
    fakes.answers["cancel_job"] = JobEndedError(JOB, "complete")
    answer = ask(fakes, "POST", f"/jobs/{JOB}/cancel/")
    assert (answer.status, answer.json["code"]) == (409, "job_ended")
    assert "is complete" in answer.json["detail"]


@pytest.mark.parametrize("action", ["retry", "cancel"])
def test_ending_or_repeating_a_job_is_writing(fakes: FakeUseCases, action: str) -> None:
    fakes.caller = principal(permissions=frozenset())
    answer = ask(fakes, "POST", f"/jobs/{JOB}/{action}")
    assert (answer.status, answer.json["detail"]) == (403, "Missing permission: upload")


# --- cleaning up ---


def test_a_clean_up_counts_in_the_words_of_the_published_api(fakes: FakeUseCases) -> None:
    fakes.caller = principal(permissions=frozenset({"admin"}))
    fakes.answers["clean_up"] = CleanedUp(pending_failed=1, running_failed=2, resent=4, taken_over=8, left=16)
    told = ask(fakes, "POST", "/jobs/cleanup/stale/").json
    assert {name: count for name, count in told.items() if count} == {
        "pending_failed": 1,
        "running_failed": 2,
        "total_cleaned": 3,
        "vrt_assets_recovered": 10,
        "vrt_generations_failed": 3,
        "total_affected": 15,
        "resent": 4,
        "taken_over": 8,
        "left": 16,
    }


def test_a_clean_up_is_for_admins(fakes: FakeUseCases) -> None:
    answer = ask(fakes, "POST", "/jobs/cleanup/stale")
    assert (answer.status, answer.json["detail"]) == (403, "Missing permission: admin")
    assert fakes.calls == []
