"""A request as this package sees it, read from API Gateway's payload format 2.0."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

DEFAULT_STAGE: Final = "$default"


@dataclass(frozen=True)
class Request:
    """One HTTP request, its stage prefix and its trailing slash taken off."""

    method: str
    path: str
    """Below the stage prefix, without a trailing slash, percent-decoded; the root is the empty string."""
    has_trailing_slash: bool
    headers: Mapping[str, str]
    """By lower-case name."""
    query_string: str
    request_id: str
    raw_body: str = ""
    is_base64: bool = False

    @cached_property
    def query(self) -> Mapping[str, str]:
        """Query parameters; of one that is repeated, the last."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def body(self) -> bytes:
        """The body as it was sent.

        Raises:
            ValueError: The gateway's base64 is damaged.
        """
        if not self.is_base64:
            return self.raw_body.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(self.raw_body, validate=True)
        except binascii.Error as error:
            raise ValueError("The body is no base64") from error

    @property
    def body_size(self) -> int:
        """An upper bound of the body's size in bytes, known without decoding it."""
        if self.is_base64:
            return len(self.raw_body) * 3 // 4 - self.raw_body[-2:].count("=")
        return len(self.raw_body) if self.raw_body.isascii() else len(self.body)


def request_of(event: Mapping[str, Any], fallback_id: str = "") -> Request:
    """Read an event of an HTTP API.

    On AWS `rawPath` begins with the stage's name, behind a custom domain or on an emulator it does not: the stage is
    taken off where it is there. No path of ours begins with a stage's name, so this is never ambiguous.
    """
    context = event["requestContext"]
    path = unquote(_below_stage(event["rawPath"], context.get("stage", DEFAULT_STAGE)))
    return Request(
        method=context["http"]["method"].upper(),
        path=path.rstrip("/"),
        has_trailing_slash=path.endswith("/"),
        headers={name.lower(): value for name, value in event.get("headers", {}).items()},
        query_string=event.get("rawQueryString", ""),
        request_id=context.get("requestId") or fallback_id,
        raw_body=event.get("body") or "",
        is_base64=bool(event.get("isBase64Encoded")),
    )


def _below_stage(raw_path: str, stage: str) -> str:
    prefix = f"/{stage}"
    if stage != DEFAULT_STAGE and (raw_path == prefix or raw_path.startswith(f"{prefix}/")):
        return raw_path.removeprefix(prefix)
    return raw_path
