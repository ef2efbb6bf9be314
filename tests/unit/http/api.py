"""The HTTP API over use cases that only record what they were asked and answer what a test gave them."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rasterloom.domain.access import Principal
from rasterloom.domain.errors import UnauthenticatedError
from rasterloom.http.application import Application
from rasterloom.http.routes import ROUTES
from tests.support.factories import principal

TOKEN = "header.claims.signature"


@dataclass
class FakeUseCases:
    """Answers by name: a value is answered, an exception is raised."""

    caller: Principal = field(default_factory=principal)
    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    bucket: str = "artifacts"

    def verify_token(self, token: str) -> Principal:
        if token != TOKEN:
            raise UnauthenticatedError("The bearer token is not valid", presented=True)
        return self.caller

    @property
    def read_artifact(self) -> "FakeUseCases":
        return self

    @property
    def read_output(self) -> "FakeUseCases":
        return self

    @property
    def change_vrt(self) -> "FakeUseCases":
        return self

    @property
    def replace_sources(self) -> Any:
        return FakeReplacements(self)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Any use case."""
        return lambda *args, **options: self.called(name, args, options)

    def called(self, name: str, args: tuple[Any, ...], options: dict[str, Any] | None = None) -> Any:
        """Record a call and answer it."""
        self.calls.append((name, args, options or {}))
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(frozen=True)
class FakeReplacements:
    """A use case that is called, and has another one beside."""

    fakes: FakeUseCases

    def __call__(self, *args: Any) -> Any:
        return self.fakes.called("replace_sources", args)

    def roll_back(self, *args: Any) -> Any:
        return self.fakes.called("roll_back", args)


@dataclass(frozen=True)
class Answered:
    """An answer of API Gateway's kind, read back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def event(
    method: str,
    path: str,
    *,
    token: str | None = TOKEN,
    body: object = None,
    query: str = "",
    headers: dict[str, str] | None = None,
    stage: str = "api",
    is_prefixed: bool = True,
    is_base64: bool = False,
) -> dict[str, Any]:
    """An event of API Gateway; `is_prefixed` as on AWS, where the path begins with the stage's name."""
    raw_path = f"/{stage}{path}" if is_prefixed else path
    text = body if isinstance(body, str) else json.dumps(body)
    sent = {"Authorization": f"Bearer {token}"} if token else {}
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": {**sent, **(headers or {})},
        "requestContext": {"http": {"method": method, "path": raw_path}, "requestId": "request-1", "stage": stage},
        "isBase64Encoded": is_base64,
    }
    if body is not None:
        made["body"] = base64.b64encode(text.encode()).decode() if is_base64 else text
    return made


def answer_to(fakes: FakeUseCases, sent: dict[str, Any]) -> Answered:
    """What the API answers."""
    answered = Application(ROUTES, lambda: fakes)(sent)
    body = answered["body"]
    return Answered(
        answered["statusCode"],
        answered["headers"],
        base64.b64decode(body) if answered["isBase64Encoded"] else body.encode(),
    )


def ask(fakes: FakeUseCases, method: str, path: str, **options: Any) -> Answered:
    """Send a request and read the answer."""
    return answer_to(fakes, event(method, path, **options))
