"""Quicklooks show the mosaic: its colours, its shape, and nothing where there is nothing."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from rasterloom.adapters import pieces, sampling_gdal
from rasterloom.adapters.assembler_gdal import GdalAssembler
from rasterloom.adapters.gdal_environment import memory_file
from rasterloom.adapters.mosaic_gdal import open_mosaic
from rasterloom.adapters.sampling_gdal import LEAST, SampleRequest, read_sample
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.errors import UnavailableError, VerificationFailedError
from rasterloom.domain.options import WeaveOptions
from rasterloom.vrt.thinning import DST_RECT, SOURCE
from tests.support.cogs import Array
from tests.support.corpus import RAINBOW, at, row
from tests.support.lab import Lab


def picture(png: bytes) -> Array:
    """Pixels of a PNG, shape (channels, height, width)."""
    with memory_file(png, ".png") as path:
        dataset = gdal.OpenEx(path, allowed_drivers=["PNG"])
        shape = (dataset.RasterCount, dataset.RasterYSize, dataset.RasterXSize)
        return np.frombuffer(dataset.ReadRaster(), "uint8").reshape(shape)


def draw(lab: Lab, *properties: dict[str, Any], size: int = 128, vrt_type: VrtType = VrtType.MOSAIC) -> Array:
    document = lab.assembler.assemble(lab.members(*properties), vrt_type, WeaveOptions()).document
    return picture(lab.assembler.quicklooks(document, (size,))[size])


def test_the_longer_side_is_at_most_the_size_and_never_enlarged(lab: Lab) -> None:
    members = lab.members(*row(2, width=600, height=300, step=6000.0))
    document = lab.assembler.assemble(members, VrtType.MOSAIC, WeaveOptions()).document
    pictures = lab.assembler.quicklooks(document, (64, 512, 4096))
    assert {size: picture(png).shape[1:] for size, png in pictures.items()} == {
        64: (16, 64),
        512: (128, 512),
        4096: (300, 1200),
    }


def test_bytes_are_shown_as_they_are_and_gaps_are_transparent(lab: Lab) -> None:
    shown = draw(lab, at(0, fill=40), at(640, 480, fill=200))
    assert shown.shape == (2, 96, 128)
    assert (shown[:, 20, 20] == (40, 255)).all()
    assert (shown[:, 80, 100] == (200, 255)).all()
    assert shown[1, 80, 20] == 0


def test_colours_are_the_bands_that_say_so(lab: Lab) -> None:
    colors = ("NIR", "Blue", "Green", "Red")
    fill = np.array([9, 50, 100, 200]).reshape(4, 1, 1)
    shown = draw(lab, *row(2, bands=4, color_interp=colors, fill=fill))
    assert (shown[:, 10, 10] == (200, 100, 50, 255)).all()


def test_a_stack_shows_its_first_three_bands(lab: Lab) -> None:
    shown = draw(lab, *({"fill": value} for value in (200, 100, 50, 7)), vrt_type=VrtType.BAND_STACK)
    assert (shown[:, 10, 10] == (200, 100, 50, 255)).all()


def test_a_palette_gives_its_colours(lab: Lab) -> None:
    shown = draw(lab, *row(2, color_table=RAINBOW, nodata=3, fill=lambda _b, _r, c: c // 16))
    assert [tuple(shown[:, 10, column]) for column in (8, 24, 40)] == [
        (255, 0, 0, 255),
        (0, 255, 0, 255),
        (0, 0, 255, 255),
    ]
    assert shown[3, 10, 56] == 0


@pytest.mark.parametrize("dtype", ["int16", "uint16", "float32", "float64", "complex64", "int8"])
def test_other_types_are_stretched_over_their_middle_96_percent(lab: Lab, dtype: str) -> None:
    shown = draw(lab, *row(1, dtype=dtype, width=100, height=100, fill=lambda _, r, c: c + 0 * r))
    assert shown[0, 50, 1] == 1
    assert shown[0, 50, 98] == 255
    assert abs(int(shown[0, 50, 50]) - 128) < 5
    assert (np.diff(shown[0, 50].astype(int)) >= 0).all()


@pytest.mark.parametrize("nodata", [-9999.0, float("nan")])
def test_nodata_is_transparent_and_has_no_part_in_the_stretch(lab: Lab, nodata: float) -> None:
    def fill(_band: int, rows: Array, columns: Array) -> Array:
        return np.asarray(np.where(columns < 50, nodata, 10 + (columns + 0 * rows) / 100))

    shown = draw(lab, *row(1, dtype="float32", width=100, height=100, nodata=nodata, fill=fill))
    assert (shown[1, :, :50] == 0).all()
    assert (shown[1, :, 50:] == 255).all()
    assert shown[0, 50, 52] < 20
    assert shown[0, 50, 98] > 240


def test_nothing_but_nodata_is_all_transparent(lab: Lab) -> None:
    for description in ("elevation", ""):
        shown = draw(lab, *row(2, dtype="float32", nodata=0, fill=0, descriptions=(description,)))
        assert not shown[1].any()


def test_a_constant_is_shown(lab: Lab) -> None:
    assert draw(lab, *row(2, dtype="int16", fill=7))[1].all()


def test_masks_and_alpha_hide(lab: Lab) -> None:
    def west(_band: int, _rows: Array, columns: Array) -> Array:
        return np.asarray((columns < 32) * 255)

    masked = draw(lab, at(0, mask=west, fill=9))
    with_alpha = draw(
        lab,
        at(0, bands=2, color_interp=("Gray", "Alpha"), fill=lambda b, r, c: 9 + 0 * r if b == 0 else west(0, r, c)),
    )
    for shown in (masked, with_alpha):
        assert (shown[1, :, :32] == 255).all()
        assert not shown[1, :, 32:].any()


def test_elevations_are_shaded_and_nothing_else_is(lab: Lab) -> None:
    def ridge(_band: int, rows: Array, columns: Array) -> Array:
        return np.asarray(100.0 - abs(columns - 50.0) + 0 * rows)

    def draw_as(description: str) -> Array:
        return draw(lab, at(0, dtype="float32", width=100, height=100, fill=ridge, descriptions=(description,)))

    shaded, plain = draw_as("Elevation (m)"), draw_as("vegetation index")
    assert shaded[0, 50, 30] > shaded[0, 50, 70] + 20, "the west slope is in the light"
    assert abs(int(plain[0, 50, 30]) - int(plain[0, 50, 70])) <= 3


def test_many_sources_are_read_in_pieces_that_fit_together(lab: Lab) -> None:
    tiles = [at(640.0 * x, 480.0 * y, fill=20 * x + 50 * y + 20) for x in range(4) for y in range(4)]
    shown = draw(lab, *tiles, size=256)
    for x in range(4):
        for y in range(4):
            assert (shown[0, y * 48 + 2 : y * 48 + 46, x * 64 + 2 : x * 64 + 62] == 20 * x + 50 * y + 20).all()
    assert (shown[1] == 255).all()


def test_what_is_not_read_in_time_is_grey_where_sources_lie(lab: Lab) -> None:
    members = lab.members(at(0, bands=3), at(640, 480, bands=3))
    document = lab.assembler.assemble(members, VrtType.MOSAIC, WeaveOptions()).document
    hurried = GdalAssembler(lab.heads, quicklook_seconds=0.0)
    lab.server.requests.clear()
    shown = picture(hurried.quicklooks(document, (64,))[64])
    assert (shown[:, 10, 10] == (160, 160, 160, 255)).all()
    assert shown[3, 40, 10] == 0
    assert lab.server.requests == []


def many(lab: Lab) -> bytes:
    """The VRT of 128 sources that are one object of 40 in all, in places of their own, sixteen in a row."""
    member = lab.members(at(0, fill=40))[0]
    document = lab.assembler.assemble([member], VrtType.MOSAIC, WeaveOptions()).document
    source = SOURCE.search(document)
    assert source is not None
    size = f'rasterXSize="{64 * 16}" rasterYSize="{48 * 8}"'.encode()
    moved = [
        DST_RECT.sub(b'<DstRect xOff="%d" yOff="%d" xSize="64" ySize="48"' % (64 * x, 48 * y), source.group())
        for y in range(8)
        for x in range(16)
    ]
    grown = re.sub(rb'rasterXSize="\d+" rasterYSize="\d+"', size, document, count=1)
    return SOURCE.sub(lambda _: b"".join(moved), grown)


def test_many_sources_are_read_in_pieces_of_few_that_fit_together(lab: Lab) -> None:
    shown = picture(lab.assembler.quicklooks(many(lab), (256,))[256])
    assert shown.shape == (2, 96, 256)
    assert (shown[0] == 40).all()
    assert (shown[1] == 255).all()


@pytest.mark.parametrize("longer_side", [61, 100, 333, 512])
@pytest.mark.parametrize("many_sources", [sampling_gdal.MANY_SOURCES, 3], ids=["even", "halved"])
def test_pieces_give_what_one_read_of_the_whole_mosaic_gives(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, longer_side: int, many_sources: int
) -> None:
    """GDAL is the authority of which pixel is the nearest; sides that divide nothing, values that nothing repeats."""
    monkeypatch.setattr(sampling_gdal, "MANY_SOURCES", many_sources)
    monkeypatch.setattr(pieces, "LARGE", 2)
    values = np.arange(331 * 269).reshape(1, 269, 331)
    tiles = [
        at(3310.0 * x, 2690.0 * y, width=331, height=269, dtype="uint32", fill=values + 100_000 * (3 * y + x))
        for y in range(2)
        for x in range(3)
    ]
    document = lab.assembler.assemble(lab.members(*tiles), VrtType.MOSAIC, WeaveOptions()).document
    request = SampleRequest((1,), gdal.GDT_UInt32, longer_side, lambda: 60.0)
    with memory_file(document, ".vrt") as path:
        sample = read_sample(document, request)
        mosaic = open_mosaic(path)
        assert (mosaic.RasterXSize, mosaic.RasterYSize) == (3 * 331, 2 * 269)
        whole = mosaic.GetRasterBand(1).ReadRaster(buf_xsize=sample.width, buf_ysize=sample.height)
    assert len(set(np.frombuffer(whole, "uint32"))) > 0.9 * sample.width * sample.height
    assert bytes(sample.planes[0]) == bytes(whole)


def test_drawing_many_sources_stops_between_two_of_them_once_time_is_over(lab: Lab) -> None:
    asked = count()
    hurried = GdalAssembler(lab.heads, quicklook_seconds=60.0, clock=lambda: float(next(asked)))
    shown = picture(hurried.quicklooks(many(lab), (256,))[256])
    assert (shown[0] == 160).any()
    assert (shown[1] == 255).all(), "what is not read is grey"
    assert next(asked) < 60 + 2 * 4 * 3, "each thread asks at most a few times more, whatever is left to read"


def test_one_source_that_cannot_be_read_ends_the_drawing_of_many(lab: Lab) -> None:
    document = many(lab)
    lab.server.requests.clear()
    gone = document.replace(b".tif<", b"x.tif<")
    with pytest.raises(VerificationFailedError):
        lab.assembler.quicklooks(gone, (64,))


def test_what_s3_refuses_for_now_among_many_is_read_again(lab: Lab) -> None:
    document = many(lab)
    lab.server.slow_downs = 1
    shown = picture(lab.assembler.quicklooks(document, (256,))[256])
    assert lab.server.slow_downs == 0
    assert (shown[0] == 40).all()
    assert (shown[1] == 255).all()


def test_what_s3_answers_too_late_among_many_is_read_again(lab: Lab) -> None:
    document = many(lab)
    impatient = GdalAssembler(lab.heads, quicklook_seconds=4 * LEAST, clock=lambda: 0.0)
    lab.server.delays = 8
    shown = picture(impatient.quicklooks(document, (256,))[256])
    assert lab.server.delays == 0
    assert (shown[0] == 40).all()
    assert (shown[1] == 255).all()


def test_an_s3_that_answers_too_late_again_and_again_ends_the_drawing_of_many(lab: Lab) -> None:
    document = many(lab)
    impatient = GdalAssembler(lab.heads, quicklook_seconds=4 * LEAST, clock=lambda: 0.0)
    lab.server.delays = 1000
    try:
        with pytest.raises(UnavailableError, match="timed out"):
            impatient.quicklooks(document, (256,))
        assert lab.server.delays > 900
    finally:
        lab.server.delays = 0


def test_an_s3_that_goes_on_refusing_ends_the_drawing_of_many(lab: Lab) -> None:
    document = many(lab)
    lab.server.slow_downs = 1000
    try:
        with pytest.raises(UnavailableError):
            lab.assembler.quicklooks(document, (256,))
        assert lab.server.slow_downs > 900, "all is asked for twice at most, not again and again"
    finally:
        lab.server.slow_downs = 0


def test_overviews_are_used(lab: Lab) -> None:
    ref = lab.cog(width=4096, height=4096, fill=lambda _, r, c: (r * 31 + c * 17) % 251, compress="NONE")
    document = lab.assembler.assemble([lab.member(ref)], VrtType.MOSAIC, WeaveOptions()).document
    lab.server.requests.clear()
    lab.assembler.quicklooks(document, (128,))
    spans = [request.range.removeprefix("bytes=").split("-") for request in lab.server.requests if request.range]
    assert sum(int(end) - int(start) + 1 for start, end in spans) < 400_000
