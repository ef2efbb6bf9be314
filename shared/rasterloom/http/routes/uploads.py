"""Files that their senders put straight into our bucket."""

from http import HTTPStatus
from typing import Final

from rasterloom.domain.access import UPLOAD
from rasterloom.domain.uploads import (
    MANIFEST_SUFFIXES,
    MAX_FILE_BYTES,
    RASTER_SUFFIXES,
    SINGLE_PUT_BYTES,
    UPLOAD_PERIOD,
    Upload,
)
from rasterloom.http.answers import CompletedUpload, PresignedUpload, Problem, UploadConfig
from rasterloom.http.calls import Call
from rasterloom.http.present import time_text
from rasterloom.http.problems import PROBLEM_JSON, at_job
from rasterloom.http.responses import Response, json_response
from rasterloom.http.routing import Answer, Route

_HOURS: Final = int(UPLOAD_PERIOD.total_seconds() / 3600)


def config(_: Call) -> Response:
    """Answer what may be uploaded, and how."""
    answer: UploadConfig = {
        "presigned_uploads": True,
        "presigned_threshold_bytes": SINGLE_PUT_BYTES,
        "max_file_size_bytes": MAX_FILE_BYTES,
        "allowed_extensions": ",".join((*RASTER_SUFFIXES, *MANIFEST_SUFFIXES)),
        "remaining_dataset_quota": None,
    }
    return json_response(answer)


def request(call: Call) -> Response:
    """Promise a job, and tell where to send the file."""
    from rasterloom.http.bodies import RequestUploadBody

    body = call.fields(RequestUploadBody)
    requested = call.use_cases.request_upload(call.principal, body.request(), call.idempotency(body))
    upload = requested.upload
    answer: PresignedUpload = {
        "job_id": upload.id,
        "urls": list(requested.urls),
        "s3_key": upload.key,
        "s3_uri": f"s3://{call.use_cases.bucket}/{upload.key}",
        "upload_id": upload.upload_id,
        "part_size": upload.part_size,
        "expires_at": time_text(requested.urls_expire_at),
    }
    return json_response(answer, HTTPStatus.CREATED)


def complete(call: Call) -> Response:
    """Register a file that has arrived."""
    from rasterloom.http.bodies import CompleteUploadBody

    listed = call.fields(CompleteUploadBody).listed()
    upload = call.use_cases.complete_upload(call.principal, call.id("job_id"), listed)
    answer: CompletedUpload = {
        "job_id": upload.id,
        "status": "pending" if upload.dataset_id is None else "complete",
        "message": _message(upload),
        "dataset_id": upload.dataset_id,
    }
    return json_response(answer)


def _message(upload: Upload) -> str:
    if upload.dataset_id is None:
        return f"{upload.source_filename} has arrived; name it as manifest_uri within {_HOURS} hours of its request"
    return f"{upload.source_filename} is registered as dataset {upload.dataset_id}"


ROUTES: Final = (
    Route(
        "GET",
        "/ingest/upload/config",
        config,
        operation_id="read_upload_config",
        summary="Read the limits of uploads",
        tag="rasters",
        answers={HTTPStatus.OK: Answer("What may be uploaded, and how", UploadConfig)},
    ),
    Route(
        "POST",
        "/ingest/upload/presigned",
        request,
        operation_id="request_upload",
        summary="Upload a file",
        description="Answers URLs that take the file straight into this deployment's bucket: send each part with PUT, "
        f"keep the ETags that S3 answers, then complete the upload, within {_HOURS} hours. Up to 8 MiB there is one "
        "URL, above there is one for each part, at most 1,000. What is not completed is removed.",
        tag="rasters",
        permission=UPLOAD,
        body="RequestUploadBody",
        is_idempotent_by_key=True,
        answers={
            HTTPStatus.CREATED: Answer("Where to send it, and the job to complete", PresignedUpload),
            HTTPStatus.CONFLICT: Answer(
                "The upload that this key asked for before has ended (`upload_ended`)", Problem, PROBLEM_JSON
            ),
        },
    ),
    Route(
        "POST",
        "/ingest/upload/presigned/{job_id}/complete",
        complete,
        operation_id="complete_upload",
        summary="Complete an upload",
        description="Puts the parts together and registers the file as a private raster dataset that is called as the "
        "file is. Parts that are missing, or are not those that were sent, are named and may be sent again. A file "
        "that is no usable GeoTIFF fails the job. Completing again changes nothing and answers alike.",
        tag="rasters",
        permission=UPLOAD,
        body="CompleteUploadBody",
        is_body_optional=True,
        finding_loc=at_job,
        answers={
            HTTPStatus.OK: Answer("The file has arrived", CompletedUpload),
            HTTPStatus.CONFLICT: Answer(
                "The upload was cancelled, has failed or has expired (`upload_ended`), or its dataset is being deleted "
                "(`being_deleted`)",
                Problem,
                PROBLEM_JSON,
                {"Retry-After": "Seconds after which to try again, where its dataset is being deleted"},
            ),
        },
    ),
)
