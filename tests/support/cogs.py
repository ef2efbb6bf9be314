"""Synthetic Cloud-Optimized GeoTIFFs with chosen properties, for tests.

Pixels go through GDAL's MEM driver as bytes (the GDAL wheel has no numpy bridge) and from there through its COG driver,
so every file has the layout that a real COG has. Nothing here may share a process with rasterio.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from osgeo import gdal, osr

gdal.UseExceptions()
osr.UseExceptions()

type Array = npt.NDArray[Any]
type Fill = float | npt.ArrayLike | Callable[[int, Array, Array], npt.ArrayLike]
"""A scalar, an array of shape (bands, height, width), or ``f(band, rows, columns)`` called once per band (from 0) with
row indices of shape (height, 1) and column indices of shape (1, width)."""

GDAL_TYPES: dict[str, int] = {
    "uint8": gdal.GDT_Byte,
    "int8": gdal.GDT_Int8,
    "uint16": gdal.GDT_UInt16,
    "int16": gdal.GDT_Int16,
    "uint32": gdal.GDT_UInt32,
    "int32": gdal.GDT_Int32,
    "uint64": gdal.GDT_UInt64,
    "int64": gdal.GDT_Int64,
    "float32": gdal.GDT_Float32,
    "float64": gdal.GDT_Float64,
    "complex64": gdal.GDT_CFloat32,
    "complex128": gdal.GDT_CFloat64,
}
"""Data types by their numpy names."""


def ramp(band: int, rows: Array, columns: Array) -> Array:
    """Give each pixel a value in 1..241 that depends on its band, row and column (0 stays free for nodata)."""
    return np.asarray((band * 53 + rows * 3 + columns * 7) % 241 + 1)


def geotransform(
    origin: tuple[float, float], resolution: tuple[float, float], rotation: float = 0.0
) -> tuple[float, float, float, float, float, float]:
    """Compute GDAL's six coefficients.

    Args:
        origin: outer corner of the first pixel, (x, y) in CRS units.
        resolution: pixel size (x, y) in CRS units; a negative y makes a south-up raster.
        rotation: degrees, counter-clockwise.
    """
    cos, sin = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    if rotation == 0.0:
        return (origin[0], resolution[0], 0.0, origin[1], 0.0, -resolution[1])
    return (origin[0], resolution[0] * cos, resolution[1] * sin, origin[1], resolution[0] * sin, -resolution[1] * cos)


def pixels(fill: Fill, shape: tuple[int, int, int], dtype: str) -> Array:
    """Evaluate ``fill`` to an array of ``shape`` (bands, height, width)."""
    if not callable(fill):
        return np.ascontiguousarray(np.broadcast_to(np.asarray(fill), shape).astype(dtype))
    bands, height, width = shape
    rows, columns = np.arange(height).reshape(-1, 1), np.arange(width).reshape(1, -1)
    planes = [np.broadcast_to(np.asarray(fill(band, rows, columns)), (height, width)) for band in range(bands)]
    return np.ascontiguousarray(np.stack(planes).astype(dtype))


def make_cog(
    path: str | Path,
    *,
    width: int = 64,
    height: int = 48,
    bands: int = 1,
    dtype: str = "uint8",
    crs: int | str | None = 32632,
    origin: tuple[float, float] | None = (500_000.0, 5_200_000.0),
    resolution: tuple[float, float] = (10.0, 10.0),
    rotation: float = 0.0,
    nodata: float | None = None,
    fill: Fill = ramp,
    mask: Fill | None = None,
    color_interp: Sequence[str] | None = None,
    color_table: Sequence[tuple[int, int, int, int]] | None = None,
    scale: float | Sequence[float] | None = None,
    offset: float | Sequence[float] | None = None,
    descriptions: Sequence[str] | None = None,
    metadata: dict[str, str] | None = None,
    overviews: int | None = None,
    block_size: int = 128,
    compress: str = "DEFLATE",
    cog: bool = True,
) -> Path:
    """Write one GeoTIFF with exactly these properties.

    Args:
        path: the file to write; missing folders are made.
        width: columns, pixels.
        height: rows, pixels.
        bands: number of bands.
        dtype: a key of :data:`GDAL_TYPES`.
        crs: EPSG code, WKT or any text that GDAL accepts, or None for no CRS.
        origin: outer corner of the first pixel (x, y), CRS units; None writes no geotransform.
        resolution: pixel size (x, y), CRS units; a negative y makes a south-up raster.
        rotation: degrees, counter-clockwise.
        nodata: nodata value of every band (GeoTIFF knows one per file).
        fill: pixel values, see :data:`Fill`.
        mask: per-dataset mask, 0 where hidden and 255 where shown, see :data:`Fill` (one band).
        color_interp: one GDAL name per band, such as ``("Red", "Green", "Blue", "Alpha")``.
        color_table: RGBA entries of the first band's palette, 0..255 each.
        scale: of all bands, or one per band.
        offset: of all bands, or one per band.
        descriptions: one per band.
        metadata: items of every band's default metadata domain.
        overviews: how many; None leaves it to the COG driver (none below ``block_size``), 0 writes none.
        block_size: tile side, pixels, a multiple of 16.
        compress: the COG driver's COMPRESS option.
        cog: False writes a striped GeoTIFF without overviews instead.

    Returns:
        The path of the file.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    dataset = gdal.GetDriverByName("MEM").Create("", width, height, bands, GDAL_TYPES[dtype])
    if crs is not None:
        dataset.SetSpatialRef(_spatial_reference(crs))
    if origin is not None:
        dataset.SetGeoTransform(geotransform(origin, resolution, rotation))
    for index in range(bands):
        band = dataset.GetRasterBand(index + 1)
        _describe(band, nodata, _pick(scale, index), _pick(offset, index), metadata or {})
        if descriptions is not None:
            band.SetDescription(descriptions[index])
        if color_interp is not None:
            band.SetColorInterpretation(gdal.GetColorInterpretationByName(color_interp[index]))
    if color_table is not None:
        _set_palette(dataset.GetRasterBand(1), color_table)
    dataset.WriteRaster(0, 0, width, height, pixels(fill, (bands, height, width), dtype).tobytes())
    if mask is not None:
        dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
        shown = pixels(mask, (1, height, width), "uint8").tobytes()
        dataset.GetRasterBand(1).GetMaskBand().WriteRaster(0, 0, width, height, shown)
    _write(dataset, target, _cog_options(overviews, block_size, compress) if cog else None)
    return target


def _spatial_reference(crs: int | str) -> Any:
    reference = osr.SpatialReference()
    reference.SetFromUserInput(f"EPSG:{crs}" if isinstance(crs, int) else crs)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


def _pick(value: float | Sequence[float] | None, index: int) -> float | None:
    return value[index] if isinstance(value, Sequence) else value


def _describe(
    band: Any, nodata: float | None, scale: float | None, offset: float | None, metadata: dict[str, str]
) -> None:
    if nodata is not None:
        band.SetNoDataValue(nodata)
    if scale is not None:
        band.SetScale(scale)
    if offset is not None:
        band.SetOffset(offset)
    for key, value in metadata.items():
        band.SetMetadataItem(key, value)


def _set_palette(band: Any, entries: Sequence[tuple[int, int, int, int]]) -> None:
    table = gdal.ColorTable()
    for index, entry in enumerate(entries):
        table.SetColorEntry(index, entry)
    band.SetColorTable(table)
    band.SetColorInterpretation(gdal.GCI_PaletteIndex)


def _cog_options(overviews: int | None, block_size: int, compress: str) -> list[str]:
    options = [f"BLOCKSIZE={block_size}", f"COMPRESS={compress}", "OVERVIEW_RESAMPLING=NEAREST", "NUM_THREADS=1"]
    if overviews == 0:
        return [*options, "OVERVIEWS=NONE"]
    return options if overviews is None else [*options, f"OVERVIEW_COUNT={overviews}"]


def _write(dataset: Any, target: Path, cog_options: list[str] | None) -> None:
    """Write through the COG driver, or as a plain striped GeoTIFF when there are no COG options."""
    with gdal.config_options({"GDAL_PAM_ENABLED": "NO", "GDAL_TIFF_INTERNAL_MASK": "YES"}):
        if cog_options is None:
            gdal.GetDriverByName("GTiff").CreateCopy(str(target), dataset)
        else:
            gdal.GetDriverByName("COG").CreateCopy(str(target), dataset, options=cog_options)
