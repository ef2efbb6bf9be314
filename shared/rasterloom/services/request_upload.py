"""Take in a file that its sender puts straight into our bucket."""

from dataclasses import dataclass
from datetime import datetime

from rasterloom.domain.access import Principal
from rasterloom.domain.errors import InvalidInputError
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.uploads import UPLOAD_PERIOD, URL_PERIOD, Upload, part_size_of, upload_key
from rasterloom.ports import Clock, NewId, Uploads, UploadStore
from rasterloom.services.permissions import require_upload
from rasterloom.services.read_manifest import MAX_MANIFEST_BYTES


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
    clock: Clock
    new_id: NewId

    def __call__(self, principal: Principal, request: UploadRequest) -> RequestedUpload:
        """Promise a job, and sign a URL for each part of the file.

        A multipart upload is begun before the job stands: alone, it expires by the bucket's own rule.

        Raises:
            ForbiddenError: The caller may not write.
            InvalidInputError: The file is a manifest, and too large for one.
        """
        require_upload(principal)
        now = self.clock()
        job_id = self.new_id()
        key = upload_key(principal.subject, job_id, request.filename)
        part_size = part_size_of(request.size_bytes)
        upload = Upload(
            id=job_id,
            created_by=principal.subject,
            created_by_display=principal.name,
            source_filename=request.filename,
            key=key,
            size_bytes=request.size_bytes,
            part_size=part_size,
            upload_id=None,
            status=JobStatus.PENDING,
            created_at=now,
            due=now + UPLOAD_PERIOD,
        )
        _require_small_manifest(upload)
        if part_size is not None:
            upload = upload.in_parts(self.store.begin(key, request.content_type))
        self.uploads.add(upload)
        urls = self.store.urls(upload, int(URL_PERIOD.total_seconds()))
        return RequestedUpload(upload, tuple(urls), now + URL_PERIOD)


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
