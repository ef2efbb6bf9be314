"""A real S3-like HTTP server on loopback that remembers what it was asked: moto's application behind werkzeug."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "eu-central-1"
DELAY = 0.6
"""Seconds."""


@dataclass(frozen=True)
class Request:
    """One request as it came over the wire; the path is still percent-encoded."""

    method: str
    path: str
    range: str | None


@dataclass
class S3Server:
    """A running server."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    slow_downs: int = 0
    """How many ranged GETs from now on are answered with 503, as S3 does where it is asked too much."""
    withheld: int = 0
    """How many ranged GETs are answered with 503 from the first one on that asks for more than a file's beginning."""
    delays: int = 0
    """How many ranged GETs from now on are answered after `DELAY` seconds."""

    def environment(self) -> dict[str, str]:
        """What a client of this server has in its environment."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "test",
        }


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server in a thread of this process."""
    record = S3Server()

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, *_args: Any, **_kwargs: Any) -> None:
            """Stay silent."""

        def parse_request(self) -> bool:
            """Remember what is asked."""
            whole = super().parse_request()
            if whole:
                record.requests.append(Request(self.command, self.path, self.headers.get("Range")))
            return whole

    backend = DomainDispatcherApplication(create_backend_app)

    def application(environ: Any, start_response: Any) -> Any:
        if record.withheld and not environ.get("HTTP_RANGE", "bytes=0-").startswith("bytes=0-"):
            record.slow_downs, record.withheld = record.withheld, 0
        if record.slow_downs > 0 and "HTTP_RANGE" in environ:
            record.slow_downs -= 1
            start_response("503 Slow Down", [("Content-Length", "0")])
            return [b""]
        if record.delays > 0 and "HTTP_RANGE" in environ:
            record.delays -= 1
            time.sleep(DELAY)
        return backend(environ, start_response)

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    record.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield record
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
