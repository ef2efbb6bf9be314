"""The part of the client that is about rasters and datasets."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Unpack

from rasterloom_client.answers import Accepted, Dataset, DatasetList, RecordType
from rasterloom_client.calls import Calls, Id, given, id_text
from rasterloom_client.errors import NotFoundError, UnexpectedAnswerError
from rasterloom_client.fields import BulkFields, RasterFields


class DatasetCalls(Calls):
    """Rasters come in; datasets are listed, read and deleted."""

    def register(self, uri: str, **fields: Unpack[RasterFields]) -> Dataset:
        """Read a COG's header into the catalogue; an object that is registered already is read again."""
        body = {"uri": uri, **given(fields)}
        dataset: Dataset = self._write("POST", "/ingest/raster/register", body).json
        return dataset

    def register_bulk(
        self, uris: Sequence[str] | None = None, *, prefix: str | None = None, **fields: Unpack[BulkFields]
    ) -> Accepted:
        """Have many COGs registered by one job: those that are named, or those below `s3://bucket/prefix`.

        `registrations` tells what became of each; asking for the same again does what is left.
        """
        body = given({"uris": None if uris is None else list(uris), "prefix": prefix, **fields})
        return self._accepted("POST", "/ingest/raster/register/bulk", body)

    def dataset(self, dataset_id: Id) -> Dataset:
        """A raster or a VRT."""
        dataset: Dataset = self._get(f"/datasets/{id_text(dataset_id)}").json
        return dataset

    def datasets(self, record_type: RecordType | None = None, *, skip: int = 0, limit: int = 20) -> DatasetList:
        """What the caller may read, newest first."""
        query = given({"record_type": record_type, "skip": skip, "limit": limit})
        listed: DatasetList = self._get("/datasets/", query).json
        return listed

    def delete(self, dataset_id: Id) -> None:
        """Delete a dataset. `InUseError` if VRTs use it."""
        try:
            answer = self._write("DELETE", f"/datasets/{id_text(dataset_id)}")
        except NotFoundError as error:
            # Where an answer was lost, the deletion had happened: what is gone now was there before.
            if not error.was_lost_before:
                raise
            return
        if answer.response.status_code != HTTPStatus.NO_CONTENT:
            raise UnexpectedAnswerError(f"{answer.response.url}: expected 204; found {answer.response.status_code}")
