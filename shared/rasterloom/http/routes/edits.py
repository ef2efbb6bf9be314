"""Changing and deleting datasets, and who uses them."""

from http import HTTPStatus
from typing import Final

from rasterloom.domain.access import UPLOAD
from rasterloom.domain.findings import Finding
from rasterloom.domain.versions import version_of
from rasterloom.http.answers import DatasetAnswer, DependentList, Problem
from rasterloom.http.calls import Call
from rasterloom.http.parameters import TextParameter
from rasterloom.http.preconditions import VERSION, with_version
from rasterloom.http.present import dataset_answer
from rasterloom.http.problems import PROBLEM_JSON, dependent_vrts
from rasterloom.http.responses import NO_STORE, Response, json_response
from rasterloom.http.routing import Answer, Route

_AGAIN: Final = {"Retry-After": "Seconds after which to try again, where the dataset is busy"}
_NOT_YOURS: Final = Answer(f"Missing permission: {UPLOAD}; or the dataset is not the caller's", Problem, PROBLEM_JSON)


def update(call: Call) -> Response:
    """Change a dataset."""
    from rasterloom.http.bodies import UpdateDatasetBody

    body = call.fields(UpdateDatasetBody)
    dataset = call.use_cases.edit_dataset(call.principal, call.id("dataset_id"), body.request(), call.terms(body))
    return with_version(
        json_response(dataset_answer(dataset, call.principal, call.use_cases.bucket)), version_of(dataset)
    )


def delete(call: Call) -> Response:
    """Delete a dataset."""
    from rasterloom.http.bodies import DeleteDatasetBody

    body = call.fields(DeleteDatasetBody)
    given = (body.confirm_title, call.query["confirm_title"])
    confirmed = [title for title in given if title is not None]
    call.use_cases.delete_dataset(call.principal, call.id("dataset_id"), confirmed, call.terms(body))
    return Response(HTTPStatus.NO_CONTENT, {"cache-control": NO_STORE})


def dependents(call: Call) -> Response:
    """Answer who uses a raster."""
    told = call.use_cases.read_dependents(call.principal, call.id("dataset_id"))
    answer: DependentList = {"dependents": dependent_vrts(told.listed), "hidden": told.hidden}
    return json_response(answer)


def at_visibility(_: Finding) -> tuple[str | int, ...]:
    """The only place that a finding about an edit can point to."""
    return ("body", "visibility")


ROUTES: Final = (
    Route(
        "PATCH",
        "/datasets/{dataset_id}",
        update,
        operation_id="update_dataset",
        summary="Change a dataset",
        description="Its title, its summary, and who may see it. A VRT is never more visible than its least visible "
        "source: making the VRT more visible than that, or one of its sources less visible than it, is refused.",
        tag="datasets",
        permission=UPLOAD,
        body="UpdateDatasetBody",
        is_idempotent_by_key=True,
        is_conditional=True,
        finding_loc=at_visibility,
        answers={
            HTTPStatus.OK: Answer("The dataset as it is now", DatasetAnswer, headers=VERSION),
            HTTPStatus.FORBIDDEN: _NOT_YOURS,
            HTTPStatus.CONFLICT: Answer(
                "A VRT that uses this raster is more visible than it would be; or the VRT is regenerating, or the "
                "raster is being deleted",
                Problem,
                PROBLEM_JSON,
                _AGAIN,
            ),
        },
    ),
    Route(
        "DELETE",
        "/datasets/{dataset_id}",
        delete,
        operation_id="delete_dataset",
        summary="Delete a dataset",
        description="A raster goes when no VRT uses it, neither in what it serves nor in what is queued or being "
        "built; its object on S3 stays, and can be registered again. Events of S3 do not bring it back while the "
        "object stays as it is, for a year. A VRT goes when nothing is being built of it. A deletion that was "
        "interrupted is carried on by deleting again.",
        tag="datasets",
        permission=UPLOAD,
        body="DeleteDatasetBody",
        is_idempotent_by_key=True,
        is_conditional=True,
        is_body_optional=True,
        query=(TextParameter("confirm_title", "As in the body, for clients that send none with DELETE."),),
        answers={
            HTTPStatus.NO_CONTENT: Answer("It is gone", content_type=""),
            HTTPStatus.BAD_REQUEST: Answer(
                "The body is no JSON, or `confirm_title` is not the dataset's title", Problem, PROBLEM_JSON
            ),
            HTTPStatus.FORBIDDEN: _NOT_YOURS,
            HTTPStatus.CONFLICT: Answer(
                "VRTs use this raster, or another deletion of it is under way; or the VRT is regenerating",
                Problem,
                PROBLEM_JSON,
                _AGAIN,
            ),
        },
    ),
    Route(
        "GET",
        "/datasets/{dataset_id}/dependents",
        dependents,
        operation_id="list_dependents",
        summary="List who uses a raster",
        description="The VRTs that hold it from being deleted.",
        tag="datasets",
        answers={HTTPStatus.OK: Answer("The VRTs that use the raster", DependentList)},
    ),
)
