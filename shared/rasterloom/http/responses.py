"""Answers, and how API Gateway wants them."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final, Self

JSON: Final = "application/json"
NO_STORE: Final = "no-store"


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes = ""

    def with_headers(self, **headers: str) -> Self:
        """The same answer with more headers; an underscore in a name stands for a hyphen."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})

    def without_body(self) -> Self:
        """The same answer as HEAD gives it."""
        return replace(self, body="")

    def to_gateway(self) -> dict[str, Any]:
        """API Gateway's payload format 2.0; bytes travel as base64."""
        binary = isinstance(self.body, bytes)
        body = base64.b64encode(self.body).decode() if isinstance(self.body, bytes) else self.body
        return {"statusCode": self.status, "headers": dict(self.headers), "body": body, "isBase64Encoded": binary}


def encode(value: object) -> str:
    """JSON text in ASCII, so that no character of a caller's can break it.

    Raises:
        ValueError: A number is not finite: whoever made the answer had to say what stands for it.
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def json_response(value: object, status: int = HTTPStatus.OK, *, content_type: str = JSON) -> Response:
    """A JSON answer that nobody keeps."""
    return Response(status, {"content-type": content_type, "cache-control": NO_STORE}, encode(value))


def cacheable(body: str | bytes, content_type: str, cache_control: str, if_none_match: str | None) -> Response:
    """A body with its digest as `ETag`; 304 where the caller has them already (RFC 9110, section 13.1.2)."""
    etag = f'"{hashlib.sha256(body if isinstance(body, bytes) else body.encode()).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": cache_control}
    known = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    if etag in known or "*" in known:
        return Response(HTTPStatus.NOT_MODIFIED, headers)
    return Response(HTTPStatus.OK, {**headers, "content-type": content_type}, body)


def redirect(url: str) -> Response:
    """Where what was asked for reads now; nobody keeps it, for it ends."""
    return Response(HTTPStatus.TEMPORARY_REDIRECT, {"location": url, "cache-control": NO_STORE})
