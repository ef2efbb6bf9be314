"""Weaving VRTs of other sources, or otherwise of the same ones."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from rasterloom.domain.access import UPLOAD
from rasterloom.domain.findings import Finding
from rasterloom.domain.versions import version_of
from rasterloom.http.answers import DatasetAnswer, Problem
from rasterloom.http.calls import Call
from rasterloom.http.preconditions import VERSION, with_version
from rasterloom.http.present import dataset_answer
from rasterloom.http.problems import PROBLEM_JSON, at_listed
from rasterloom.http.responses import Response, json_response
from rasterloom.http.routes.changes import ACCEPTED, CHANGED
from rasterloom.http.routes.vrts import accepted
from rasterloom.http.routing import Answer, Route

if TYPE_CHECKING:
    from rasterloom.http.bodies import WeaveOptionsBody


def replace_sources(call: Call) -> Response:
    """Accept a list of sources instead of the one that there is."""
    from rasterloom.http.bodies import ReplaceSourcesBody

    body = call.fields(ReplaceSourcesBody)
    vrt_id = call.id("dataset_id")
    job_id = call.use_cases.replace_sources(call.principal, vrt_id, body.ids(), call.terms(body))
    return accepted(job_id, "The sources are being replaced")


def weave_otherwise(call: Call) -> Response:
    """Accept other options."""
    from rasterloom.http.bodies import WeaveOptionsBody

    body = call.fields(WeaveOptionsBody)
    vrt_id = call.id("dataset_id")
    if not body.weaves_otherwise:
        return _switched(call, vrt_id, body)
    job_id = call.use_cases.change_vrt.weave_otherwise(call.principal, vrt_id, body.request(), call.terms(body))
    return accepted(job_id, "The VRT is being built with other options")


def _switched(call: Call, vrt_id: str, body: "WeaveOptionsBody") -> Response:
    """Answer the VRT: where nothing is built, there is no job to poll."""
    switch = call.use_cases.switch_auto_regenerate
    vrt = switch(call.principal, vrt_id, wanted=bool(body.auto_regenerate), terms=call.terms(body))
    answer = dataset_answer(vrt, call.principal, call.use_cases.bucket)
    return with_version(json_response(answer), version_of(vrt))


def at_vrt(finding: Finding) -> tuple[str | int, ...]:
    """The place of a finding about other options: the one that is to blame, or the VRT whose member is."""
    return ("path", "dataset_id") if finding.option is None else ("body", finding.option)


def roll_back(call: Call) -> Response:
    """Accept the members of an earlier generation instead of those that there are."""
    vrt_id, generation_id = call.id("dataset_id"), call.id("generation_id")
    job_id = call.use_cases.replace_sources.roll_back(call.principal, vrt_id, generation_id, call.terms())
    return accepted(job_id, "The members of the generation are being built again")


def at_generation(_: Finding) -> tuple[str | int, ...]:
    """The only place that a finding about an earlier generation's member can point to."""
    return ("path", "generation_id")


ROUTES: Final = (
    Route(
        "PUT",
        "/ingest/vrt/{dataset_id}/sources/",
        replace_sources,
        operation_id="replace_vrt_sources",
        summary="Replace all sources",
        description="Sources come, go and change places in one generation, or not at all. All of them are held "
        "against the rules, as the sources of a new VRT are.",
        tag="vrts",
        permission=UPLOAD,
        body="ReplaceSourcesBody",
        is_idempotent_by_key=True,
        is_conditional=True,
        finding_loc=at_listed,
        answers=CHANGED,
    ),
    Route(
        "PATCH",
        "/datasets/{dataset_id}/vrt/",
        weave_otherwise,
        operation_id="update_vrt_options",
        summary="Weave a VRT otherwise",
        description="Its sources are held against the rules with the new options, and taken as the catalogue has them "
        "today. The options hold for what is built from then on; they are told of with the dataset once a generation "
        "that has them is published. A body with nothing but `auto_regenerate` builds nothing: what holds for the VRT "
        "from then on is answered at once, whether it is regenerating or not.",
        tag="vrts",
        permission=UPLOAD,
        body="WeaveOptionsBody",
        is_idempotent_by_key=True,
        is_conditional=True,
        finding_loc=at_vrt,
        answers={
            HTTPStatus.OK: Answer("The VRT, of which nothing is built", DatasetAnswer, headers=VERSION),
            **CHANGED,
        },
    ),
    Route(
        "POST",
        "/datasets/{dataset_id}/vrt/rollback/{generation_id}",
        roll_back,
        operation_id="roll_back_vrt",
        summary="Go back to an earlier generation",
        description="A new generation is built of the members of a completed one, in their order and with its options. "
        "Each member is taken as the catalogue has it today.",
        tag="vrts",
        permission=UPLOAD,
        is_idempotent_by_key=True,
        is_conditional=True,
        finding_loc=at_generation,
        answers={
            HTTPStatus.ACCEPTED: ACCEPTED,
            HTTPStatus.CONFLICT: Answer(
                "The VRT is regenerating, or nothing of it is published yet; or the generation was never published "
                "(`generation_not_completed`), or members of it are gone (`members_gone`, with one finding for each)",
                Problem,
                PROBLEM_JSON,
                {"Retry-After": "Seconds after which to try again, where the VRT is busy"},
            ),
        },
    ),
)
