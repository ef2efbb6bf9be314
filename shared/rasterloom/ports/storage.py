"""S3, and what the headers of its objects say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rasterloom.domain.errors import ObjectError
from rasterloom.domain.geojson import Polygons
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.raster import Crs, RasterProfile


class Puts(Protocol):
    """Our bucket, for whoever only writes."""

    def put_new(self, key: str, body: bytes, content_type: str) -> None:
        """Create an object of our bucket with `If-None-Match: *`.

        A key that is taken by the same bytes is a lost acknowledgement, and success.

        Raises:
            ObjectExistsError: The key is taken by other bytes.
        """
        ...


class Objects(Puts, Protocol):
    """S3: our bucket and the sources' buckets."""

    def stat_many(self, refs: Sequence[ObjectRef]) -> Sequence[ObjectStat | ObjectError]:
        """Look at objects concurrently; per object, in order, what S3 said or why it cannot be used.

        Raises:
            UnavailableError: S3 did not answer for at least one of them.
        """
        ...

    def read_source(self, ref: ObjectRef, most: int) -> bytes | None:
        """Read an object of any bucket whole; None where it has more than this many bytes.

        Raises:
            ObjectMissingError: There is none.
            ObjectUnreadableError: It may not be read.
        """
        ...

    def get(self, key: str) -> bytes:
        """Read an object of our bucket.

        Raises:
            ObjectMissingError: There is none.
        """
        ...

    def get_part(self, key: str, place: range) -> bytes:
        """Read some bytes of an object of our bucket, fewer where it ends before they do.

        Raises:
            ObjectMissingError: There is none.
        """
        ...

    def presigned_url(self, key: str, filename: str, seconds: int) -> str:
        """A URL that reads one object of our bucket for a short while."""
        ...


@dataclass(frozen=True, slots=True)
class HeaderRead:
    """One object's header and identity, from one response."""

    stat: ObjectStat
    profile: RasterProfile


class Headers(Protocol):
    """Reads COG headers, never pixels."""

    def read(self, ref: ObjectRef) -> HeaderRead:
        """Read one header.

        Raises:
            ObjectMissingError: There is no such object.
            ObjectUnreadableError: It is no GeoTIFF that the GTiff driver opens, or it may not be read.
        """
        ...


class Footprints(Protocol):
    """Where rasters lie on Earth needs PROJ."""

    def __call__(self, profiles: Sequence[RasterProfile]) -> Sequence[Polygons | None]:
        """Each raster's outline, cut at the antimeridian; None where it cannot be told."""
        ...


class CrsEquality(Protocol):
    """CRS equality needs PROJ."""

    def __call__(self, one: Crs, other: Crs) -> bool:
        """Whether both are the same CRS, however they are spelled."""
        ...
