"""What a VRT serves in other formats."""

from http import HTTPStatus
from typing import Final

from rasterloom.domain.errors import NotFoundError
from rasterloom.domain.outputs import OutputFormat
from rasterloom.http.answers import FootprintDocument, RelativeVrt
from rasterloom.http.calls import Call
from rasterloom.http.responses import Response, cacheable, json_response, redirect
from rasterloom.http.routes.artifacts import NO_VRT, QUICKLOOK_CACHE, UNPUBLISHED
from rasterloom.http.routing import Answer, Route

GEOJSON: Final = "application/geo+json"

_UNAVAILABLE: Final = Answer(
    "Nothing of the VRT is published yet, or the format cannot hold it", UNPUBLISHED.model, UNPUBLISHED.content_type
)


def download_output(call: Call) -> Response:
    """Answer where an output reads for a short while."""
    dataset_id, name = call.id("dataset_id"), call.path_parameters["format"]
    if name not in set(OutputFormat):
        raise NotFoundError("download format", f"{name[:100]!r}: expected vrt, vrt-relative, {', '.join(OutputFormat)}")
    return redirect(call.use_cases.read_output.url(call.principal, dataset_id, OutputFormat(name)))


def locate_relative_vrt(call: Call) -> Response:
    """Answer where the VRT with relative paths lies."""
    return json_response({"s3_uri": call.use_cases.read_output.relative_uri(call.principal, call.id("dataset_id"))})


def read_footprints(call: Call) -> Response:
    """Answer where the sources lie."""
    found = call.use_cases.read_output.footprints_here(call.principal, call.id("dataset_id"))
    if isinstance(found, str):
        return redirect(found)
    return cacheable(found.decode(), GEOJSON, QUICKLOOK_CACHE, call.request.headers.get("if-none-match"))


ROUTES: Final = (
    Route(
        "GET",
        "/datasets/{dataset_id}/download/vrt-relative",
        locate_relative_vrt,
        operation_id="locate_relative_vrt",
        summary="Find the VRT with relative paths",
        description="It is to be opened in place, with credentials of the reader's own: `/vsis3/` and mounts of S3 "
        "resolve its paths, other buckets included where they lie side by side. Behind a signed URL they would lead "
        "nowhere, so none is given.",
        tag="artifacts",
        answers={HTTPStatus.OK: Answer("Where it lies", RelativeVrt), HTTPStatus.CONFLICT: NO_VRT},
    ),
    Route(
        "GET",
        "/datasets/{dataset_id}/download/{format}",
        download_output,
        operation_id="download_output",
        summary="Download a VRT in another format",
        description="`gti` is a GDAL Raster Tile Index (GeoPackage; GDAL 3.10 and later), `mosaicjson` a MosaicJSON "
        "0.0.3, `stac` a STAC 1.1 Item, `footprints` GeoJSON. Each is made when it is first asked for, and kept. "
        "Sources are named by their S3 URIs, as in the VRT; band stacks have neither `gti` nor `mosaicjson`.",
        tag="artifacts",
        answers={
            HTTPStatus.TEMPORARY_REDIRECT: Answer(
                "Where it reads for 15 minutes", content_type="", headers={"Location": "The URL"}
            ),
            HTTPStatus.CONFLICT: _UNAVAILABLE,
        },
    ),
    Route(
        "GET",
        "/datasets/{dataset_id}/footprints.geojson",
        read_footprints,
        operation_id="read_footprints",
        summary="Show where the sources of a VRT lie",
        description="GeoJSON after RFC 7946, cut at the antimeridian: one feature per source, by position. Where it "
        "has more than 900,000 bytes, the answer is where it reads.",
        tag="artifacts",
        answers={
            HTTPStatus.OK: Answer("Where the sources lie", FootprintDocument, GEOJSON, headers={"ETag": "Its digest"}),
            HTTPStatus.NOT_MODIFIED: Answer(
                "It is the one that `If-None-Match` names", content_type="", headers={"ETag": "Its digest"}
            ),
            HTTPStatus.TEMPORARY_REDIRECT: Answer(
                "It is large: where it reads for 15 minutes", content_type="", headers={"Location": "The URL"}
            ),
            HTTPStatus.CONFLICT: _UNAVAILABLE,
        },
    ),
)
