"""Quicklooks: small pictures of a mosaic, made by GDAL alone (its layer has no numpy)."""

import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from math import isfinite
from typing import Any, Final

from osgeo import gdal

from rasterloom.adapters.coverage import covered
from rasterloom.adapters.gdal_environment import memory_file, read_memory_file
from rasterloom.adapters.gdal_profile import bands_of, mask_kind
from rasterloom.adapters.mosaic_gdal import Rectangle, open_mosaic, placements
from rasterloom.adapters.pieces import Sides
from rasterloom.adapters.relief_gdal import relief
from rasterloom.adapters.sampling_gdal import HIDDEN, SHOWN, Sample, SampleRequest, read_sample
from rasterloom.domain.dataset import MosaicSummary
from rasterloom.domain.raster import Bounds, MaskKind
from rasterloom.ports import Remaining
from rasterloom.vrt.thinning import thinned

OVERSAMPLE: Final = 2
"""Pixels read per pixel shown along each side; averaging them takes the grain out of nearest neighbours."""
PERCENTILES: Final = (2, 98)
"""What is not of bytes is stretched between these, each band by itself."""
SKETCHED: Final = 160
"""Grey of a source that is not drawn yet."""
FINISHING: Final = 1 / 6
"""Part of the time that is kept to make pictures of what was read."""
_STATISTICS: Final = 50_000
"""Pixels that percentiles are taken from."""

_ELEVATION: Final = re.compile(r"\b(elevation|altitude|height|dem|dtm|dsm)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes per channel (one for grey, three for colours) and one for opacity, rows from the north."""

    width: int
    height: int
    channels: tuple[bytes, ...]
    alpha: bytes


def draw_quicklooks(document: bytes, sizes: Sequence[int], left: Remaining) -> Mapping[int, bytes]:
    """Draw a VRT as PNG pictures, the longer side at most so many pixels each.

    Colours are the bands that say so, or the first three; one band is grey, in its palette, or, when its description
    says that it holds elevations, shaded. What holds no data is transparent; what is not read in time is as sketches
    have it.

    Args:
        document: The VRT.
        sizes: Longer sides, in pixels.
        left: How many seconds are left until there should be pictures. Some of them are kept to make pictures of
            what was read.

    Raises:
        RuntimeError: A source cannot be read.
    """
    finishing = left() * FINISHING
    with memory_file(document, ".vrt") as path:
        mosaic = open_mosaic(path)
        size, bands = (mosaic.RasterXSize, mosaic.RasterYSize), shown_bands(mosaic)
        top = thinned(document, size)
        longer = OVERSAMPLE * max(sizes)
        request = SampleRequest(bands, _sample_type(mosaic, bands), longer, lambda: left() - finishing)
        sample = read_sample(top, request)
        where = covered(Sides(sample.width, sample.height, *size), placements(top))
        if all(mask_kind(mosaic.GetRasterBand(number)) is MaskKind.ALL_VALID for number in bands):
            hide_gaps(sample, where)
        full = _to_dataset(_sketched(_picture(mosaic, bands, sample), both(where, sample.unread)))
    return {each: _png(full, each, size) for each in sizes}


def draw_sketches(placed: Sequence[Bounds | None], summary: MosaicSummary, sizes: Sequence[int]) -> Mapping[int, bytes]:
    """Draw where sources lie: one even grey, at least a pixel each, and nothing where none lies.

    Args:
        placed: The sources' extents in the mosaic, in CRS units.
        summary: What the mosaic is.
        sizes: Longer sides, in pixels.
    """
    size, bounds = (summary.width, summary.height), summary.bounds
    x_size, y_size = summary.resolution
    shrink = max(1.0, max(size) / (OVERSAMPLE * max(sizes)))
    width, height = (max(1, round(side / shrink)) for side in size)
    rectangles = (
        Rectangle(
            (place.x_min - bounds.x_min) / x_size,
            (bounds.y_max - place.y_max) / y_size,
            max((place.x_max - place.x_min) / x_size, shrink),
            max((place.y_max - place.y_min) / y_size, shrink),
        )
        for place in placed
        if place is not None
    )
    where = covered(Sides(width, height, *size), rectangles)
    full = _to_dataset(Picture(width, height, (bytes((SKETCHED,)) * (width * height),), where))
    return {longer: _png(full, longer, size) for longer in sizes}


def hide_gaps(sample: Sample, where: bytes) -> None:
    """Hide what no source covers, in a mosaic that has neither nodata, alpha nor mask: there its gaps read as 0."""
    sample.masks[:] = [bytearray(both(mask, where)) for mask in sample.masks]


def both(one: bytes | bytearray, other: bytes | bytearray) -> bytes:
    """Bits that are set in both, of two of the same length."""
    return (int.from_bytes(one) & int.from_bytes(other)).to_bytes(len(one))


def _sketched(picture: Picture, where: bytes) -> Picture:
    """A picture that is as a sketch has it where these bytes are 255, and as it was where they are 0."""
    chosen = int.from_bytes(where)

    def grey(plane: bytes, level: int) -> bytes:
        levels = int.from_bytes(bytes((level,)) * len(plane))
        return ((int.from_bytes(plane) & ~chosen) | (levels & chosen)).to_bytes(len(plane))

    channels = tuple(grey(channel, SKETCHED) for channel in picture.channels)
    return Picture(picture.width, picture.height, channels, grey(picture.alpha, SHOWN))


def shown_bands(mosaic: Any) -> tuple[int, ...]:
    """Numbers (from 1) of the bands that a picture shows: red, green and blue, or one."""
    colors = [band.GetColorInterpretation() for band in bands_of(mosaic)]
    wanted = (gdal.GCI_RedBand, gdal.GCI_GreenBand, gdal.GCI_BlueBand)
    if all(color in colors for color in wanted):
        return tuple(colors.index(color) + 1 for color in wanted)
    opaque = [number for number, color in enumerate(colors, start=1) if color != gdal.GCI_AlphaBand]
    return tuple(opaque[:3] if len(opaque) >= len(wanted) and colors[0] != gdal.GCI_PaletteIndex else opaque[:1] or [1])


def _sample_type(mosaic: Any, bands: Sequence[int]) -> int:
    """Bytes as they are, palette indices as integers, everything else as floats."""
    chosen = [mosaic.GetRasterBand(number) for number in bands]
    if {band.DataType for band in chosen} == {gdal.GDT_Byte}:
        return int(gdal.GDT_Byte)
    return int(gdal.GDT_Float32 if chosen[0].GetColorTable() is None else gdal.GDT_UInt16)


def _picture(mosaic: Any, bands: Sequence[int], sample: Sample) -> Picture:
    alpha = _any_shown(sample.masks)
    first = mosaic.GetRasterBand(bands[0])
    if first.GetColorTable() is not None:
        return _in_palette(first.GetColorTable(), sample, alpha)
    if sample.gdal_type == gdal.GDT_Byte:
        channels: tuple[bytes, ...] = tuple(bytes(plane) for plane in sample.planes)
    else:
        channels = tuple(map(_stretched, sample.planes, sample.masks))
        if len(bands) == 1 and _ELEVATION.search(first.GetDescription() or ""):
            channels = (relief(sample, channels[0]),)
    return Picture(sample.width, sample.height, channels, alpha)


def _any_shown(masks: Sequence[bytearray]) -> bytes:
    """Opaque where any band holds data."""
    bits = 0
    for mask in masks:
        bits |= int.from_bytes(mask)
    return bits.to_bytes(len(masks[0]))


def _in_palette(table: Any, sample: Sample, alpha: bytes) -> Picture:
    indices = sample.planes[0] if sample.gdal_type == gdal.GDT_Byte else array("H", bytes(sample.planes[0]))
    entries = [table.GetColorEntry(index) for index in range(table.GetCount())]
    clear = (HIDDEN,) * 4

    def channel(part: int) -> bytes:
        values = [min(max(entry[part], 0), 255) for entry in entries]
        values += [clear[part]] * (65536 - len(values))
        return bytes(values[index] for index in indices)

    red, green, blue, opacity = map(channel, range(4))
    shown = (int.from_bytes(alpha) & int.from_bytes(opacity)).to_bytes(len(alpha))
    return Picture(sample.width, sample.height, (red, green, blue), shown)


def _stretched(plane: bytearray, mask: bytearray) -> bytes:
    """Bytes of 32-bit floats, the percentiles at 1 and 255."""
    values = array("f", bytes(plane))
    low, high = percentiles(values, mask)
    scale = 254 / (high - low) if high > low else 0.0
    level: Callable[[float], int] = lambda value: 1 + int(min(max((value - low) * scale, 0.0), 254.0))  # noqa: E731
    return bytes(level(value) if isfinite(value) else 0 for value in values)


def percentiles(values: Sequence[float], mask: Sequence[int]) -> tuple[float, float]:
    """The stretch's ends over an even selection of pixels that hold data; (0, 0) where none does."""
    step = max(1, len(values) // _STATISTICS)
    known = sorted(value for value in compress(values[::step], mask[::step]) if isfinite(value))
    if not known:
        return 0.0, 0.0
    low, high = (known[(len(known) - 1) * percent // 100] for percent in PERCENTILES)
    return low, high


def _to_dataset(picture: Picture) -> Any:
    planes = (*picture.channels, picture.alpha)
    dataset = gdal.GetDriverByName("MEM").Create("", picture.width, picture.height, len(planes), gdal.GDT_Byte)
    for number, plane in enumerate(planes, start=1):
        dataset.GetRasterBand(number).WriteRaster(0, 0, picture.width, picture.height, plane)
    dataset.GetRasterBand(len(planes)).SetColorInterpretation(gdal.GCI_AlphaBand)
    return dataset


def _png(full: Any, size: int, mosaic_size: tuple[int, int]) -> bytes:
    shrink = max(1.0, max(mosaic_size) / size)
    width, height = (max(1, round(side / shrink)) for side in mosaic_size)
    with memory_file(suffix=".png") as path:
        gdal.Translate(path, full, format="PNG", width=width, height=height, resampleAlg="average")
        return read_memory_file(path)
