"""Examples of refusals, made from the errors themselves by the code that answers them."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from rasterloom.domain.errors import (
    BaseChangedError,
    BeingDeletedError,
    DatasetBusyError,
    DatasetInUseError,
    ForbiddenError,
    IdempotencyKeyReusedError,
    IncompatibleSourcesError,
    InvalidInputError,
    InvalidUriError,
    JobEndedError,
    JobNotRetryableError,
    NotFoundError,
    NotPublishedError,
    OutOfTimeError,
    SourceAlreadyLinkedError,
    TitleMismatchError,
    TooFewSourcesError,
    UnauthenticatedError,
    UnavailableError,
    VersionChangedError,
)
from rasterloom.domain.findings import Finding, on_lines
from rasterloom.domain.outputs import (
    INDEX_ONLY_FROM,
    NotForBandStacksError,
    NotInThisFormatError,
    TooLargeForOutputError,
)
from rasterloom.domain.refusals import (
    GenerationNotCompletedError,
    InvalidInputsError,
    MembersGoneError,
    StagedSourcesGoneError,
    UploadEndedError,
)
from rasterloom.http import bodies
from rasterloom.http.bodies.validated import validated
from rasterloom.http.errors import BodyTooLargeError, FieldsError, MalformedBodyError, field_error
from rasterloom.http.openapi.examples import ids
from rasterloom.http.problems import problem, status_of
from rasterloom.http.routing import Route
from rasterloom.services.derive_output import MOST_MEMBERS
from rasterloom.services.places import NOT_LISTED

type Errors = dict[str, Exception]
"""Errors by what they show."""

_BUSY: Final[Errors] = {"The VRT is regenerating": DatasetBusyError(ids.VRT, ids.OTHER_JOB)}
_UNPUBLISHED: Final[Errors] = {"Nothing is published yet": NotPublishedError(ids.VRT)}
_NOT_SO: Final[Errors] = {
    "It is a band stack": NotForBandStacksError(ids.VRT, "gti"),
    "A source lies nowhere on Earth": NotInThisFormatError("mosaicjson", f"{ids.WEST_URI} cannot be placed on Earth"),
    "It has too many sources": TooLargeForOutputError(ids.VRT, MOST_MEMBERS + 1, MOST_MEMBERS),
}
_NO_VRT: Final[Errors] = {
    "It is a tile index": TooLargeForOutputError(ids.VRT, INDEX_ONLY_FROM, INDEX_ONLY_FROM - 1),
}
_BASE_CHANGED: Final[Errors] = {
    "Another change was published": BaseChangedError(
        f"Another generation of dataset {ids.VRT} was published meanwhile", dataset_id=ids.VRT
    )
}
_CHANGING: Final[Errors] = _BUSY | _UNPUBLISHED | _BASE_CHANGED
_DELETING: Final[Errors] = {"It is being deleted": BeingDeletedError(ids.WEST)}
_DEPENDENTS: Final = (((ids.VRT, "Jacksboro"),), 1)
_KEY_REUSED: Final[Errors] = {"The key came before": IdempotencyKeyReusedError("2026-11-22-jacksboro-1")}
_MISMATCH: Final = Finding(
    "crs_mismatch",
    ids.EAST,
    1,
    "crs",
    "The CRS is WGS 84 / UTM zone 16N (EPSG:32616); the reference source has WGS 84 (EPSG:4326)",
    expected="WGS 84 (EPSG:4326)",
    actual="WGS 84 / UTM zone 16N (EPSG:32616)",
    reference=ids.WEST,
    hint="Warp it to the CRS of the others: gdalwarp -t_srs EPSG:4326 -of COG",
)
_UNKNOWN: Final = Finding(
    "source_not_found",
    ids.EAST,
    1,
    "id",
    f"No raster dataset {ids.EAST}",
    expected="a raster dataset that you may read",
)
_UNREADABLE: Final = Finding(
    "object_missing",
    ids.WEST_URI,
    0,
    "uri",
    f"{ids.WEST_URI} does not exist",
    expected="a readable GeoTIFF",
    actual="no such object",
    hint="Check bucket and key, upper and lower case included, and upload the file if it is not there.",
)
_GONE: Final = Finding(
    "object_missing", ids.EAST, 1, "id", f"Raster dataset {ids.EAST} does not exist any more", expected="5f0c1a3e"
)
_WIDER: Final = Finding(
    "visibility_exceeds_source",
    ids.EAST,
    1,
    "visibility",
    "The VRT would be public, but this source is private",
    expected="private",
    actual="public",
)
_MISSING_PART: Final = InvalidInputError(
    "part_missing",
    "Part 2 of 3 has not arrived",
    loc=("body", "parts", 1),
    value=None,
    expected="8388608 bytes",
    actual=None,
)
_BAD_LINE: Final = InvalidInputError(
    "manifest_line",
    'Line 7 names no source: expected {"source_dataset_id": "<uuid>"} or "<uuid>", found jacksboro',
    loc=("body", "manifest_uri", 7),
    value="jacksboro",
    expected='{"source_dataset_id": "<uuid>"} or "<uuid>"',
    actual="jacksboro",
)
_UNFIT: Final[Errors] = {"Sources that do not fit": IncompatibleSourcesError([_MISMATCH, _UNKNOWN])}
_UNFIT_ONE: Final[Errors] = {"The source does not fit": IncompatibleSourcesError([_MISMATCH])}

_EVERYWHERE: Final[Mapping[HTTPStatus, Errors]] = {
    HTTPStatus.BAD_REQUEST: {
        "No JSON": MalformedBodyError("The body is no JSON: Expecting ',' delimiter at line 3 column 5")
    },
    HTTPStatus.UNAUTHORIZED: {
        "No token": UnauthenticatedError("A bearer token is needed: Authorization: Bearer …"),
        "A token that does not hold": UnauthenticatedError("The bearer token has expired", presented=True),
    },
    HTTPStatus.PRECONDITION_FAILED: {"It was changed meanwhile": VersionChangedError(ids.VRT, ids.VERSION)},
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {
        "Over 1 MB": BodyTooLargeError("The body has 1048577 bytes; at most 1048576 are taken")
    },
    HTTPStatus.INTERNAL_SERVER_ERROR: {"An error of ours": RuntimeError("never told")},
    HTTPStatus.SERVICE_UNAVAILABLE: {
        "The catalogue is throttled": UnavailableError("The catalogue", "throttled"),
        "It took too long": OutOfTimeError("the request took more than 25 s"),
    },
}
"""What every route says in the same words."""

_NOT_ALLOWED: Final = ForbiddenError(f"{ids.WEST_URI} may not be read on your behalf: {NOT_LISTED}")

_BY_OPERATION: Final[Mapping[str, Errors]] = {
    "register_raster": {
        "Nobody allowed this object": _NOT_ALLOWED,
        "There is no such object": IncompatibleSourcesError([_UNREADABLE]),
        "No URI of an object on S3": InvalidUriError("https://bucket/tile.tif", "s3://bucket/key"),
        **_DELETING,
    },
    "request_upload": _KEY_REUSED
    | {"It was cancelled": UploadEndedError(ids.JOB, "cancelled", "ask for another one under another Idempotency-Key")},
    "complete_upload": {
        "Parts that are missing": InvalidInputsError([_MISSING_PART]),
        "No usable GeoTIFF": IncompatibleSourcesError([_UNREADABLE]),
        "It was cancelled": UploadEndedError(ids.JOB, "cancelled", None),
        **_DELETING,
    },
    "create_vrt": _UNFIT
    | _KEY_REUSED
    | {
        "A line of the manifest": InvalidInputsError([_BAD_LINE]),
        "A source on line 7 of the manifest": IncompatibleSourcesError(on_lines([_MISMATCH], [6, 7])),
        "A manifest of others": _NOT_ALLOWED,
    },
    "validate_vrt": {
        "A line of the manifest": InvalidInputsError([_BAD_LINE]),
        "A manifest of others": _NOT_ALLOWED,
    },
    "add_vrt_source": _UNFIT_ONE
    | _CHANGING
    | {"The VRT has it already": SourceAlreadyLinkedError(ids.VRT, ids.EAST)}
    | _KEY_REUSED,
    "remove_vrt_source": _CHANGING | {"Two would not be left": TooFewSourcesError(ids.VRT, 2, 2)} | _KEY_REUSED,
    "regenerate_vrt": _CHANGING | _KEY_REUSED,
    "replace_vrt_sources": _UNFIT | _CHANGING | _KEY_REUSED,
    "update_vrt_options": _CHANGING | _KEY_REUSED,
    "roll_back_vrt": _UNFIT_ONE
    | _CHANGING
    | {
        "It was never published": GenerationNotCompletedError(ids.GENERATION, "failed"),
        "A member is gone": MembersGoneError(ids.EARLIER_GENERATION, [_GONE]),
    }
    | _KEY_REUSED,
    "retry_job": _UNFIT_ONE
    | _CHANGING
    | _KEY_REUSED
    | {
        "It has not failed": JobNotRetryableError(ids.JOB, "complete"),
        "Its sources are known no longer": StagedSourcesGoneError(ids.JOB),
    },
    "cancel_job": {"It has ended": JobEndedError(ids.JOB, "complete")},
    "update_dataset": {
        "More visible than a source": IncompatibleSourcesError([_WIDER]),
        "Less visible than a VRT": DatasetInUseError(
            "VRTs that are more visible than this raster would be use it", *_DEPENDENTS
        ),
    }
    | _BUSY
    | _DELETING,
    "delete_dataset": {
        "Another title": TitleMismatchError(ids.VRT),
        "VRTs use it": DatasetInUseError("VRTs use this raster", *_DEPENDENTS),
    }
    | _BUSY
    | _DELETING,
    "read_quicklook": _UNPUBLISHED,
    "download_vrt": _UNPUBLISHED | _NO_VRT,
    "locate_relative_vrt": _UNPUBLISHED | _NO_VRT,
    "download_output": _UNPUBLISHED | _NOT_SO,
    "read_footprints": _UNPUBLISHED
    | {"It has too many sources": TooLargeForOutputError(ids.VRT, MOST_MEMBERS + 1, MOST_MEMBERS)},
}
"""What only some routes say."""


def examples(route: Route, status: HTTPStatus) -> dict[str, Any]:
    """The refusals of a route with this status, by what they show."""
    told = {**_EVERYWHERE.get(status, {}), **dict(_own(route, status))}
    told |= {
        summary: error
        for summary, error in _BY_OPERATION.get(route.operation_id, {}).items()
        if status_of(error) is status
    }
    return {summary: json.loads(problem(error, ids.REQUEST, route.finding_loc).body) for summary, error in told.items()}


def _own(route: Route, status: HTTPStatus) -> Iterator[tuple[str, Exception]]:
    """The refusals that follow from what a route is."""
    if status is HTTPStatus.FORBIDDEN and route.permission:
        missing = f"Missing permission: {route.permission}"
        yield missing, ForbiddenError(missing)
    if status is HTTPStatus.NOT_FOUND and route.parameters:
        name = route.parameters[0]
        kind, known = ("job", ids.JOB) if name == "job_id" else ("dataset", ids.VRT)
        yield "There is none", NotFoundError(kind, known)
    if status is HTTPStatus.UNPROCESSABLE_ENTITY:
        yield from _invalid(route)


def _invalid(route: Route) -> Iterator[tuple[str, Exception]]:
    if route.body:
        try:
            validated(getattr(bodies, route.body), {"tilte": "Jacksboro"})
        except FieldsError as error:
            yield "Fields that are not valid", error
    elif route.parameters:
        name = route.parameters[0]
        entry = field_error(("path", name), "Input should be a valid UUID", "uuid_parsing", "jacksboro")
        yield "No UUID", FieldsError([entry])
    elif route.query:
        message = "Input should be less than or equal to 200"
        yield "Out of range", FieldsError([field_error(("query", "limit"), message, "less_than_equal", "500", le=200)])
