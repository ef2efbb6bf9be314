"""The use cases that change datasets and VRTs, and the build."""

from functools import cached_property
from typing import TYPE_CHECKING

from rasterloom.bootstrap.adapters import new_id, now
from rasterloom.bootstrap.shared_cases import SharedCases

if TYPE_CHECKING:
    from rasterloom.services.auto_regenerate import SwitchAutoRegenerate
    from rasterloom.services.build_generation import BuildGeneration
    from rasterloom.services.cancel_job import CancelJob
    from rasterloom.services.change_vrt import ChangeVrt
    from rasterloom.services.changing import Changing
    from rasterloom.services.create_vrt import CreateVrt
    from rasterloom.services.delete_dataset import DeleteDataset
    from rasterloom.services.edit_dataset import EditDataset
    from rasterloom.services.hold_edits import HoldEdits
    from rasterloom.services.read_manifest import ReadManifest
    from rasterloom.services.replace_sources import ReplaceSources
    from rasterloom.services.retry_job import RetryJob
    from rasterloom.services.settle_marks import SettleMarks
    from rasterloom.services.sweep_uploads import ForgetUpload


class ChangeCases(SharedCases):
    """What changes, made once per process."""

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
    def switch_auto_regenerate(self) -> "SwitchAutoRegenerate":
        """Has a VRT build itself again, or not."""
        from rasterloom.services.auto_regenerate import SwitchAutoRegenerate

        catalog, quiet = self.catalog, self.settings.quiet_period_seconds
        return SwitchAutoRegenerate(catalog.datasets, catalog.marks, self._replays, now, quiet)

    @cached_property
    def edit_dataset(self) -> "EditDataset":
        """Changes what a dataset is called and who may see it."""
        from rasterloom.services.edit_dataset import EditDataset

        return EditDataset(self.catalog.datasets, self.hold_edits, self._replays, now, new_id)

    @cached_property
    def hold_edits(self) -> "HoldEdits":
        """Holds edits of who a dataset is for against others."""
        from rasterloom.services.hold_edits import HoldEdits

        return HoldEdits(self.catalog.datasets, self.objects, self._find_dependents, now)

    @cached_property
    def delete_dataset(self) -> "DeleteDataset":
        """Deletes a dataset."""
        from rasterloom.services.delete_dataset import DeleteDataset

        return DeleteDataset(
            self.catalog.datasets, self._find_dependents, self._replays, now, new_id, self._forget_upload
        )

    @cached_property
    def _forget_upload(self) -> "ForgetUpload":
        from rasterloom.services.sweep_uploads import ForgetUpload

        return ForgetUpload(self.catalog.uploads, self.bucket, now)

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
    def settle_marks(self) -> "SettleMarks":
        """Holds the marks of a VRT against what it was built from."""
        from rasterloom.services.settle_marks import SettleMarks

        quiet = self.settings.quiet_period_seconds
        return SettleMarks(self.catalog.datasets, self.catalog.marks, self.objects, now, quiet)

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
