"""Uploads."""

from typing import Literal, TypedDict

from rasterloom.http.answers.formats import Id, Time


class UploadConfig(TypedDict):
    """What may be uploaded, and how."""

    presigned_uploads: bool
    """Always true: files go straight into the bucket."""
    presigned_threshold_bytes: int
    """Up to here a file goes up in one request; above, in parts."""
    max_file_size_bytes: int
    """Of one file."""
    allowed_extensions: str
    """Ends of file names, with commas between."""
    remaining_dataset_quota: None
    """Always null: nobody's datasets are counted."""


class PresignedUpload(TypedDict):
    """Where to send a file: a PUT of each part, in order, to one URL each."""

    job_id: Id
    """What to complete, and to poll: `GET /jobs/{job_id}`."""
    urls: list[str]
    """One where a single request takes the whole file; each takes exactly the length of its part."""
    s3_key: str
    """Key of the object that it becomes, in this deployment's bucket."""
    s3_uri: str
    """The object; of a list of sources, what to give as `manifest_uri`."""
    upload_id: str | None
    """S3's id of the multipart upload; null where a single request takes the whole file."""
    part_size: int | None
    """Bytes of every part but the last; null where a single request takes the whole file."""
    expires_at: Time
    """Until when the URLs hold; credentials that end before may end them sooner."""


class CompletedUpload(TypedDict):
    """An upload that has arrived."""

    job_id: Id
    """The job that `POST /ingest/upload/presigned` answered."""
    status: Literal["pending", "complete"]
    """`complete` where the file is a dataset now; `pending` of a list of sources, which is not registered."""
    message: str
    """The same for people."""
    dataset_id: Id | None
    """What the file is registered as."""
