"""The way of every request, in the order that the contract gives its checks.

size -> route -> JSON -> token -> permission -> fields -> use case
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from rasterloom.domain.errors import IncompatibleSourcesError, OutOfTimeError, RasterloomError, UnavailableError
from rasterloom.http.authorization import authenticate, require_permission, told_to_sign_in
from rasterloom.http.calls import MISSING, Call, document_of, require_small
from rasterloom.http.deadline import SECONDS, deadline
from rasterloom.http.errors import MethodNotAllowedError
from rasterloom.http.problems import at_source, problem, status_of
from rasterloom.http.requests import Request, request_of
from rasterloom.http.responses import Response
from rasterloom.http.routing import Match, Route, find
from rasterloom.http.usecases import UseCases

logger = logging.getLogger(__name__)


class Application:
    """The HTTP API over some use cases."""

    def __init__(self, routes: Sequence[Route], use_cases: Callable[[], UseCases], seconds: float = SECONDS) -> None:
        """Keep the routes and what makes the use cases; nothing is made before it is asked for.

        Args:
            routes: What there is to ask.
            use_cases: Makes the use cases.
            seconds: What a request may take.
        """
        self._routes = routes
        self._use_cases = use_cases
        self._seconds = seconds

    def __call__(self, event: Mapping[str, Any], fallback_id: str = "") -> dict[str, Any]:
        """Answer an event of API Gateway; whatever happens, there is an answer."""
        request = request_of(event, fallback_id)
        response = self.respond(request).with_headers(x_request_id=request.request_id, x_content_type_options="nosniff")
        return (response.without_body() if request.method == "HEAD" else response).to_gateway()

    def respond(self, request: Request) -> Response:
        """Answer a request."""
        try:
            require_small(request)
            match = find(self._routes, request.method, request.path)
        except MethodNotAllowedError as error:
            if request.method == "OPTIONS":
                return Response(HTTPStatus.NO_CONTENT, {"allow": ", ".join(error.allowed)})
            return _refusal(error, request)
        except RasterloomError as error:
            return _refusal(error, request)
        return self._through(match, request)

    def _through(self, match: Match, request: Request) -> Response:
        """The one place where every error becomes an answer."""
        try:
            with deadline(self._seconds):
                call = self._admitted(match, request)
                with told_to_sign_in(call.caller):
                    return match.route.handler(call)
        except Exception as error:  # noqa: BLE001 - the boundary: nothing may leave it but an answer
            return _refusal(error, request, match.route)

    def _admitted(self, match: Match, request: Request) -> Call:
        route = match.route
        document = document_of(request) if route.body else MISSING
        if route.is_public:
            return Call(request, route, self._use_cases, match.parameters, document)
        caller = authenticate(request, self._use_cases().verify_token, may_be_anonymous=route.is_open)
        require_permission(caller, route.permission)
        return Call(request, route, self._use_cases, match.parameters, document, caller)


def _refusal(error: Exception, request: Request, route: Route | None = None) -> Response:
    status = status_of(error)
    _counted(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
    elif status is HTTPStatus.SERVICE_UNAVAILABLE:
        logger.warning("%s %s was put off: %s", request.method, request.path, error)
    return problem(error, request.request_id, route.finding_loc if route else at_source)


def _counted(error: Exception) -> None:
    """What the person on call wants to see coming: what refuses sources, and what we stand on and cannot."""
    from rasterloom.observability import count, report_refusals

    match error:
        case IncompatibleSourcesError(findings=findings):
            report_refusals(findings)
        case UnavailableError() | OutOfTimeError():
            count("PutOff", code=error.code)
        case RasterloomError() if status_of(error) is not HTTPStatus.INTERNAL_SERVER_ERROR:
            pass
        case _:
            count("InternalErrors")
