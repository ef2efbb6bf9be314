"""A whole mosaic at the size of a picture, read in pieces by several threads, for so long and no longer.

GDAL opens a VRT's sources one after the other and waits for each; pieces read side by side wait side by side. By itself
it hands the sources of a read on to threads of which the process has as many as processors, so that all of our threads
wait for those few: here each thread reads what it is asked for. Sampling is by nearest neighbour, which lets GDAL go to
each source's own overviews.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from threading import Event
from typing import Any, Final

from osgeo import gdal

from rasterloom.adapters.gdal_environment import memory_file, quiet, sources_only
from rasterloom.adapters.gdal_profile import mask_kind
from rasterloom.adapters.mosaic_gdal import forget_sources, open_mosaic
from rasterloom.adapters.pieces import Piece, Sides, even_pieces, halved_pieces
from rasterloom.domain.raster import MaskKind
from rasterloom.vrt.cutting import Cuttable, Window, cuttable

THREADS: Final = 16
MANY_THREADS: Final = 32
"""For a mosaic of more than `MANY_SOURCES`: while one source is decoded, so many are waited for."""
PIECES: Final = 8
"""Along each side, for a mosaic of more than `FEW_SOURCES`."""
FEW_SOURCES: Final = 4
"""Times bands."""
MANY_SOURCES: Final = 100
"""Times bands; from here on pieces are cut so that each has few of them."""
ALONE: Final = {"VRT_NUM_THREADS": "1"}
"""GDAL's option that a read of a VRT is one thread's."""
LEAST: Final = 0.25
"""Seconds that a request for one of many sources may take in any case."""
ROUNDS: Final = 3
"""Times that a piece of many sources is read at most."""
IN_A_ROW: Final = MANY_THREADS + 8
"""Pieces put aside with none read between them, from which on S3 is taken to be gone: where it stops for a moment, all
threads have one."""
_GONE: Final = re.compile(r"HTTP response code: 4(?!29)\d\d|does not exist")
"""What GDAL says of an object that no other try will find. Where S3 does not answer in time it may say anything: that
pixels are missing, or that the object is of no format that it knows."""

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
    """One per plane: a byte per pixel, 0 where it holds no data, or was not read."""
    unread: bytearray
    """A byte per pixel, 255 where time was over before it was read."""


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """What to read of a mosaic."""

    bands: Sequence[int]
    """Numbers from 1."""
    gdal_type: int
    longer_side: int
    """Pixels at most."""
    left: Callable[[], float]
    """Seconds that are left to read; what is not read whole by then is unread."""


def read_sample(document: bytes, request: SampleRequest) -> Sample:
    """Read a VRT; several threads do where it has more than a few sources.

    Raises:
        RuntimeError: A source cannot be opened or read, and there was time to.
    """
    forget_sources()
    whole = cuttable(document)
    with ExitStack() as stack:
        mosaic = _opened(document, stack)
        sample, sides = _empty(mosaic, request)
        if len(whole.sources) > MANY_SOURCES * mosaic.RasterCount:
            _read_many(whole, list(halved_pieces(sides, whole, mosaic.RasterCount)), _Reading(request, sample))
        else:
            reads = list(_reads_of_few(document, sides, mosaic, len(whole.sources), stack))
            _read_all(_Reading(request, sample, ALONE), reads, THREADS)
    return sample


type _Read = tuple[Piece, Callable[[], Any], Callable[[Any], None]]
"""A piece, how to come by an open VRT that has it, and what to do with that afterwards."""


def _reads_of_few(document: bytes, sides: Sides, mosaic: Any, sources: int, stack: ExitStack) -> Iterator[_Read]:
    """Pieces of a mosaic that each thread opens once, as it is."""
    pieces = even_pieces(sides, PIECES if sources > FEW_SOURCES else 1)
    handles: SimpleQueue[Any] = SimpleQueue()
    handles.put(mosaic)
    for _ in range(min(THREADS, len(pieces)) - 1):
        handles.put(_opened(document, stack))
    for piece in pieces:
        yield piece, handles.get, handles.put


def _read_many(whole: Cuttable, pieces: Sequence[tuple[Piece, list[int]]], reading: "_Reading") -> None:
    """Read pieces, and those again that S3 refused for now or answered too late: among many requests some are.

    Where S3 does not answer, GDAL asks three times for each header before it gives up, once of them under a lock of the
    process: so threads that wait end one after the other, nobody calls them off, and a request gets no more than half
    of the time left, divided by how many wait. Those few that are read again get the more.

    GDAL remembers of an open VRT which sources failed, so what is read again is opened again.
    """
    for more in reversed(range(ROUNDS)):
        seconds = max(LEAST, reading.request.left() / (2 * min(MANY_THREADS, len(pieces))))
        options = ALONE | {"GDAL_HTTP_MAX_RETRY": "0", "GDAL_HTTP_TIMEOUT": f"{seconds:.3f}"}
        this = replace(reading, options=options, aside=_Aside() if more else None)
        with ExitStack() as stack:
            _read_all(this, list(_reads_of_many(whole, pieces, stack)), MANY_THREADS)
        pieces = [each for each in pieces if this.aside and each[0] in this.aside.pieces]
        if not pieces:
            return
        forget_sources()


def _reads_of_many(whole: Cuttable, pieces: Sequence[tuple[Piece, list[int]]], stack: ExitStack) -> Iterator[_Read]:
    """Pieces with a VRT each, that is closed when it has been read.

    They are opened before anything is read: the VRT driver is not registered meanwhile, see `sources_only`.
    """
    for piece, sources in pieces:
        waiting = [_opened(whole.document(sources), stack)]
        yield piece, waiting.pop, lambda _: None


def _opened(document: bytes, stack: ExitStack) -> Any:
    return open_mosaic(stack.enter_context(memory_file(document, ".vrt")))


def _read_all(reading: "_Reading", reads: Sequence[_Read], threads: int) -> None:
    def read(each: _Read) -> None:
        piece, take, give = each
        mosaic = take()
        try:
            with quiet():
                reading.read(mosaic, piece)
        finally:
            give(mosaic)

    with sources_only(), ThreadPoolExecutor(min(threads, len(reads)), thread_name_prefix="sample") as pool:
        begun = [pool.submit(read, each) for each in reads]
        wait(begun, max(0.0, reading.request.left()), FIRST_EXCEPTION)
        with _no_more_opened():
            for each in begun:
                each.result()


@contextmanager
def _no_more_opened() -> Iterator[None]:
    """Have no thread open an object on S3 any more: GDAL tries one that fails several times before it says so."""
    gdal.SetConfigOption("CPL_VSIL_CURL_ALLOWED_FILENAME", "none")
    try:
        yield
    finally:
        gdal.SetConfigOption("CPL_VSIL_CURL_ALLOWED_FILENAME", None)


@dataclass(slots=True)
class _Aside:
    """Pieces that S3 refused for now, or answered too late."""

    pieces: list[Piece] = field(default_factory=list)
    in_a_row: int = 0
    """Since one was read."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What threads read into: pieces that do not overlap."""

    request: SampleRequest
    sample: Sample
    options: Mapping[str, str] = field(default_factory=dict)
    """GDAL's, for the threads that read."""
    aside: _Aside | None = None
    """Takes pieces that may be read later; where there is none, they have failed."""
    failed: Event = field(default_factory=Event)
    """Once one has failed the others stop, for nothing will be shown."""

    def read(self, mosaic: Any, piece: Piece) -> None:
        """Read a piece whole, or leave it unread.

        Raises:
            RuntimeError: It cannot be read, and there was time to.
        """
        try:
            with gdal.config_options(self.options):
                planes = self._planes(mosaic, piece) if self._go_on() else None
        except RuntimeError as error:
            if self._go_on():
                self._put_aside(piece, error)
                return
            planes = None
        if self.aside is not None:
            self.aside.in_a_row = 0
        if planes is None:
            _paste(self.sample.unread, self.sample.width, bytes((SHOWN,)) * (piece.width * piece.height), piece)
            return
        for index, (values, mask) in enumerate(planes):
            _paste(self.sample.planes[index], self.sample.width, values, piece)
            _paste(self.sample.masks[index], self.sample.width, mask, piece)

    def _put_aside(self, piece: Piece, error: RuntimeError) -> None:
        if self.aside is None or self.aside.in_a_row >= IN_A_ROW or _GONE.search(str(error)):
            self.failed.set()
            raise error
        self.aside.in_a_row += 1
        self.aside.pieces.append(piece)

    def _planes(self, mosaic: Any, piece: Piece) -> list[tuple[bytes, bytes]] | None:
        """Values and mask of each band; None where time is over."""
        planes: list[tuple[bytes, bytes]] = []
        for number in self.request.bands:
            band, window = mosaic.GetRasterBand(number), piece.window
            if mask_kind(band) is MaskKind.NODATA:
                held = self._held(band, piece)
                if held is None:
                    return None
                band, window = held.GetRasterBand(1), (0, 0, piece.width, piece.height)
            values = self._raster(band, window, piece, self.request.gdal_type)
            mask = None if values is None else self._raster(band.GetMaskBand(), window, piece, gdal.GDT_Byte)
            if values is None or mask is None:
                return None
            planes.append((values, mask))
        return planes

    def _held(self, band: Any, piece: Piece) -> Any:
        """A dataset of a piece's values as they are, from which its mask follows without reading sources again."""
        values = self._raster(band, piece.window, piece, band.DataType)
        if values is None:
            return None
        held = gdal.GetDriverByName("MEM").Create("", piece.width, piece.height, 1, band.DataType)
        held.GetRasterBand(1).SetNoDataValue(band.GetNoDataValue())
        held.GetRasterBand(1).WriteRaster(0, 0, piece.width, piece.height, values)
        return held

    def _raster(self, band: Any, window: Window, piece: Piece, gdal_type: int) -> bytes | None:
        """A piece of a band; None where time is over."""
        size = {"buf_xsize": piece.width, "buf_ysize": piece.height}
        values = band.ReadRaster(*window, buf_type=gdal_type, callback=self._go_on, **size)
        return None if values is None else bytes(values)

    def _go_on(self, *_progress: object) -> int:
        """Between two sources: whether there is time for one more."""
        return int(self.request.left() > 0 and not self.failed.is_set())


def _empty(mosaic: Any, request: SampleRequest) -> tuple[Sample, Sides]:
    shrink = max(1.0, max(mosaic.RasterXSize, mosaic.RasterYSize) / request.longer_side)
    width, height = max(1, round(mosaic.RasterXSize / shrink)), max(1, round(mosaic.RasterYSize / shrink))
    item = gdal.GetDataTypeSizeBytes(request.gdal_type)
    planes = [bytearray(width * height * item) for _ in request.bands]
    masks = [bytearray(width * height) for _ in request.bands]
    sample = Sample(width, height, request.gdal_type, planes, masks, bytearray(width * height))
    return sample, Sides(width, height, mosaic.RasterXSize, mosaic.RasterYSize)


def _paste(plane: bytearray, plane_width: int, values: bytes, piece: Piece) -> None:
    item = len(values) // (piece.width * piece.height)
    length = piece.width * item
    for line in range(piece.height):
        start = ((piece.row + line) * plane_width + piece.column) * item
        plane[start : start + length] = values[line * length : (line + 1) * length]
