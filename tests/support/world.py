"""The use cases over the real catalogue on moto, with stand-ins for S3, the queue and GDAL, and a clock to step.

moto is not atomic under threads: nothing here runs at once, and no race is tried on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import RasterDataset, VrtDataset, VrtType
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import BuildMessage, Generation, Job
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Crs, RasterProfile
from rasterloom.domain.tile_index import Tile, TileIndex
from rasterloom.http.answers import FindingEntry
from rasterloom.http.findings import finding_entry
from rasterloom.http.problems import at_source
from rasterloom.ports import HeaderRead
from rasterloom.services.admit_change import AdmitChange
from rasterloom.services.auto_regenerate import SwitchAutoRegenerate
from rasterloom.services.build_generation import BuildGeneration, BuildOutcome
from rasterloom.services.cancel_job import CancelJob
from rasterloom.services.change_vrt import ChangeVrt
from rasterloom.services.changing import Changing
from rasterloom.services.complete_upload import CompleteUpload
from rasterloom.services.create_vrt import CreateRequest, CreateVrt
from rasterloom.services.delete_dataset import DeleteDataset
from rasterloom.services.dependents import FindDependents, ReadDependents
from rasterloom.services.edit_dataset import EditDataset
from rasterloom.services.end_bulk import EndBulk
from rasterloom.services.finding_documents import FindingDocuments
from rasterloom.services.hold_edits import HoldEdits
from rasterloom.services.list_prefix import ListPrefix
from rasterloom.services.mark_users import MarkUsers
from rasterloom.services.observe_object import ObserveObject
from rasterloom.services.places import Places
from rasterloom.services.preview_vrt import PreviewVrt
from rasterloom.services.read_datasets import ReadDataset
from rasterloom.services.read_findings import ReadFindings
from rasterloom.services.read_generations import ReadGenerations
from rasterloom.services.read_jobs import ReadJob
from rasterloom.services.read_manifest import FEWEST_LISTED, ReadManifest
from rasterloom.services.read_registrations import ReadRegistrations
from rasterloom.services.read_sources import ReadVrtStatus
from rasterloom.services.reconcile import Reconcile
from rasterloom.services.refresh_vrts import RefreshVrts
from rasterloom.services.register_part import RegisterPart
from rasterloom.services.register_raster import RegisterRaster
from rasterloom.services.replace_sources import ReplaceSources
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.request_bulk import RequestBulk
from rasterloom.services.request_upload import RequestUpload
from rasterloom.services.resume_bulk import ResumeBulk
from rasterloom.services.resume_deletions import ResumeDeletions
from rasterloom.services.retry_job import RetryJob
from rasterloom.services.settle_marks import SettleMarks
from rasterloom.services.staging import read_members_at
from rasterloom.services.sweep_orphans import SweepOrphans
from rasterloom.services.sweep_uploads import ForgetUpload, SweepUploads
from rasterloom.services.take_sources import TakeSources
from rasterloom.services.validation import ValidateSources
from rasterloom.services.weave_product import WeaveProduct
from rasterloom.settings import AllowedPrefix, WatchedPrefix
from tests.support.bulk import HeadersAtOnce, KeysInMemory, RegistrationMessages
from tests.support.factories import OWNER, principal, raster
from tests.support.fakes import ListQueue, MemoryObjects, MemoryOrphans, ScriptedAssembler, SteppedClock, numbered_ids
from tests.support.uploads import BUCKET, HeadersInMemory, MemoryUploadStore

LEASE = timedelta(seconds=100)
DUE_UNSENT = timedelta(seconds=60)
DUE_SENT = timedelta(seconds=900)
DUE_MARGIN = timedelta(seconds=30)
QUIET = timedelta(seconds=300)
MAX_ATTEMPTS = 3
PART_OBJECTS = 3
"""Objects of one part of a bulk registration: a few make several parts."""
MOST_IN_TESTS = 50
"""Sources that a manifest may list."""


def same_text(one: Crs, other: Crs) -> bool:
    """CRS equality without PROJ."""
    return one.wkt == other.wkt


def no_outlines(profiles: Sequence[RasterProfile]) -> list[None]:
    """Footprints without PROJ: none can be told."""
    return [None] * len(profiles)


def _entry(finding: Finding) -> FindingEntry:
    return finding_entry(finding, at_source(finding))


@dataclass
class ListedTiles:
    """Tile indexes as lists of what they open."""

    written: dict[bytes, tuple[Tile, ...]] = field(default_factory=dict)
    drop: int = 0
    """How many tiles the next index lacks."""

    def __call__(self, index: TileIndex) -> bytes:
        """Write one."""
        body = "\n".join(tile.location for tile in index.tiles).encode()
        self.written[body] = index.tiles[self.drop :]
        return body

    def tiles_of(self, body: bytes) -> tuple[Tile, ...]:
        """Read one back."""
        return self.written[body]


@dataclass
class World:
    """One deployment in memory."""

    catalog: Catalog
    objects: MemoryObjects
    queue: ListQueue = field(default_factory=ListQueue)
    assembler: ScriptedAssembler = field(default_factory=ScriptedAssembler)
    clock: SteppedClock = field(default_factory=SteppedClock)
    remaining: float = 300.0
    first_id: int = 1
    """Where ids begin to count: another process on the same catalogue has others."""
    watch_list: Sequence[WatchedPrefix] = (WatchedPrefix(bucket="watched", prefix="in/", owner=OWNER),)

    def __post_init__(self) -> None:
        """Wire the use cases."""
        self.new_id = numbered_ids(self.first_id)
        documents = FindingDocuments(self.objects, _entry, self.new_id)
        self.admit = AdmitChange(
            self.objects, self.catalog.lock, self.queue, self.clock, self.new_id, DUE_UNSENT, DUE_SENT, documents
        )
        validate = ValidateSources(self.catalog.datasets, self.objects, same_text)
        self.store = MemoryUploadStore(self.objects)
        self.headers = HeadersInMemory(self.objects)
        self.allow_list = [AllowedPrefix(bucket="lists"), AllowedPrefix(bucket="watched")]
        places = Places(self.allow_list, BUCKET)
        read_manifest = ReadManifest(self.objects, places, FEWEST_LISTED, MOST_IN_TESTS)
        self.create = CreateVrt(validate, read_manifest, self.admit, self.clock, self.new_id)
        replays = self.admit.replays
        self.find_dependents = FindDependents(self.catalog.datasets, self.catalog.jobs, self.catalog.lock, self.clock)
        datasets, marks = self.catalog.datasets, self.catalog.marks
        self.mark_users = MarkUsers(datasets, marks, self.find_dependents, self.clock, QUIET)
        self.observe = ObserveObject(
            datasets, self.headers, self.mark_users, lambda _: True, self.watched, self.clock, self.new_id
        )
        self.register = RegisterRaster(
            datasets, self.headers, places, replays, self.clock, self.new_id, self.mark_users, self._look_again
        )
        self.settle = SettleMarks(datasets, marks, self.objects, self.clock, QUIET)
        self.refresh = RefreshVrts(datasets, marks, self.settle, self.admit, self.clock, QUIET)
        self.switch = SwitchAutoRegenerate(datasets, marks, replays, self.clock, QUIET)
        self.read_status = ReadVrtStatus(
            datasets, self.objects, self.follows, self.clock, partial(read_members_at, self.objects)
        )
        self.read_dataset = ReadDataset(datasets)
        uploads = self.catalog.uploads
        self.request_upload = RequestUpload(uploads, self.store, replays, self.clock, self.new_id)
        self.complete_upload = CompleteUpload(uploads, self.store, self.objects, self.register, BUCKET, self.clock)
        self.sweep = SweepUploads(self.catalog.datasets, uploads, self.store, BUCKET, self.clock)
        changing = Changing(self.catalog.datasets, self.admit)
        self.change = ChangeVrt(
            self.catalog.datasets, self.objects, self.catalog.lock, validate, changing, self.switch.look_soon
        )
        self.replace = ReplaceSources(self.catalog.jobs, self.objects, validate, changing)
        self.preview = PreviewVrt(validate, read_manifest, self.assembler, no_outlines)
        self.hold_edits = HoldEdits(self.catalog.datasets, self.objects, self.find_dependents, self.clock)
        self.edit = EditDataset(self.catalog.datasets, self.hold_edits, replays, self.clock, self.new_id)
        forget = ForgetUpload(uploads, BUCKET, self.clock)
        self.delete = DeleteDataset(
            self.catalog.datasets, self.find_dependents, replays, self.clock, self.new_id, forget
        )
        self.resume = ResumeDeletions(self.catalog.datasets, self.find_dependents, forget, self.clock, self.new_id)
        self.orphans = MemoryOrphans(self.objects)
        self.sweep_orphans = SweepOrphans(
            self.catalog.sweeps,
            self.catalog.jobs,
            self.catalog.lock,
            self.objects,
            self.orphans,
            self.clock,
            marks,
            self.settle.after_publishing,
        )
        self.read_dependents = ReadDependents(self.catalog.datasets, self.find_dependents)
        self.read_generations = ReadGenerations(self.catalog.datasets, self.catalog.jobs)
        read_job = ReadJob(self.catalog.jobs)
        bulk = self.catalog.bulk_jobs
        self.read_findings = ReadFindings(read_job, self.objects)
        self.cancel = CancelJob(read_job, self.catalog.lock, self.clock, uploads, self.store, bulk)
        self._wire_bulk(places, read_job)
        self.retry = RetryJob(
            read_job, self.catalog.jobs, self.catalog.datasets, self.objects, validate, self.admit, self.change
        )
        self.indexes = ListedTiles()
        self.take = TakeSources(self.catalog.datasets, self.objects, self.catalog.lock, validate, self.clock)
        self.weave = WeaveProduct(self.assembler, self.indexes, self.clock, BUCKET)
        self.build = BuildGeneration(
            take=self.take,
            weave=self.weave,
            objects=self.objects,
            lock=self.catalog.lock,
            assembler=self.assembler,
            clock=self.clock,
            new_id=self.new_id,
            lease=LEASE,
            due_margin=DUE_MARGIN,
            max_attempts=MAX_ATTEMPTS,
            documents=documents,
            settle_marks=self.settle.after_publishing,
        )
        self.reconcile = Reconcile(
            self.catalog.datasets,
            self.catalog.jobs,
            self.catalog.lock,
            self.queue,
            self.clock,
            DUE_SENT,
            MAX_ATTEMPTS,
        )

    def watched(self, ref: ObjectRef) -> WatchedPrefix | None:
        """The place that an object lies in."""
        return next((place for place in self.watch_list if place.holds(ref)), None)

    def follows(self, ref: ObjectRef) -> bool:
        """Whether events tell of an object."""
        return ref.bucket == BUCKET or self.watched(ref) is not None

    def _look_again(self, ref: ObjectRef) -> None:
        if self.follows(ref):
            self.observe(ref)

    def _wire_bulk(self, places: Places, read_job: ReadJob) -> None:
        bulk = self.catalog.bulk_jobs
        self.messages = RegistrationMessages()
        self.heads = HeadersAtOnce(self.headers)
        self.keys = KeysInMemory(self.objects)
        end = EndBulk(bulk, self.clock)
        self.request_bulk = RequestBulk(
            bulk,
            self.objects,
            self.messages,
            places,
            self.admit.replays,
            self.clock,
            self.new_id,
            DUE_UNSENT,
            DUE_SENT,
            PART_OBJECTS,
        )
        self.register_part = RegisterPart(
            jobs=bulk,
            rasters=self.catalog.raster_batches,
            headers=self.heads,
            objects=self.objects,
            queue=self.messages,
            places=places,
            end=end,
            clock=self.clock,
            new_id=self.new_id,
            due_sent=DUE_SENT,
            mark_users=self.mark_users,
            follows=lambda ref: ref.bucket == "watched",
            batch=2,
        )
        self.list_prefix = ListPrefix(
            bulk,
            self.objects,
            self.messages,
            self.keys,
            places,
            end,
            self.clock,
            self.new_id,
            DUE_SENT,
            PART_OBJECTS,
        )
        self.resume_bulk = ResumeBulk(bulk, self.messages, end, self.clock, DUE_SENT)
        self.read_registrations = ReadRegistrations(read_job, bulk, self.objects)

    def registered(self, count: int = 2, **changes: object) -> list[RasterDataset]:
        """Rasters in the catalogue, with their objects on S3."""
        rasters = [raster(id=self.new_id(), **changes) for _ in range(count)]
        for each in rasters:
            self.catalog.datasets.add_raster(each)
        self.objects.hold(rasters)
        return rasters

    def created(
        self, rasters: list[RasterDataset], who: Principal | None = None, key: IdempotencyKey | None = None
    ) -> str:
        """Have a mosaic of these accepted, and give its job's id."""
        ids = tuple(each.id for each in rasters)
        request = CreateRequest(ids, VrtType.MOSAIC, WeaveOptions(), "A mosaic")
        return self.create(who or principal(), request, key)

    def run(self, message: BuildMessage | None = None) -> BuildOutcome:
        """Build what a message (the oldest in the queue, if none is given) asks for."""
        return self.build(message or self.queue.messages.pop(0), lambda: self.remaining)

    def published(self, count: int = 2, **changes: object) -> tuple[str, list[RasterDataset]]:
        """A mosaic that was built, and its sources: the id of its first job, and the rasters."""
        rasters = self.registered(count, **changes)
        job_id = self.created(rasters)
        assert self.run() is BuildOutcome.DONE
        return job_id, rasters

    def job(self, job_id: str) -> Job:
        """A job as it stands."""
        job = self.catalog.jobs.get(job_id)
        assert job is not None
        return job

    def vrt(self, job_id: str) -> VrtDataset:
        """The VRT of a job as it stands."""
        dataset = self.catalog.datasets.get(self.job(job_id).dataset_id)
        assert isinstance(dataset, VrtDataset)
        return dataset

    def generation(self, job_id: str) -> Generation:
        """The generation of a job as it stands."""
        job = self.job(job_id)
        generation = self.catalog.jobs.get_generation(job.dataset_id, job.generation_number)
        assert generation is not None
        return generation


def meanwhile(world: World, *acts: Callable[[], object]) -> None:
    """What happens right after each of the next times that a header was read, before anything is written."""
    waiting = list(acts)
    real = world.headers.read

    class Slow:
        def read(self, ref: ObjectRef) -> HeaderRead:
            try:
                return real(ref)
            finally:
                if waiting:
                    waiting.pop(0)()

    headers: Any = Slow()
    world.observe = replace(world.observe, headers=headers)
    world.register = replace(world.register, headers=headers, look_again=world.observe)
