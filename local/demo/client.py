"""The HTTP API as the demo uses it: JSON in and out, patience with a busy server, errors that a person can read."""

import json
import random
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import urllib3
from urllib3.util import Retry, Timeout

type Json = dict[str, Any]

_JITTER_SECONDS = 0.5
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class ApiError(Exception):
    """An answer that is not 2xx.

    Attributes:
        status: The HTTP status.
        problem: The problem body, or whatever else the server (or a gateway before it) sent.
    """

    def __init__(self, method: str, path: str, status: int, problem: Json) -> None:
        """Keep the answer; the text of the error names the request and every entry of the problem."""
        self.status = status
        self.problem = problem
        super().__init__("\n".join([f"{method} {path} answered {_phrase(status)}", *_explain(problem)]))


class UnreachableError(Exception):
    """Nothing answers at the API's address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx or 3xx answer: its body as bytes, its headers with lower-case names."""

    status: int
    body: bytes
    headers: dict[str, str]

    def json(self) -> Json:
        """Parse the body, a JSON object."""
        parsed: Json = json.loads(self.body)
        return parsed

    def retry_after(self, default: float) -> float:
        """Give the seconds after which the server wants to be asked again."""
        try:
            return max(0.0, float(self.headers["retry-after"]))
        except (KeyError, ValueError):
            return default


class _Patience(Retry):
    """Repeats what a busy server refused, after the time that it named and a little more."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        named = super().get_retry_after(response)
        return None if named is None else named + random.uniform(0, _JITTER_SECONDS)  # noqa: S311 -- spreads load


def _patience(attempts: int) -> Retry:
    return _Patience(
        total=attempts,
        connect=2,
        read=2,
        allowed_methods=None,  # a repeated POST does nothing twice: it carries its idempotency key
        status_forcelist=_BUSY,
        backoff_factor=0.2,
        backoff_max=5.0,
        backoff_jitter=_JITTER_SECONDS,
        raise_on_status=False,
    )


class Api:
    """One caller of the API at `base_url` (with its stage), identified by a bearer token."""

    def __init__(self, base_url: str, token: str, attempts: int = 10) -> None:
        """Connect to nothing yet; a busy server is asked again up to `attempts` times."""
        self._base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._pool = urllib3.PoolManager(timeout=Timeout(connect=3.0, read=35.0), retries=_patience(attempts))

    def get(self, path: str) -> Answer:
        """Read.

        Raises:
            ApiError: The answer is 4xx or 5xx.
            UnreachableError: There is no answer.
        """
        return self._send("GET", path, {}, None)

    def post(self, path: str, body: Json) -> Answer:
        """Write, under an idempotency key of its own. Raises as `get` does."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        return self._send("POST", path, headers, json.dumps(body).encode())

    def delete(self, path: str) -> Answer:
        """Delete, under an idempotency key of its own. Raises as `get` does."""
        return self._send("DELETE", path, {"Idempotency-Key": str(uuid.uuid4())}, None)

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        try:
            response = self._pool.request(
                method, self._base_url + path, headers=self._headers | headers, body=body, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(f"{method} {self._base_url}{path}: no answer ({_cause(error)})") from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(method, path, response.status, _problem(response.data))
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, response.data, names)


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return type(reason or error).__name__


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _problem(body: bytes) -> Json:
    """Take any error body: a problem, a gateway's `{"message"}`, or text."""
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = body.decode(errors="replace").strip()
    return parsed if isinstance(parsed, dict) else {"detail": str(parsed)}


def _explain(problem: Json) -> list[str]:
    """Lay a problem out in lines, one for each entry of its detail."""
    detail = problem.get("detail") or problem.get("message") or problem.get("title") or "(the answer says no more)"
    entries = detail if isinstance(detail, list) else [detail]
    lines = [f"  - {_entry(entry)}" for entry in entries]
    return [*lines, *(f"  {name}: {problem[name]}" for name in ("code", "request_id") if problem.get(name))]


def _entry(entry: Any) -> str:
    """Write one entry of a detail: text, `{loc, msg, type, ctx}` or `{code, message}`."""
    if not isinstance(entry, dict):
        return str(entry)
    text = str(entry.get("msg") or entry.get("message") or entry)
    place = ".".join(str(part) for part in entry.get("loc", ()))
    hint = (entry.get("ctx") or {}).get("hint")
    return (f"{place}: " if place else "") + text + (f" ({hint})" if hint else "")
