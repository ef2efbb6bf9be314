"""Jobs."""

from http import HTTPStatus
from typing import Final

from rasterloom.domain.access import ADMIN, UPLOAD
from rasterloom.domain.generation import Job
from rasterloom.domain.jobs import AnyJob
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.http.answers import (
    Accepted,
    JobAnswer,
    JobCancelled,
    JobList,
    JobStatusList,
    Problem,
    StaleCleanup,
)
from rasterloom.http.calls import Call
from rasterloom.http.parameters import IdParameter, IntegerParameter, TextParameter
from rasterloom.http.present_job import cleanup_answer, job_answer, retry_after, status_entry
from rasterloom.http.problems import PROBLEM_JSON, at_job
from rasterloom.http.responses import Response, json_response, redirect
from rasterloom.http.routes.vrts import accepted
from rasterloom.http.routing import Answer, Route

_VISIBLE: Final = "Jobs are visible to who made them, and to admins."
_POLL: Final = {"Retry-After": "Seconds to wait before asking again, until it has ended"}


def read(call: Call) -> Response:
    """Answer a job, and when to ask again."""
    return _told(call.use_cases.read_job(call.principal, call.id("job_id")))


def read_findings(call: Call) -> Response:
    """Answer where all findings of a job read for a short while."""
    return redirect(call.use_cases.read_findings(call.principal, call.id("job_id")))


def read_latest(call: Call) -> Response:
    """Answer the newest job of a dataset, and when to ask again; null where there is none."""
    job = call.use_cases.read_latest_job(call.principal, call.id("dataset_id"))
    return json_response(None) if job is None else _told(job)


def list_own(call: Call) -> Response:
    """Answer part of what the caller made."""
    query = dict(call.query)
    status = query.pop("status")
    page = call.use_cases.list_jobs(call.principal, status=status and JobStatus(status), **query)
    answer: JobList = {"jobs": [job_answer(job) for job in page.jobs], "total": page.total}
    return json_response(answer)


def read_statuses(call: Call) -> Response:
    """Answer how several jobs are."""
    from rasterloom.http.bodies import JobStatusBody

    ids = list(dict.fromkeys(str(job_id) for job_id in call.fields(JobStatusBody).job_ids))
    found = call.use_cases.read_jobs(call.principal, ids)
    answer: JobStatusList = {"jobs": [status_entry(job_id, found[job_id]) for job_id in ids]}
    return json_response(answer)


def retry(call: Call) -> Response:
    """Accept a failed change once more."""
    job_id = call.use_cases.retry_job(call.principal, call.id("job_id"), call.idempotency())
    return accepted(job_id, "The change is being tried again")


def cancel(call: Call) -> Response:
    """Cancel a job."""
    cancelled = call.use_cases.cancel_job(call.principal, call.id("job_id"))
    answer: JobCancelled = {
        "id": cancelled.job.id,
        "status": "cancelled",
        "run_id": cancelled.job.generation_id if isinstance(cancelled.job, Job) else None,
        "already": cancelled.already,
    }
    return json_response(answer)


def clean_up(call: Call) -> Response:
    """Work off what is due."""
    return json_response(cleanup_answer(call.use_cases.clean_up(call.principal)))


def _told(job: AnyJob) -> Response:
    response = json_response(job_answer(job))
    seconds = retry_after(job)
    return response if seconds is None else response.with_headers(retry_after=str(seconds))


ROUTES: Final = (
    Route(
        "GET",
        "/jobs/",
        list_own,
        operation_id="list_jobs",
        summary="List your jobs",
        description="Newest first. What an admin did not make is not listed for them either.",
        tag="jobs",
        query=(
            TextParameter("status", "Only jobs with this status.", JobStatus),
            IdParameter("dataset_id", "Only jobs of this dataset."),
            IntegerParameter("skip", 0, 0, 1_000_000, "Jobs to leave out.", deprecated_alias="offset"),
            IntegerParameter("limit", 50, 1, 200, "Most jobs to answer."),
        ),
        answers={HTTPStatus.OK: Answer("What the caller made, newest first", JobList)},
    ),
    Route(
        "GET",
        "/jobs/{job_id}",
        read,
        operation_id="read_job",
        summary="Read a job",
        description=_VISIBLE,
        tag="jobs",
        answers={HTTPStatus.OK: Answer("The job", JobAnswer, headers=_POLL)},
    ),
    Route(
        "GET",
        "/jobs/{job_id}/findings",
        read_findings,
        operation_id="read_job_findings",
        summary="Download all findings of a job",
        description="JSON lines, gzipped, each an entry as in the job's `findings`: of jobs with more than 20 of a "
        f"code, whose `findings_url` names this path. Kept for 14 days, and no longer than the VRT. {_VISIBLE}",
        tag="jobs",
        answers={
            HTTPStatus.TEMPORARY_REDIRECT: Answer(
                "Where they read for 15 minutes", content_type="", headers={"Location": "The URL"}
            ),
        },
    ),
    Route(
        "GET",
        "/jobs/by-dataset/{dataset_id}",
        read_latest,
        operation_id="read_latest_job",
        summary="Read the newest job of a dataset",
        description=f"The newest that the caller may know of. {_VISIBLE}",
        tag="jobs",
        answers={
            HTTPStatus.OK: Answer("The job; null where there is none", JobAnswer, headers=_POLL, is_nullable=True)
        },
    ),
    Route(
        "POST",
        "/jobs/status/",
        read_statuses,
        operation_id="read_job_statuses",
        summary="Read the status of several jobs",
        description="In the order of the request, each id once. A job that does not exist and one that the caller may "
        "not know of are `not_found` alike.",
        tag="jobs",
        body="JobStatusBody",
        answers={HTTPStatus.OK: Answer("One entry for each id", JobStatusList)},
    ),
    Route(
        "POST",
        "/jobs/{job_id}/retry",
        retry,
        operation_id="retry_job",
        summary="Try a failed job's change again",
        description="The change is accepted anew, as a job and a generation of its own: it is held against the rules, "
        "its sources' objects and the VRT as they are today.",
        tag="jobs",
        permission=UPLOAD,
        is_idempotent_by_key=True,
        finding_loc=at_job,
        answers={
            HTTPStatus.ACCEPTED: Answer(
                "The new job; what is served stays until its generation is published", Accepted
            ),
            HTTPStatus.CONFLICT: Answer(
                "The job has not failed, or makes no VRT (`job_not_retryable`), or the change cannot be repeated as it "
                "was: `dataset_busy`, `base_changed`, `staged_sources_gone`, `source_already_linked`, `not_published`",
                Problem,
                PROBLEM_JSON,
                {"Retry-After": "Seconds after which to try again, where the VRT is busy"},
            ),
        },
    ),
    Route(
        "POST",
        "/jobs/{job_id}/cancel",
        cancel,
        operation_id="cancel_job",
        summary="Cancel a job",
        description="What is published keeps serving, and the next change may come at once; what a bulk registration "
        "has registered stays. Cancelling again changes nothing and answers alike.",
        tag="jobs",
        permission=UPLOAD,
        answers={
            HTTPStatus.OK: Answer("The job is cancelled", JobCancelled),
            HTTPStatus.CONFLICT: Answer("The job has come to another end (`job_ended`)", Problem, PROBLEM_JSON),
        },
    ),
    Route(
        "POST",
        "/jobs/cleanup/stale/",
        clean_up,
        operation_id="clean_up_stale_jobs",
        summary="Work off what is due",
        description="What the deployment does every minute by itself, at once and for at most 50 jobs: send again what "
        "no worker took, take over what a dead worker held, fail what was tried too often.",
        tag="jobs",
        permission=ADMIN,
        answers={HTTPStatus.OK: Answer("How many jobs met what", StaleCleanup)},
    ),
)
