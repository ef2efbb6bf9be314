"""Routes: what each is, and which one a request means."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from rasterloom.http.errors import MethodNotAllowedError, UnknownRouteError
from rasterloom.http.parameters import Parameter
from rasterloom.http.problems import FindingLoc, at_source
from rasterloom.http.responses import Response

if TYPE_CHECKING:
    from rasterloom.http.calls import Call

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Answer:
    """One way in which a route answers, for its documentation."""

    description: str
    model: Any = None
    """A TypedDict of `rasterloom.http.answers` for a JSON body; None where there is none."""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Descriptions by header name."""
    is_nullable: bool = False
    """Whether the body may be `null`."""


@dataclass(frozen=True)
class Route:
    """One method of one path, and all that is known of it before a request comes."""

    method: str
    path: str
    """Below the stage prefix, with `{name}` for each parameter, and a final slash where the published API has one."""
    handler: "Callable[[Call], Response]"
    operation_id: str
    summary: str
    tag: str
    answers: Mapping[HTTPStatus, Answer]
    is_public: bool = False
    """Whether it answers without a bearer token."""
    is_open: bool = False
    """Whether it answers without a bearer token too, as far as what is asked for is public; otherwise that is a 401."""
    permission: str | None = None
    """What a caller must be permitted; asked before the fields of the body are looked at."""
    body: str | None = None
    """Name of its model in `rasterloom.http.bodies`; by name, so that a route without a body never loads pydantic."""
    is_body_optional: bool = False
    """Whether a request without the body means one that says nothing."""
    query: tuple[Parameter, ...] = ()
    is_idempotent_by_key: bool = False
    """Whether it heeds `Idempotency-Key`."""
    is_conditional: bool = False
    """Whether it heeds `If-Match`."""
    finding_loc: FindingLoc = at_source
    description: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches the path of a request; each parameter is one segment."""
        escaped = re.escape(self.path.rstrip("/")).replace(r"\{", "{").replace(r"\}", "}")
        return re.compile(_PLACEHOLDER.sub(r"(?P<\1>[^/]+)", escaped))

    @property
    def parameters(self) -> Sequence[str]:
        """Names of the path's parameters."""
        return _PLACEHOLDER.findall(self.path)


@dataclass(frozen=True, slots=True)
class Match:
    """A route, and the text of each path parameter."""

    route: Route
    parameters: Mapping[str, str]


def find(routes: Sequence[Route], method: str, path: str) -> Match:
    """The route that a request means; HEAD means what GET means.

    A path that is spelled out outranks one with a parameter in its place: `/jobs/status/` never is a job's id.

    Raises:
        UnknownRouteError: No route has the path.
        MethodNotAllowedError: The path has other methods.
    """
    wanted = "GET" if method == "HEAD" else method
    matches = [
        Match(route, matched.groupdict()) for route in routes if (matched := route.pattern.fullmatch(path)) is not None
    ]
    fewest = min((len(match.parameters) for match in matches), default=0)
    found = {match.route.method: match for match in matches if len(match.parameters) == fewest}
    if wanted in found:
        return found[wanted]
    if not found:
        raise UnknownRouteError(f"There is no route {path or '/'}"[:300])
    raise MethodNotAllowedError(method, path, methods(found))


def methods(found: Mapping[str, Match]) -> list[str]:
    """What `Allow` says of a path that has these routes."""
    return sorted({*found, "OPTIONS", *(["HEAD"] if "GET" in found else [])})
