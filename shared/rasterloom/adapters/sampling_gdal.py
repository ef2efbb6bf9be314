"""A whole mosaic at the size of a picture, read in pieces by several threads.

GDAL opens a VRT's sources one after the other and waits for each; pieces read side by side wait side by side.
Sampling is by nearest neighbour, which lets GDAL go to each source's own overviews.
"""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final

from osgeo import gdal

from rasterloom.adapters.gdal_environment import quiet, sources_only
from rasterloom.adapters.mosaic_gdal import Rectangle, forget_sources, open_mosaic

THREADS: Final = 16
PIECES: Final = 8
"""Along each side, for a mosaic of more than `FEW_SOURCES`."""
FEW_SOURCES: Final = 4
"""Times bands."""

HIDDEN: Final = 0
SHOWN: Final = 255
"""Values of a mask."""


@dataclass(slots=True)
class Sample:
    """A picture's worth of pixels: planes of `width` x `height` values, rows from the north."""

    width: int
    height: int
    gdal_type: int
    """Type of the values, `GDT_Byte`, `GDT_UInt16` or `GDT_Float32`."""
    planes: list[bytearray]
    """One per band that was asked for, native byte order."""
    masks: list[bytearray]
    """One per plane: a byte per pixel, 0 where it holds no data."""


@dataclass(frozen=True, slots=True)
class _Piece:
    column: int
    row: int
    width: int
    height: int
    window: tuple[int, int, int, int]
    """Column, row, width, height in the mosaic."""


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """What to read of a mosaic."""

    bands: Sequence[int]
    """Numbers from 1."""
    gdal_type: int
    longer_side: int
    """Pixels at most."""
    seconds: float
    """How long pieces may be begun; those that have not are left without data."""


def read_sample(path: str, source_count: int, request: SampleRequest) -> Sample:
    """Read a VRT file; several threads do where it has more than a few sources.

    Raises:
        RuntimeError: A source cannot be opened or read.
    """
    forget_sources()
    mosaic = open_mosaic(path)
    sample = _empty(mosaic, request)
    pieces = _pieces(sample, mosaic, PIECES if source_count > FEW_SOURCES else 1)
    handles: SimpleQueue[Any] = SimpleQueue()
    handles.put(mosaic)
    for _ in range(min(THREADS, len(pieces)) - 1):
        handles.put(open_mosaic(path))
    end = time.monotonic() + request.seconds

    def read(piece: _Piece) -> None:
        if time.monotonic() < end:
            handle = handles.get()
            try:
                with quiet():
                    _read_piece(handle, request.bands, piece, sample)
            finally:
                handles.put(handle)

    with sources_only(), ThreadPoolExecutor(handles.qsize(), thread_name_prefix="sample") as threads:
        for _done in threads.map(read, pieces):
            pass
    return sample


def hide_gaps(sample: Sample, placed: Iterable[Rectangle], mosaic_size: tuple[int, int]) -> None:
    """Hide what no source covers, in a mosaic that has neither nodata, alpha nor mask: there its gaps read as 0."""
    covered = bytearray(sample.width * sample.height)
    x_scale, y_scale = sample.width / mosaic_size[0], sample.height / mosaic_size[1]
    for place in placed:
        left, right = round(place.x * x_scale), round((place.x + place.width) * x_scale)
        top, bottom = round(place.y * y_scale), round((place.y + place.height) * y_scale)
        for row in range(max(0, top), min(sample.height, bottom)):
            start, stop = row * sample.width + max(0, left), row * sample.width + min(sample.width, right)
            covered[start:stop] = bytes((SHOWN,)) * (stop - start)
    sample.masks[:] = [
        bytearray((int.from_bytes(mask) & int.from_bytes(covered)).to_bytes(len(covered))) for mask in sample.masks
    ]


def _empty(mosaic: Any, request: SampleRequest) -> Sample:
    shrink = max(1.0, max(mosaic.RasterXSize, mosaic.RasterYSize) / request.longer_side)
    width, height = max(1, round(mosaic.RasterXSize / shrink)), max(1, round(mosaic.RasterYSize / shrink))
    item = gdal.GetDataTypeSizeBytes(request.gdal_type)
    planes = [bytearray(width * height * item) for _ in request.bands]
    return Sample(width, height, request.gdal_type, planes, [bytearray(width * height) for _ in request.bands])


def _pieces(sample: Sample, mosaic: Any, per_side: int) -> list[_Piece]:
    columns = _cuts(sample.width, mosaic.RasterXSize, per_side)
    rows = _cuts(sample.height, mosaic.RasterYSize, per_side)
    return [
        _Piece(column, row, width, height, (x, y, x_size, y_size))
        for row, height, y, y_size in rows
        for column, width, x, x_size in columns
    ]


def _cuts(size: int, mosaic_size: int, count: int) -> list[tuple[int, int, int, int]]:
    """Cut a side of the picture: offset and size there, offset and size in the mosaic."""
    edges = sorted({size * part // count for part in range(count + 1)})
    far = [round(edge * mosaic_size / size) for edge in edges]
    return [
        (start, stop - start, far_start, max(1, far_stop - far_start))
        for start, stop, far_start, far_stop in zip(edges, edges[1:], far, far[1:], strict=False)
    ]


def _read_piece(mosaic: Any, bands: Sequence[int], piece: _Piece, sample: Sample) -> None:
    size = {"buf_xsize": piece.width, "buf_ysize": piece.height}
    for index, number in enumerate(bands):
        band = mosaic.GetRasterBand(number)
        values = band.ReadRaster(*piece.window, buf_type=sample.gdal_type, **size)
        _paste(sample.planes[index], sample.width, values, piece, gdal.GetDataTypeSizeBytes(sample.gdal_type))
        mask = band.GetMaskBand().ReadRaster(*piece.window, buf_type=gdal.GDT_Byte, **size)
        _paste(sample.masks[index], sample.width, mask, piece, 1)


def _paste(plane: bytearray, plane_width: int, values: bytes, piece: _Piece, item: int) -> None:
    for line in range(piece.height):
        start = ((piece.row + line) * plane_width + piece.column) * item
        length = piece.width * item
        plane[start : start + length] = values[line * length : (line + 1) * length]
