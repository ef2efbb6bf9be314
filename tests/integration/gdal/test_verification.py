"""What was written is opened again; hostile sources and settings get nowhere."""

from __future__ import annotations

import pytest
from osgeo import gdal

from rasterloom.adapters.gdal_environment import DRIVERS, OPTIONS, quiet
from rasterloom.domain.dataset import BandSummary, VrtType
from rasterloom.domain.errors import UnavailableError, VerificationFailedError
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Bounds
from tests.support.corpus import at, row
from tests.support.lab import Lab

FINEST = (VrtType.MOSAIC, WeaveOptions())

PIXEL_FUNCTION = """<VRTDataset rasterXSize="8" rasterYSize="8">
  <VRTRasterBand dataType="Byte" band="1" subClass="VRTDerivedRasterBand">
    <PixelFunctionType>evil</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>
    <PixelFunctionCode><![CDATA[
def evil(in_ar, out_ar, *args, **kwargs):
    out_ar[:] = 1
]]></PixelFunctionCode>
  </VRTRasterBand>
</VRTDataset>"""

RAW_BAND = """<VRTDataset rasterXSize="8" rasterYSize="8">
  <VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">
    <SourceFilename relativeToVRT="0">/etc/passwd</SourceFilename>
    <ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>8</LineOffset>
  </VRTRasterBand>
</VRTDataset>"""


def simple(source: str) -> bytes:
    """A VRT of one source of 8 x 8 pixels."""
    return f"""<VRTDataset rasterXSize="8" rasterYSize="8"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>
      <SourceFilename relativeToVRT="0">{source}</SourceFilename><SourceBand>1</SourceBand>
      <SourceProperties RasterXSize="8" RasterYSize="8" DataType="Byte" BlockXSize="8" BlockYSize="8" />
      <SrcRect xOff="0" yOff="0" xSize="8" ySize="8" /><DstRect xOff="0" yOff="0" xSize="8" ySize="8" />
    </SimpleSource></VRTRasterBand></VRTDataset>""".encode()


def read_all(document: str) -> bytes:
    """Every pixel of a VRT; the dataset has to outlive its band."""
    dataset = gdal.Open(document)
    return bytes(dataset.GetRasterBand(1).ReadRaster())


def test_a_summary_tells_what_the_mosaic_is(lab: Lab) -> None:
    members = lab.members(*row(2, dtype="int16", nodata=-1, descriptions=("height",)))
    document = lab.assembler.assemble(members, *FINEST).document
    summary = lab.assembler.verify(document)
    assert (summary.width, summary.height, summary.resolution) == (128, 48, (10.0, 10.0))
    assert summary.bounds == Bounds(500_000, 5_199_520, 501_280, 5_200_000)
    assert (summary.crs_name, summary.epsg) == ("WGS 84 / UTM zone 32N", 32632)
    assert summary.bands == (BandSummary("Int16", -1.0, "Gray", "height"),)
    assert summary.size_bytes == len(document)


def test_only_the_first_and_the_last_source_are_read(lab: Lab) -> None:
    members = lab.members(*row(4))
    document = lab.assembler.assemble(members, *FINEST).document
    lab.server.requests.clear()
    lab.assembler.verify(document)
    read = {request.path.rsplit("/", 1)[-1] for request in lab.server.requests}
    assert read == {members[0].ref.key, members[-1].ref.key}


@pytest.mark.parametrize("vrt_type", VrtType)
@pytest.mark.parametrize("position", [0, -1])
def test_a_source_that_is_gone_fails(lab: Lab, vrt_type: VrtType, position: int) -> None:
    members = lab.members(*row(3))
    document = lab.assembler.assemble(members, vrt_type, WeaveOptions()).document
    lab.assembler.verify(document)
    lab.client.delete_object(Bucket=lab.bucket, Key=members[position].ref.key)
    with pytest.raises(VerificationFailedError, match=members[position].ref.key):
        lab.assembler.verify(document)


def test_a_server_that_is_gone_is_told_from_a_source_that_is(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    document = lab.assembler.assemble(lab.members(*row(2)), *FINEST).document
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    try:
        with pytest.raises(UnavailableError):
            lab.assembler.verify(document)
        with pytest.raises(UnavailableError):
            lab.assembler.quicklooks(document, (64,))
    finally:
        monkeypatch.undo()
        assert lab.assembler.verify(document)


def test_a_source_without_its_pixels_fails(lab: Lab) -> None:
    ref = lab.cog(width=600, height=600, fill=noise)
    member = lab.member(ref)
    lab.put(lab.paths[ref.key].read_bytes()[:17_000], ref.key)
    document = lab.assembler.assemble([member], *FINEST).document
    with pytest.raises(VerificationFailedError):
        lab.assembler.verify(document)


def noise(_band: int, rows: int, columns: int) -> int:
    """Pixels that lie behind the first 16 KiB of their file."""
    return (rows * columns) % 251


@pytest.mark.parametrize("lost", [9, 15, 17])
def test_pixels_that_s3_withholds_for_a_moment_are_read_again(lab: Lab, lost: int) -> None:
    document = lab.assembler.assemble([lab.member(lab.cog(width=600, height=600, fill=noise))], *FINEST).document
    lab.server.withheld = lost
    assert lab.assembler.verify(document).width == 600
    assert lab.server.slow_downs == lab.server.withheld == 0


def test_pixels_that_s3_goes_on_to_withhold_are_no_verdict_on_their_source(lab: Lab) -> None:
    document = lab.assembler.assemble([lab.member(lab.cog(width=600, height=600, fill=noise))], *FINEST).document
    lab.server.withheld = 1_000
    try:
        with pytest.raises(UnavailableError, match="S3"):
            lab.assembler.verify(document)
        assert lab.server.slow_downs > 980
    finally:
        lab.server.slow_downs = 0


def test_an_object_that_turned_into_a_vrt_is_not_followed(lab: Lab) -> None:
    secret, member = lab.cog(width=8, height=8), lab.member(lab.cog(width=8, height=8))
    document = lab.assembler.assemble([member], *FINEST).document
    lab.put(simple(secret.vsi_path), member.ref.key)
    lab.server.requests.clear()
    with pytest.raises(VerificationFailedError):
        lab.assembler.verify(document)
    with pytest.raises(VerificationFailedError):
        lab.assembler.quicklooks(document, (64,))
    assert secret.key not in "".join(request.path for request in lab.server.requests)
    assert gdal.GetDriverByName("VRT") is not None


@pytest.mark.parametrize("document", [PIXEL_FUNCTION, RAW_BAND])
def test_a_vrt_runs_no_code_and_reads_no_raw_file(lab: Lab, document: str) -> None:
    assert lab.assembler
    with quiet(), pytest.raises(RuntimeError, match=r"Python|VRTRawRasterBand support has been disabled"):
        read_all(document)


def test_nothing_but_what_a_mosaic_needs_is_registered(lab: Lab) -> None:
    assert lab.assembler
    assert {gdal.GetDriver(index).ShortName for index in range(gdal.GetDriverCount())} == DRIVERS
    assert all(gdal.GetConfigOption(name) == value for name, value in OPTIONS.items())


@pytest.mark.parametrize(
    "document", [b"", b"<VRTDataset/>", b"II*\x00", b'<VRTDataset rasterXSize="1" rasterYSize="1"/>']
)
def test_what_is_no_vrt_fails(lab: Lab, document: bytes) -> None:
    with pytest.raises(VerificationFailedError):
        lab.assembler.verify(document)


def test_failures_leave_the_error_stream_alone(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    members = lab.members(at(0), at(0, fill=3))
    document = lab.assembler.assemble(members, *FINEST).document
    lab.client.delete_object(Bucket=lab.bucket, Key=members[0].ref.key)
    with pytest.raises(VerificationFailedError):
        lab.assembler.verify(document)
    with pytest.raises(VerificationFailedError):
        lab.assembler.quicklooks(document, (64,))
    assert capfd.readouterr().err == ""
