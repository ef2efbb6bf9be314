"""The port `Headers`: obstore fetches a head, GDAL's GTiff driver reads it from memory."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import obstore
from osgeo import gdal

from rasterloom.adapters import kindred
from rasterloom.adapters.gdal_environment import configure, in_words, memory_file, open_gtiff, quiet
from rasterloom.adapters.gdal_profile import is_stub_exact, read_profile
from rasterloom.adapters.heads import WRITE_AGAIN, Head, Heads
from rasterloom.adapters.object_stores import FAILURES, domain_error
from rasterloom.adapters.tiff_layout import image_directories, layout_faults
from rasterloom.adapters.tiff_tiles import TileArray
from rasterloom.domain.errors import (
    InvalidUriError,
    ObjectChangedError,
    ObjectError,
    ObjectUnreadableError,
    UnavailableError,
)
from rasterloom.domain.gathering import SIDE_FILES
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.raster import LayoutFault, RasterProfile
from rasterloom.ports import HeaderRead

MAX_BANDS: Final = 1000
MAX_METADATA_ITEMS: Final = 10_000
"""The time that GDAL takes for the items of one domain grows with their square: this many take half a second."""
MAX_BLOCK_BYTES: Final = 256 * 1024 * 1024
"""One tile or strip, decompressed, all bands that lie in it: what reading one pixel may cost."""
LIST_BYTES: Final = 16 * 1024
"""How far into an image's list of tiles the first one is looked for that is not empty."""


@dataclass(frozen=True, slots=True)
class GdalHeaders:
    """Reads COG headers, never pixels."""

    heads: Heads

    def __post_init__(self) -> None:
        """Configure GDAL for this process."""
        configure(self.heads.stores.regions)

    def read(self, ref: ObjectRef) -> HeaderRead:
        """Read one header, and look at how the file's bytes lie and what lies beside it.

        One request, a second one where the header is longer than 16 KiB; beside it a HEAD for each suffix in
        `SIDE_FILES`; and one small request for each image whose list of tiles lies further back.

        Raises:
            ObjectMissingError: There is no such object.
            ObjectUnreadableError: It is no GeoTIFF that the GTiff driver opens, or it may not be read.
            UnavailableError: S3 does not answer, or the object changed while it was read.
        """
        beside = [_probes().submit(self._is_there, ref, suffix) for suffix in SIDE_FILES]
        try:
            head = self.heads.read(ref)
            read = self.parsed(ref, head, ())
        except ObjectChangedError as error:
            raise UnavailableError("S3", f"{ref.uri} changed while it was read") from error
        side_files = tuple(suffix for suffix, there in zip(SIDE_FILES, beside, strict=True) if there.result())
        return replace(read, profile=replace(read.profile, side_files=side_files))

    def parsed(self, ref: ObjectRef, head: Head, side_files: tuple[str, ...]) -> HeaderRead:
        """What a head says, with what lies beside the object, and how the file's bytes lie.

        Raises:
            ObjectUnreadableError: It is no GeoTIFF that the GTiff driver opens.
            ObjectChangedError: A list of tiles lies further back, and the object has changed meanwhile.
        """
        profile, own = kindred.told(head) or (_opened(ref, head), {})
        return HeaderRead(head.stat, replace(profile, **own, layout=self._layout(ref, head), side_files=side_files))

    def side_files(self, ref: ObjectRef) -> tuple[str, ...]:
        """The suffixes of what lies beside an object: a HEAD for each, one after the other."""
        return tuple(suffix for suffix in SIDE_FILES if self._is_there(ref, suffix))

    def _is_there(self, ref: ObjectRef, suffix: str) -> bool:
        """Whether there is an object beside this one; one that may not be seen is as good as none."""
        try:
            beside = ObjectRef(ref.bucket, ref.key + suffix)
        except InvalidUriError:
            return False  # its key would be longer than S3 takes
        try:
            obstore.head(self.heads.stores.of(beside), beside.key)
        except FAILURES as error:
            known = domain_error(error, beside)
            if isinstance(known, ObjectError):
                return False
            raise known from error
        return True

    def _layout(self, ref: ObjectRef, head: Head) -> tuple[LayoutFault, ...]:
        images = image_directories(head.directories)
        lists = [image.places for image in images]
        if all(array is None or _end(array) <= len(head.data) for array in lists):
            places = [None if array is None else self._first_place(ref, head, array) for array in lists]
        else:
            places = list(_probes().map(lambda array: array and self._first_place(ref, head, array), lists))
        return layout_faults(head.data, images, places)

    def _first_place(self, ref: ObjectRef, head: Head, array: TileArray) -> int | None:
        """Where the first tile lies that is not empty, of those that the beginning of its list tells of."""
        end = _end(array)
        if end <= len(head.data):
            return array.first_place(head.data[array.start : end])
        if array.start >= head.stat.size_bytes:
            return None
        return array.first_place(self.heads.part(ref, array.start, end, head.stat.etag)[0])


def _end(array: TileArray) -> int:
    """Byte after that part of a list in which the first tile is looked for."""
    return array.start + min(array.length, LIST_BYTES)


@cache
def _probes() -> ThreadPoolExecutor:
    """Threads of their own: a header may be read in one of the pool's, which must not wait for another of them."""
    return ThreadPoolExecutor(16, thread_name_prefix="probe")


def parse_head(ref: ObjectRef, head: Head) -> RasterProfile:
    """Read a profile from a head, which holds the whole header and none of the pixels.

    Raises:
        ObjectUnreadableError: The GTiff driver refuses it, or reading its pixels could exhaust this process.
    """
    return kindred.profile(head) or _opened(ref, head)


def _opened(ref: ObjectRef, head: Head) -> RasterProfile:
    """What GDAL says of a head; as `parse_head`."""
    _require_few_items(ref, head.data)
    with quiet(), memory_file(head.data, ".tif") as path:
        try:
            with in_words():
                dataset = open_gtiff(path)
                _require_bounded(ref, dataset)
                profile = read_profile(dataset, tiled=head.tiled)
                profile = replace(profile, stub_exact=is_stub_exact(dataset, profile))
            return kindred.remember(head, profile, dataset.GetSpatialRef())
        except RuntimeError as error:
            words = str(error).replace(path, ref.uri)
            message = f"{ref.uri} cannot be read as a GeoTIFF: {words}"
            raise ObjectUnreadableError(ref.uri, message, actual=words, hint=WRITE_AGAIN) from error
        finally:
            dataset = None


def _require_few_items(ref: ObjectRef, data: bytes) -> None:
    """Count the items before GDAL reads them."""
    count = data.count(b"<Item")
    if count > MAX_METADATA_ITEMS:
        message = f"{ref.uri} has {count} items of metadata: expected at most {MAX_METADATA_ITEMS}"
        hint = "Write it again without them: gdal_translate -of COG -nomd in.tif out.tif"
        raise ObjectUnreadableError(ref.uri, message, actual=f"{count} items of metadata", hint=hint)


def _require_bounded(ref: ObjectRef, dataset: Any) -> None:
    count = dataset.RasterCount
    if not 1 <= count <= MAX_BANDS:
        message = f"{ref.uri} has {count} bands: expected 1 to {MAX_BANDS}"
        hint = "Split it into files of fewer bands: gdal_translate -of COG -b 1 -b 2 … in.tif out.tif"
        raise ObjectUnreadableError(ref.uri, message, actual=f"{count} bands", hint=hint)
    band = dataset.GetRasterBand(1)
    size = math.prod(band.GetBlockSize()) * gdal.GetDataTypeSizeBytes(band.DataType)
    if dataset.GetMetadataItem("INTERLEAVE", "IMAGE_STRUCTURE") == "PIXEL":
        size *= count
    if size > MAX_BLOCK_BYTES:
        words = f"tiles of {size} bytes, {' x '.join(map(str, band.GetBlockSize()))} pixels"
        message = f"{ref.uri} has {words}: expected at most {MAX_BLOCK_BYTES} bytes; write it again with "
        raise ObjectUnreadableError(ref.uri, f"{message}`gdal_translate -of COG`", actual=words, hint=WRITE_AGAIN)
