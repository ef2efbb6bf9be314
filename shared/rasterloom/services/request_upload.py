"""Take in a file that its sender puts straight into our bucket."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.errors import AlreadyDoneError, InvalidInputError
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.refusals import UploadEndedError
from rasterloom.domain.uploads import UPLOAD_PERIOD, URL_PERIOD, Upload, part_size_of, upload_key
from rasterloom.ports import Clock, NewId, Uploads, UploadStore
from rasterloom.services.permissions import require_upload
from rasterloom.services.read_manifest import MAX_MANIFEST_BYTES
from rasterloom.services.replays import IdempotencyKey, Replays

_OPEN: Final = frozenset({JobStatus.PENDING, JobStatus.RUNNING})


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """A file that shall come."""

    filename: str
    """The last part of a path; `rasterloom.domain.uploads.filename_problem` has nothing against it."""
    size_bytes: int
    """At least 1, at most `rasterloom.domain.uploads.MAX_FILE_BYTES`."""
    content_type: str


@dataclass(frozen=True, slots=True)
class RequestedUpload:
    """An upload that may begin."""

    upload: Upload
    urls: tuple[str, ...]
    """One for each part, in order."""
    urls_expire_at: datetime


@dataclass(frozen=True, slots=True)
class RequestUpload:
    """`POST /ingest/upload/presigned`."""

    uploads: Uploads
    store: UploadStore
    replays: Replays
    clock: Clock
    new_id: NewId

    def __call__(
        self, principal: Principal, request: UploadRequest, idempotency: IdempotencyKey | None = None
    ) -> RequestedUpload:
        """Promise a job, and sign a URL for each part of the file; a request that comes again has its URLs signed anew.

        A multipart upload is begun before the job stands: alone, it expires by the bucket's own rule.

        Raises:
            ForbiddenError: The caller may not write.
            InvalidInputError: The file is a manifest, and too large for one.
            IdempotencyKeyReusedError: The key came before with another request.
            UploadEndedError: The key came before, and its upload has ended.
        """
        require_upload(principal)
        earlier = self.replays.earlier(principal, idempotency)
        if earlier is not None:
            return self._again(earlier)
        upload = self._new(principal, request)
        _require_small_manifest(upload)
        if upload.part_size is not None:
            upload = upload.in_parts(self.store.begin(upload.key, request.content_type))
        try:
            self.uploads.add(upload, self.replays.record(principal, idempotency, upload.id))
        except AlreadyDoneError as done:
            return self._again(done.result)
        return self._signed(upload)

    def _new(self, principal: Principal, request: UploadRequest) -> Upload:
        now = self.clock()
        job_id = self.new_id()
        return Upload(
            id=job_id,
            created_by=principal.subject,
            created_by_display=principal.name,
            source_filename=request.filename,
            key=upload_key(principal.subject, job_id, request.filename),
            size_bytes=request.size_bytes,
            part_size=part_size_of(request.size_bytes),
            upload_id=None,
            status=JobStatus.PENDING,
            created_at=now,
            due=now + UPLOAD_PERIOD,
        )

    def _again(self, job_id: str) -> RequestedUpload:
        """The upload that an earlier request was promised, if it still takes its file."""
        upload = self.uploads.get(job_id)
        if upload is None or upload.status not in _OPEN or upload.due is None or upload.due <= self.clock():
            status = upload.status if upload else "gone"
            raise UploadEndedError(job_id, status, "ask for another one under another Idempotency-Key")
        return self._signed(upload)

    def _signed(self, upload: Upload) -> RequestedUpload:
        """No URL outlives the upload, for what it takes in then nobody would look for."""
        now = self.clock()
        period = URL_PERIOD if upload.due is None else min(URL_PERIOD, upload.due - now)
        urls = self.store.urls(upload, max(1, int(period.total_seconds())))
        return RequestedUpload(upload, tuple(urls), now + period)


def _require_small_manifest(upload: Upload) -> None:
    if upload.is_manifest and upload.size_bytes > MAX_MANIFEST_BYTES:
        raise InvalidInputError(
            "manifest_too_large",
            f"A manifest may have {MAX_MANIFEST_BYTES} bytes, this one has {upload.size_bytes}",
            loc=("body", "file_size"),
            value=upload.size_bytes,
            expected=f"at most {MAX_MANIFEST_BYTES}",
            actual=upload.size_bytes,
        )
