"""Make a raster dataset of a file that has arrived in our bucket."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rasterloom.domain.access import UPLOAD, Principal
from rasterloom.domain.errors import IncompatibleSourcesError, NotFoundError, ObjectError, ObjectMissingError
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.refusals import UploadEndedError
from rasterloom.domain.uploads import COMPLETION_PERIOD, Part, Upload
from rasterloom.ports import Clock, Failure, Objects, Uploads, UploadStore
from rasterloom.services.permissions import require_upload
from rasterloom.services.read_jobs import is_visible
from rasterloom.services.register_raster import Registered, RegisterRequest
from rasterloom.services.uploaded_parts import require_object, require_parts, require_sent

GONE = Failure("upload_expired", "S3 has neither the parts of this upload nor its object any more")


@dataclass(frozen=True, slots=True)
class CompleteUpload:
    """`POST /ingest/upload/presigned/{job_id}/complete`."""

    uploads: Uploads
    store: UploadStore
    objects: Objects
    register: Callable[[Principal, RegisterRequest], Registered]
    bucket: str
    clock: Clock

    def __call__(self, principal: Principal, job_id: str, listed: Sequence[Part]) -> Upload:
        """Put the parts together and register the object; done before, or twice at once, it is done once.

        A manifest is not registered: it stays `pending` until it expires, and is read from where it lies.

        Args:
            principal: Who asks. The dataset belongs to who made the upload.
            job_id: The upload.
            listed: The parts that were sent, in any order; none are needed where one request took the whole file.

        Returns:
            The upload as it stands.

        Raises:
            ForbiddenError: The caller may not write.
            NotFoundError: There is no such upload that the caller may know of.
            UploadEndedError: It was cancelled, has failed or has expired.
            InvalidInputsError: Parts are missing, or are not those that were sent; they may be sent again.
            IncompatibleSourcesError: The file is no usable GeoTIFF; the upload has failed.
        """
        require_upload(principal)
        upload = self.uploads.get(job_id)
        if upload is None or not is_visible(upload, principal):
            raise NotFoundError("job", job_id)
        if _is_registered(upload):
            return upload
        parts = self._parts(upload, listed)
        if upload.is_manifest:
            return upload
        now = self.clock()
        upload = self.uploads.begin(upload, now, max(upload.due or now, now + COMPLETION_PERIOD))
        if _is_registered(upload):
            return upload
        if parts:
            self.store.assemble(upload, parts)
        return self._registered(upload)

    def _parts(self, upload: Upload, listed: Sequence[Part]) -> Sequence[Part]:
        """The parts that the object is still to be made of, every one as it has to be."""
        arrived = None if upload.upload_id is None else self.store.parts(upload)
        if arrived is not None:
            require_parts(upload, arrived, listed)
            return arrived
        (found,) = self.objects.stat_many([ObjectRef(self.bucket, upload.key)])
        match found:
            case ObjectStat() if upload.upload_id is None:
                require_object(upload, found, listed)
            case ObjectMissingError() if upload.upload_id is None:
                require_sent(upload)
            case ObjectMissingError():
                _require_open(self.uploads.fail(upload, GONE, self.clock()))
            case ObjectError():
                raise found
        return ()

    def _registered(self, upload: Upload) -> Upload:
        maker = Principal(upload.created_by, upload.created_by_display, permissions=frozenset({UPLOAD}))
        uri = ObjectRef(self.bucket, upload.key).uri
        try:
            raster = self.register(maker, RegisterRequest(uri)).raster
        except IncompatibleSourcesError as error:
            first = error.findings[0]
            self.uploads.fail(upload, Failure(first.code, first.message, error.findings), self.clock())
            raise
        ended = self.uploads.complete(upload, raster.id, self.clock())
        _require_open(ended)
        return ended


def _is_registered(upload: Upload) -> bool:
    _require_open(upload)
    return upload.status is JobStatus.COMPLETE


def _require_open(upload: Upload) -> None:
    if upload.status in {JobStatus.FAILED, JobStatus.CANCELLED}:
        raise UploadEndedError(upload.id, upload.status, upload.error_message)
