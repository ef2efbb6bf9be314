"""Uploads, as the catalogue and S3 have them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rasterloom.domain.uploads import Part, Upload
from rasterloom.ports.lock import Failure, IdempotencyRecord


class Uploads(Protocol):
    """Uploads as the catalogue has them; each step answers the upload as it stands, whoever left it so."""

    def add(self, upload: Upload, record: IdempotencyRecord | None = None) -> None:
        """Store a new upload, and the row of the request for it.

        Raises:
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        ...

    def get(self, job_id: str) -> Upload | None:
        """Read one upload, strongly consistent."""
        ...

    def begin(self, upload: Upload, now: datetime, due: datetime) -> Upload:
        """Begin to complete an upload that has not ended, perhaps not for the first time; until `due` nobody sweeps."""
        ...

    def complete(self, upload: Upload, dataset_id: str, now: datetime) -> Upload:
        """End an upload as registered, unless it has ended."""
        ...

    def fail(self, upload: Upload, failure: Failure, now: datetime) -> Upload:
        """End an upload that cannot be registered, unless it has ended, or has begun anew since it was read."""
        ...

    def cancel(self, upload: Upload, now: datetime) -> Upload:
        """End an upload that nobody has begun to complete."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Upload]:
        """Uploads whose due time has come, as the table has them."""
        ...

    def look_again(self, job_id: str, due: datetime) -> None:
        """Have an upload looked at once more, if there is one."""
        ...

    def swept(self, upload: Upload) -> None:
        """Look at an ended upload never again: nothing of it is left in the bucket."""
        ...


class UploadStore(Protocol):
    """The part of S3 that takes uploads, in our bucket."""

    def begin(self, key: str, content_type: str) -> str:
        """Begin a multipart upload and answer S3's id of it."""
        ...

    def urls(self, upload: Upload, seconds: int) -> Sequence[str]:
        """A URL for each part, in order, that takes a PUT of exactly that part's length."""
        ...

    def parts(self, upload: Upload) -> Sequence[Part] | None:
        """The parts that have arrived, by number; None where S3 knows no such multipart upload any more."""
        ...

    def assemble(self, upload: Upload, parts: Sequence[Part]) -> None:
        """Make the object of its parts; one that was assembled before is left as it is.

        Raises:
            UnavailableError: S3 has not come to an end, or a part was sent again meanwhile; nothing is lost.
        """
        ...

    def abort(self, upload: Upload) -> None:
        """Give up a multipart upload with all its parts; one that S3 knows no more is fine."""
        ...

    def discard(self, key: str) -> None:
        """Delete an object of an upload, whether it is there or not."""
        ...
