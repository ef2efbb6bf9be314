"""A downloaded VRT is there whole or not at all, and its address learns no token."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rasterloom_client import NotFoundError, UnexpectedAnswerError, UnreachableError
from rasterloom_client.files import write_atomically
from tests.unit.client.scripted import JOB, VRT, answer, client, problem

LINK = "https://bucket.s3.test/vrts/source.vrt?X-Amz-Signature=abc"
XML = b"<VRTDataset/>" * 1000


class Broken(httpx.SyncByteStream):
    """A body that ends too soon."""

    def __iter__(self) -> Iterator[bytes]:
        """Some of it."""
        yield XML[:100]
        raise httpx.RemoteProtocolError("peer closed connection")


def redirect() -> httpx.Response:
    """The API's answer to a download."""
    return httpx.Response(307, headers={"Location": LINK})


def test_the_redirect_is_followed_without_the_token(tmp_path: Path) -> None:
    caller, script = client(redirect(), httpx.Response(200, content=XML))
    target = tmp_path / "a.vrt"
    assert caller.download(VRT, target) == len(XML)
    assert target.read_bytes() == XML
    assert str(script.last.url) == LINK
    assert "authorization" not in script.last.headers


def test_all_findings_of_a_job_come_as_one_file(tmp_path: Path) -> None:
    caller, script = client(redirect(), httpx.Response(200, content=XML))
    assert caller.download_findings(JOB, tmp_path / "a.jsonl.gz") == len(XML)
    assert script.requests[0].url.path.endswith(f"/jobs/{JOB}/findings")
    assert (tmp_path / "a.jsonl.gz").read_bytes() == XML


def test_a_download_that_breaks_off_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "a.vrt"
    target.write_bytes(b"old")
    caller, _ = client(redirect(), httpx.Response(200, stream=Broken()))
    with pytest.raises(UnreachableError, match=r"download from bucket\.s3\.test broke off: peer closed"):
        caller.download(VRT, target)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.vrt": b"old"}


def test_s3_is_asked_again_where_it_is_busy(tmp_path: Path) -> None:
    caller, script = client(redirect(), httpx.Response(503, text="SlowDown"), httpx.Response(200, content=XML))
    caller.download(VRT, tmp_path / "a.vrt")
    assert len(script.requests) == 3


def test_a_refused_download_writes_nothing(tmp_path: Path) -> None:
    caller, _ = client(problem(404, "not_found"))
    with pytest.raises(NotFoundError):
        caller.download(VRT, tmp_path / "a.vrt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "response", [answer({}), httpx.Response(307, headers={"Location": "file:///etc/passwd"})], ids=["none", "file"]
)
def test_only_an_http_redirect_leads_to_a_download(response: httpx.Response, tmp_path: Path) -> None:
    caller, script = client(response)
    with pytest.raises(UnexpectedAnswerError, match="redirect"):
        caller.download(VRT, tmp_path / "a.vrt")
    assert len(script.requests) == 1


def test_nobody_sees_a_file_before_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.vrt"

    def chunks() -> Iterator[bytes]:
        yield b"one"
        assert not target.exists()
        yield b"two"

    assert write_atomically(chunks(), target) == 6
    assert target.read_bytes() == b"onetwo"
    assert target.stat().st_mode & 0o777 == 0o644


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "a.vrt"
    target.touch(0o600)
    write_atomically([b"new"], target)
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_folder_is_no_file_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as caught:
        write_atomically([b""], tmp_path)
    assert (caught.value.filename, caught.value.filename2) == (str(tmp_path), None)


def test_a_folder_that_is_not_there_is_named_by_the_target(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "a.vrt"
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically([b""], target)
    assert caught.value.filename == str(target)
