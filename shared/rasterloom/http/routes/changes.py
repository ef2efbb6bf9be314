"""Changing VRTs."""

from http import HTTPStatus
from typing import Final

from rasterloom.domain.access import UPLOAD
from rasterloom.domain.findings import Finding
from rasterloom.http.answers import Accepted, GenerationList, Problem
from rasterloom.http.calls import Call
from rasterloom.http.parameters import IntegerParameter
from rasterloom.http.preconditions import VERSION, with_version
from rasterloom.http.present_vrt import generation_answer
from rasterloom.http.problems import PROBLEM_JSON
from rasterloom.http.responses import Response, json_response
from rasterloom.http.routes.vrts import accepted
from rasterloom.http.routing import Answer, Route

ACCEPTED: Final = Answer("The job that makes the change; what is served stays until it is published", Accepted)
BUSY: Final = Answer(
    "The VRT is regenerating, or nothing of it is published yet, or the change is made already",
    Problem,
    PROBLEM_JSON,
    {"Retry-After": "Seconds after which to try again, where the VRT is busy"},
)
CHANGED: Final = {HTTPStatus.ACCEPTED: ACCEPTED, HTTPStatus.CONFLICT: BUSY}


def add_source(call: Call) -> Response:
    """Accept a source to be appended."""
    from rasterloom.http.bodies import AddSourceBody

    body = call.fields(AddSourceBody)
    vrt_id, source_id = call.id("dataset_id"), str(body.source_dataset_id)
    job_id = call.use_cases.change_vrt.add(call.principal, vrt_id, source_id, call.terms(body))
    return accepted(job_id, "The source is being added")


def remove_source(call: Call) -> Response:
    """Accept a source to be taken away."""
    vrt_id, source_id = call.id("dataset_id"), call.id("source_dataset_id")
    job_id = call.use_cases.change_vrt.remove(call.principal, vrt_id, source_id, call.terms())
    return accepted(job_id, "The source is being removed")


def regenerate(call: Call) -> Response:
    """Accept a VRT to be built again."""
    job_id = call.use_cases.change_vrt.regenerate(call.principal, call.id("dataset_id"), call.terms())
    return accepted(job_id, "The VRT is being built again")


def generations(call: Call) -> Response:
    """Answer the builds of a VRT."""
    found = call.use_cases.read_generations(call.principal, call.id("dataset_id"), **call.query)
    answer: GenerationList = {
        "generations": [generation_answer(each, is_owner=found.is_owner) for each in found.page.generations],
        "total": found.page.total,
    }
    return with_version(json_response(answer), found.version)


def at_added_source(_: Finding) -> tuple[str | int, ...]:
    """The only place that a finding about an added source can point to."""
    return ("body", "source_dataset_id")


ROUTES: Final = (
    Route(
        "POST",
        "/ingest/vrt/{dataset_id}/sources/",
        add_source,
        operation_id="add_vrt_source",
        summary="Add a source",
        description="The source is appended, and so lies on top of the others. It is held against the rules as the "
        "sources of a new VRT are.",
        tag="vrts",
        permission=UPLOAD,
        body="AddSourceBody",
        is_idempotent_by_key=True,
        is_conditional=True,
        finding_loc=at_added_source,
        answers=CHANGED,
    ),
    Route(
        "DELETE",
        "/ingest/vrt/{dataset_id}/sources/{source_dataset_id}/",
        remove_source,
        operation_id="remove_vrt_source",
        summary="Remove a source",
        description="At least two sources stay.",
        tag="vrts",
        permission=UPLOAD,
        is_idempotent_by_key=True,
        is_conditional=True,
        answers=CHANGED,
    ),
    Route(
        "POST",
        "/datasets/{dataset_id}/vrt/regenerate/",
        regenerate,
        operation_id="regenerate_vrt",
        summary="Build a VRT again",
        description="Its sources are taken as the catalogue has them today: register a source again to have its header "
        "read again.",
        tag="vrts",
        permission=UPLOAD,
        is_idempotent_by_key=True,
        is_conditional=True,
        answers=CHANGED,
    ),
    Route(
        "GET",
        "/datasets/{dataset_id}/vrt/generations/",
        generations,
        operation_id="list_vrt_generations",
        summary="List a VRT's generations",
        description="Every build is one, the creating one too. Who built it and what went wrong is for who may change "
        "the VRT.",
        tag="vrts",
        query=(
            IntegerParameter("limit", 20, 1, 100, "Most generations to answer."),
            IntegerParameter("skip", 0, 0, 1_000_000, "Generations to leave out.", deprecated_alias="offset"),
        ),
        answers={HTTPStatus.OK: Answer("Generations, newest first", GenerationList, headers=VERSION)},
    ),
)
