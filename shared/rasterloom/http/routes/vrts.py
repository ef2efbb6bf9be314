"""Making VRTs."""

from http import HTTPStatus
from typing import Final

from rasterloom.domain.access import UPLOAD
from rasterloom.http.answers import Accepted
from rasterloom.http.calls import Call
from rasterloom.http.responses import Response, json_response
from rasterloom.http.routing import Answer, Route


def create(call: Call) -> Response:
    """Accept a VRT to be made."""
    from rasterloom.http.bodies import CreateVrtBody

    body = call.fields(CreateVrtBody)
    job_id = call.use_cases.create_vrt(call.principal, body.request(), call.idempotency(body))
    return accepted(job_id, "The VRT is being created")


def accepted(job_id: str, message: str) -> Response:
    """The answer to a change that a job now makes."""
    answer: Accepted = {"job_id": job_id, "status": "accepted", "message": f"{message}; poll /jobs/{job_id}"}
    return json_response(answer, HTTPStatus.ACCEPTED)


ROUTES: Final = (
    Route(
        "POST",
        "/ingest/vrt/create",
        create,
        operation_id="create_vrt",
        summary="Create a VRT",
        description="Every source is held against every rule and against its object before this answers; a refusal "
        "names everything that is wrong. Assembly happens afterwards, in a job. A manifest "
        "is read with the caller's right to register what lies there; what is wrong with a line of it, or "
        "with the source on it, points to that line, counted from 1.",
        tag="vrts",
        permission=UPLOAD,
        body="CreateVrtBody",
        is_idempotent_by_key=True,
        answers={HTTPStatus.ACCEPTED: Answer("The job that makes it", Accepted)},
    ),
)
