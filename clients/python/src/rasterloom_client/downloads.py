"""The part of the client that is about artifacts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rasterloom_client.calls import Calls, Id, id_text
from rasterloom_client.errors import UnexpectedAnswerError
from rasterloom_client.files import write_atomically


class DownloadCalls(Calls):
    """VRTs come out."""

    def download(self, vrt_id: Id, target: Path) -> int:
        """Write the VRT that is served into a file, which is there whole or not at all.

        Args:
            vrt_id: The VRT.
            target: The file; one that is there is replaced.

        Returns:
            Bytes written.

        Raises:
            UnreachableError: The download broke off.
            OSError: The file cannot be written.
        """
        with self.opened(vrt_id) as chunks:
            return write_atomically(chunks, target)

    @contextmanager
    def opened(self, vrt_id: Id) -> Iterator[Iterator[bytes]]:
        """The VRT that is served, in parts as they come."""
        answer = self._get(f"/datasets/{id_text(vrt_id)}/download/vrt")
        location = answer.response.headers.get("location")
        if location is None:
            raise UnexpectedAnswerError(
                f"{answer.response.url}: expected a redirect; found {answer.response.status_code}"
            )
        with self._transport.opened(str(answer.response.url.join(location))) as chunks:
            yield chunks
