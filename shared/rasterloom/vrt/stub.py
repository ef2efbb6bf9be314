"""A stub: a VRT document that tells GDAL what a COG's header told us, so that nobody has to open the COG.

`gdal.BuildVRT` asks a source for its size, CRS, geotransform, overviews and, per band, for its type, block size,
nodata, colours, scale, offset, description, metadata and mask. A stub without any pixel source answers all of them.
What the VRT format cannot say exactly (block sides under 32 pixels, empty metadata values, …) is found by
comparing the opened stub with the opened file when a raster is registered; see `RasterProfile.stub_exact`.
"""

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache

from rasterloom.domain.raster import Band, Crs, MaskKind, RasterProfile

_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"))
"""The ampersand first."""
_WHITE_SPACE = " \t\r\n"


def stub_document(profile: RasterProfile) -> str:
    """Write the VRT document of a stub; it names no file."""
    return "\n".join((*_place(profile), _content(profile)))


def _place(profile: RasterProfile) -> Iterator[str]:
    """What tells one tile of a survey from the next one."""
    yield f'<VRTDataset rasterXSize="{profile.width}" rasterYSize="{profile.height}">'
    if profile.crs is not None:
        yield _crs(profile.crs)
    if profile.geotransform is not None:
        yield f"<GeoTransform>{', '.join(map(_number, profile.geotransform))}</GeoTransform>"


class _Memory:
    """The content that was written last, beside the very objects that it was written of.

    Tiles of a survey share them once they are decoded. Objects are compared by identity: 0, 0.0 and -0.0 are equal, and
    are spelled differently. One assignment replaces all of it, so that threads may share it.
    """

    def __init__(self) -> None:
        self.last: tuple[object, object, object, str] = (None, None, None, "")


_memory = _Memory()


def _content(profile: RasterProfile) -> str:
    """What many tiles have in common."""
    metadata, bands, overviews, text = _memory.last
    if metadata is profile.metadata and bands is profile.bands and overviews is profile.overviews:
        return text
    text = "\n".join(_lines(profile))
    _memory.last = (profile.metadata, profile.bands, profile.overviews, text)
    return text


def _lines(profile: RasterProfile) -> Iterator[str]:
    yield from _metadata(profile.metadata)
    for number, band in enumerate(profile.bands, start=1):
        yield from _band(number, band, profile.overviews if number == 1 else ())
    if profile.bands[0].mask is MaskKind.PER_DATASET:
        block = _block(profile.bands[0])
        yield f'<MaskBand><VRTRasterBand dataType="Byte"{block}></VRTRasterBand></MaskBand>'
    yield "</VRTDataset>"


@lru_cache(maxsize=256)
def _crs(crs: Crs) -> str:
    mapping = ",".join(map(str, crs.axis_mapping))
    return f'<SRS dataAxisToSRSAxisMapping="{mapping}">{escape(crs.wkt)}</SRS>'


def _band(number: int, band: Band, overviews: Iterable[tuple[int, int]]) -> Iterator[str]:
    yield f'<VRTRasterBand dataType="{band.dtype}" band="{number}"{_block(band)}>'
    yield from _metadata(band.metadata)
    yield from _texts(
        ("Description", band.description),
        ("UnitType", band.unit),
        ("NoDataValue", _optional(band.nodata)),
        ("Offset", _optional(band.offset)),
        ("Scale", _optional(band.scale)),
        ("ColorInterp", band.color_interpretation),
    )
    if band.color_table is not None:
        yield "<ColorTable>"
        for red, green, blue, alpha in band.color_table:
            yield f'<Entry c1="{red}" c2="{green}" c3="{blue}" c4="{alpha}"/>'
        yield "</ColorTable>"
    for width, height in overviews:
        yield _overview(width, height)
    yield "</VRTRasterBand>"


@lru_cache(maxsize=1024)
def _overview(width: int, height: int) -> str:
    """An overview of exactly this size: a document within the document, so that equal ones are opened once.

    GDAL's own way to say it, an `OverviewList` of factors, rounds sizes down and costs five times as much to open.
    """
    inner = f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><VRTRasterBand dataType="Byte"/></VRTDataset>'
    return f"<Overview><SourceFilename>{escape(inner)}</SourceFilename><SourceBand>1</SourceBand></Overview>"


def _block(band: Band) -> str:
    return f' blockXSize="{band.block_width}" blockYSize="{band.block_height}"'


def _metadata(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    entries = [f'<MDI key="{escape(key)}">{escape(value)}</MDI>' for key, value in items]
    if entries:
        yield f"<Metadata>{''.join(entries)}</Metadata>"


def _texts(*elements: tuple[str, str]) -> Iterator[str]:
    for name, text in elements:
        if text:
            yield f"<{name}>{escape(text)}</{name}>"


def _optional(value: float | None) -> str:
    return "" if value is None else _number(value)


def _number(value: float) -> str:
    """Write a number so that it reads back as the same number, integers of 64 bits included."""
    if isinstance(value, int) or math.isfinite(value):
        return repr(value)
    return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")


def escape(text: str) -> str:
    """Escape text for an element or an attribute, so that GDAL's parser reads it back unchanged.

    GDAL's parser drops white space at the start of a text; a character reference is not white space to it.
    """
    for char, reference in _ESCAPES:
        text = text.replace(char, reference)
    bare = text.lstrip(_WHITE_SPACE)
    return "".join(f"&#{ord(char)};" for char in text[: len(text) - len(bare)]) + bare
