"""Clients of a local stack's AWS services."""

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local.environment import ACCESS_KEY, REGION, SECRET_KEY

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG = Config(
    retries={"max_attempts": 3, "mode": "standard"},
    connect_timeout=5,
    read_timeout=300,
    s3={"addressing_style": "path"},
)


def session() -> boto3.Session:
    """A session of the emulator's root caller; no profile of the user is read."""
    return boto3.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION)


def client(service: str, endpoint_url: str) -> Any:
    """A client of one service by its name; `Any`, because the stubs of few services are installed."""
    return session().client(service, endpoint_url=endpoint_url, config=_CONFIG)  # type: ignore[call-overload]


def s3(endpoint_url: str) -> "S3Client":
    """A client of the stack's S3, with path-style addresses."""
    return session().client("s3", endpoint_url=endpoint_url, config=_CONFIG)
