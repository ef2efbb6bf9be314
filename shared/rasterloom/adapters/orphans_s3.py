"""The port `OrphanStore`: listings of our bucket, and deletions a thousand at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from rasterloom.adapters.aws_errors import translated
from rasterloom.adapters.s3_client import s3_client
from rasterloom.domain.errors import UnavailableError

SERVICE: Final = "S3"


@dataclass(frozen=True, slots=True)
class S3Orphans:
    """Our bucket, as whoever sweeps sees it."""

    bucket: str

    def folders(self, prefix: str) -> Sequence[str]:
        """The prefixes right below a prefix, each with its trailing slash; at most 1,000."""
        with translated(SERVICE):
            page = s3_client().list_objects_v2(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        return [each["Prefix"] for each in page.get("CommonPrefixes", ())]

    def keys(self, prefix: str) -> Sequence[str]:
        """Keys that begin with a prefix; at most 1,000."""
        with translated(SERVICE):
            page = s3_client().list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [each["Key"] for each in page.get("Contents", ())]

    def delete(self, keys: Collection[str]) -> None:
        """Delete objects, at most 1,000, whether they are there or not.

        Raises:
            UnavailableError: At least one of them was not deleted.
        """
        with translated(SERVICE):
            answer = s3_client().delete_objects(
                Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
        errors = answer.get("Errors", [])
        if errors:
            raise UnavailableError(SERVICE, f"{len(errors)} of {len(keys)} objects stay: {errors[0].get('Code')}")
