"""The use cases that read."""

from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Final

from rasterloom.bootstrap.adapters import now
from rasterloom.bootstrap.shared_cases import SharedCases

if TYPE_CHECKING:
    from rasterloom.services.dependents import ReadDependents
    from rasterloom.services.derive_output import ReadOutput
    from rasterloom.services.preview_vrt import PreviewVrt
    from rasterloom.services.read_datasets import ListDatasets, ReadArtifact, ReadDataset
    from rasterloom.services.read_findings import ReadFindings
    from rasterloom.services.read_generations import ReadGenerations
    from rasterloom.services.read_jobs import ListJobs, ReadJobs, ReadLatestJob
    from rasterloom.services.read_registrations import ReadRegistrations
    from rasterloom.services.read_sources import ReadSources, ReadVrtStatus

KEPT_VRTS: Final = 8
"""VRTs of up to 500 sources whose members a process keeps between requests: some 2 KB for each source."""


class ReadCases(SharedCases):
    """What changes nothing, made once per process."""

    @cached_property
    def list_datasets(self) -> "ListDatasets":
        """Lists datasets."""
        from rasterloom.services.read_datasets import ListDatasets

        return ListDatasets(self.catalog.datasets)

    @cached_property
    def read_dataset(self) -> "ReadDataset":
        """Reads a dataset."""
        from rasterloom.services.read_datasets import ReadDataset

        return ReadDataset(self.catalog.datasets)

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
        from rasterloom.services.staging import read_members_at

        kept_members = lru_cache(KEPT_VRTS)(partial(read_members_at, self.objects))
        return ReadVrtStatus(self.catalog.datasets, self.objects, self.settings.follows, now, kept_members)

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
    def read_findings(self) -> "ReadFindings":
        """Reads where all findings of a job are."""
        from rasterloom.services.read_findings import ReadFindings

        return ReadFindings(self.read_job, self.objects)

    @cached_property
    def read_registrations(self) -> "ReadRegistrations":
        """Reads what became of the objects of a bulk registration."""
        from rasterloom.services.read_registrations import ReadRegistrations

        return ReadRegistrations(self.read_job, self.catalog.bulk_jobs, self.objects)
