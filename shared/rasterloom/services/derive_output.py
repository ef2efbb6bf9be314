"""The formats of a published VRT: each is made of its members when it is first asked for, and kept beside it.

What is made depends on the generation alone and on what the VRT is called, so two that make it at once make the same.
It names sources as the VRT does, by their S3 URIs: whoever may read the VRT may read all of them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Member, MosaicSummary, Published, VrtDataset, VrtType
from rasterloom.domain.errors import ObjectExistsError, ObjectMissingError, UnavailableError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.outputs import (
    INDEX_FILE,
    RELATIVE_FILE,
    NotForBandStacksError,
    OutputFormat,
    TooLargeForOutputError,
)
from rasterloom.domain.raster import Crs, GeoTransform, RasterProfile
from rasterloom.ports import CrsDocuments, Datasets, Footprints, Objects, TileIndexes
from rasterloom.services.read_datasets import DOWNLOAD_SECONDS, published_vrt, require_vrt
from rasterloom.services.staging import read_members
from rasterloom.vrt.footprints import footprints_document
from rasterloom.vrt.mosaicjson import mosaic_json
from rasterloom.vrt.stac import Placed, stac_item
from rasterloom.vrt.tile_index import tile_index

GEOPACKAGE: Final = "application/geopackage+sqlite3"

MOST_MEMBERS: Final = 20_000
"""Sources of a VRT whose formats are made while a caller waits: the slowest takes about 8 s of a request's 25 s."""

MOST_INLINE: Final = 900_000
"""Bytes of footprints that an answer carries; more are read from S3."""

_MOSAICS_ONLY: Final = frozenset({OutputFormat.GTI, OutputFormat.MOSAICJSON})


@dataclass(frozen=True, slots=True)
class Kept:
    """An output as an object in our bucket."""

    key: str
    filename: str
    """What a download is saved as."""
    content_type: str


@dataclass(frozen=True, slots=True)
class ReadOutput:
    """The use case."""

    datasets: Datasets
    objects: Objects
    footprints: Footprints
    indexes: TileIndexes
    crs_document: CrsDocuments
    bucket: str

    def url(self, principal: Principal, dataset_id: str, output: OutputFormat) -> str:
        """A URL that reads an output for `DOWNLOAD_SECONDS`; what is not there yet is made first.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of.
            NotPublishedError: Nothing is published yet.
            NotForBandStacksError: The format knows mosaics only.
            NotInThisFormatError: The format cannot describe this mosaic.
            TooLargeForOutputError: It has too many sources.
        """
        vrt, published = published_vrt(self.datasets, principal, dataset_id)
        kept = kept_as(vrt, published, output)
        if self._size(kept) is None:
            self._make(vrt, published, output, kept)
        return self._signed(kept)

    def footprints_here(self, principal: Principal, dataset_id: str) -> bytes | str:
        """The footprints, or a URL that reads them where there is more than `MOST_INLINE`; raises what `url` does."""
        vrt, published = published_vrt(self.datasets, principal, dataset_id)
        kept = kept_as(vrt, published, OutputFormat.FOOTPRINTS)
        size = self._size(kept)
        if size is not None and size > MOST_INLINE:
            return self._signed(kept)
        body = self._make(vrt, published, OutputFormat.FOOTPRINTS, kept) if size is None else self.objects.get(kept.key)
        return self._signed(kept) if len(body) > MOST_INLINE else body

    def relative_uri(self, principal: Principal, dataset_id: str) -> str:
        """The S3 URI of the VRT with relative paths: behind any other URL its paths would lead nowhere.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of.
            NotPublishedError: Nothing is published yet.
            TooLargeForOutputError: It is a tile index in place of a VRT.
        """
        vrt, published = published_vrt(self.datasets, principal, dataset_id)
        require_vrt(vrt, published)
        return f"s3://{self.bucket}/{published.prefix}{RELATIVE_FILE}"

    def _signed(self, kept: Kept) -> str:
        return self.objects.presigned_url(kept.key, kept.filename, DOWNLOAD_SECONDS)

    def _size(self, kept: Kept) -> int | None:
        """Bytes of what is there already."""
        (found,) = self.objects.stat_many([ObjectRef(self.bucket, kept.key)])
        if isinstance(found, ObjectMissingError):
            return None
        if isinstance(found, Exception):
            raise UnavailableError("S3", found.message)
        return found.size_bytes

    def _make(self, vrt: VrtDataset, published: Published, output: OutputFormat, kept: Kept) -> bytes:
        if output in _MOSAICS_ONLY and vrt.vrt_type is not VrtType.MOSAIC:
            raise NotForBandStacksError(vrt.id, output.value)
        if vrt.member_count > MOST_MEMBERS:
            raise TooLargeForOutputError(vrt.id, vrt.member_count, MOST_MEMBERS)
        body = self._document(vrt, published, output, read_members(self.objects, published))
        try:
            self.objects.put_new(kept.key, body, kept.content_type)
        except ObjectExistsError:
            # Another version of this code was faster; what it made is what everybody is given.
            return self.objects.get(kept.key)
        return body

    def _document(
        self, vrt: VrtDataset, published: Published, output: OutputFormat, members: Sequence[Member]
    ) -> bytes:
        if output is OutputFormat.GTI:
            return self.indexes(tile_index(members, published.summary, vrt.options, published.published_at))
        if output is OutputFormat.STAC:
            return stac_item(self._placed(vrt, published, members[0].profile.crs), members)
        outlines = self.footprints([member.profile for member in members])
        if output is OutputFormat.MOSAICJSON:
            return mosaic_json(vrt.id, members, outlines, published.summary, vrt.options)
        return footprints_document(members, outlines)

    def _placed(self, vrt: VrtDataset, published: Published, crs: Crs | None) -> Placed:
        (outline,) = self.footprints([_as_raster(published.summary, crs)])
        spelled_out = crs if published.summary.epsg is None else None
        projjson = None if spelled_out is None else self.crs_document(spelled_out)
        return Placed(vrt, published, self.bucket, outline, projjson)


def kept_as(vrt: VrtDataset, published: Published, output: OutputFormat) -> Kept:
    """Where an output is kept. What a VRT is called may change while its generation stays: its words are in the key."""
    match output:
        case OutputFormat.GTI:
            name, filename, content_type = INDEX_FILE, f"{vrt.id}.gti.gpkg", GEOPACKAGE
        case OutputFormat.MOSAICJSON:
            name, filename, content_type = "mosaic.json", f"{vrt.id}.mosaic.json", "application/json"
        case OutputFormat.STAC:
            words = hashlib.sha256(repr((vrt.title, vrt.summary)).encode()).hexdigest()[:12]
            name, filename, content_type = f"item-{words}.json", f"{vrt.id}.stac.json", "application/geo+json"
        case OutputFormat.FOOTPRINTS:
            name, filename, content_type = "footprints.geojson", f"{vrt.id}.geojson", "application/geo+json"
    return Kept(f"{published.prefix}{name}", filename, content_type)


def _as_raster(summary: MosaicSummary, crs: Crs | None) -> RasterProfile:
    """The VRT's grid, as a raster has it."""
    (x_step, y_step), bounds = summary.resolution, summary.bounds
    transform = GeoTransform(bounds.x_min, x_step, 0.0, bounds.y_max, 0.0, -y_step)
    return RasterProfile(summary.width, summary.height, (), crs, transform)
