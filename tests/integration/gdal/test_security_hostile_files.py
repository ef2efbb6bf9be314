"""Files that would have GDAL open something else: with the function's own configuration nothing else is opened."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from time import process_time
from typing import Any

import pytest
from osgeo import gdal, osr

from rasterloom.adapters.gdal_environment import configure, open_gtiff, quiet, sources_only
from rasterloom.adapters.gdal_files import FILE_SYSTEMS
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.errors import ObjectUnreadableError, RasterloomError, VerificationFailedError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.options import WeaveOptions
from tests.support.lab import Lab
from tests.support.listener import unasked_host

FINEST = (VrtType.MOSAIC, WeaveOptions())


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    with unasked_host() as host:
        yield host


def pointing(target: str, fill: int = 7) -> bytes:
    """A GeoTIFF without overviews that says that another file holds them."""
    path = "/vsimem/pointing.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(path, 600, 600, 1)
    dataset.SetGeoTransform((500_000, 10, 0, 5_200_000, 0, -10))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32632)
    dataset.SetSpatialRef(reference)
    dataset.SetMetadataItem("OVERVIEW_FILE", target, "OVERVIEWS")
    dataset.GetRasterBand(1).Fill(fill)
    dataset.Close()
    with gdal.VSIFile(path, "rb") as file:
        body = bytes(file.read())
    gdal.Unlink(path)
    return body


def addresses(host: str) -> list[str]:
    """Every way in which GDAL is told to ask a host."""
    return [
        f"/vsicurl/http://{host}/a.tif",
        f"/vsicurl?url=http%3A%2F%2F{host}%2Fa.tif",
        f"/vsicurl_streaming/http://{host}/a.tif",
        f"/vsigzip//vsicurl/http://{host}/a.tif",
        f"/vsizip//vsicurl/http://{host}/a.zip/a.tif",
        f"/vsitar//vsicurl/http://{host}/a.tar/a.tif",
        f"/vsisubfile/0,/vsicurl/http://{host}/a.tif",
        f"/vsicached?file=/vsicurl/http://{host}/a.tif",
        f"/vsiwebhdfs/http://{host}/webhdfs/v1/a.tif",
        f"http://{host}/a.tif",
        f"WCS:http://{host}/a",
        f'<VRTDataset rasterXSize="9" rasterYSize="9"><SourceFilename>/vsicurl/http://{host}/a</SourceFilename></VRTDataset>',
    ]


def test_gdal_has_memory_and_s3_and_no_other_virtual_file_system(lab: Lab) -> None:
    assert lab.assembler
    assert set(gdal.GetFileSystemsPrefixes()) == FILE_SYSTEMS
    assert not osr.GetPROJEnableNetwork()


def test_no_name_makes_gdal_ask_a_host(lab: Lab, listener: tuple[str, list[bytes]]) -> None:
    host, asked = listener
    assert lab.assembler
    for name in addresses(host):
        with quiet(), pytest.raises(RuntimeError):
            gdal.Open(name)
        with quiet(), sources_only(), pytest.raises(RuntimeError):
            open_gtiff(name)
    assert asked == []


def test_a_file_that_takes_its_overviews_from_another_is_not_registered(
    lab: Lab, listener: tuple[str, list[bytes]]
) -> None:
    host, asked = listener
    secret = lab.cog(width=600, height=600, fill=99)
    for target in (secret.vsi_path, ":::BASE:::other.tif", *addresses(host)):
        with pytest.raises(ObjectUnreadableError, match="takes its overviews from another file"):
            lab.headers.read(lab.put(pointing(target)))
    assert asked == []


def test_an_object_that_later_points_to_a_host_has_nobody_asked(lab: Lab, listener: tuple[str, list[bytes]]) -> None:
    host, asked = listener
    member = lab.member(lab.cog(width=600, height=600, cog=False, fill=7))
    document = lab.assembler.assemble([member], *FINEST).document
    for target in addresses(host):
        lab.put(pointing(target), member.ref.key)
        lab.assembler.verify(document)
        assert lab.assembler.quicklooks(document, (64,))
    assert asked == []


def test_an_object_that_later_points_into_a_vrt_has_that_vrt_not_opened(lab: Lab) -> None:
    secret, member = lab.cog(width=600, height=600, fill=99), lab.member(lab.cog(width=600, height=600, cog=False))
    document = lab.assembler.assemble([member], *FINEST).document
    hop = (
        f'<VRTDataset rasterXSize="300" rasterYSize="300"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        f"<SourceFilename>{secret.vsi_path}</SourceFilename><SourceBand>1</SourceBand>"
        f"</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    lab.put(pointing(hop), member.ref.key)
    lab.server.requests.clear()
    lab.assembler.verify(document)
    lab.assembler.quicklooks(document, (64,))
    assert secret.key not in "".join(request.path for request in lab.server.requests)


@pytest.mark.parametrize("prefix", ["/vsis3/", "/vsicurl/", "/vsicurl?url=", "../../", "a/../../", "/etc/"])
def test_no_name_of_a_bucket_or_key_leaves_s3(lab: Lab, prefix: str) -> None:
    for ref in (ObjectRef(f"{prefix}x", "a.tif"), ObjectRef(lab.bucket, f"{prefix}x/../a.tif")):
        lab.server.requests.clear()
        with pytest.raises(ObjectUnreadableError):
            lab.headers.read(ref)
        assert lab.server.requests == []


def bomb(side: int) -> bytes:
    """A whole tile of zeros, deflated to a thousandth of its size."""
    path = "/vsimem/bomb.tif"
    options = ["TILED=YES", f"BLOCKXSIZE={side}", f"BLOCKYSIZE={side}", "COMPRESS=DEFLATE", "ZLEVEL=9"]
    dataset = gdal.GetDriverByName("GTiff").Create(path, side, side, 1, gdal.GDT_Byte, options)
    dataset.SetGeoTransform((500_000, 10, 0, 5_200_000, 0, -10))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32632)
    dataset.SetSpatialRef(reference)
    dataset.GetRasterBand(1).Fill(1)
    dataset.Close()
    with gdal.VSIFile(path, "rb") as file:
        body = bytes(file.read())
    gdal.Unlink(path)
    return body


def test_the_largest_tile_that_is_taken_is_read_in_bounded_time(lab: Lab) -> None:
    body = bomb(8192)
    assert len(body) < 8192 * 8192 / 200
    start = process_time()
    document = lab.assembler.assemble([lab.member(lab.put(body))], *FINEST).document
    lab.assembler.verify(document)
    lab.assembler.quicklooks(document, (64,))
    assert process_time() - start < 10.0


def test_a_tile_that_would_not_fit_is_refused_by_its_header_alone(lab: Lab) -> None:
    ref = lab.put(_one_tile(32_768))
    lab.server.requests.clear()
    with pytest.raises(ObjectUnreadableError, match="has tiles of 1073741824 bytes"):
        lab.headers.read(ref)
    assert {request.range for request in lab.server.requests if request.method == "GET"} == {"bytes=0-16383"}


def _one_tile(side: int) -> bytes:
    """A TIFF of one tile of so many bytes, of which it holds ten."""
    entries = [(256, 4, side), (257, 4, side), (258, 3, 8), (259, 3, 8), (262, 3, 1), (277, 3, 1), (322, 4, side)]
    entries += [(323, 4, side), (324, 4, 300), (325, 4, 10)]
    fields = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + fields + bytes(4) + bytes(300)


def test_what_s3_says_of_our_role_is_not_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    document = lab.assembler.assemble([lab.member(lab.cog())], *FINEST).document
    body = (
        b"<Error><Code>AccessDenied</Code><Message>User: arn:aws:sts::123456789012:assumed-role/builder/x is not"
        b" authorized to perform: s3:GetObject</Message></Error>"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n"
        threading.Thread(target=_answer, args=(server, answer % len(body) + body), daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.getsockname()[1]}")
        try:
            told = [_failure(lab.assembler.verify, document), _failure(lab.assembler.quicklooks, document, (64,))]
        finally:
            monkeypatch.undo()
            configure()
            server.shutdown(socket.SHUT_RDWR)
    for error in told:
        assert isinstance(error, VerificationFailedError)
        assert "HTTP response code: 403" in error.message
        assert "arn:" not in error.message
        assert "123456789012" not in error.message


def _failure(call: Any, *arguments: Any) -> RasterloomError:
    with pytest.raises(RasterloomError) as caught:
        call(*arguments)
    return caught.value


def _answer(server: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.recv(10_000)
            connection.sendall(answer)
