"""Jobs."""

from http import HTTPStatus
from typing import Final

from rasterloom.http.answers import JobAnswer
from rasterloom.http.calls import Call
from rasterloom.http.present_job import job_answer, retry_after
from rasterloom.http.responses import Response, json_response
from rasterloom.http.routing import Answer, Route


def read(call: Call) -> Response:
    """Answer a job, and when to ask again."""
    job = call.use_cases.read_job(call.principal, call.id("job_id"))
    response = json_response(job_answer(job))
    seconds = retry_after(job)
    return response if seconds is None else response.with_headers(retry_after=str(seconds))


ROUTES: Final = (
    Route(
        "GET",
        "/jobs/{job_id}",
        read,
        operation_id="read_job",
        summary="Read a job",
        description="Jobs are visible to who made them, and to admins.",
        tag="jobs",
        answers={
            HTTPStatus.OK: Answer(
                "The job", JobAnswer, headers={"Retry-After": "Seconds to wait before asking again, until it has ended"}
            )
        },
    ),
)
