"""From an answer that is not 2xx to an exception."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from rasterloom_client.errors import (
    ApiError,
    BusyError,
    ChangedError,
    ConflictError,
    ForbiddenError,
    InUseError,
    NotFoundError,
    Refusal,
    RefusedError,
    ServerError,
    UnauthenticatedError,
    UnavailableError,
)

_BY_CODE: Final[Mapping[str, type[ApiError]]] = {"dataset_busy": BusyError, "dataset_in_use": InUseError}
_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    412: ChangedError,
    422: RefusedError,
    429: UnavailableError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}
TRANSIENT: Final = frozenset(status for status, error in _BY_STATUS.items() if error is UnavailableError)
"""Statuses after which the same request may well succeed."""


def error_of(response: httpx.Response, *, was_lost_before: bool = False) -> ApiError:
    """The exception for an answer whose body has been read."""
    refusal = refusal_of(response)
    default = ServerError if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR else ApiError
    error = _BY_CODE.get(refusal.code, _BY_STATUS.get(refusal.status, default))
    return error(refusal, was_lost_before=was_lost_before)


def refusal_of(response: httpx.Response) -> Refusal:
    """What an answer says: a problem body, a gateway's `{"message"}`, or text."""
    body = _object(response)
    detail = body.get("detail")
    findings = tuple(each for each in detail if isinstance(each, dict)) if isinstance(detail, list) else ()
    total = body.get("findings_total")
    return Refusal(
        status=response.status_code,
        code=str(body.get("code") or f"http_{response.status_code}"),
        message=_message(response.status_code, body, len(findings)),
        detail=detail,
        findings=findings,  # type: ignore[arg-type] # of the shape that the contract gives
        findings_total=total if isinstance(total, int) else len(findings),
        request_id=_text(body.get("request_id")) or response.headers.get("x-request-id"),
        retry_after=retry_after(response.headers),
        body=body,
    )


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that `Retry-After` asks for, given as a number or as a date; None where it says nothing usable."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - (now or datetime.now(UTC))).total_seconds())


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _message(status: int, body: Mapping[str, Any], findings: int) -> str:
    """One sentence: the detail's own, where it has one."""
    detail = body.get("detail")
    if findings == 1:
        return _sentence(detail[0]) if isinstance(detail, list) else ""
    if findings:
        return f"{body.get('findings_total', findings)} things are wrong with the request"
    spoken = detail.get("message") if isinstance(detail, dict) else detail
    return (
        _text(spoken)
        or _text(body.get("message"))
        or _text(body.get("title"))
        or f"the address answers {status}, but not as this API does"
    )


def _sentence(finding: Mapping[str, Any]) -> str:
    """What one finding says; of a field it does not say which, so that is put before it."""
    said = str(finding.get("msg") or finding.get("type"))
    place = ".".join(str(part) for part in finding.get("loc", [])[1:])
    return said if "source_id" in finding or not place else f"{place}: {said}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
