"""A Lambda Runtime API on loopback for one function process, as the real runtime interface client speaks it.

The paths and headers are those of AWS's page "Using the Lambda runtime API for custom runtimes" (version 2018-06-01).
"""

import json
import queue
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from uuid import uuid4

PREFIX: Final = "/2018-06-01/runtime/"
WHOLE_PROCESS: Final = ""
"""In place of a request id, where the process itself has failed."""


class FunctionError(Exception):
    """The function raised, could not be loaded, or its process ended; `report` is the Runtime API's description."""

    def __init__(self, report: Any) -> None:
        """Keep the report; its type and message are the text."""
        self.report = report
        kind, message = report.get("errorType"), report.get("errorMessage")
        super().__init__(f"{kind}: {message}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one invocation: `kind` is `response` or `error`; both bodies are JSON."""

    request_id: str
    kind: str
    body: bytes


@dataclass
class RuntimeApi:
    """What Lambda's own side of the Runtime API holds. One invocation at a time, as an execution environment has it.

    Attributes:
        arn: The function's ARN, which the handler's context shows.
        timeout: Seconds until an invocation's deadline, which the handler's context shows.
        address: `host:port`, for `AWS_LAMBDA_RUNTIME_API`.
        pid: Of the function's process, and of its group; 0 before it runs.
        asked: Set once the process asks for its first invocation: its initialization has ended.
    """

    arn: str
    timeout: float
    address: str = ""
    pid: int = 0
    asked: threading.Event = field(default_factory=threading.Event)
    _events: "queue.Queue[tuple[dict[str, str], bytes] | None]" = field(default_factory=queue.Queue)
    _answers: "queue.Queue[Answer]" = field(default_factory=queue.Queue)

    def invoke(self, event: Any) -> Any:
        """Hand an event to the process and wait for its answer, until the invocation's deadline and a second more.

        Raises:
            FunctionError: The handler raised, could not be loaded, or its process ended.
            TimeoutError: Nothing came back in time.
        """
        request_id = str(uuid4())
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(round((time.time() + self.timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.arn,
        }
        self._events.put((headers, json.dumps(event).encode()))
        answer = self._answer(request_id)
        if answer.kind != "response":
            raise FunctionError(json.loads(answer.body))
        return json.loads(answer.body)

    def _answer(self, request_id: str) -> Answer:
        """The answer to one invocation; what an earlier one that ran out of time still sends is not for this one."""
        deadline = time.monotonic() + self.timeout + 1
        while True:
            try:
                answer = self._answers.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                raise TimeoutError(f"{self.arn}: no answer within {self.timeout} s") from None
            if answer.request_id in {request_id, WHOLE_PROCESS}:
                return answer

    def next(self) -> tuple[dict[str, str], bytes] | None:
        """The next invocation's headers and event, as soon as there is one; None once the server stops."""
        self.asked.set()
        return self._events.get()

    def take(self, path: str, body: bytes) -> bool:
        """Keep what the process says; False if no such thing can be said."""
        match path.removeprefix(PREFIX).split("/"):
            case ["invocation", request_id, "response" | "error" as kind]:
                self._answers.put(Answer(request_id, kind, body))
            case ["init", "error"]:
                self._answers.put(Answer(WHOLE_PROCESS, "error", body))
            case _:
                return False
        return True

    def ended(self, code: int) -> None:
        """Note that the process has ended, so that nobody waits for its answer; as Lambda names it."""
        report = {"errorType": "Runtime.ExitError", "errorMessage": f"the process ended with code {code}"}
        self._answers.put(Answer(WHOLE_PROCESS, "error", json.dumps(report).encode()))
        self.asked.set()

    def stop(self) -> None:
        """Let a process that waits for its next invocation go."""
        self._events.put(None)


class _Server(ThreadingHTTPServer):
    def __init__(self, api: RuntimeApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a process go that was ended while it was connected."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    # Headers and body leave in two segments; the second would wait for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Hand out the next invocation."""
        if self.path != PREFIX + "invocation/next":
            return self._send(HTTPStatus.NOT_FOUND)
        invocation = self.server.api.next()
        if invocation is None:
            self.close_connection = True
            return None
        headers, event = invocation
        return self._send(HTTPStatus.OK, headers | {"Content-Type": "application/json"}, event)

    def do_POST(self) -> None:
        """Take an answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._send(HTTPStatus.ACCEPTED if self.server.api.take(self.path, body) else HTTPStatus.NOT_FOUND)

    def _send(self, status: HTTPStatus, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in ((headers or {}) | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        """Be quiet."""


@contextmanager
def runtime_api(arn: str, timeout: float) -> Iterator[RuntimeApi]:
    """Serve a Runtime API while the block runs."""
    api = RuntimeApi(arn, timeout)
    server = _Server(api)
    api.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield api
    finally:
        api.stop()
        server.shutdown()
        thread.join()
        server.server_close()
