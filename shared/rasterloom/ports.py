"""What the use cases need of the world, as Protocols.

Every method may raise `UnavailableError` when the service behind it throttles or fails. Methods that change state
are conditional writes: they never read, decide and write in separate steps.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import (
    Dataset,
    Member,
    MosaicSummary,
    Published,
    RasterDataset,
    ResolutionStrategy,
    VrtDataset,
    VrtType,
)
from rasterloom.domain.errors import ObjectError
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import BuildMessage, Generation, Job
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus, JobStep
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.raster import Crs, RasterProfile
from rasterloom.domain.uses import Use

type Clock = Callable[[], datetime]
type NewId = Callable[[], str]


# --- catalogue -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DatasetPage:
    """Part of a listing, newest first."""

    datasets: tuple[Dataset, ...]
    total: int


class Datasets(Protocol):
    """Datasets as the catalogue has them."""

    def get(self, dataset_id: str) -> Dataset | None:
        """Read one dataset, strongly consistent."""
        ...

    def get_many(self, dataset_ids: Collection[str]) -> Mapping[str, Dataset]:
        """Read datasets in concurrent batches of 100; what does not exist is left out."""
        ...

    def find_object(self, ref: ObjectRef, owner: str) -> str | None:
        """Id of the dataset that this owner registered this object as."""
        ...

    def add_raster(self, raster: RasterDataset) -> str:
        """Store a new raster, unless its owner registered the object before; answer the id that stands."""
        ...

    def refresh_raster(self, raster: RasterDataset, *, seen_etag: str) -> bool:
        """Replace a raster's header if its ETag is still the one that was seen."""
        ...

    def edit(self, seen: Dataset, wanted: Dataset, *, while_idle: bool = False) -> bool:
        """Change what differs of title, summary and audience, listings included; nothing else is touched.

        Args:
            seen: As it was read.
            wanted: As it shall be.
            while_idle: Of a VRT: only while it serves what was seen and nothing is being built.

        Returns:
            False if the audience, or what an idle VRT serves, is no longer what was seen; nothing was changed.

        Raises:
            NotFoundError: It is gone.
            BeingDeletedError: A deletion is under way.
            DatasetBusyError: A generation is active, and it must not be.
        """
        ...

    def mark_deletion(self, raster_id: str, deletion: str) -> RasterDataset | None:
        """Begin to delete a raster, or take over from a deletion that began before; None where it is gone.

        Raises:
            BeingDeletedError: Another deletion took over at once.
        """
        ...

    def unmark_deletion(self, raster_id: str, deletion: str) -> None:
        """Leave a raster as it was, unless another deletion has taken over."""
        ...

    def delete_raster(self, raster: RasterDataset) -> None:
        """Delete a marked raster, its entries in listings, and what its object is registered as.

        Raises:
            BeingDeletedError: Another deletion has taken over.
        """
        ...

    def delete_vrt(self, vrt: VrtDataset) -> bool:
        """Delete an idle VRT and its entries in listings, if audience and published generation are those seen.

        Raises:
            DatasetBusyError: A generation is active.
        """
        ...

    def list_readable(self, principal: Principal, *, record_type: str | None, skip: int, limit: int) -> DatasetPage:
        """List what the caller may read, newest first; `record_type` is `raster_dataset` or `vrt_dataset`."""
        ...


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """The first accepted answer to a caller's key."""

    caller: str
    key: str
    body_digest: str
    job_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Admission:
    """Everything that one accepted request writes, all or nothing."""

    vrt: VrtDataset
    """As it shall stand: `regenerating`, with this generation active and its fence raised."""
    generation: Generation
    job: Job
    is_new: bool
    """Whether the VRT is created by this admission."""
    base_id: str | None
    """The published generation that was validated against."""
    idempotency: IdempotencyRecord | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease on one generation, held by one attempt."""

    vrt: VrtDataset
    generation: Generation
    job: Job
    fence: int
    attempt: str
    lease_expires_at: datetime


class ClaimOutcome(StrEnum):
    """Why a message gave no claim."""

    ENDED = "ended"
    """The generation is final, or was never admitted, or a higher fence has its own message: drop this one."""
    HELD = "held"
    """Another attempt holds a live lease: give the message back."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a generation ends without being published."""

    code: str
    message: str
    findings: tuple[Finding, ...] = ()


class Lock(Protocol):
    """The state of a change: one conditional transaction per step. See `docs/reliability.md`."""

    def replayed(self, caller: str, key: str, now: datetime) -> IdempotencyRecord | None:
        """The record of a caller's idempotency key, if it has not expired."""
        ...

    def link_sources(self, vrt_id: str, generation_id: str, source_ids: Sequence[str], now: datetime) -> None:
        """Write the use links that a generation brings; they come before the admission.

        Each generation has links of its own: none is ever overwritten by, or deleted with, another generation's.
        """
        ...

    def missing_links(self, vrt_id: str, generation_id: str, source_ids: Sequence[str]) -> Sequence[str]:
        """Those of the sources that this generation has no use link of, strongly consistent, in batches of 100."""
        ...

    def is_linked(self, vrt_id: str, source_id: str) -> bool:
        """Whether any generation of the VRT links the source: one query, however many sources the VRT has.

        Every member is linked; what is linked need not be a member, for links come before their admission.
        """
        ...

    def uses_of(self, source_id: str) -> Sequence[Use]:
        """Every use link of a raster, whatever became of the generation that brought it, strongly consistent."""
        ...

    def unlink_sources(self, vrt_id: str, generation_id: str, source_ids: Sequence[str]) -> None:
        """Delete use links that this one generation brought.

        For a generation that was refused, never for one whose admission may stand; and for sources that a later
        generation was published without.
        """
        ...

    def admit(self, admission: Admission) -> str:
        """Take the lock and write generation, job and idempotency row; answer the job id that stands.

        The job id is another one only where the caller's idempotency key won with the same body before.

        Raises:
            DatasetBusyError: Another generation is active, or came and went since the VRT was read.
            NotFoundError: The VRT is gone.
            BaseChangedError: The published generation is not the base.
            IdempotencyKeyReusedError: The key came with another body.
        """
        ...

    def mark_sent(self, job_id: str, due: datetime) -> None:
        """Move the due time of a job that has not ended and that no attempt holds, and count the send.

        An attempt that claimed meanwhile has set the due time itself, and one that ended it has removed it.
        """
        ...

    def claim(
        self, message: BuildMessage, attempt: str, now: datetime, lease_expires_at: datetime, due: datetime
    ) -> Claim | ClaimOutcome:
        """Take the lease if fence and active generation are the message's and no live lease stands."""
        ...

    def advance(self, claim: Claim, step: JobStep, progress: float) -> None:
        """Show progress while the claim holds.

        Raises:
            LostLockError: It does not hold any more.
        """
        ...

    def publish(self, claim: Claim, published: Published, member_count: int, now: datetime) -> None:
        """Swap the pointer: the only commit.

        Raises:
            LostLockError: The claim does not hold any more; nothing was changed.
        """
        ...

    def fail(self, claim: Claim, failure: Failure, now: datetime) -> None:
        """End the generation without publishing, and free the lock; what is published keeps serving.

        Raises:
            LostLockError: The claim does not hold any more; nothing was changed.
        """
        ...

    def release(self, claim: Claim) -> None:
        """Give the lease back without ending the generation, so that a redelivered message may claim it at once.

        A claim that does not hold any more is left as it is.
        """
        ...

    def abandon(self, message: BuildMessage, failure: Failure, now: datetime) -> bool:
        """End a generation that no live lease holds, as the one with this fence; answer whether this call did it."""
        ...

    def cancel(self, job: Job, now: datetime) -> bool:
        """End a job and its generation, whoever holds it; answer whether this call did it, or it was cancelled before.

        Whoever holds the claim loses it at the next step. What is published keeps serving.

        Raises:
            JobEndedError: The job has come to another end; nothing was changed.
            NotFoundError: The VRT is gone, or the job.
        """
        ...

    def take_over(self, job: Job, vrt: VrtDataset, now: datetime, due: datetime) -> BuildMessage | None:
        """Raise the fence of a generation whose lease has run out, if fence and lease are those seen."""
        ...

    def due_jobs(self, now: datetime, limit: int) -> Sequence[Job]:
        """Jobs whose due time has come, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class GenerationPage:
    """Part of a VRT's generations, newest first."""

    generations: tuple[Generation, ...]
    total: int


@dataclass(frozen=True, slots=True)
class JobPage:
    """Part of somebody's jobs, newest first."""

    jobs: tuple[Job, ...]
    total: int


class Jobs(Protocol):
    """Jobs and generations as the catalogue has them."""

    def latest_of(self, dataset_id: str, *, created_by: str | None = None) -> Job | None:
        """The newest job of a dataset, or the newest that this caller made."""
        ...

    def list_of(
        self, created_by: str, *, status: JobStatus | None, dataset_id: str | None, skip: int, limit: int
    ) -> JobPage:
        """What a caller made, newest first: all of it, or what has this status or is of this dataset."""
        ...

    def get_many(self, job_ids: Collection[str]) -> Mapping[str, Job]:
        """Read jobs, strongly consistent; what does not exist is left out."""
        ...

    def generations_of(self, dataset_id: str, *, skip: int, limit: int) -> GenerationPage:
        """A VRT's generations, newest first."""
        ...

    def get(self, job_id: str) -> Job | None:
        """Read one job, strongly consistent: one read."""
        ...

    def statuses_of(self, dataset_ids: Collection[str]) -> Mapping[str, GenerationStatus]:
        """The status of every generation of these VRTs by the generation's id, strongly consistent."""
        ...

    def get_generation(self, dataset_id: str, number: int) -> Generation | None:
        """Read one generation, strongly consistent."""
        ...


# --- S3 --------------------------------------------------------------------------------------------------------


class Objects(Protocol):
    """S3: our bucket and the sources' buckets."""

    def stat_many(self, refs: Sequence[ObjectRef]) -> Sequence[ObjectStat | ObjectError]:
        """HEAD objects concurrently; per object, in order, what S3 said or why it cannot be used.

        Raises:
            UnavailableError: S3 did not answer for at least one of them.
        """
        ...

    def get(self, key: str) -> bytes:
        """Read an object of our bucket.

        Raises:
            ObjectMissingError: There is none.
        """
        ...

    def put_new(self, key: str, body: bytes, content_type: str) -> None:
        """Create an object of our bucket with `If-None-Match: *`.

        A key that is taken by the same bytes is a lost acknowledgement, and success.

        Raises:
            ObjectExistsError: The key is taken by other bytes.
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


class CrsEquality(Protocol):
    """CRS equality needs PROJ."""

    def __call__(self, one: Crs, other: Crs) -> bool:
        """Whether both are the same CRS, however they are spelled."""
        ...


# --- assembly --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assembly:
    """A VRT document and what it holds."""

    document: bytes
    source_filenames: tuple[str, ...]
    """Every distinct `SourceFilename` of the document, in order of first appearance."""


class Assembler(Protocol):
    """GDAL, as far as a build needs it."""

    def assemble(self, members: Sequence[Member], vrt_type: VrtType, strategy: ResolutionStrategy) -> Assembly:
        """Make the bytes that `gdal.BuildVRT -strict` makes of these sources in this order.

        Raises:
            AssemblyRefusedError: GDAL refuses; its words are the message.
        """
        ...

    def verify(self, document: bytes) -> MosaicSummary:
        """Open a VRT document with GDAL, read a window of it, and tell what the VRT is.

        Raises:
            VerificationFailedError: It cannot be opened, or the window cannot be read.
        """
        ...

    def quicklooks(self, document: bytes, sizes: Sequence[int]) -> Mapping[int, bytes]:
        """PNG pictures whose longer side is at most the size in pixels, transparent where there is no data."""
        ...


# --- queue -----------------------------------------------------------------------------------------------------


class BuildQueue(Protocol):
    """The queue that starts builds."""

    def send(self, message: BuildMessage) -> None:
        """Put a message into the queue."""
        ...


class Remaining(Protocol):
    """How much of an invocation is left."""

    def __call__(self) -> float:
        """Seconds."""
        ...


# --- callers ---------------------------------------------------------------------------------------------------


class TokenVerifier(Protocol):
    """The issuer of tokens, as far as a request needs it."""

    def __call__(self, token: str) -> Principal:
        """Tell who a bearer token is for.

        Raises:
            UnauthenticatedError: It does not hold; the message does not say more than that, or that it has expired.
            UnavailableError: The issuer's keys cannot be had.
        """
        ...
