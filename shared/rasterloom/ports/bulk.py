"""Bulk registrations: their jobs as the catalogue has them, many rasters at once, and listings of S3."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rasterloom.domain.bulk import BulkJob, StagedPart
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import RasterloomError
from rasterloom.domain.findings import Finding
from rasterloom.domain.objects import ObjectPrefix, ObjectRef
from rasterloom.ports.lock import Failure, IdempotencyRecord
from rasterloom.ports.storage import HeaderRead


class BulkJobs(Protocol):
    """Bulk registrations as the catalogue has them; each step is one conditional write, and answers if it was done."""

    def add(self, job: BulkJob, parts: Sequence[StagedPart], record: IdempotencyRecord | None) -> None:
        """Store a new job with the parts that are known.

        Raises:
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        ...

    def get(self, job_id: str) -> BulkJob | None:
        """Read one, strongly consistent."""
        ...

    def part(self, job_id: str, number: int) -> StagedPart | None:
        """Read a part, strongly consistent."""
        ...

    def parts(self, job_id: str, first: int = 0) -> Iterator[StagedPart]:
        """Read the parts from a number on, in order, strongly consistent, a page at a time."""
        ...

    def begin(self, job: BulkJob, now: datetime) -> None:
        """Tell that a worker has begun, unless one has."""
        ...

    def add_part(self, job: BulkJob, part: StagedPart, start_after: str, now: datetime, due: datetime) -> bool:
        """Add the next part of a listing that has come up to `start_after`, if it is where the job says."""
        ...

    def hand_over(self, job: BulkJob, start_after: str, now: datetime, due: datetime) -> bool:
        """Have the listing go on in the next stretch, if it is where the job says."""
        ...

    def end_listing(self, job: BulkJob, now: datetime, due: datetime) -> bool:
        """Tell that every object is in a part, if the listing is where the job says."""
        ...

    def complete_part(self, job: BulkJob, part: StagedPart, now: datetime, due: datetime) -> bool:
        """Tell what became of a part, if nobody has and the job has not ended."""
        ...

    def complete(self, job_id: str, findings: Sequence[Finding], counts: Mapping[str, int], now: datetime) -> bool:
        """End a job whose parts are all done, unless it has ended."""
        ...

    def fail(self, job: BulkJob, failure: Failure, now: datetime) -> bool:
        """End a job that cannot come to its end, unless it has ended, or has come further since it was read."""
        ...

    def cancel(self, job_id: str, now: datetime) -> BulkJob:
        """End a job that has not ended, and answer it as it stands."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[BulkJob]:
        """Jobs whose due time has come, as the table has them."""
        ...

    def unfinished(self) -> Sequence[BulkJob]:
        """Jobs that have not ended, as the index has them; where there are many, those that are due first."""
        ...

    def mark_sent(self, job: BulkJob, due: datetime, *, is_idle: bool = True) -> bool:
        """Move the due time of a job whose messages were sent, unless it has come further since.

        Args:
            job: As it was read.
            due: When it is looked at again.
            is_idle: Whether the send counts against the job: nothing but itself explains that it does not come on.
        """
        ...


@dataclass(frozen=True, slots=True)
class Registered:
    """What an owner registered an object as."""

    raster: RasterDataset
    by_job: str | None
    """The bulk registration that created it."""


class RasterBatches(Protocol):
    """Many rasters at once."""

    def registered(self, refs: Collection[ObjectRef], owner: str) -> Mapping[ObjectRef, Registered]:
        """What this owner registered these objects as, strongly consistent."""
        ...

    def add_rasters(self, rasters: Sequence[RasterDataset], job_id: str) -> Collection[str]:
        """Store new rasters, each unless its owner registered the object before; answer the ids that stand."""
        ...

    def refresh_rasters(self, changes: Sequence[tuple[RasterDataset, RasterDataset]]) -> Sequence[bool]:
        """Write what was found of objects, each unless somebody has written of it since; answer which were written.

        Args:
            changes: Each raster as it shall stand, and as it was read before its object was looked at.
        """
        ...


class HeaderBatches(Protocol):
    """Reads many COG headers at once."""

    def __call__(
        self, wanted: Sequence[tuple[ObjectRef, tuple[str, ...] | None]]
    ) -> Sequence[HeaderRead | RasterloomError]:
        """Read headers; per object, in order, what it says or why it cannot be used.

        Args:
            wanted: Objects, each with the suffixes of what lies beside it, or None where that has to be looked at.
        """
        ...


class Listing(Protocol):
    """Lists the keys of any bucket."""

    def __call__(self, prefix: ObjectPrefix, start_after: str) -> Iterator[Sequence[str]]:
        """Keys in the order of their bytes, a page at a time.

        Raises:
            ObjectUnreadableError: The bucket is not there, or may not be listed.
            UnavailableError: S3 does not answer.
        """
        ...


type Take = Callable[[], None]
"""Waits until one more request may be sent."""
