"""Datasets, jobs and generations as the catalogue has them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from rasterloom.domain.access import Audience, Principal
from rasterloom.domain.dataset import (
    Dataset,
    RasterDataset,
    RasterState,
    VrtDataset,
)
from rasterloom.domain.generation import Generation, Job
from rasterloom.domain.jobs import AnyJob
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.staleness import Mark
from rasterloom.domain.uses import Use
from rasterloom.ports.lock import IdempotencyRecord


@dataclass(frozen=True, slots=True)
class DatasetPage:
    """Part of a listing, newest first."""

    datasets: tuple[Dataset, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PendingEdit:
    """An edit of who a dataset is for that stands, and has still to be held against others."""

    dataset_id: str
    token: str
    """Of this one edit."""
    before: Audience
    wanted: Audience
    title: str
    """Before the edit, and so is the summary."""
    summary: str | None
    edited_at: datetime
    due: datetime
    """When whoever made it is taken for dead."""
    record: IdempotencyRecord | None = None
    """What stands for the request that made it."""


@dataclass(frozen=True, slots=True)
class EditTerms:
    """What has to hold for an edit, and what is written along with it."""

    while_idle: bool = False
    """Of a VRT: only while it serves what was seen and nothing is being built."""
    as_seen: bool = False
    """Only while nothing of it has changed since."""
    record: IdempotencyRecord | None = None
    """What stands for this request from now on."""
    pending: PendingEdit | None = None
    """What says of this edit that it has still to be held against others; only while none is pending."""
    takes_back: PendingEdit | None = None
    """The edit that is hereby taken back, with what stood for its request; only while it is pending."""


@dataclass(frozen=True, slots=True)
class DeletionMark:
    """What says of a raster that a deletion is under way."""

    deletion: str
    """Id of the deletion."""
    due: datetime
    """When it is taken for dead."""
    seen: RasterDataset | None = None
    """The raster as it was read, where it must not have been edited since."""
    resumes: str | None = None
    """The deletion that is taken for dead, where only that one may be taken over."""
    record: IdempotencyRecord | None = None
    """What shall stand for the request once the raster is deleted; whoever resumes finds it."""


@dataclass(frozen=True, slots=True)
class DueDeletion:
    """A deletion of a raster that should have ended."""

    raster_id: str
    deletion: str
    record: IdempotencyRecord | None = None


FREELY: Final = EditTerms()


class Datasets(Protocol):
    """Datasets as the catalogue has them."""

    def get(self, dataset_id: str) -> Dataset | None:
        """Read one dataset, strongly consistent."""
        ...

    def get_marked(self, dataset_id: str, *, most: int | None = None) -> tuple[Dataset | None, Sequence[Mark]]:
        """Read one dataset and the marks of it, at most so many, strongly consistent, in one request.

        A dataset that is gone has no marks, whatever is left of them.
        """
        ...

    def get_many(self, dataset_ids: Collection[str]) -> Mapping[str, Dataset]:
        """Read datasets in concurrent batches of 100; what does not exist is left out."""
        ...

    def states_of(self, dataset_ids: Collection[str]) -> Mapping[str, RasterState]:
        """What may have become of rasters, strongly consistent, in concurrent batches of 100; headers stay unread."""
        ...

    def find_object(self, ref: ObjectRef, owner: str) -> str | None:
        """Id of the dataset that this owner registered this object as."""
        ...

    def add_raster(self, raster: RasterDataset, record: IdempotencyRecord | None = None) -> str:
        """Store a new raster, unless its owner registered the object before; answer the id that stands.

        Raises:
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        ...

    def add_unless_deleted(self, raster: RasterDataset, modified_at: datetime | None) -> str | None:
        """As `add_raster`, but None where its owner deleted a raster of this very object: of this ETag, and no newer.

        Args:
            raster: What somebody found without being asked for it.
            modified_at: When its object was put there; None where that is unknown.
        """
        ...

    def owners_of(self, ref: ObjectRef) -> Mapping[str, str]:
        """What an object is registered as: ids of datasets, by their owners, strongly consistent."""
        ...

    def refresh_raster(self, raster: RasterDataset, *, seen: RasterDataset) -> bool:
        """Write what was found of a raster's object, if nobody has written of it since the raster was read.

        Where nothing of it has changed, only the observation is counted: what others found before has no place any
        more. Where it is another object, or gone, it stands that its users have to be marked, until `Marks.told`.

        Args:
            raster: As it shall stand.
            seen: As it was read before its object was looked at.

        Returns:
            False if somebody has written of it since, other than that nothing has changed where nothing has, or it is
            gone; nothing was changed.
        """
        ...

    def edit(self, seen: Dataset, wanted: Dataset, terms: EditTerms = FREELY) -> bool:
        """Change what differs of title, summary, audience and `auto_regenerate`, listings included, and nothing else.

        Args:
            seen: As it was read.
            wanted: As it shall be.
            terms: What has to hold besides, and what is written along.

        Returns:
            False if the audience, what an idle VRT serves, or whatever else had to stay is no longer what was seen,
            or another edit is pending, or the one to be taken back is not; nothing was changed.

        Raises:
            NotFoundError: It is gone.
            BeingDeletedError: A deletion is under way.
            DatasetBusyError: A generation is active, and it must not be.
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        ...

    def pending_edit(self, dataset_id: str) -> PendingEdit | None:
        """The edit of a dataset that has still to be held against others, strongly consistent."""
        ...

    def due_edits(self, now: datetime, limit: int) -> Sequence[PendingEdit]:
        """Edits that should have been held against others by now, longest due first, as the table has them."""
        ...

    def edit_holds(self, edit: PendingEdit) -> bool:
        """That an edit may stand; False if that was decided by somebody else, in this way or the other."""
        ...

    def mark_deletion(self, raster_id: str, mark: DeletionMark) -> RasterDataset | None:
        """Begin to delete a raster, or take over from a deletion that began before.

        Returns:
            The raster, as it will stay; None where it is gone, or not as the mark wants it.

        Raises:
            BeingDeletedError: Another deletion took over at once.
        """
        ...

    def due_deletions(self, now: datetime, limit: int) -> Sequence[DueDeletion]:
        """Deletions that should have ended by now, longest due first, each as the table has it."""
        ...

    def unmark_deletion(self, raster_id: str, deletion: str) -> None:
        """Leave a raster as it was, unless another deletion has taken over."""
        ...

    def delete_raster(self, raster: RasterDataset, now: datetime, record: IdempotencyRecord | None = None) -> None:
        """Delete a marked raster, its entries in listings, and what its object is registered as.

        What is left of it is looked at later. `add_unless_deleted` knows of the deletion for `STAYS_DELETED`, unless
        the object was gone by then: whatever comes in its place is another one.

        Raises:
            BeingDeletedError: Another deletion has taken over.
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        ...

    def delete_vrt(
        self, vrt: VrtDataset, now: datetime, *, as_seen: bool = False, record: IdempotencyRecord | None = None
    ) -> bool:
        """Delete an idle VRT and its entries in listings, if audience and published generation are those seen.

        What is left of it, links and artifacts, is looked at later.

        Args:
            vrt: As it was read.
            now: This moment.
            as_seen: Only while nothing of it has changed since.
            record: What stands for this request from now on.

        Raises:
            DatasetBusyError: A generation is active.
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        ...

    def list_readable(self, principal: Principal, *, record_type: str | None, skip: int, limit: int) -> DatasetPage:
        """List what the caller may read, newest first; `record_type` is `raster_dataset` or `vrt_dataset`."""
        ...


@dataclass(frozen=True, slots=True)
class GenerationPage:
    """Part of a VRT's generations, newest first."""

    generations: tuple[Generation, ...]
    total: int


@dataclass(frozen=True, slots=True)
class JobPage:
    """Part of somebody's jobs, newest first."""

    jobs: tuple[AnyJob, ...]
    total: int


class Jobs(Protocol):
    """Jobs and generations as the catalogue has them."""

    def latest_of(self, dataset_id: str, *, created_by: str | None = None) -> AnyJob | None:
        """The newest job of a dataset, or the newest that this caller made."""
        ...

    def list_of(
        self, created_by: str, *, status: JobStatus | None, dataset_id: str | None, skip: int, limit: int
    ) -> JobPage:
        """What a caller made, newest first: all of it, or what has this status or is of this dataset."""
        ...

    def get_many(self, job_ids: Collection[str]) -> Mapping[str, AnyJob]:
        """Read jobs of any kind, strongly consistent; what does not exist is left out."""
        ...

    def generations_of(self, dataset_id: str, *, skip: int, limit: int) -> GenerationPage:
        """A VRT's generations, newest first."""
        ...

    def get(self, job_id: str) -> Job | None:
        """Read the job of a generation, strongly consistent: one read."""
        ...

    def find(self, job_id: str) -> AnyJob | None:
        """Read a job of any kind, strongly consistent: one read."""
        ...

    def statuses_of(self, uses: Collection[Use]) -> Mapping[str, GenerationStatus]:
        """The status of each generation that links name, by its id, strongly consistent; unknown ones are left out."""
        ...

    def find_generation(self, dataset_id: str, generation_id: str) -> Generation | None:
        """Read the generation of a VRT that has this id, strongly consistent."""
        ...

    def get_generation(self, dataset_id: str, number: int) -> Generation | None:
        """Read one generation, strongly consistent."""
        ...
