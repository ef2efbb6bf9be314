"""The part of the client that is about artifacts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rasterloom_client.answers import DownloadFormat, RelativeVrt
from rasterloom_client.calls import Calls, Id, id_text
from rasterloom_client.errors import UnexpectedAnswerError
from rasterloom_client.files import write_atomically

QUICKLOOK_SIZE: Final = 512
"""Pixels of the longer side of the largest picture that there is."""


class DownloadCalls(Calls):
    """VRTs come out, in several formats, and long lists of findings."""

    def download(self, vrt_id: Id, target: Path, output: DownloadFormat = "vrt") -> int:
        """Write the VRT that is served into a file, which is there whole or not at all.

        Args:
            vrt_id: The VRT.
            target: The file; one that is there is replaced.
            output: As a VRT, a GDAL tile index (`gti`, a GeoPackage), a MosaicJSON, a STAC Item, or as GeoJSON
                footprints of its sources.

        Returns:
            Bytes written.

        Raises:
            ConflictError: Nothing is published yet, or the format cannot hold it.
            UnreachableError: The download broke off.
            OSError: The file cannot be written.
        """
        with self.opened(vrt_id, output) as chunks:
            return write_atomically(chunks, target)

    def download_findings(self, job_id: Id, target: Path) -> int:
        """Write all findings of a job into a file, which is there whole or not at all: JSON lines, gzipped.

        Args:
            job_id: A job that has more findings than it tells itself: its `findings_url` is not null.
            target: The file; one that is there is replaced.

        Returns:
            Bytes written.

        Raises:
            NotFoundError: The job tells all of its findings itself, or the others are kept no longer.
            UnreachableError: The download broke off.
            OSError: The file cannot be written.
        """
        with self._redirected(f"/jobs/{id_text(job_id)}/findings") as chunks:
            return write_atomically(chunks, target)

    def quicklook(self, vrt_id: Id, size: int = QUICKLOOK_SIZE) -> bytes:
        """A picture of the VRT that is served, as PNG; its longer side has 256 or 512 pixels, at least `size`."""
        return self._get(f"/datasets/{id_text(vrt_id)}/quicklook", {"size": size}).response.content

    def relative_uri(self, vrt_id: Id) -> str:
        """Where on S3 the VRT with relative paths lies, to be opened in place with credentials of one's own."""
        found: RelativeVrt = self._get(f"/datasets/{id_text(vrt_id)}/download/vrt-relative").json
        return found["s3_uri"]

    @contextmanager
    def opened(self, vrt_id: Id, output: DownloadFormat = "vrt") -> Iterator[Iterator[bytes]]:
        """The VRT that is served, in parts as they come."""
        with self._redirected(f"/datasets/{id_text(vrt_id)}/download/{output}") as chunks:
            yield chunks

    @contextmanager
    def _redirected(self, path: str) -> Iterator[Iterator[bytes]]:
        answer = self._get(path)
        location = answer.response.headers.get("location")
        if location is None:
            raise UnexpectedAnswerError(
                f"{answer.response.url}: expected a redirect; found {answer.response.status_code}"
            )
        with self._transport.opened(str(answer.response.url.join(location))) as chunks:
            yield chunks
