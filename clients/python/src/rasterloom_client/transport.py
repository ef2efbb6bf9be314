"""Requests to the API: the token, the idempotency key, and sending again what may succeed the next time."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx

from rasterloom_client.addresses import checked_link, checked_token, checked_url
from rasterloom_client.errors import UnexpectedAnswerError, UnreachableError
from rasterloom_client.problems import TRANSIENT, error_of, retry_after
from rasterloom_client.retries import Clock, Patience, RetryPolicy
from rasterloom_client.version import __version__

USER_AGENT: Final = f"rasterloom-client/{__version__}"
TIMEOUT: Final = httpx.Timeout(35.0, connect=5.0)
"""Seconds; the gateway gives up after 30."""

_LOST: Final = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)
"""The request may or may not have arrived; it may be sent again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx or 3xx answer."""

    response: httpx.Response

    @property
    def json(self) -> Any:
        """The parsed body.

        Raises:
            UnexpectedAnswerError: It is no JSON.
        """
        try:
            return json.loads(self.response.content)
        except ValueError as error:
            url = self.response.request.url
            raise UnexpectedAnswerError(
                f"{url}: expected JSON; found {self._kind()}. Is that the API's address?"
            ) from error

    def _kind(self) -> str:
        """What came instead of JSON."""
        if "location" in self.response.headers:
            return f"a redirect to {self.response.headers['location']}"
        return str(self.response.headers.get("content-type", "no content type"))

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the API wants to be asked again."""
        return retry_after(self.response.headers)


@dataclass(frozen=True, slots=True)
class Request:
    """One request: what is sent, however often."""

    method: str
    path: str
    """Below the base URL, with its leading slash."""
    body: Any = None
    """JSON; None sends none."""
    params: Mapping[str, str | int] | None = None
    if_match: str | None = None
    within: float | None = None
    """Seconds in which the last sending begins, if they are fewer than the policy's."""


def _quiet(_reason: str, _seconds: float) -> None:
    """Say nothing about a request that is sent again."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a client behaves on the wire."""

    retries: RetryPolicy = field(default_factory=RetryPolicy)
    clock: Clock = field(default_factory=Clock)
    on_retry: Callable[[str, float], None] = _quiet
    """Called with the reason and the seconds until the next sending, before the sleep."""
    transport: httpx.BaseTransport | None = None
    """What carries the requests; httpx's own if none is given."""


class Transport:
    """One caller of the API at one address."""

    def __init__(self, base_url: str, token: str | None, options: Options | None = None) -> None:
        """Connect to nothing yet.

        Raises:
            ConfigurationError: The base URL is no http(s) URL, or the token cannot stand in a header.
        """
        self.base_url = checked_url(base_url)
        self.options = options or Options()
        self._token = None if token is None else checked_token(token)
        self._retries, self._clock = self.options.retries, self.options.clock
        # Redirects are left to the caller: the token must not reach the address of a download.
        self._http = httpx.Client(transport=self.options.transport, timeout=TIMEOUT, headers={"User-Agent": USER_AGENT})

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, request: Request) -> Answer:
        """Send a request until it is answered for good.

        Raises:
            ApiError: The answer is 4xx or 5xx.
            UnreachableError: There is none.
        """
        return Answer(self._answered(self._built(request), Patience(self._retries, self._clock, request.within)))

    @contextmanager
    def opened(self, url: str) -> Iterator[Iterator[bytes]]:
        """The content at another address, in parts as they come. It gets no token, and may not redirect.

        Raises:
            ApiError: The answer is 4xx or 5xx.
            UnreachableError: There is none, or it breaks off.
        """
        request = self._http.build_request("GET", checked_link(url))
        response = self._answered(request, Patience(self._retries, self._clock), stream=True)
        try:
            yield response.iter_bytes()
        except httpx.TransportError as error:
            raise UnreachableError(f"the download from {request.url.host} broke off: {_reason(error)}") from error
        finally:
            response.close()

    def _answered(self, request: httpx.Request, patience: Patience, *, stream: bool = False) -> httpx.Response:
        """The first answer that is for good."""
        was_lost = False
        while True:
            outcome = self._attempt(request, stream=stream)
            was_lost = was_lost or isinstance(outcome, Exception)
            delay = _delay(outcome, patience)
            if delay is None:
                break
            self.options.on_retry(_reason(outcome), delay)
            self._clock.sleep(delay)
        if isinstance(outcome, Exception):
            raise _unreachable(request, outcome, patience.failures) from outcome
        if outcome.is_error:
            raise error_of(outcome, was_lost_before=was_lost)
        return outcome

    def _built(self, request: Request) -> httpx.Request:
        """The request as it is sent, each time with the same idempotency key."""
        return self._http.build_request(
            request.method,
            self.base_url + request.path,
            content=None if request.body is None else json.dumps(request.body, allow_nan=False).encode(),
            params=request.params,
            headers=self._headers(request),
        )

    def _attempt(self, request: httpx.Request, *, stream: bool) -> httpx.Response | httpx.TransportError:
        """The answer, its body read if it is an error, or how it was lost."""
        try:
            response = self._http.send(request, stream=stream)
            if response.is_error:
                response.read()
        except _LOST as error:
            return error
        except httpx.TransportError as error:
            raise _unreachable(request, error, 1) from error
        return response

    def _headers(self, request: Request) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        if request.method != "GET":
            headers["Idempotency-Key"] = str(uuid4())
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if request.if_match is not None:
            headers["If-Match"] = request.if_match
        return headers


def _unreachable(request: httpx.Request, error: Exception, times: int) -> UnreachableError:
    tried = "once" if times == 1 else f"{times} times"
    at = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
    return UnreachableError(f"{at} does not answer (tried {tried}; the last time: {_reason(error)})")


def _delay(outcome: httpx.Response | Exception, patience: Patience) -> float | None:
    """Seconds until the request is sent again; None if it is not."""
    if isinstance(outcome, Exception):
        return patience.next_delay(None)
    return patience.next_delay(retry_after(outcome.headers)) if outcome.status_code in TRANSIENT else None


def _reason(outcome: httpx.Response | Exception) -> str:
    if isinstance(outcome, httpx.Response):
        return f"status {outcome.status_code}"
    return str(outcome) or type(outcome).__name__
