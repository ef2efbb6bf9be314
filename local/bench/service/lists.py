"""A list of sources that is too long for a body, sent to where the API reads it from, as any caller would send it."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import urllib3

from local.bench.service.deployed import Deployed
from local.terminal import StepError

SECONDS: Final = 60.0
"""For the list to go up."""


def manifest(sources: Sequence[str]) -> bytes:
    """The list as `manifest_uri` wants it: JSON lines, one source on each."""
    return "".join(json.dumps({"source_dataset_id": source}) + "\n" for source in sources).encode()


def uploaded(deployed: Deployed, sources: Sequence[str]) -> str:
    """Ask for an upload, put the list under the URL that was signed for it, complete it; the URI to create from.

    Raises:
        StepError: S3 did not take the list.
    """
    content = manifest(sources)
    wanted = {"filename": "sources.jsonl", "file_size": len(content)}
    upload = deployed.api.post("/ingest/upload/presigned", wanted).json()
    (url,) = upload["urls"]
    answer = urllib3.request("PUT", url, body=content, retries=False, timeout=SECONDS)
    if answer.status != HTTPStatus.OK:
        raise StepError(f"{upload['s3_uri']}: expected 200 to its PUT; found {answer.status}: {answer.data[:500]!r}")
    deployed.api.post(f"/ingest/upload/presigned/{upload['job_id']}/complete", {})
    return str(upload["s3_uri"])
