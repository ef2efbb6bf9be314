"""What the routes need of the use cases, as Protocols; `rasterloom.bootstrap` has the real ones."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Dataset
from rasterloom.domain.generation import Job
from rasterloom.ports import DatasetPage, TokenVerifier
from rasterloom.services.admit_change import IdempotencyKey
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.read_generations import Generations
from rasterloom.services.read_sources import SourcePage, VrtState

if TYPE_CHECKING:
    from rasterloom.services.register_raster import Registered, RegisterRequest


class ListDatasets(Protocol):
    """`rasterloom.services.read_datasets.ListDatasets`."""

    def __call__(self, principal: Principal, *, record_type: str | None, skip: int, limit: int) -> DatasetPage:
        """Answer what the caller may read, newest first."""
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


class ChangeVrt(Protocol):
    """`rasterloom.services.change_vrt.ChangeVrt`; each answers the id of the job."""

    def add(self, principal: Principal, vrt_id: str, source_id: str, idempotency: IdempotencyKey | None) -> str:
        """Append a source."""
        ...

    def remove(self, principal: Principal, vrt_id: str, source_id: str, idempotency: IdempotencyKey | None) -> str:
        """Take a source away."""
        ...

    def regenerate(self, principal: Principal, vrt_id: str, idempotency: IdempotencyKey | None) -> str:
        """Build a VRT again."""
        ...


class ReadGenerations(Protocol):
    """`rasterloom.services.read_generations.ReadGenerations`."""

    def __call__(self, principal: Principal, dataset_id: str, *, skip: int, limit: int) -> Generations:
        """Answer the builds of a VRT, newest first."""
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
    def register_raster(self) -> "Callable[[Principal, RegisterRequest], Registered]":
        """Registers a COG."""
        ...

    @property
    def create_vrt(self) -> Callable[[Principal, CreateRequest, IdempotencyKey | None], str]:
        """Accepts a VRT and answers the id of its job."""
        ...

    @property
    def change_vrt(self) -> ChangeVrt:
        """Changes a VRT."""
        ...

    @property
    def read_generations(self) -> ReadGenerations:
        """Reads the builds of a VRT."""
        ...

    @property
    def read_job(self) -> Callable[[Principal, str], Job]:
        """Reads a job."""
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
    def read_sources(self) -> ReadSources:
        """Reads what a VRT is made of."""
        ...

    @property
    def read_vrt_status(self) -> Callable[[Principal, str], VrtState]:
        """Reads how a VRT and its sources are."""
        ...

    @property
    def read_artifact(self) -> ReadArtifact:
        """Reads what a VRT serves."""
        ...
