"""The port `Headers`: obstore fetches a head, GDAL's GTiff driver reads it from memory."""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

from osgeo import gdal

from rasterloom.adapters.gdal_environment import configure, memory_file, open_gtiff, quiet
from rasterloom.adapters.gdal_profile import is_stub_exact, read_profile
from rasterloom.adapters.heads import Head, Heads
from rasterloom.domain.errors import ObjectChangedError, ObjectUnreadableError, UnavailableError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.raster import RasterProfile
from rasterloom.ports import HeaderRead

MAX_BANDS: Final = 1000
MAX_BLOCK_BYTES: Final = 256 * 1024 * 1024
"""One tile or strip, decompressed, all bands that lie in it: what reading one pixel may cost."""


@dataclass(frozen=True, slots=True)
class GdalHeaders:
    """Reads COG headers, never pixels."""

    heads: Heads

    def __post_init__(self) -> None:
        """Configure GDAL for this process."""
        configure(self.heads.stores.regions)

    def read(self, ref: ObjectRef) -> HeaderRead:
        """Read one header.

        Raises:
            ObjectMissingError: There is no such object.
            ObjectUnreadableError: It is no GeoTIFF that the GTiff driver opens, or it may not be read.
            UnavailableError: S3 does not answer, or the object changed while it was read.
        """
        try:
            head = self.heads.read(ref)
        except ObjectChangedError as error:
            raise UnavailableError("S3", f"{ref.uri} changed while it was read") from error
        return HeaderRead(head.stat, parse_head(ref, head))


def parse_head(ref: ObjectRef, head: Head) -> RasterProfile:
    """Read a profile from a head, which holds the whole header and none of the pixels.

    Raises:
        ObjectUnreadableError: The GTiff driver refuses it, or reading its pixels could exhaust this process.
    """
    with quiet(), memory_file(head.data, ".tif") as path:
        try:
            dataset = open_gtiff(path)
            _require_bounded(ref, dataset)
            profile = read_profile(dataset, tiled=head.tiled)
            return replace(profile, stub_exact=is_stub_exact(dataset, profile))
        except RuntimeError as error:
            words = str(error).replace(path, ref.uri)
            raise ObjectUnreadableError(ref.uri, f"{ref.uri} cannot be read as a GeoTIFF: {words}") from error
        finally:
            dataset = None


def _require_bounded(ref: ObjectRef, dataset: Any) -> None:
    if not 1 <= dataset.RasterCount <= MAX_BANDS:
        raise ObjectUnreadableError(
            ref.uri, f"{ref.uri} has {dataset.RasterCount} bands: expected 1 to {MAX_BANDS}", actual=dataset.RasterCount
        )
    band = dataset.GetRasterBand(1)
    size = math.prod(band.GetBlockSize()) * gdal.GetDataTypeSizeBytes(band.DataType)
    if dataset.GetMetadataItem("INTERLEAVE", "IMAGE_STRUCTURE") == "PIXEL":
        size *= dataset.RasterCount
    if size > MAX_BLOCK_BYTES:
        raise ObjectUnreadableError(
            ref.uri,
            f"{ref.uri} has tiles of {size} bytes, {' x '.join(map(str, band.GetBlockSize()))} pixels: "
            f"expected at most {MAX_BLOCK_BYTES} bytes; write it again with `gdal_translate -of COG`",
        )
