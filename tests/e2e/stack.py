"""The deployed stack as tests use it: a caller over HTTP, and S3 beside it."""

import json
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import urllib3

from local import aws
from local.state import StackState
from local.tokens import Caller as Subject
from local.tokens import mint

PATIENCE = 180.0
"""Seconds that a test waits for a job, or for a stack that throttles; a busy machine takes its time."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)


@dataclass
class Caller:
    """Somebody with a bearer token, or without one."""

    stack: StackState
    token: str | None
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=40.0))

    def request(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request; a body that is no `bytes` goes as JSON. Throttling is waited out, as clients do."""
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        deadline = time.monotonic() + PATIENCE
        while True:
            response = self.pool.request(method, self.stack.api_url + path, body=data, headers=sent, redirect=False)
            if response.status != 429 or time.monotonic() > deadline:
                break
            time.sleep(random.uniform(0.1, 0.6))  # noqa: S311 - spreads load
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, response.data, names)

    def get(self, path: str, **options: Any) -> Answer:
        """Read."""
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Answer:
        """Write."""
        return self.request("POST", path, body, **options)

    def register(self, uri: str, **fields: Any) -> str:
        """Register a COG and give its dataset's id."""
        answer = self.post("/ingest/raster/register", {"uri": uri, **fields})
        assert answer.status in {200, 201}, answer.body
        return str(answer.json["id"])

    def create(self, source_ids: Sequence[str], **fields: Any) -> str:
        """Have a VRT created and give its job's id."""
        answer = self.post("/ingest/vrt/create", creation(source_ids, **fields))
        assert answer.status == 202, answer.body
        return str(answer.json["job_id"])

    def wait(self, job_id: str) -> Any:
        """Poll a job until it has ended, and give it."""
        deadline, pause = time.monotonic() + PATIENCE, 0.1
        while time.monotonic() < deadline:
            job = self.get(f"/jobs/{job_id}").json
            if job["status"] in {"complete", "failed", "cancelled"}:
                return job
            time.sleep(pause)
            pause = min(2 * pause, 1.0)
        raise AssertionError(f"job {job_id} has not ended within {PATIENCE} s: {job}")

    def built(self, source_ids: Sequence[str], **fields: Any) -> str:
        """Create a VRT, wait for it, and give its dataset's id."""
        job = self.wait(self.create(source_ids, **fields))
        assert job["status"] == "complete", job
        return str(job["dataset_id"])


def creation(source_ids: Sequence[str], **fields: Any) -> dict[str, Any]:
    """The body of a request that creates a VRT."""
    plain = {"vrt_type": "mosaic", "resolution_strategy": "finest", "title": "A mosaic"}
    return {"source_dataset_ids": list(source_ids), **plain, **fields}


@dataclass
class Sources:
    """A folder of our own in the source bucket, emptied at the end."""

    stack: StackState
    prefix: str = field(default_factory=lambda: f"e2e/{uuid4()}/")

    def __post_init__(self) -> None:
        """Connect to the stack's S3."""
        self.s3 = aws.s3(self.stack.endpoint_url)

    def put(self, content: Path | bytes, name: str) -> str:
        """Upload a file and give its URI."""
        body = content if isinstance(content, bytes) else content.read_bytes()
        self.s3.put_object(Bucket=self.stack.source_bucket, Key=self.prefix + name, Body=body)
        return f"s3://{self.stack.source_bucket}/{self.prefix}{name}"

    def delete(self, uri: str) -> None:
        """Delete an object by its URI."""
        self.s3.delete_object(Bucket=self.stack.source_bucket, Key=uri.split("/", 3)[3])

    def clear(self) -> None:
        """Delete everything that was put."""
        listed = self.s3.list_objects_v2(Bucket=self.stack.source_bucket, Prefix=self.prefix)
        for entry in listed.get("Contents", []):
            self.s3.delete_object(Bucket=self.stack.source_bucket, Key=entry["Key"])
        self.s3.close()


def caller(
    stack: StackState,
    subject: str | None = None,
    *,
    permissions: Sequence[str] = ("upload",),
    groups: Sequence[str] = (),
) -> Caller:
    """A caller with a development token; a name of their own unless one is given."""
    who = Subject(subject or f"user-{uuid4()}", tuple(permissions), tuple(groups))
    return Caller(stack, mint(stack.issuer, who, audience=stack.audience))


def aws_environment(stack: StackState) -> dict[str, str]:
    """What GDAL, in any process, needs to read the stack's S3."""
    return {
        "AWS_ACCESS_KEY_ID": stack.aws_access_key_id,
        "AWS_SECRET_ACCESS_KEY": stack.aws_secret_access_key,
        "AWS_REGION": stack.region,
        "AWS_S3_ENDPOINT": stack.endpoint_url.removeprefix("http://"),
        "AWS_HTTPS": "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_PAM_ENABLED": "NO",
    }


def plain_environment() -> dict[str, str]:
    """The environment of this process without any AWS setting."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
