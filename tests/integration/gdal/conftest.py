"""One S3-like server per test process, one bucket per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from rasterloom.adapters import kindred, tiff_alike
from rasterloom.adapters.gdal_environment import configure
from tests.support.lab import Lab
from tests.support.s3_server import REGION, S3Server, s3_server


@pytest.fixture(scope="session")
def server() -> Iterator[S3Server]:
    """A server; this process talks to no other S3."""
    with s3_server() as running, pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
        patch.delenv("AWS_PROFILE", raising=False)
        for name, value in running.environment().items():
            patch.setenv(name, value)
        yield running


@pytest.fixture
def lab(server: S3Server, tmp_path: Path) -> Iterator[Lab]:
    """A bucket of its own."""
    client = boto3.client("s3", region_name=REGION, config=Config(s3={"addressing_style": "path"}))
    bucket = f"lab-{uuid4()}"
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield Lab(server, client, bucket, tmp_path)
    client.close()


@pytest.fixture
def no_kinds() -> Iterator[None]:
    """No header is known before the test, and none after it."""
    configure()
    for module in (kindred, tiff_alike):
        module.forget()
    yield
    for module in (kindred, tiff_alike):
        module.forget()
