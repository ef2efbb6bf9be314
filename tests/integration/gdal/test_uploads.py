"""Uploads on a real server: parts under signed URLs, assembled once, given up, and read as any other object."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import urllib3
from botocore.stub import Stubber

from rasterloom.adapters.s3_client import s3_client
from rasterloom.adapters.uploads_s3 import S3Uploads
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.errors import ObjectMissingError, RasterloomError, UnavailableError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.uploads import MIB, Upload, upload_key
from tests.support.cogs import make_cog
from tests.support.factories import upload
from tests.support.lab import Lab

PART = 5 * MIB
PUTS = urllib3.PoolManager(retries=False, timeout=20.0)
NAMES = ["scene.tif", "Zürich 日本 (100%) #1 &+.tif", " lead 'n' \"trail\" .tif", "a%2Fb?x=1.tif"]


@pytest.fixture
def store(lab: Lab) -> S3Uploads:
    return S3Uploads(lab.bucket)


@pytest.fixture
def begun(store: S3Uploads) -> Upload:
    """A multipart upload of two parts of 5 MiB and a short one."""
    made = upload(size_bytes=2 * PART + 100, part_size=PART)
    return replace(made, upload_id=store.begin(made.key, "image/tiff"))


def put(url: str, body: bytes) -> str:
    """Send bytes as any HTTP client does; give the ETag without its quotes, or the status where there is none."""
    answer = PUTS.request("PUT", url, body=body)
    return answer.headers["ETag"].strip('"') if answer.status == HTTPStatus.OK else str(answer.status)


def bodies_of(made: Upload) -> list[bytes]:
    return [bytes([number]) * made.bytes_of(number) for number in range(1, made.part_count + 1)]


def test_parts_that_were_sent_to_their_urls_become_the_object(lab: Lab, store: S3Uploads, begun: Upload) -> None:
    assert store.parts(begun) == []
    bodies = bodies_of(begun)
    etags = [put(url, body) for url, body in zip(store.urls(begun, 60), bodies, strict=True)]
    arrived = store.parts(begun)
    assert arrived is not None
    assert [(part.number, part.etag, part.size_bytes) for part in arrived] == [
        (number, etag, len(body)) for number, (etag, body) in enumerate(zip(etags, bodies, strict=True), start=1)
    ]
    store.assemble(begun, arrived)
    assert lab.objects.get(begun.key) == b"".join(bodies)
    assert store.parts(begun) is None
    store.assemble(begun, arrived)  # its acknowledgement was lost


def test_a_part_that_is_sent_again_replaces_the_one_before(store: S3Uploads, begun: Upload) -> None:
    url = store.urls(begun, 60)[2]
    put(url, b"x" * 100)
    etag = put(url, b"y" * 100)
    assert [(part.number, part.etag) for part in store.parts(begun) or ()] == [(3, etag)]


def test_a_part_that_was_sent_again_while_the_object_is_made_is_tried_again(store: S3Uploads, begun: Upload) -> None:
    for url, body in zip(store.urls(begun, 60), bodies_of(begun), strict=True):
        put(url, body)
    seen = store.parts(begun) or ()
    put(store.urls(begun, 60)[1], b"z" * PART)
    with pytest.raises(UnavailableError, match="sent again meanwhile"):
        store.assemble(begun, seen)


def test_what_was_given_up_takes_no_part_and_may_be_given_up_again(store: S3Uploads, begun: Upload) -> None:
    url = store.urls(begun, 60)[0]
    put(url, b"x" * PART)
    store.abort(begun)
    store.abort(begun)
    put(url, b"x" * PART)
    assert store.parts(begun) is None


def test_a_url_signs_the_length_of_its_part_and_expires(store: S3Uploads, begun: Upload) -> None:
    single = upload(size_bytes=1000)
    for made, count in ((begun, 3), (single, 1)):
        urls = store.urls(made, 60)
        assert len(urls) == count
        for number, url in enumerate(urls, start=1):
            query = parse_qs(urlsplit(url).query)
            assert query["X-Amz-Expires"] == ["60"]
            assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
            assert query.get("partNumber", ["1"]) == [str(number)]


@pytest.mark.parametrize("name", NAMES)
def test_a_cog_of_any_name_is_read_where_it_was_put(lab: Lab, store: S3Uploads, tmp_path: Path, name: str) -> None:
    content = make_cog(tmp_path / "scene.tif").read_bytes()
    job_id = str(uuid4())
    made = upload(id=job_id, key=upload_key("alice", job_id, name), size_bytes=len(content))
    (url,) = store.urls(made, 60)
    put(url, content)
    ref = ObjectRef(lab.bucket, made.key)
    assert lab.headers.read(ref).stat.size_bytes == len(content)
    document = lab.assembler.assemble([lab.member(ref)], VrtType.MOSAIC, WeaveOptions()).document
    assert lab.assembler.verify(document).width > 0
    store.discard(made.key)
    store.discard(made.key)
    assert isinstance(lab.objects.stat_many([ref])[0], ObjectMissingError)


def test_a_source_is_read_whole_up_to_a_bound(lab: Lab) -> None:
    ref = lab.put(b"x" * 1000, "list.jsonl")
    assert lab.objects.read_source(ref, 1000) == b"x" * 1000
    assert lab.objects.read_source(ref, 999) is None
    with pytest.raises(ObjectMissingError):
        lab.objects.read_source(ObjectRef(lab.bucket, "nothing"), 10)


def test_what_s3_says_of_itself_is_told_apart_from_what_it_refuses(store: S3Uploads, begun: Upload) -> None:
    for code, status, expected in (("SlowDown", 503, UnavailableError), ("AccessDenied", 403, RasterloomError)):
        with Stubber(s3_client()) as stub:
            for operation in ("list_parts", "abort_multipart_upload", "complete_multipart_upload"):
                stub.add_client_error(operation, code, http_status_code=status)
            for call in (store.parts, store.abort, lambda made: store.assemble(made, ())):
                with pytest.raises(expected) as caught:
                    call(begun)
                assert isinstance(caught.value, UnavailableError) is (code == "SlowDown")
