"""What S3 itself answers where no emulator does: each is told by what it means for the object."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rasterloom.adapters.listing_s3 import S3Listing
from rasterloom.adapters.object_stores import ObjectStores
from rasterloom.adapters.objects_s3 import S3Objects
from rasterloom.domain.errors import ObjectUnreadableError, UnavailableError
from rasterloom.domain.objects import ObjectPrefix, ObjectRef

REF = ObjectRef("sources", "a <Code>SlowDown</Code>.tif")
BODY = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>A message.</Message></Error>'


class Answer(BaseHTTPRequestHandler):
    """Gives one answer to everything; to HEAD, as S3, without its body."""

    protocol_version = "HTTP/1.1"
    status = 400
    code = ""

    def answer(self) -> None:
        body = b"" if self.command == "HEAD" else BODY.format(self.code).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = answer  # noqa: N815 - names of the standard library

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def answering(monkeypatch: pytest.MonkeyPatch, status: int, code: str) -> Iterator[S3Objects]:
    """Objects on a server that gives this answer."""
    handler = type("Handler", (Answer,), {"status": status, "code": code})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        try:
            yield S3Objects("own", ObjectStores(), ObjectStores())
        finally:
            server.shutdown()
            thread.join()


LASTING = [
    (400, "AuthorizationHeaderMalformed", "lies in another region"),
    (400, "IllegalLocationConstraintException", "lies in another region"),
    (301, "PermanentRedirect", "lies in another region"),
    (400, "InvalidRequest", "S3 answers InvalidRequest"),  # encrypted with a key that every caller has to send (SSE-C)
    (400, "KMS.DisabledException", "S3 answers KMS.DisabledException"),
    (403, "AccessDenied", "may not be read: S3 answers 403"),
    (403, "InvalidObjectState", "lies in an archive"),
]
PASSING = [(400, "ExpiredToken"), (400, "RequestTimeout"), (400, "ThrottlingException")]


@pytest.mark.parametrize(("status", "code", "told"), LASTING)
def test_an_object_that_cannot_be_read_is_no_outage(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, told: str
) -> None:
    with answering(monkeypatch, status, code) as objects, pytest.raises(ObjectUnreadableError, match=told) as caught:
        objects.read_source(REF, 10)
    assert caught.value.data["hint"]


@pytest.mark.parametrize(("status", "code", "told"), [row for row in LASTING if row[0] == 400])
def test_a_head_whose_refusal_has_no_reason_is_explained(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, told: str
) -> None:
    with answering(monkeypatch, status, code) as objects:
        (found,) = objects.stat_many([REF])
    assert isinstance(found, ObjectUnreadableError)
    assert told in str(found)


@pytest.mark.parametrize(("status", "code"), PASSING)
def test_a_refusal_that_is_not_about_the_object_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    with answering(monkeypatch, status, code) as objects:
        with pytest.raises(UnavailableError, match="400"):
            objects.read_source(REF, 10)
        with pytest.raises(UnavailableError, match="400"):
            objects.stat_many([REF])


class Pages:
    """A client whose paginator tells what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def get_paginator(self, _: str) -> "Pages":
        return self

    def paginate(self, **request: Any) -> Sequence[Any]:
        self.asked.append(request)
        return []


def test_a_listing_from_the_start_sends_no_empty_start() -> None:
    pages: Any = Pages()
    for start in ("", "a/b.tif"):
        assert not list(S3Listing(pages)(ObjectPrefix("sources", "a/"), start))
    assert [request.get("StartAfter") for request in pages.asked] == [None, "a/b.tif"]
    assert all("StartAfter" not in request or request["StartAfter"] for request in pages.asked)
