"""Getting rasters in."""

from http import HTTPStatus
from typing import Final

from rasterloom.domain.access import UPLOAD
from rasterloom.domain.findings import Finding
from rasterloom.http.answers import DatasetAnswer, Problem
from rasterloom.http.calls import Call
from rasterloom.http.findings import finding_entry
from rasterloom.http.present import dataset_answer
from rasterloom.http.problems import PROBLEM_JSON
from rasterloom.http.responses import Response, json_response
from rasterloom.http.routing import Answer, Route


def register(call: Call) -> Response:
    """Register one COG."""
    from rasterloom.http.bodies import RegisterRasterBody

    body = call.fields(RegisterRasterBody)
    registered = call.use_cases.register_raster(call.principal, body.request(), call.idempotency(body))
    answer = dataset_answer(registered.raster, call.principal, call.use_cases.bucket)
    answer["findings"] = [finding_entry(finding, at_uri(finding)) for finding in registered.findings]
    return json_response(answer, HTTPStatus.CREATED if registered.created else HTTPStatus.OK)


def at_uri(_: Finding) -> tuple[str | int, ...]:
    """The only place that a finding of a registration can point to."""
    return ("body", "uri")


ROUTES: Final = (
    Route(
        "POST",
        "/ingest/raster/register",
        register,
        operation_id="register_raster",
        summary="Register a COG",
        description="Reads the object's header, never its pixels. An object that the caller registered before answers "
        "200 with that dataset, re-read if the object has changed.",
        tag="rasters",
        permission=UPLOAD,
        body="RegisterRasterBody",
        is_idempotent_by_key=True,
        finding_loc=at_uri,
        answers={
            HTTPStatus.CREATED: Answer("The dataset that was made", DatasetAnswer),
            HTTPStatus.OK: Answer("The caller's own dataset of this object", DatasetAnswer),
            HTTPStatus.FORBIDDEN: Answer(
                f"Missing permission: {UPLOAD}; or the deployment lets the caller register no object there",
                Problem,
                PROBLEM_JSON,
            ),
            HTTPStatus.CONFLICT: Answer(
                "The caller's own dataset of this object is being deleted",
                Problem,
                PROBLEM_JSON,
                {"Retry-After": "Seconds after which to try again"},
            ),
        },
    ),
)
