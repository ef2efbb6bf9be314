"""A proxy on loopback between functions and the emulator that counts what goes over the wire.

Every service's requests pass it, whichever library makes them: botocore, obstore, GDAL. The `Host` header is passed on,
since signatures hold it.
"""

import http.client
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from local.bench.metering.dynamo import DynamoMeter
from local.bench.metering.tally import Tally
from local.terminal import StepError

DYNAMODB: Final = "DynamoDB_20120810."
SQS: Final = "AmazonSQS."
HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and what was answered.

    Attributes:
        method: Of the request.
        path: With its query.
        target: Its `X-Amz-Target`, or nothing.
        sent: Bytes of its body.
        status: Of the answer.
        received: Bytes of the answer's body.
    """

    method: str
    path: str
    target: str
    sent: bytes
    status: int
    received: bytes


def s3_kind(exchange: Exchange) -> str:
    """What a request to S3 is priced as: `GET` and all others, `PUT` with COPY, POST and LIST; `DELETE` is free."""
    query = parse_qs(urlsplit(exchange.path).query, keep_blank_values=True)
    if exchange.method == "DELETE":
        return "DELETE"
    if exchange.method in {"PUT", "POST"}:
        return "PUT"
    is_listing = "list-type" in query or "uploads" in query or "prefix" in query
    return "PUT" if exchange.method == "GET" and is_listing else "GET"


def count_other(tally: Tally, exchange: Exchange) -> None:
    """Count a request to SQS, S3 or any other service but DynamoDB."""
    if exchange.target.startswith(SQS):
        # A request is priced by each 64 KB of its payload; ours have far less.
        tally.add(sqs_requests=1)
    elif exchange.target or exchange.path == "/":
        tally.add(other_requests=1)
    else:
        kind = s3_kind(exchange)
        counts: dict[str, float] = {f"s3_{kind}_requests": 1, "s3_bytes_read": len(exchange.received)}
        stored = len(exchange.sent) if kind == "PUT" and exchange.status < http.HTTPStatus.BAD_REQUEST else 0
        tally.add(**counts, s3_bytes_written=stored)


@dataclass
class Wire:
    """The proxy.

    Attributes:
        host: The emulator's host and port.
        s3_host: That of S3.
        meter: Counts requests to DynamoDB.
        tally: What is counted into.
        url: Its own address.
        errors: What could not be counted.
    """

    host: str
    s3_host: str
    meter: DynamoMeter
    tally: Tally
    url: str = ""
    errors: list[BaseException] = field(default_factory=list)

    def exchange(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[Any, bytes]:
        """Ask the emulator, and count."""
        target = headers.get("x-amz-target", "")
        if not target.startswith(DYNAMODB):
            host = self.host if target or path == "/" else self.s3_host
            answer, received = _ask(host, method, path, headers, body)
            count_other(self.tally, Exchange(method, path, target, body, answer.status, received))
            return answer, received
        operation, request = target.removeprefix(DYNAMODB), json.loads(body)
        before = self.meter.before(operation, request)
        answer, received = _ask(self.host, method, path, headers, body)
        self.meter.after(operation, request, received, before)
        return answer, received


def _ask(host: str, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[Any, bytes]:
    connection = http.client.HTTPConnection(host, timeout=SECONDS)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            if name not in HOP_BY_HOP:
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, wire: Wire) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.wire = wire

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 -- the base class has them
        """Let a client go that ended while it was connected; keep any other error for whoever counts."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.wire.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer, received = self.server.wire.exchange(self.command, self.path, headers, body)
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        # The answer to a HEAD tells the length of what it leaves out.
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(received)))
        self.end_headers()
        self.wfile.write(received)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 -- the base class names them so

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        """Be quiet."""


@contextmanager
def counting(endpoint_url: str, s3_url: str, meter: DynamoMeter, tally: Tally) -> Iterator[Wire]:
    """Run a proxy while the block runs; its `url` stands in for the emulator's.

    Raises:
        StepError: Something could not be counted, so no count can be relied on.
    """
    wire = Wire(urlsplit(endpoint_url).netloc, urlsplit(s3_url).netloc, meter, tally)
    server = _Server(wire)
    wire.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield wire
    except Exception as error:
        _require_counted(wire, error)
        raise
    else:
        _require_counted(wire)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _require_counted(wire: Wire, cause: Exception | None = None) -> None:
    if wire.errors:
        raise StepError(f"a request could not be counted: {wire.errors[0]!r}") from (cause or wire.errors[0])
