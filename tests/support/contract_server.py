"""An HTTP server on loopback that answers as the API's contract says, for tests of clients.

It weaves nothing: jobs go through the steps that they are given. What it was asked is kept for the test to look at.
"""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture"
TOKEN = "a-token"
STEPS = (("pending", "queued", 0.0), ("running", "building", 0.4), ("complete", "complete", 1.0))


@dataclass
class Contract:
    """The server's memory, and what a test may make it do.

    Attributes:
        refusals: Answers (status, headers, body) given before anything else, one per request.
        steps: (status, current_step, progress) of every job, one per poll; the last one stays.
        bucket: Where downloads lead to.
        endpoint: The S3 that downloads lead to.
    """

    refusals: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    steps: tuple[tuple[str, str, float], ...] = STEPS
    bucket: str = "artifacts"
    endpoint: str = "http://127.0.0.1:1"
    url: str = ""
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    polls: dict[str, int] = field(default_factory=dict)
    vrts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, str], bytes]:
        """Answer one request: status, headers and body."""
        match [method, *path.partition("?")[0].strip("/").split("/")]:
            case ["POST", "ingest", "raster", "register"]:
                dataset = str(uuid.uuid5(uuid.NAMESPACE_URL, body["uri"]))
                return as_json(201, {"id": dataset, "title": body["title"]})
            case ["POST", "ingest", "vrt", "create"]:
                job = str(uuid.uuid4())
                self.vrts[job] = body
                return as_json(202, {"job_id": job, "status": "accepted", "message": "queued"})
            case ["GET", "jobs", job]:
                return self._job(job)
            case ["GET", "datasets", job, *what]:
                return self._read(job, what)
            case _:
                return problem(404, "not_found", f"no such route: {method} {path}")

    def _read(self, job: str, what: list[str]) -> tuple[int, dict[str, str], bytes]:
        if what == ["quicklook"]:
            return 200, {"Content-Type": "image/png"}, PNG
        if what == ["download", "vrt"]:
            location = f"{self.endpoint}/{self.bucket}/vrts/{job}/g/a/source.vrt?X-Amz-Signature=s"
            return 307, {"Location": location}, b""
        return as_json(200, self._dataset(job))

    def _job(self, job: str) -> tuple[int, dict[str, str], bytes]:
        poll = self.polls.get(job, 0)
        self.polls[job] = poll + 1
        status, step, progress = self.steps[min(poll, len(self.steps) - 1)]
        failed = status == "failed"
        return as_json(
            200,
            {
                "id": job,
                "status": status,
                "dataset_id": job,
                "progress": progress,
                "current_step": step,
                "step": step,
                "error_message": "s3://sources/a.tif is gone" if failed else None,
                "error_code": "object_missing" if failed else None,
                "warning_message": None,
            },
            {"Retry-After": "0"},
        )

    def _dataset(self, job: str) -> dict[str, Any]:
        asked = self.vrts[job]
        bands = 3 if asked["vrt_type"] == "mosaic" else len(asked["source_dataset_ids"])
        raster = {
            "epsg": 4326,
            "res_x": 1 / 15,
            "res_y": 1 / 15,
            "band_count": bands,
            "width": 1200,
            "height": 900,
            "bands": [{"index": index + 1, "dtype": "uint8"} for index in range(bands)],
            "source_count": len(asked["source_dataset_ids"]),
            "connect": None,
        }
        return {"id": job, "title": asked["title"], "record_type": "raster", "raster": raster}


def as_json(
    status: int, body: dict[str, Any], headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Make an answer of a JSON body."""
    return status, {"Content-Type": "application/json"} | (headers or {}), json.dumps(body).encode()


def problem(
    status: int, code: str, detail: Any, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Make a problem answer."""
    body = {"type": "about:blank", "title": code, "status": status, "detail": detail, "code": code, "request_id": "r-1"}
    return as_json(status, body, {"Content-Type": "application/problem+json"} | (headers or {}))


@contextmanager
def serve(contract: Contract) -> Iterator[Contract]:
    """Run the server while the block runs; `contract.url` is its address."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            with lock:
                contract.requests.append((self.command, self.path, body))
                contract.keys.append(self.headers.get("Idempotency-Key"))
                self._send(*self._decide(body))

        def _decide(self, body: Any) -> tuple[int, dict[str, str], bytes]:
            if contract.refusals:
                return contract.refusals.pop(0)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return problem(401, "unauthenticated", "no bearer token", {"WWW-Authenticate": "Bearer"})
            return contract.answer(self.command, self.path, body)

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
            """Be quiet."""

        do_GET = do_POST = _handle  # noqa: N815 -- the base class looks these names up

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    contract.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield contract
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
