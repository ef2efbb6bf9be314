"""The port `UploadStore`: S3 takes the files themselves; no byte of them passes through this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from rasterloom.adapters.aws_errors import error_code, translated
from rasterloom.adapters.s3_client import s3_client
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.uploads import MAX_PARTS, Part, Upload

SERVICE: Final = "S3"

_GONE: Final = frozenset({"NoSuchUpload"})
_OTHER_PARTS: Final = frozenset({"InvalidPart", "InvalidPartOrder"})


@dataclass(frozen=True, slots=True)
class S3Uploads:
    """Uploads into our bucket."""

    bucket: str

    def begin(self, key: str, content_type: str) -> str:
        """Begin a multipart upload and answer S3's id of it."""
        with translated(SERVICE):
            begun = s3_client().create_multipart_upload(Bucket=self.bucket, Key=key, ContentType=content_type)
        return begun["UploadId"]

    def urls(self, upload: Upload, seconds: int) -> Sequence[str]:
        """A URL for each part, in order, that takes a PUT of exactly that part's length.

        The length is among the signed headers, so S3 refuses any other. The URLs are made without asking S3.
        """
        return [self._url(upload, number, seconds) for number in range(1, upload.part_count + 1)]

    def _url(self, upload: Upload, number: int, seconds: int) -> str:
        operation = "put_object" if upload.upload_id is None else "upload_part"
        parameters: dict[str, Any] = {
            "Bucket": self.bucket,
            "Key": upload.key,
            "ContentLength": upload.bytes_of(number),
        }
        if upload.upload_id is not None:
            parameters |= {"UploadId": upload.upload_id, "PartNumber": number}
        with translated(SERVICE):
            return s3_client().generate_presigned_url(operation, Params=parameters, ExpiresIn=seconds)

    def parts(self, upload: Upload) -> Sequence[Part] | None:
        """The parts that have arrived, by number; None where S3 knows no such multipart upload any more."""
        with translated(SERVICE):
            try:
                found = s3_client().list_parts(
                    Bucket=self.bucket, Key=upload.key, UploadId=str(upload.upload_id), MaxParts=MAX_PARTS
                )
            except ClientError as error:
                if error_code(error) in _GONE:
                    return None
                raise
        return [Part(each["PartNumber"], each["ETag"].strip('"'), each["Size"]) for each in found.get("Parts", ())]

    def assemble(self, upload: Upload, parts: Sequence[Part]) -> None:
        """Make the object of its parts; one that was assembled before is left as it is.

        Raises:
            UnavailableError: S3 has not come to an end, or a part was sent again meanwhile; nothing is lost.
        """
        listed: Any = [{"PartNumber": part.number, "ETag": f'"{part.etag}"'} for part in parts]
        with translated(SERVICE):
            try:
                s3_client().complete_multipart_upload(
                    Bucket=self.bucket,
                    Key=upload.key,
                    UploadId=str(upload.upload_id),
                    MultipartUpload={"Parts": listed},
                )
            except ClientError as error:
                if error_code(error) in _OTHER_PARTS:
                    raise UnavailableError(SERVICE, f"a part of {upload.key} was sent again meanwhile") from error
                if error_code(error) not in _GONE:
                    raise

    def abort(self, upload: Upload) -> None:
        """Give up a multipart upload with all its parts; one that S3 knows no more is fine."""
        if upload.upload_id is None:
            return
        with translated(SERVICE):
            try:
                s3_client().abort_multipart_upload(Bucket=self.bucket, Key=upload.key, UploadId=upload.upload_id)
            except ClientError as error:
                if error_code(error) not in _GONE:
                    raise

    def discard(self, key: str) -> None:
        """Delete an object of an upload, whether it is there or not."""
        with translated(SERVICE):
            s3_client().delete_object(Bucket=self.bucket, Key=key)
