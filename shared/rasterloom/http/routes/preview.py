"""Asking what would become of a VRT."""

from http import HTTPStatus
from typing import Final

from rasterloom.http.answers import PreviewAnswer, Problem
from rasterloom.http.calls import Call
from rasterloom.http.present_preview import preview_answer
from rasterloom.http.problems import PROBLEM_JSON
from rasterloom.http.responses import Response, json_response
from rasterloom.http.routing import Answer, Route


def validate(call: Call) -> Response:
    """Answer what would become of a VRT."""
    from rasterloom.http.bodies import ValidateVrtBody

    body = call.fields(ValidateVrtBody)
    return json_response(preview_answer(call.use_cases.preview_vrt(call.principal, body.request())))


ROUTES: Final = (
    Route(
        "POST",
        "/ingest/vrt/validate",
        validate,
        operation_id="validate_vrt",
        summary="Try whether a VRT could be created",
        description="A dry run: every finding, the grid that the VRT would have, and where its sources lie. Sources "
        "that do not fit are findings here, and no refusal. Nothing is written, so whoever may read may ask.",
        tag="vrts",
        body="ValidateVrtBody",
        answers={
            HTTPStatus.OK: Answer("What would become of it", PreviewAnswer),
            HTTPStatus.FORBIDDEN: Answer(
                "The manifest lies where the caller may have nothing read", Problem, PROBLEM_JSON
            ),
        },
    ),
)
