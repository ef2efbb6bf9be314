"""What a VRT serves."""

from http import HTTPStatus
from typing import Final

from rasterloom.http.answers import Problem
from rasterloom.http.calls import Call
from rasterloom.http.parameters import IntegerParameter
from rasterloom.http.problems import PROBLEM_JSON
from rasterloom.http.responses import Response, cacheable, redirect
from rasterloom.http.routing import Answer, Route

QUICKLOOK_CACHE: Final = "private, no-cache"
"""A generation may be published at any moment: keep the picture, but ask whether it still is the one."""

UNPUBLISHED: Final = Answer("Nothing of the VRT is published yet", Problem, PROBLEM_JSON)
NO_VRT: Final = Answer("Nothing is published yet, or it has too many sources to be a VRT", Problem, PROBLEM_JSON)


def quicklook(call: Call) -> Response:
    """Answer a picture."""
    size = call.query["size"]
    picture = call.use_cases.read_artifact.quicklook(call.principal, call.id("dataset_id"), size)
    return cacheable(picture, "image/png", QUICKLOOK_CACHE, call.request.headers.get("if-none-match"))


def download_vrt(call: Call) -> Response:
    """Answer where the VRT reads for a short while."""
    return redirect(call.use_cases.read_artifact.download_url(call.principal, call.id("dataset_id")))


ROUTES: Final = (
    Route(
        "GET",
        "/datasets/{dataset_id}/quicklook",
        quicklook,
        operation_id="read_quicklook",
        summary="Look at a VRT",
        description="The smaller of the two pictures that a build makes (256 and 512 pixels) that is large enough. "
        "Of more than 100 sources it shows in grey where they lie until their pixels are drawn, which begins when the "
        "VRT is published. Of a public VRT without a token, too.",
        tag="artifacts",
        is_open=True,
        query=(IntegerParameter("size", 256, 1, 512, "Pixels that the longer side should have."),),
        answers={
            HTTPStatus.OK: Answer(
                "A picture, transparent where there is no data",
                content_type="image/png",
                headers={"ETag": "Its digest"},
            ),
            HTTPStatus.NOT_MODIFIED: Answer(
                "The picture is the one that `If-None-Match` names", content_type="", headers={"ETag": "Its digest"}
            ),
            HTTPStatus.CONFLICT: UNPUBLISHED,
        },
    ),
    Route(
        "GET",
        "/datasets/{dataset_id}/download/vrt",
        download_vrt,
        operation_id="download_vrt",
        summary="Download a VRT",
        description="A mosaic of 50,000 source elements (sources times bands) or more is a tile index and has no VRT: "
        "409 `too_large`; download it as `gti`.",
        tag="artifacts",
        answers={
            HTTPStatus.TEMPORARY_REDIRECT: Answer(
                "Where the published `source.vrt` reads for 15 minutes",
                content_type="",
                headers={"Location": "The URL"},
            ),
            HTTPStatus.CONFLICT: NO_VRT,
        },
    ),
)
