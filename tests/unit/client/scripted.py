"""An API that answers what a test tells it to, and a clock that no test waits for."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from rasterloom_client import Client, Clock, Options, RetryPolicy

URL: Final = "https://rasterloom.test/api"
TOKEN: Final = "a-token"
VRT: Final = "069d6660-9999-404e-9fd6-2e5c1e0cc77d"
JOB: Final = "6f1a08b1-eb3f-4fff-8228-2d0145d563f8"
FIRST: Final = "71e08fbe-36ca-4992-b65f-fe65b4083419"
SECOND: Final = "a296e2d5-efdb-4516-bdc6-82e34bdc23e6"

ACCEPTED: Final = {"job_id": JOB, "status": "accepted", "message": "The VRT is being woven"}

type Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def answer(body: Any = None, status: int = 200, **headers: str) -> httpx.Response:
    """An answer in JSON; a header's name has underscores for hyphens."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={} if body is None else body, headers=names)


def problem(status: int, code: str, detail: Any = "No", **more: Any) -> httpx.Response:
    """A refusal as the API words it; `retry_after` becomes the header."""
    headers = {"Retry-After": str(more.pop("retry_after"))} if "retry_after" in more else {}
    body = {"type": "about:blank", "title": "T", "status": status, "detail": detail, "code": code, **more}
    return httpx.Response(status, json={**body, "request_id": "r-1"}, headers=headers)


def finding(index: int, code: str, **changed: Any) -> dict[str, Any]:
    """An entry of a 422 about a source."""
    source = (FIRST, SECOND)[index % 2]
    context = {"expected": "EPSG:4326", "actual": "EPSG:32633", "reference": FIRST, "hint": "Warp it."}
    plain = {"loc": ["body", "source_dataset_ids", index], "msg": f"{code} of {index}", "type": code, "input": source}
    told = {"source_id": source, "code": code, "message": "m", "field": "crs", "severity": "error"}
    return {**plain, "ctx": context, **told, **changed}


def job(status: str = "complete", **changed: Any) -> dict[str, Any]:
    """A job as the API tells of it."""
    steps = {"pending": ("queued", 0.0), "running": ("building", 0.4)}
    step, progress = steps.get(status, ("complete", 1.0))
    empty = dict.fromkeys(("error_message", "error_code", "retry_reason", "warning_message", "started_at"))
    plain = {"id": JOB, "status": status, "dataset_id": VRT, "source_filename": "vrt_mosaic", "can_retry": False}
    times = {"created_at": "2026-01-02T03:04:05Z", "completed_at": None}
    return {
        **plain,
        **empty,
        **times,
        "warnings": [],
        "findings": [],
        "findings_total": 0,
        "findings_url": None,
        "progress": progress,
        "current_step": step,
        "step": step,
        **changed,
    }


def dataset(dataset_id: str = FIRST, **changed: Any) -> dict[str, Any]:
    """A raster as the API tells of it; a `vrt_type` makes it a VRT."""
    raster = dict.fromkeys(("vrt_type", "source_count", "resolution_strategy", "s3_uri", "epsg"))
    raster |= {"status": "ready", "stale": None, "auto_regenerate": None, "object_state": None}
    raster |= {"object_state_since": None}
    size = {"width": 300, "height": 200, "band_count": 3}
    raster_block = {**raster, **size, **{name: changed.pop(name) for name in list(changed) if name in raster}}
    return {"id": dataset_id, "title": "A tile", "visibility": "private", "raster": raster_block, **changed}


def by_uri(answers: Mapping[str, httpx.Response]) -> Callable[[httpx.Request], httpx.Response]:
    """Answers registrations, which come in any order."""
    return lambda request: answers[json.loads(request.content)["uri"]]


@dataclass
class Script:
    """Answers in the order of the requests; the last one is given for ever. Errors are raised."""

    steps: Sequence[Step]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        step = self.steps[min(len(self.requests), len(self.steps) - 1)]
        self.requests.append(request)
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, httpx.Response) else step(request)

    @property
    def last(self) -> httpx.Request:
        """The last request."""
        return self.requests[-1]

    @property
    def body(self) -> Any:
        """What the last request carried."""
        return json.loads(self.last.content) if self.last.content else None

    @property
    def keys(self) -> list[str | None]:
        """The idempotency key of each request."""
        return [request.headers.get("idempotency-key") for request in self.requests]


@dataclass
class StoppedClock:
    """A clock that only sleeping moves; chance always gives this share of the range."""

    share: float = 1.0
    time: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        """As the client takes it."""
        return Clock(
            now=lambda: self.time, sleep=self._sleep, uniform=lambda low, high: low + self.share * (high - low)
        )

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds


def options(script: Script, stopped: StoppedClock | None = None, policy: RetryPolicy | None = None) -> Options:
    """How a client behaves that calls the script."""
    clock = (stopped or StoppedClock()).clock()
    return Options(policy or RetryPolicy(), clock, transport=httpx.MockTransport(script))


def client(
    *steps: Step, stopped: StoppedClock | None = None, policy: RetryPolicy | None = None
) -> tuple[Client, Script]:
    """A client, and the script that answers it."""
    script = Script(steps)
    return Client(URL, TOKEN, options(script, stopped, policy)), script
