"""botocore's S3 client, for what obstore cannot do: multipart uploads by others, and URLs with signed headers."""

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from rasterloom.adapters.object_stores import endpoint

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def s3_client() -> "S3Client":
    """The client of S3's address as it is now: virtual-hosted on AWS, by path where the address is another one."""
    return _client(endpoint())


@cache
def _client(address: str | None) -> "S3Client":
    import botocore.session
    from botocore.config import Config

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if address else "virtual"},
        connect_timeout=2,
        # A multipart upload that was begun with a checksum would ask one of every part, and callers send none.
        request_checksum_calculation="when_required",
        # Two tries end within a request's deadline of 25 s.
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    session = botocore.session.get_session()
    return cast("S3Client", session.create_client("s3", region_name=region, endpoint_url=address, config=config))
