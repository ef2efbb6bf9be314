"""Getting many rasters in at once."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from rasterloom.domain.access import UPLOAD
from rasterloom.domain.bulk import ObjectResult
from rasterloom.http.answers import Accepted, Problem, RegistrationResult, RegistrationResults
from rasterloom.http.calls import Call
from rasterloom.http.parameters import IntegerParameter, TextParameter
from rasterloom.http.problems import PROBLEM_JSON
from rasterloom.http.responses import Response, json_response
from rasterloom.http.routes.vrts import accepted
from rasterloom.http.routing import Answer, Route
from rasterloom.services.read_registrations import PAGE


def register(call: Call) -> Response:
    """Accept a bulk registration."""
    from rasterloom.http.bodies import RegisterBulkBody

    body = call.fields(RegisterBulkBody)
    job_id = call.use_cases.request_bulk(call.principal, body.request(), call.idempotency(body))
    return accepted(job_id, "The objects are being registered")


def results(call: Call) -> Response:
    """Answer what became of each object."""
    page = call.use_cases.read_registrations(call.principal, call.id("job_id"), **call.query)
    following = None
    if page.next_cursor is not None:
        following = "?" + urlencode({"limit": call.query["limit"], "cursor": page.next_cursor})
    answer: RegistrationResults = {"results": [result_answer(each) for each in page.results], "next": following}
    response = json_response(answer)
    return response if following is None else response.with_headers(link=f'<{following}>; rel="next"')


def result_answer(result: ObjectResult) -> RegistrationResult:
    """What became of one object."""
    return {
        "uri": result.uri,
        "outcome": result.outcome.value,
        "dataset_id": result.dataset_id,
        "error_code": result.error_code,
        "error_message": result.error_message,
    }


ROUTES: Final = (
    Route(
        "POST",
        "/ingest/raster/register/bulk",
        register,
        operation_id="register_rasters",
        summary="Register many COGs",
        description="Names the objects, or the prefix under which they lie. Their headers are read by workers, many at "
        "once; the job tells how far they have come, and `GET /jobs/{job_id}/registrations` what became of each. An "
        "object that cannot be registered stops no other. Asking for the same again does only what is left.",
        tag="rasters",
        permission=UPLOAD,
        body="RegisterBulkBody",
        is_idempotent_by_key=True,
        answers={
            HTTPStatus.ACCEPTED: Answer("The job", Accepted),
            HTTPStatus.FORBIDDEN: Answer(
                f"Missing permission: {UPLOAD}; or the deployment lets the caller not register all that is named",
                Problem,
                PROBLEM_JSON,
            ),
        },
    ),
    Route(
        "GET",
        "/jobs/{job_id}/registrations",
        results,
        operation_id="list_registrations",
        summary="List what became of each object",
        description="In the order of the request, or of the keys; objects that nobody has come to are `pending`. Kept "
        "for 14 days. Whoever may see the job may see this.",
        tag="jobs",
        query=(
            IntegerParameter("limit", PAGE, 1, PAGE, "Most results to answer."),
            TextParameter("cursor", "Where to go on, as the answer before says."),
        ),
        answers={HTTPStatus.OK: Answer("One result for each object", RegistrationResults)},
    ),
)
