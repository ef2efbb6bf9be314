"""The one table from errors to HTTP, and the problem body of RFC 9457 that every refusal has.

`type` is always `about:blank`, so `title` is the status's own phrase, as the RFC asks; `code` is the machine word.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from itertools import accumulate
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
    RasterloomError,
    SourceAlreadyLinkedError,
    TitleMismatchError,
    TooFewSourcesError,
    UnauthenticatedError,
    UnavailableError,
    VersionChangedError,
)
from rasterloom.domain.findings import Finding
from rasterloom.domain.outputs import NotForBandStacksError, NotInThisFormatError, TooLargeForOutputError
from rasterloom.domain.refusals import (
    MOST_TOLD,
    GenerationNotCompletedError,
    InvalidInputsError,
    MembersGoneError,
    StagedSourcesGoneError,
    UploadEndedError,
)
from rasterloom.http.answers import DependentVrt, InUse
from rasterloom.http.errors import (
    BodyTooLargeError,
    FieldsError,
    MalformedBodyError,
    MethodNotAllowedError,
    UnknownRouteError,
    field_error,
)
from rasterloom.http.findings import finding_entry, jsonable
from rasterloom.http.responses import Response, encode, json_response

PROBLEM_JSON: Final = "application/problem+json"
MAX_LISTED: Final = MOST_TOLD
"""Entries of a `detail`; `findings_total` tells how many there were."""
MAX_LISTED_BYTES: Final = 5_000_000
"""Of them, as text within the function's own JSON: Lambda answers 6 MB, and keys of S3 may be long."""

BUSY_SECONDS: Final = 2
"""When it is worth asking a busy dataset again."""

INTERNAL: Final = "Something went wrong on this side; the request id names it in the logs"
UNAVAILABLE: Final = "A service that this API stands on does not answer; try again"
OUT_OF_TIME: Final = (
    "The request took longer than it may; try again. A change may have been carried out all the same: send it with the "
    "Idempotency-Key that it had, or look first"
)

STATUS: Final[Mapping[type[RasterloomError], HTTPStatus]] = {
    MalformedBodyError: HTTPStatus.BAD_REQUEST,
    TitleMismatchError: HTTPStatus.BAD_REQUEST,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    UnknownRouteError: HTTPStatus.NOT_FOUND,
    MethodNotAllowedError: HTTPStatus.METHOD_NOT_ALLOWED,
    DatasetBusyError: HTTPStatus.CONFLICT,
    BeingDeletedError: HTTPStatus.CONFLICT,
    DatasetInUseError: HTTPStatus.CONFLICT,
    BaseChangedError: HTTPStatus.CONFLICT,
    NotPublishedError: HTTPStatus.CONFLICT,
    SourceAlreadyLinkedError: HTTPStatus.CONFLICT,
    JobNotRetryableError: HTTPStatus.CONFLICT,
    GenerationNotCompletedError: HTTPStatus.CONFLICT,
    MembersGoneError: HTTPStatus.CONFLICT,
    VersionChangedError: HTTPStatus.PRECONDITION_FAILED,
    JobEndedError: HTTPStatus.CONFLICT,
    StagedSourcesGoneError: HTTPStatus.CONFLICT,
    UploadEndedError: HTTPStatus.CONFLICT,
    NotForBandStacksError: HTTPStatus.CONFLICT,
    NotInThisFormatError: HTTPStatus.CONFLICT,
    TooLargeForOutputError: HTTPStatus.CONFLICT,
    TooFewSourcesError: HTTPStatus.UNPROCESSABLE_ENTITY,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    FieldsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    IncompatibleSourcesError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidInputsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidUriError: HTTPStatus.UNPROCESSABLE_ENTITY,
    IdempotencyKeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    OutOfTimeError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Every error that a caller is told of; any other is a 500 that tells nothing."""

type FindingLoc = Callable[[Finding], tuple[str | int, ...]]
"""Where in the request a finding points."""


def at_source(finding: Finding) -> tuple[str | int, ...]:
    """The place of a finding: the option of the request that is to blame, or that of one of its sources."""
    return at_listed(finding) if finding.option is None else ("body", finding.option)


def at_listed(finding: Finding) -> tuple[str | int, ...]:
    """The place of a finding about one of the request's sources: in its list, or a line of its manifest, from 1."""
    if finding.line is not None:
        return ("body", "manifest_uri", finding.line)
    return ("body", "source_dataset_ids", finding.index)


def at_job(finding: Finding) -> tuple[str | int, ...]:
    """The place of a finding about what a job was asked for: the job, or the line of its manifest that it tells."""
    return ("path", "job_id") if finding.line is None else at_source(finding)


def problem(error: Exception, request_id: str, finding_loc: FindingLoc = at_source) -> Response:
    """The answer to a request that ended in this error."""
    status = status_of(error)
    detail, more = _detail(error, finding_loc) if isinstance(error, RasterloomError) else (INTERNAL, {})
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        detail, more = INTERNAL, {}
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code_of(error, status),
        **more,
        "request_id": request_id,
    }
    return json_response(body, status, content_type=PROBLEM_JSON).with_headers(**_headers(error))


def status_of(error: Exception) -> HTTPStatus:
    """The status of the nearest class of this error that the table has."""
    classes = (STATUS.get(ancestor) for ancestor in type(error).__mro__)
    return next((status for status in classes if status is not None), HTTPStatus.INTERNAL_SERVER_ERROR)


def code_of(error: Exception, status: HTTPStatus) -> str:
    """The stable machine word for this error."""
    if status is HTTPStatus.INTERNAL_SERVER_ERROR or not isinstance(error, RasterloomError):
        return RasterloomError.code
    return error.code


def _detail(error: RasterloomError, finding_loc: FindingLoc) -> tuple[object, dict[str, Any]]:
    """The `detail` of a problem, and what it has beside."""
    match error:
        case DatasetBusyError(job_id=job_id):
            return {"code": error.code, "message": error.message}, {"job_id": job_id}
        case MembersGoneError(findings=findings):
            gone = _fitting([finding_entry(finding, ("path", "generation_id")) for finding in findings])
            return {"code": error.code, "message": error.message, "findings": gone}, {"findings_total": len(findings)}
        case DatasetInUseError(dependents=dependents, hidden=hidden):
            detail: InUse = {"message": error.message, "dependent_vrts": dependent_vrts(dependents), "hidden": hidden}
            return detail, {}
        case UnavailableError():
            return UNAVAILABLE, {}
        case OutOfTimeError():
            return OUT_OF_TIME, {}
    entries = _entries(error, finding_loc)
    return (error.message, {}) if entries is None else (_fitting(entries), {"findings_total": _total(error, entries)})


def _total(error: RasterloomError, entries: Sequence[Mapping[str, Any]]) -> int:
    """How much there was to tell, told or not."""
    return error.total if isinstance(error, InvalidInputsError) else len(entries)


def _fitting[Entry: Mapping[str, Any]](entries: Sequence[Entry]) -> Sequence[Entry]:
    """The first of these entries: as many as an answer has room for."""
    ends = accumulate(_size(entry) for entry in entries[:MAX_LISTED])
    return entries[: sum(end <= MAX_LISTED_BYTES for end in ends)]


def _size(entry: Mapping[str, Any]) -> int:
    """Bytes of an entry in a body that is itself a text in JSON, where every quote and backslash is escaped."""
    text = encode(entry)
    return len(text) + text.count('"') + text.count("\\") + 1


def dependent_vrts(listed: Sequence[tuple[str, str]]) -> list[DependentVrt]:
    """VRTs by (id, title), as they are told of wherever a raster is in use."""
    return [{"vrt_dataset_id": vrt_id, "vrt_dataset_title": title} for vrt_id, title in listed]


def _entries(error: RasterloomError, finding_loc: FindingLoc) -> Sequence[Mapping[str, Any]] | None:
    """The entries of a 422's `detail`; None for what is no 422."""
    match error:
        case FieldsError(errors=errors):
            return errors
        case InvalidInputsError(errors=errors):
            return [_input_error(each) for each in errors]
        case IncompatibleSourcesError(findings=findings):
            return [finding_entry(finding, finding_loc(finding)) for finding in findings]
    entry = _field_of(error)
    return None if entry is None else [entry]


def _field_of(error: RasterloomError) -> Mapping[str, Any] | None:
    """The one entry of a 422 about one place of the request."""
    match error:
        case InvalidInputError():
            return _input_error(error)
        case InvalidUriError():
            return field_error(("body", "uri"), error.message, error.code, error.data["uri"])
        case TooFewSourcesError():
            return field_error(("path", "source_dataset_id"), error.message, error.code)
        case IdempotencyKeyReusedError():
            return field_error(("header", "Idempotency-Key"), error.message, error.code)
    return None


def _input_error(error: InvalidInputError) -> Mapping[str, Any]:
    """The entry of a value that cannot be taken, with what its error says was expected and found."""
    data = {name: jsonable(value) for name, value in error.data.items()}
    return field_error(error.loc, error.message, error.reason, jsonable(error.value), **data)


def _headers(error: Exception) -> dict[str, str]:
    match error:
        case UnauthenticatedError():
            refused = ' error="invalid_token"' if error.data.get("presented") else ""
            return {"www_authenticate": f"Bearer{refused}"}
        case MethodNotAllowedError(allowed=allowed):
            return {"allow": ", ".join(allowed)}
        case DatasetBusyError() | BeingDeletedError() | OutOfTimeError():
            return {"retry_after": str(BUSY_SECONDS)}
        case UnavailableError(retry_after=seconds):
            return {"retry_after": str(seconds)}
        case VersionChangedError(version=version):
            return {"etag": f'"{version}"'}
    return {}
