"""The use cases, each made and imported when it is first asked for."""

from functools import cached_property
from typing import TYPE_CHECKING

from rasterloom.bootstrap.adapters import new_id, now
from rasterloom.bootstrap.bulk_cases import BulkCases

if TYPE_CHECKING:
    from rasterloom.services.admit_change import AdmitChange
    from rasterloom.services.auto_regenerate import SwitchAutoRegenerate
    from rasterloom.services.build_generation import BuildGeneration
    from rasterloom.services.cancel_job import CancelJob
    from rasterloom.services.change_vrt import ChangeVrt
    from rasterloom.services.changing import Changing
    from rasterloom.services.clean_up import CleanUp
    from rasterloom.services.complete_upload import CompleteUpload
    from rasterloom.services.create_vrt import CreateVrt
    from rasterloom.services.delete_dataset import DeleteDataset
    from rasterloom.services.dependents import ReadDependents
    from rasterloom.services.derive_output import ReadOutput
    from rasterloom.services.edit_dataset import EditDataset
    from rasterloom.services.observe_object import ObserveObject
    from rasterloom.services.preview_vrt import PreviewVrt
    from rasterloom.services.read_datasets import ListDatasets, ReadArtifact, ReadDataset
    from rasterloom.services.read_generations import ReadGenerations
    from rasterloom.services.read_jobs import ListJobs, ReadJobs, ReadLatestJob
    from rasterloom.services.read_manifest import ReadManifest
    from rasterloom.services.read_sources import ReadSources, ReadVrtStatus
    from rasterloom.services.reconcile import Reconcile
    from rasterloom.services.refresh_vrts import RefreshVrts
    from rasterloom.services.register_raster import RegisterRaster
    from rasterloom.services.replace_sources import ReplaceSources
    from rasterloom.services.request_upload import RequestUpload
    from rasterloom.services.resume_deletions import ResumeDeletions
    from rasterloom.services.retry_job import RetryJob
    from rasterloom.services.settle_marks import SettleMarks
    from rasterloom.services.sweep_orphans import SweepOrphans
    from rasterloom.services.sweep_uploads import ForgetUpload, SweepUploads
    from rasterloom.services.validation import ValidateSources


class Container(BulkCases):
    """Everything that is made once per process."""

    def warm(self) -> None:
        """Make what nearly every request needs."""
        _ = (self.verify_token, self.read_job, self.read_dataset)

    @cached_property
    def register_raster(self) -> "RegisterRaster":
        """Registers a COG."""
        from rasterloom.services.register_raster import RegisterRaster

        return RegisterRaster(
            datasets=self.catalog.datasets,
            headers=self._headers,
            places=self._places,
            replays=self._replays,
            clock=now,
            new_id=new_id,
            mark_users=self.mark_users,
            look_again=lambda ref: self.observe_object(ref) if self.settings.follows(ref) else None,
            requires_cog=self.settings.require_cog,
        )

    @cached_property
    def observe_object(self) -> "ObserveObject":
        """Brings the catalogue up to an object."""
        from rasterloom.services.observe_object import ObserveObject

        return ObserveObject(
            datasets=self.catalog.datasets,
            headers=self._headers,
            mark_users=self.mark_users,
            allows=self.settings.heeds,
            watched=self.settings.watched,
            clock=now,
            new_id=new_id,
        )

    @cached_property
    def settle_marks(self) -> "SettleMarks":
        """Holds the marks of a VRT against what it was built from."""
        from rasterloom.services.settle_marks import SettleMarks

        quiet = self.settings.quiet_period_seconds
        return SettleMarks(self.catalog.datasets, self.catalog.marks, self.objects, now, quiet)

    @cached_property
    def refresh_vrts(self) -> "RefreshVrts":
        """Looks at VRTs that are marked."""
        from rasterloom.services.refresh_vrts import RefreshVrts

        catalog, quiet = self.catalog, self.settings.quiet_period_seconds
        return RefreshVrts(catalog.datasets, catalog.marks, self.settle_marks, self._admit, now, quiet)

    @cached_property
    def switch_auto_regenerate(self) -> "SwitchAutoRegenerate":
        """Has a VRT build itself again, or not."""
        from rasterloom.services.auto_regenerate import SwitchAutoRegenerate

        catalog, quiet = self.catalog, self.settings.quiet_period_seconds
        return SwitchAutoRegenerate(catalog.datasets, catalog.marks, self._replays, now, quiet)

    @cached_property
    def request_upload(self) -> "RequestUpload":
        """Takes in a file."""
        from rasterloom.services.request_upload import RequestUpload

        return RequestUpload(self.catalog.uploads, self.upload_store, now, new_id)

    @cached_property
    def complete_upload(self) -> "CompleteUpload":
        """Registers a file that has arrived."""
        from rasterloom.services.complete_upload import CompleteUpload

        return CompleteUpload(
            uploads=self.catalog.uploads,
            store=self.upload_store,
            objects=self.objects,
            register=self.register_raster,
            bucket=self.bucket,
            clock=now,
        )

    @cached_property
    def sweep_uploads(self) -> "SweepUploads":
        """Removes what is left of uploads that came to nothing."""
        from rasterloom.services.sweep_uploads import SweepUploads

        return SweepUploads(self.catalog.datasets, self.catalog.uploads, self.upload_store, self.bucket, now)

    @cached_property
    def create_vrt(self) -> "CreateVrt":
        """Accepts a VRT."""
        from rasterloom.services.create_vrt import CreateVrt

        return CreateVrt(self._validate, self._read_manifest, self._admit, now, new_id)

    @cached_property
    def _read_manifest(self) -> "ReadManifest":
        from rasterloom.services.read_manifest import FEWEST_LISTED, MOST_LISTED, ReadManifest

        return ReadManifest(self.objects, self._places, FEWEST_LISTED, MOST_LISTED)

    @cached_property
    def preview_vrt(self) -> "PreviewVrt":
        """Tells what would become of a VRT."""
        from rasterloom.adapters.assembler_gdal import GdalAssembler
        from rasterloom.adapters.footprints_gdal import GdalFootprints
        from rasterloom.adapters.heads import Heads
        from rasterloom.services.preview_vrt import PreviewVrt
        from rasterloom.services.read_manifest import FEWEST_LISTED, MOST_WAITED_FOR, ReadManifest

        # Whoever asks waits for every answer.
        read_manifest = ReadManifest(self.objects, self._places, FEWEST_LISTED, MOST_WAITED_FOR)
        return PreviewVrt(self._validate, read_manifest, GdalAssembler(Heads(self.sources)), GdalFootprints())

    @cached_property
    def change_vrt(self) -> "ChangeVrt":
        """Changes a VRT."""
        from rasterloom.services.change_vrt import ChangeVrt

        return ChangeVrt(
            datasets=self.catalog.datasets,
            objects=self.objects,
            lock=self.catalog.lock,
            validate=self._validate,
            changing=self._changing,
            look_soon=self.switch_auto_regenerate.look_soon,
        )

    @cached_property
    def replace_sources(self) -> "ReplaceSources":
        """Replaces all sources of a VRT."""
        from rasterloom.services.replace_sources import ReplaceSources

        return ReplaceSources(self.catalog.jobs, self.objects, self._validate, self._changing)

    @cached_property
    def _changing(self) -> "Changing":
        from rasterloom.services.changing import Changing

        return Changing(self.catalog.datasets, self._admit)

    @cached_property
    def _validate(self) -> "ValidateSources":
        from rasterloom.services.validation import ValidateSources

        return ValidateSources(self.catalog.datasets, self.objects, self.same_crs, self.settings.require_cog)

    @cached_property
    def _admit(self) -> "AdmitChange":
        from rasterloom.services.admit_change import AdmitChange

        settings = self.settings
        return AdmitChange(
            objects=self.objects,
            lock=self.catalog.lock,
            queue=self.queue,
            clock=now,
            new_id=new_id,
            due_unsent=settings.due_unsent_seconds,
            due_sent=settings.due_sent_seconds,
            documents=self._finding_documents,
            at_once=self.at_once,
        )

    @cached_property
    def read_jobs(self) -> "ReadJobs":
        """Reads several jobs."""
        from rasterloom.services.read_jobs import ReadJobs

        return ReadJobs(self.catalog.jobs)

    @cached_property
    def read_latest_job(self) -> "ReadLatestJob":
        """Reads the newest job of a dataset."""
        from rasterloom.services.read_jobs import ReadLatestJob

        return ReadLatestJob(self.catalog.datasets, self.catalog.jobs)

    @cached_property
    def list_jobs(self) -> "ListJobs":
        """Lists the caller's jobs."""
        from rasterloom.services.read_jobs import ListJobs

        return ListJobs(self.catalog.jobs)

    @cached_property
    def retry_job(self) -> "RetryJob":
        """Tries a failed job's change again."""
        from rasterloom.services.retry_job import RetryJob

        return RetryJob(
            read_job=self.read_job,
            jobs=self.catalog.jobs,
            datasets=self.catalog.datasets,
            objects=self.objects,
            validate=self._validate,
            admit=self._admit,
            change=self.change_vrt,
        )

    @cached_property
    def cancel_job(self) -> "CancelJob":
        """Cancels a job."""
        from rasterloom.services.cancel_job import CancelJob

        catalog = self.catalog
        return CancelJob(self.read_job, catalog.lock, now, catalog.uploads, self.upload_store, catalog.bulk_jobs)

    @cached_property
    def clean_up(self) -> "CleanUp":
        """Works off what is due, for an admin."""
        from rasterloom.services.clean_up import CleanUp

        return CleanUp(self.reconcile)

    @cached_property
    def list_datasets(self) -> "ListDatasets":
        """Lists datasets."""
        from rasterloom.services.read_datasets import ListDatasets

        return ListDatasets(self.catalog.datasets)

    @cached_property
    def read_dataset(self) -> "ReadDataset":
        """Reads a dataset."""
        from rasterloom.services.read_datasets import ReadDataset

        return ReadDataset(self.catalog.datasets, self.catalog.marks)

    @cached_property
    def edit_dataset(self) -> "EditDataset":
        """Changes what a dataset is called and who may see it."""
        from rasterloom.services.edit_dataset import EditDataset

        return EditDataset(self.catalog.datasets, self.objects, self._find_dependents, self._replays, now)

    @cached_property
    def delete_dataset(self) -> "DeleteDataset":
        """Deletes a dataset."""
        from rasterloom.services.delete_dataset import DeleteDataset

        return DeleteDataset(
            self.catalog.datasets, self._find_dependents, self._replays, now, new_id, self._forget_upload
        )

    @cached_property
    def resume_deletions(self) -> "ResumeDeletions":
        """Carries on deletions that died."""
        from rasterloom.services.resume_deletions import ResumeDeletions

        return ResumeDeletions(self.catalog.datasets, self._find_dependents, self._forget_upload, now, new_id)

    @cached_property
    def _forget_upload(self) -> "ForgetUpload":
        from rasterloom.services.sweep_uploads import ForgetUpload

        return ForgetUpload(self.catalog.uploads, self.bucket, now)

    @cached_property
    def sweep_orphans(self) -> "SweepOrphans":
        """Removes what is left of dead attempts and of what is deleted."""
        from rasterloom.adapters.orphans_s3 import S3Orphans
        from rasterloom.services.sweep_orphans import SweepOrphans

        catalog = self.catalog
        return SweepOrphans(
            sweeps=catalog.sweeps,
            jobs=catalog.jobs,
            lock=catalog.lock,
            objects=self.objects,
            store=S3Orphans(self.bucket),
            clock=now,
            marks=catalog.marks,
            settle_marks=self.settle_marks.after_publishing,
        )

    @cached_property
    def read_dependents(self) -> "ReadDependents":
        """Reads who uses a raster."""
        from rasterloom.services.dependents import ReadDependents

        return ReadDependents(self.catalog.datasets, self._find_dependents)

    @cached_property
    def read_sources(self) -> "ReadSources":
        """Reads what a VRT is made of."""
        from rasterloom.services.read_sources import ReadSources

        return ReadSources(self.catalog.datasets, self.objects)

    @cached_property
    def read_vrt_status(self) -> "ReadVrtStatus":
        """Reads how a VRT and its sources are."""
        from rasterloom.services.read_sources import ReadVrtStatus

        return ReadVrtStatus(self.catalog.datasets, self.objects, self.catalog.marks, self.settings.follows, now)

    @cached_property
    def read_generations(self) -> "ReadGenerations":
        """Reads the builds of a VRT."""
        from rasterloom.services.read_generations import ReadGenerations

        return ReadGenerations(self.catalog.datasets, self.catalog.jobs)

    @cached_property
    def read_artifact(self) -> "ReadArtifact":
        """Reads what a VRT serves."""
        from rasterloom.services.read_datasets import ReadArtifact

        return ReadArtifact(self.catalog.datasets, self.objects)

    @cached_property
    def read_output(self) -> "ReadOutput":
        """Reads what a VRT serves in other formats."""
        from rasterloom.adapters.footprints_gdal import GdalFootprints
        from rasterloom.adapters.projjson_gdal import GdalCrsDocuments
        from rasterloom.adapters.tile_index_gdal import GpkgTileIndexes
        from rasterloom.services.derive_output import ReadOutput

        return ReadOutput(
            datasets=self.catalog.datasets,
            objects=self.objects,
            footprints=GdalFootprints(),
            indexes=GpkgTileIndexes(),
            crs_document=GdalCrsDocuments(),
            bucket=self.bucket,
        )

    @cached_property
    def build_generation(self) -> "BuildGeneration":
        """Builds one generation."""
        from rasterloom.adapters.assembler_gdal import GdalAssembler
        from rasterloom.adapters.heads import Heads
        from rasterloom.adapters.tile_index_gdal import GpkgTileIndexes
        from rasterloom.observability import report_build
        from rasterloom.services.build_generation import BuildGeneration
        from rasterloom.services.take_sources import TakeSources
        from rasterloom.services.weave_product import WeaveProduct

        settings = self.settings
        assembler = GdalAssembler(Heads(self.sources), quicklook_seconds=settings.quicklook_seconds)
        return BuildGeneration(
            objects=self.objects,
            lock=self.builder_lock,
            take=TakeSources(self.catalog.datasets, self.objects, self.builder_lock, self._validate, now),
            weave=WeaveProduct(assembler, GpkgTileIndexes(), now, self.bucket),
            assembler=assembler,
            clock=now,
            new_id=new_id,
            lease=settings.lease,
            due_margin=settings.due_margin_seconds,
            max_attempts=settings.max_attempts,
            documents=self._finding_documents,
            settle_marks=self.settle_marks.after_publishing,
            report=report_build,
            at_once=self.at_once,
            drawing_seconds=settings.quicklook_seconds,
        )

    @cached_property
    def reconcile(self) -> "Reconcile":
        """Works off what is due."""
        from rasterloom.services.reconcile import Reconcile

        return Reconcile(
            datasets=self.catalog.datasets,
            jobs=self.catalog.jobs,
            lock=self.catalog.lock,
            queue=self.queue,
            clock=now,
            due_sent=self.settings.due_sent_seconds,
            max_attempts=self.settings.max_attempts,
        )
