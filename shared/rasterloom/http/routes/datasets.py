"""Reading datasets, and what VRTs are made of."""

from enum import StrEnum
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from rasterloom.domain.versions import version_of
from rasterloom.http.answers import DatasetAnswer, DatasetList, SourceList, VrtStatusAnswer
from rasterloom.http.calls import Call
from rasterloom.http.parameters import FlagParameter, IntegerParameter, TextParameter
from rasterloom.http.preconditions import VERSION, with_version
from rasterloom.http.present import LISTED_BANDS, dataset_answer
from rasterloom.http.present_vrt import source_answer, status_answer
from rasterloom.http.responses import Response, json_response
from rasterloom.http.routing import Answer, Route
from rasterloom.services.read_sources import PAGE


class RecordType(StrEnum):
    """Kinds of datasets."""

    RASTER = "raster_dataset"
    VRT = "vrt_dataset"


def list_all(call: Call) -> Response:
    """Answer part of what the caller may read."""
    page = call.use_cases.list_datasets(call.principal, **call.query)
    bucket = call.use_cases.bucket
    answer: DatasetList = {
        "datasets": [dataset_answer(dataset, call.principal, bucket, LISTED_BANDS) for dataset in page.datasets],
        "total": page.total,
    }
    return json_response(answer)


def read(call: Call) -> Response:
    """Answer one dataset."""
    dataset = call.use_cases.read_dataset(call.principal, call.id("dataset_id"))
    return with_version(
        json_response(dataset_answer(dataset, call.principal, call.use_cases.bucket)), version_of(dataset)
    )


def sources(call: Call) -> Response:
    """Answer what a VRT was built from, by position."""
    page = call.use_cases.read_sources(call.principal, call.id("dataset_id"), **call.query)
    following = None
    if page.next_cursor is not None:
        following = "?" + urlencode({"limit": call.query["limit"], "cursor": page.next_cursor})
    answer: SourceList = {"sources": [source_answer(source) for source in page.sources], "next": following}
    response = with_version(json_response(answer), page.version)
    return response if following is None else response.with_headers(link=f'<{following}>; rel="next"')


def status(call: Call) -> Response:
    """Answer how a VRT and its sources are."""
    state = call.use_cases.read_vrt_status(call.principal, call.id("dataset_id"), **call.query)
    return with_version(json_response(status_answer(state)), state.version)


ROUTES: Final = (
    Route(
        "GET",
        "/datasets/",
        list_all,
        operation_id="list_datasets",
        summary="List datasets",
        tag="datasets",
        query=(
            TextParameter("record_type", "Only datasets of this kind.", RecordType),
            IntegerParameter("skip", 0, 0, 1_000_000, "Datasets to leave out.", deprecated_alias="offset"),
            IntegerParameter("limit", 50, 1, 200, "Most datasets to answer."),
        ),
        answers={HTTPStatus.OK: Answer("What the caller may read, newest first", DatasetList)},
    ),
    Route(
        "GET",
        "/datasets/{dataset_id}",
        read,
        operation_id="read_dataset",
        summary="Read a dataset",
        tag="datasets",
        answers={HTTPStatus.OK: Answer("The dataset", DatasetAnswer, headers=VERSION)},
    ),
    Route(
        "GET",
        "/datasets/{dataset_id}/vrt-sources/",
        sources,
        operation_id="list_vrt_sources",
        summary="List a VRT's sources",
        tag="vrts",
        query=(
            IntegerParameter("limit", PAGE, 1, PAGE, "Most positions to answer."),
            TextParameter("cursor", "From `next` of the part before."),
        ),
        answers={
            HTTPStatus.OK: Answer(
                "Sources by position", SourceList, headers={**VERSION, "Link": "The next part, if there is one"}
            )
        },
    ),
    Route(
        "GET",
        "/datasets/{dataset_id}/vrt/status/",
        status,
        operation_id="read_vrt_status",
        summary="Read a VRT's status",
        description="Sources in watched places, and uploads, are told of as events have it; the others are asked for, "
        "up to 500 of them. Of a VRT with more, those are told of that events, or another registration, found changed.",
        tag="vrts",
        query=(FlagParameter("probe", "Whether to ask S3 for every source, however many there are."),),
        answers={HTTPStatus.OK: Answer("How the VRT and its sources are", VrtStatusAnswer, headers=VERSION)},
    ),
)
