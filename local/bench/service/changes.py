"""One change of a VRT as its caller sees it: asked for, accepted, worked on step by step, complete."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from local.bench.server.nginx import Counts
from local.bench.service.deployed import Deployed
from local.demo.client import Answer
from local.terminal import StepError

POLL_SECONDS: Final = 0.02
"""Between an answer about the job and the next question."""
PATIENCE: Final = 280.0


@dataclass(frozen=True, slots=True)
class Change:
    """What one change took.

    Attributes:
        dataset_id: The VRT.
        job_id: The job.
        accepted: Seconds to the 202.
        complete: Seconds from the request to the answer that says `complete`.
        seen: Seconds from the request to when each step of the job was seen first, in order.
        cogs: What S3 was asked about the tiles.
        others: What S3 was asked about everything else.
    """

    dataset_id: str
    job_id: str
    accepted: float
    complete: float
    seen: Sequence[tuple[str, float]]
    cogs: Counts = field(default_factory=Counts)
    others: Counts = field(default_factory=Counts)

    @property
    def steps(self) -> Mapping[str, float]:
        """Seconds between the first sight of each step and that of the next; `accept` is what the caller waited."""
        stops = [("accept", 0.0), *((name, max(at, self.accepted)) for name, at in self.seen)]
        return {name: after - before for (name, before), (_, after) in pairwise(stops)}


def change(deployed: Deployed, ask: Callable[[], Answer]) -> Change:
    """Ask for a change once everything before it is done, and follow its job to the end.

    Raises:
        StepError: The job failed, or does not end.
    """
    deployed.server.rest()
    with deployed.server.counting() as counted:
        began = time.perf_counter()
        job_id = ask().json()["job_id"]
        accepted = time.perf_counter() - began
        seen, job = _followed(deployed, job_id, began)
    dataset_id, complete = str(job["dataset_id"]), seen[-1][1]
    return Change(dataset_id, job_id, accepted, complete, seen, counted.cogs, counted.others)


def _followed(deployed: Deployed, job_id: str, began: float) -> tuple[list[tuple[str, float]], Mapping[str, Any]]:
    seen: list[tuple[str, float]] = []
    while time.perf_counter() - began < PATIENCE:
        job = deployed.api.get(f"/jobs/{job_id}").json()
        now = time.perf_counter() - began
        if not seen or seen[-1][0] != job["step"]:
            seen.append((job["step"], now))
        if job["status"] in {"failed", "cancelled"}:
            raise StepError(f"job {job_id} {job['status']}: {job['error_code']} {job['error_message']}")
        if job["status"] == "complete":
            return seen, job
        time.sleep(POLL_SECONDS)
    raise StepError(f"job {job_id}: expected its end within {PATIENCE:.0f} s; it is at {seen[-1]}")


def create(deployed: Deployed, sources: Sequence[str]) -> Change:
    """Weave a mosaic."""
    body = {
        "source_dataset_ids": list(sources),
        "vrt_type": "mosaic",
        "resolution_strategy": "finest",
        "title": f"{len(sources)} tiles",
    }
    return change(deployed, lambda: deployed.api.post("/ingest/vrt/create", body))


def add(deployed: Deployed, vrt_id: str, source_id: str) -> Change:
    """Add one source."""
    body = {"source_dataset_id": source_id}
    return change(deployed, lambda: deployed.api.post(f"/ingest/vrt/{vrt_id}/sources/", body))


def remove(deployed: Deployed, vrt_id: str, source_id: str) -> Change:
    """Remove one source."""
    return change(deployed, lambda: deployed.api.delete(f"/ingest/vrt/{vrt_id}/sources/{source_id}/"))
