"""Objects on a real server: what S3 says, key by key, and puts that create or tell."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import pytest

from rasterloom.adapters.object_stores import ObjectStores
from rasterloom.adapters.objects_s3 import S3Objects, content_disposition
from rasterloom.domain.errors import (
    ObjectExistsError,
    ObjectMissingError,
    ObjectUnreadableError,
    RasterloomError,
    UnavailableError,
)
from rasterloom.domain.objects import ObjectRef, ObjectStat
from tests.support.lab import Lab

FAITHFUL_KEYS = [
    "plain.tif",
    "deep/er/a.tif",
    "pct%2Fx.tif",
    "%41.tif",
    "100%.tif",
    "pct%zz.tif",
    "ünï.tif",
    "日本.tif",
    "e\u0301.tif",
    "\U0001f600.tif",
    "\u00a0\u2028.tif",
    "#h.tif",
    "q?versionId=1",
    "a*b.tif",
    "a+b c.tif",
    " lead.tif",
    "trail.tif ",
    "a&b<c>\"'.tif",
    "a\\b.tif",
    "a:b;c,d@e=f!g$h(i)[j]{k}|l^m`n~",
    "...",
    "a...b/.c",
    "x" * 1000,
]

REFUSED_KEYS = {
    "a//b.tif": "two in a row",
    "/lead.tif": "begins or ends with a slash",
    "trail/": "begins or ends with a slash",
    "a/./b.tif": "a segment that is '.' or '..'",
    "a/../b.tif": "a segment that is '.' or '..'",
    "..": "a segment that is '.' or '..'",
    "nl\nx.tif": "U\\+000A",
    "tab\tx.tif": "U\\+0009",
    "cr\rx.tif": "U\\+000D",
    "nul\x00.tif": "U\\+0000",
    "del\x7f.tif": "U\\+007F",
    "c1\x85.tif": "U\\+0085",
    "lone\ud800.tif": "U\\+D800",
    "\ufffe.tif": "U\\+FFFE",
}


@pytest.mark.parametrize("key", FAITHFUL_KEYS)
def test_a_key_names_that_object_and_no_other(lab: Lab, key: str) -> None:
    body = f"body of {key!r}".encode()
    lab.put(body, key)
    stat = lab.client.head_object(Bucket=lab.bucket, Key=key)
    assert lab.objects.get(key) == body
    assert lab.objects.stat_many([ObjectRef(lab.bucket, key)]) == [ObjectStat(stat["ETag"], len(body))]


@pytest.mark.parametrize("key", REFUSED_KEYS)
def test_a_key_that_a_client_would_rewrite_is_refused_before_any_request(lab: Lab, key: str) -> None:
    ref = ObjectRef(lab.bucket, key)
    lab.server.requests.clear()
    (outcome,) = lab.objects.stat_many([ref])
    assert isinstance(outcome, ObjectUnreadableError)
    with pytest.raises(ObjectUnreadableError, match=REFUSED_KEYS[key]) as error:
        lab.headers.read(ref)
    error.value.message.encode()
    assert lab.server.requests == []


@pytest.mark.parametrize("bucket", ["..", "a..b", "UPPER", "a/b", "ab", "x\ny", "-ab"])
def test_a_bucket_that_s3_cannot_have_is_refused(lab: Lab, bucket: str) -> None:
    (outcome,) = lab.objects.stat_many([ObjectRef(bucket, "a.tif")])
    assert isinstance(outcome, ObjectUnreadableError)


def test_each_object_has_its_own_outcome_in_order(lab: Lab) -> None:
    refs = [lab.put(b"x" * (number + 1), f"{number}.tif") for number in range(50)]
    missing = ObjectRef(lab.bucket, "missing.tif")
    outcomes = lab.objects.stat_many([*refs, missing, refs[0]])
    sizes = [outcome.size_bytes for outcome in outcomes if isinstance(outcome, ObjectStat)]
    assert sizes == [*range(1, 51), 1]
    assert isinstance(outcomes[50], ObjectMissingError)
    assert outcomes[50].uri == missing.uri


def test_a_new_object_has_its_content_and_type(lab: Lab) -> None:
    lab.objects.put_new("a/b.vrt", b"<VRTDataset/>", "application/xml")
    assert lab.objects.get("a/b.vrt") == b"<VRTDataset/>"
    assert lab.client.head_object(Bucket=lab.bucket, Key="a/b.vrt")["ContentType"] == "application/xml"


def test_a_large_object_is_put_with_one_conditional_request(lab: Lab) -> None:
    body = bytes(12 * 1024 * 1024)
    lab.server.requests.clear()
    lab.objects.put_new("large", body, "application/octet-stream")
    assert [request.method for request in lab.server.requests] == ["PUT"]
    with pytest.raises(ObjectExistsError):
        lab.objects.put_new("large", b"other", "application/octet-stream")
    assert lab.objects.get("large") == body


def test_a_key_taken_by_the_same_bytes_is_a_lost_acknowledgement(lab: Lab) -> None:
    lab.objects.put_new("a", b"same", "text/plain")
    lab.objects.put_new("a", b"same", "text/plain")
    with pytest.raises(ObjectExistsError) as error:
        lab.objects.put_new("a", b"other", "text/plain")
    assert error.value.uri == f"s3://{lab.bucket}/a"
    assert lab.objects.get("a") == b"same"


def test_getting_nothing_tells_that_it_is_missing(lab: Lab) -> None:
    with pytest.raises(ObjectMissingError):
        lab.objects.get("nothing")


def test_a_presigned_url_reads_the_object_under_a_name(lab: Lab) -> None:
    lab.objects.put_new("a b/ü.vrt", b"body", "application/xml")
    with urlopen(lab.objects.presigned_url("a b/ü.vrt", 'my "mosaic" ü.vrt', 60)) as answer:  # noqa: S310 - loopback
        assert answer.read() == b"body"
        disposition = answer.headers["Content-Disposition"]
    assert disposition == "attachment; filename=\"my _mosaic_ _.vrt\"; filename*=UTF-8''my%20%22mosaic%22%20%C3%BC.vrt"


def test_a_filename_cannot_add_a_header() -> None:
    assert "\n" not in content_disposition("a\r\nSet-Cookie: x")


class Faulty(BaseHTTPRequestHandler):
    """Answers with the status that the key names."""

    protocol_version = "HTTP/1.1"
    asked = 0
    breaks = 0
    """How many of the next puts are cut off in the middle."""

    def answer(self) -> None:
        """Give the status and no body."""
        type(self).asked += 1
        self.send_response(int(self.path.rsplit("/", 1)[-1]))
        self.send_header("Content-Length", "0")
        self.send_header("ETag", '"an etag"')
        self.end_headers()

    do_GET = do_HEAD = answer  # noqa: N815 - http.server looks for these names

    def do_PUT(self) -> None:
        """Take the body first; what is left of it when the connection is closed resets it."""
        if type(self).breaks:
            type(self).breaks -= 1
            self.close_connection = True
            return
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer()

    def log_message(self, *_args: object) -> None:
        """Stay silent."""


@pytest.fixture
def faulty(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Objects]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Faulty) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.server_port}")
        Faulty.asked = Faulty.breaks = 0
        stores = ObjectStores(timeout=timedelta(seconds=20))
        yield S3Objects(lab.bucket, own=stores, sources=stores)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (301, ObjectUnreadableError, "lies in another region"),
        (400, UnavailableError, "it answers 400"),
        (401, ObjectUnreadableError, "may not be read: S3 answers 401"),
        (403, ObjectUnreadableError, "may not be read: S3 answers 403"),
        (404, ObjectMissingError, "does not exist"),
        (429, UnavailableError, "it answers 429"),
        (500, UnavailableError, "it answers 500"),
        (503, UnavailableError, "it answers 503"),
    ],
)
def test_every_answer_of_s3_has_one_meaning(
    faulty: S3Objects, status: int, kind: type[RasterloomError], words: str
) -> None:
    outcome: object
    try:
        (outcome,) = faulty.stat_many([ObjectRef(faulty.bucket, str(status))])
    except UnavailableError as error:
        outcome = error
    assert type(outcome) is kind
    assert words in str(outcome)
    # A HEAD that is refused with a 400 does not say why: a GET is asked.
    assert Faulty.asked == {400: 2, 429: 4, 500: 4, 503: 4}.get(status, 1)
    with pytest.raises(kind):
        faulty.get(str(status))


@pytest.mark.parametrize("breaks", [1, 2])
def test_a_put_whose_connection_breaks_in_the_middle_is_put_again(faulty: S3Objects, breaks: int) -> None:
    Faulty.breaks = breaks
    faulty.put_new("200", bytes(10 << 20), "application/octet-stream")
    assert (Faulty.breaks, Faulty.asked) == (0, 1)


def test_a_put_whose_connection_breaks_whenever_it_is_tried_has_an_end(faulty: S3Objects) -> None:
    Faulty.breaks = 50
    with pytest.raises(UnavailableError):
        faulty.put_new("200", bytes(10 << 20), "application/octet-stream")
    assert Faulty.asked == 0


def test_another_put_under_way_is_not_taken_for_an_object(faulty: S3Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Faulty, "do_GET", lambda handler: handler.send_error(404))
    with pytest.raises(UnavailableError, match=r"another put of .* is under way"):
        faulty.put_new("409", b"body", "text/plain")


def test_no_server_is_unavailable_soon(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    stores = ObjectStores(timeout=timedelta(seconds=1))
    with pytest.raises(UnavailableError):
        S3Objects(lab.bucket, own=stores, sources=stores).stat_many([ObjectRef(lab.bucket, "a")])
