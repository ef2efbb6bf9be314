"""The port `Listing`: pages of 1,000 keys, each a request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from rasterloom.adapters.aws_errors import error_code, to_domain
from rasterloom.domain.errors import ObjectUnreadableError, RasterloomError
from rasterloom.domain.objects import ObjectPrefix

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_REFUSED: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


@dataclass(frozen=True, slots=True)
class S3Listing:
    """Lists any bucket that the role may list."""

    client: "S3Client"

    def __call__(self, prefix: ObjectPrefix, start_after: str) -> Iterator[Sequence[str]]:
        """Keys in the order of their bytes, a page at a time; only the page that was asked for is in memory.

        Raises:
            ObjectUnreadableError: The bucket is not there, or may not be listed.
            UnavailableError: S3 does not answer.
        """
        after: Any = {"StartAfter": start_after} if start_after else {}
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=prefix.bucket, Prefix=prefix.prefix, **after
        )
        try:
            for page in pages:
                yield [found["Key"] for found in page.get("Contents", ())]
        except (ClientError, BotoCoreError) as error:
            raise _meaning(error, prefix) from error


def _meaning(error: ClientError | BotoCoreError, prefix: ObjectPrefix) -> RasterloomError:
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status in _REFUSED:
            message = f"{prefix.uri} cannot be listed: S3 answers {error_code(error)}"
            return ObjectUnreadableError(prefix.uri, message, actual=error_code(error))
    return to_domain(error, "S3")
