"""What the routes need of the use cases, as Protocols; `rasterloom.bootstrap` has the real ones."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Dataset, VrtDataset
from rasterloom.domain.jobs import AnyJob
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.outputs import OutputFormat
from rasterloom.domain.uploads import Part, Upload
from rasterloom.ports import DatasetPage, JobPage, TokenVerifier
from rasterloom.services.read_sources import SourcePage, VrtState
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.terms import Terms

if TYPE_CHECKING:
    from rasterloom.services.cancel_job import Cancelled
    from rasterloom.services.change_vrt import OptionsRequest
    from rasterloom.services.clean_up import CleanedUp
    from rasterloom.services.create_vrt import CreateRequest
    from rasterloom.services.dependents import ToldDependents
    from rasterloom.services.edit_dataset import EditRequest
    from rasterloom.services.preview_vrt import Preview, PreviewRequest
    from rasterloom.services.read_generations import Generations
    from rasterloom.services.read_registrations import ResultPage
    from rasterloom.services.register_raster import Registered, RegisterRequest
    from rasterloom.services.request_bulk import BulkRequest
    from rasterloom.services.request_upload import RequestedUpload, UploadRequest


class ListDatasets(Protocol):
    """`rasterloom.services.read_datasets.ListDatasets`."""

    def __call__(self, principal: Principal, *, record_type: str | None, skip: int, limit: int) -> DatasetPage:
        """Answer what the caller may read, newest first."""
        ...


class DeleteDataset(Protocol):
    """`rasterloom.services.delete_dataset.DeleteDataset`."""

    def __call__(self, principal: Principal, dataset_id: str, confirmed_titles: Collection[str], terms: Terms) -> None:
        """Delete a dataset that nobody uses, if it has every title that is confirmed."""
        ...


class ReadSources(Protocol):
    """`rasterloom.services.read_sources.ReadSources`."""

    def __call__(self, principal: Principal, dataset_id: str, *, limit: int, cursor: str | None) -> SourcePage:
        """Answer the sources that the caller may read, by position."""
        ...


class ReadArtifact(Protocol):
    """`rasterloom.services.read_datasets.ReadArtifact`."""

    def quicklook(self, principal: Principal, dataset_id: str, size: int) -> bytes:
        """Answer a PNG picture."""
        ...

    def download_url(self, principal: Principal, dataset_id: str) -> str:
        """Answer a URL that reads the published `source.vrt` for a short while."""
        ...


class ReadOutput(Protocol):
    """`rasterloom.services.derive_output.ReadOutput`."""

    def url(self, principal: Principal, dataset_id: str, output: OutputFormat) -> str:
        """Answer a URL that reads an output for a short while."""
        ...

    def footprints_here(self, principal: Principal, dataset_id: str) -> bytes | str:
        """Answer the footprints, or a URL that reads them."""
        ...

    def relative_uri(self, principal: Principal, dataset_id: str) -> str:
        """Answer the S3 URI of the VRT with relative paths."""
        ...


class ChangeVrt(Protocol):
    """`rasterloom.services.change_vrt.ChangeVrt`; each answers the id of the job."""

    def add(self, principal: Principal, vrt_id: str, source_id: str, terms: Terms) -> str:
        """Append a source."""
        ...

    def remove(self, principal: Principal, vrt_id: str, source_id: str, terms: Terms) -> str:
        """Take a source away."""
        ...

    def regenerate(self, principal: Principal, vrt_id: str, terms: Terms) -> str:
        """Build a VRT again."""
        ...

    def weave_otherwise(self, principal: Principal, vrt_id: str, request: "OptionsRequest", terms: Terms) -> str:
        """Build a VRT again with other options."""
        ...


class SwitchAutoRegenerate(Protocol):
    """`rasterloom.services.auto_regenerate.SwitchAutoRegenerate`."""

    def __call__(self, principal: Principal, vrt_id: str, *, wanted: bool, terms: Terms) -> VrtDataset:
        """Have a VRT build itself again when its sources change, or not."""
        ...


class ReadVrtStatus(Protocol):
    """`rasterloom.services.read_sources.ReadVrtStatus`."""

    def __call__(self, principal: Principal, dataset_id: str, *, probe: bool) -> VrtState:
        """Answer the state of a VRT and of its sources."""
        ...


class ReplaceSources(Protocol):
    """`rasterloom.services.replace_sources.ReplaceSources`; each answers the id of the job."""

    def __call__(self, principal: Principal, vrt_id: str, source_ids: Sequence[str], terms: Terms) -> str:
        """Build a VRT of these sources."""
        ...

    def roll_back(self, principal: Principal, vrt_id: str, generation_id: str, terms: Terms) -> str:
        """Build a VRT of an earlier generation's members."""
        ...


class EditDataset(Protocol):
    """`rasterloom.services.edit_dataset.EditDataset`."""

    def __call__(self, principal: Principal, dataset_id: str, request: "EditRequest", terms: Terms) -> Dataset:
        """Change what a dataset is called and who may see it."""
        ...


class ReadGenerations(Protocol):
    """`rasterloom.services.read_generations.ReadGenerations`."""

    def __call__(self, principal: Principal, dataset_id: str, *, skip: int, limit: int) -> "Generations":
        """Answer the builds of a VRT, newest first."""
        ...


class ListJobs(Protocol):
    """`rasterloom.services.read_jobs.ListJobs`."""

    def __call__(
        self, principal: Principal, *, status: JobStatus | None, dataset_id: str | None, skip: int, limit: int
    ) -> JobPage:
        """Answer the caller's jobs, newest first."""
        ...


class ReadRegistrations(Protocol):
    """`rasterloom.services.read_registrations.ReadRegistrations`."""

    def __call__(self, principal: Principal, job_id: str, *, limit: int, cursor: str | None) -> "ResultPage":
        """Answer what became of the objects of a bulk registration."""
        ...


class UseCases(Protocol):
    """Every use case, each made when it is first asked for."""

    @property
    def bucket(self) -> str:
        """Name of our bucket, where published VRTs are."""
        ...

    @property
    def verify_token(self) -> TokenVerifier:
        """Tells who a bearer token is for."""
        ...

    @property
    def register_raster(self) -> "Callable[[Principal, RegisterRequest, IdempotencyKey | None], Registered]":
        """Registers a COG."""
        ...

    @property
    def request_bulk(self) -> "Callable[[Principal, BulkRequest, IdempotencyKey | None], str]":
        """Takes in a bulk registration and answers the id of its job."""
        ...

    @property
    def read_registrations(self) -> ReadRegistrations:
        """Reads what became of the objects of a bulk registration."""
        ...

    @property
    def request_upload(self) -> "Callable[[Principal, UploadRequest, IdempotencyKey | None], RequestedUpload]":
        """Takes in a file."""
        ...

    @property
    def complete_upload(self) -> "Callable[[Principal, str, Sequence[Part]], Upload]":
        """Registers a file that has arrived."""
        ...

    @property
    def create_vrt(self) -> "Callable[[Principal, CreateRequest, IdempotencyKey | None], str]":
        """Accepts a VRT and answers the id of its job."""
        ...

    @property
    def preview_vrt(self) -> "Callable[[Principal, PreviewRequest], Preview]":
        """Tells what would become of a VRT."""
        ...

    @property
    def change_vrt(self) -> ChangeVrt:
        """Changes a VRT."""
        ...

    @property
    def switch_auto_regenerate(self) -> SwitchAutoRegenerate:
        """Has a VRT build itself again, or not."""
        ...

    @property
    def replace_sources(self) -> ReplaceSources:
        """Replaces all sources of a VRT."""
        ...

    @property
    def read_generations(self) -> ReadGenerations:
        """Reads the builds of a VRT."""
        ...

    @property
    def read_job(self) -> Callable[[Principal, str], AnyJob]:
        """Reads a job."""
        ...

    @property
    def read_findings(self) -> Callable[[Principal, str], str]:
        """Answers a URL that reads all findings of a job for a short while."""
        ...

    @property
    def read_jobs(self) -> Callable[[Principal, Sequence[str]], Mapping[str, AnyJob | None]]:
        """Reads several jobs."""
        ...

    @property
    def read_latest_job(self) -> Callable[[Principal, str], AnyJob | None]:
        """Reads the newest job of a dataset."""
        ...

    @property
    def list_jobs(self) -> ListJobs:
        """Lists the caller's jobs."""
        ...

    @property
    def retry_job(self) -> Callable[[Principal, str, IdempotencyKey | None], str]:
        """Tries a failed job's change again and answers the id of the new job."""
        ...

    @property
    def cancel_job(self) -> "Callable[[Principal, str], Cancelled]":
        """Cancels a job."""
        ...

    @property
    def clean_up(self) -> "Callable[[Principal], CleanedUp]":
        """Works off what is due."""
        ...

    @property
    def list_datasets(self) -> ListDatasets:
        """Lists datasets."""
        ...

    @property
    def read_dataset(self) -> Callable[[Principal, str], Dataset]:
        """Reads a dataset."""
        ...

    @property
    def edit_dataset(self) -> EditDataset:
        """Changes what a dataset is called and who may see it."""
        ...

    @property
    def delete_dataset(self) -> DeleteDataset:
        """Deletes a dataset."""
        ...

    @property
    def read_dependents(self) -> "Callable[[Principal, str], ToldDependents]":
        """Reads who uses a raster."""
        ...

    @property
    def read_sources(self) -> ReadSources:
        """Reads what a VRT is made of."""
        ...

    @property
    def read_vrt_status(self) -> ReadVrtStatus:
        """Reads how a VRT and its sources are."""
        ...

    @property
    def read_artifact(self) -> ReadArtifact:
        """Reads what a VRT serves."""
        ...

    @property
    def read_output(self) -> ReadOutput:
        """Reads what a VRT serves in other formats."""
        ...
