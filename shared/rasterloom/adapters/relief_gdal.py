"""Elevations as people read them: light from the north-west over grey tones that rise with height."""

from array import array
from math import isfinite
from typing import Any, Final

from osgeo import gdal

from rasterloom.adapters.sampling_gdal import Sample

EXAGGERATION: Final = 0.12
"""Height range of a picture, as a part of its longer side: what makes hills and plains alike look like relief."""
_LOWEST_TONE: Final = 90
"""Brightness of the lowest ground in full light, of 255."""
_AMBIENT: Final = 60
"""What light is left in the deepest shade, of 255."""
_NODATA: Final = -1e30


def relief(sample: Sample, tones: bytes) -> bytes:
    """Shade grey tones by the relief of the elevations that they show.

    Args:
        sample: One band of elevations, 32-bit floats.
        tones: A byte per pixel, rising with height.

    Returns:
        A byte per pixel.
    """
    surface = _surface(sample)
    try:
        low, high = surface.GetRasterBand(1).ComputeRasterMinMax(False)  # noqa: FBT003 - GDAL names no keyword
    except RuntimeError:
        return tones  # nothing holds data
    factor = EXAGGERATION * max(sample.width, sample.height) / (high - low) if high > low else 1.0
    shaded = gdal.DEMProcessing("", surface, "hillshade", format="MEM", computeEdges=True, zFactor=factor)
    light = shaded.GetRasterBand(1).ReadRaster()
    return bytes(_lit(tone, shade) for tone, shade in zip(tones, light, strict=True))


def _surface(sample: Sample) -> Any:
    """The elevations on pixels of side 1."""
    surface = gdal.GetDriverByName("MEM").Create("", sample.width, sample.height, 1, gdal.GDT_Float32)
    surface.SetGeoTransform((0, 1, 0, 0, 0, -1))
    pairs = zip(array("f", bytes(sample.planes[0])), sample.masks[0], strict=True)
    heights = array("f", (height if shown and isfinite(height) else _NODATA for height, shown in pairs))
    band = surface.GetRasterBand(1)
    band.SetNoDataValue(array("f", [_NODATA])[0])
    band.WriteRaster(0, 0, sample.width, sample.height, heights.tobytes())
    return surface


def _lit(tone: int, shade: int) -> int:
    full = _LOWEST_TONE + tone * (255 - _LOWEST_TONE) // 255
    return full * (_AMBIENT + shade * (255 - _AMBIENT) // 255) // 255
