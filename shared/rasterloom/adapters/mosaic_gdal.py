"""Reading a VRT that this process just wrote: what it is, and whether its pixels can be reached."""

import logging
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import unescape

from osgeo import gdal

from rasterloom.adapters.gdal_environment import sources_only
from rasterloom.adapters.gdal_profile import read_profile
from rasterloom.domain.dataset import BandSummary, MosaicSummary
from rasterloom.domain.errors import RasterloomError, UnavailableError, VerificationFailedError
from rasterloom.domain.raster import Bounds
from rasterloom.vrt.thinning import DST_RECT

WINDOW: Final = 256
"""Longer side of a window that is read to verify, in pixels of the mosaic."""

_SOURCE: Final = re.compile(rb"<SourceFilename[^>]*>([^<]*)</SourceFilename>")
_NO_ANSWER: Final = re.compile(r"HTTP response code: (?:5\d\d|429)|CURL error: ")
_SAID_BY_S3: Final = re.compile(r"(May be caused by: \w+).*", re.DOTALL)
"""What GDAL repeats of S3's own message: it names our role and account, which are nobody's to know."""

logger = logging.getLogger(__name__)


class UnreadWindowError(RuntimeError):
    """GDAL could not read a window: its source is damaged or gone, or S3 sent nothing; GDAL tells these not apart."""

    def __init__(self, message: str, source: str) -> None:
        """Remember GDAL's path of the source."""
        super().__init__(message)
        self.source = source


class Rectangle(NamedTuple):
    """Part of a mosaic in its pixels, fractions included: column and row of its corner, width, height."""

    x: float
    y: float
    width: float
    height: float


def open_mosaic(path: str) -> Any:
    """Open a VRT file with the VRT driver alone.

    Raises:
        RuntimeError: It is no VRT.
    """
    return gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_READONLY, allowed_drivers=["VRT"])


def forget_sources() -> None:
    """Drop what GDAL remembers of objects on S3: an earlier build in this process may have seen other versions."""
    gdal.VSICurlClearCache()


def placements(document: bytes) -> Iterator[Rectangle]:
    """Where each source of each band lies, in the document's order."""
    for found in DST_RECT.finditer(document):
        yield Rectangle(*(float(number) for number in found.groups()))


def verify_windows(mosaic: Any, document: bytes) -> None:
    """Read a window inside the first source with the first band, and one inside the last source with the last.

    Two sources are enough to prove credentials, endpoint and names, whatever the number of members; that each member
    is the object that was catalogued is proven by its ETag.

    Args:
        mosaic: The document, open.
        document: Its bytes.

    Raises:
        UnreadWindowError: A source cannot be opened or read.
        RuntimeError: There is none.
    """
    forget_sources()
    first = next(placements(document), None)
    if first is None:
        raise RuntimeError("it has no sources")
    *_earlier, last = placements(document[document.rindex(b"<DstRect") :])
    with sources_only():
        for number, rectangle in ((1, first), (mosaic.RasterCount, last)):
            window = _window(rectangle, mosaic.RasterXSize, mosaic.RasterYSize)
            try:
                mosaic.GetRasterBand(number).ReadRaster(*window)
            except RuntimeError as error:
                source = _source_name(document, -1 if rectangle is last else 0)
                raise UnreadWindowError(f"band {number} at {window}, in {source}: {error}", source) from error


def _source_name(document: bytes, position: int) -> str:
    """The first source that a document names, or (-1) the last one."""
    return unescape(_SOURCE.findall(document)[position].decode())


def read_failure(words: str) -> RasterloomError:
    """What an error of GDAL means that came while sources were read; GDAL tells it in words only."""
    logger.warning("GDAL cannot read a source: %s", words)
    words = _SAID_BY_S3.sub(r"\1", words)
    if _NO_ANSWER.search(words):
        return UnavailableError("S3", words)
    return VerificationFailedError(f"GDAL cannot read the VRT: {words}")


def _window(rectangle: Rectangle, width: int, height: int) -> tuple[int, int, int, int]:
    """Column, row, width and height of a window in the middle of a rectangle, in whole pixels."""
    left, right = _span(rectangle.x, rectangle.width, width)
    top, bottom = _span(rectangle.y, rectangle.height, height)
    return left, top, right - left, bottom - top


def _span(offset: float, size: float, limit: int) -> tuple[int, int]:
    """At most `WINDOW` whole pixels around the middle of an interval, inside 0 to `limit`."""
    middle, half = offset + size / 2, min(size, WINDOW) / 2
    start = max(0, min(limit - 1, int(middle - half)))
    return start, max(start + 1, min(limit, int(middle + half)))


def summarize(mosaic: Any, size_bytes: int) -> MosaicSummary:
    """Tell what an open VRT is; where a band has one source, GDAL asks that one for its overviews.

    Raises:
        RuntimeError: That source cannot be opened.
    """
    with sources_only():
        profile = read_profile(mosaic, tiled=True)
    return MosaicSummary(
        width=profile.width,
        height=profile.height,
        resolution=profile.resolution or (1.0, 1.0),
        bounds=profile.bounds or Bounds(0.0, 0.0, profile.width, profile.height),
        crs_name="" if profile.crs is None else profile.crs.name,
        epsg=None if profile.crs is None else profile.crs.epsg,
        bands=tuple(
            BandSummary(band.dtype, band.nodata, band.color_interpretation, band.description) for band in profile.bands
        ),
        size_bytes=size_bytes,
        lonlat_bounds=profile.lonlat_bounds,
    )
