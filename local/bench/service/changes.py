"""One change of a VRT as its caller sees it: asked for, accepted, worked on step by step, complete."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from local.bench.server.nginx import Counts
from local.bench.service.deployed import BUILD_SECONDS, Deployed
from local.bench.service.lines import durations, told
from local.bench.service.lists import uploaded
from local.demo.client import Answer
from local.terminal import StepError

POLL_SECONDS: Final = 0.02
"""Between an answer about the job and the next question, at least."""
POLL_SHARE: Final = 0.01
"""Of the time that a change has taken so far: a caller who asks no more often takes nothing from a long build."""
PATIENCE: Final = 2.0 * BUILD_SECONDS + 60.0
"""As long as two invocations and what is between them: what one did not end is seen to be tried again."""
INLINE: Final = 10_000
"""Sources that a body lists; a longer list goes by a manifest, as the API wants it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one change took.

    Attributes:
        dataset_id: The VRT.
        job_id: The job.
        accepted: Seconds to the 202.
        complete: Seconds from the request to the answer that says `complete`.
        seen: Seconds from the request to when each step of the job was seen first, in order.
        invocations: Of the builder that did, or tried, the work.
        cogs: What S3 was asked about the tiles.
        others: What S3 was asked about everything else.
    """

    dataset_id: str
    job_id: str
    accepted: float
    complete: float
    seen: Sequence[tuple[str, float]]
    invocations: int = 1
    cogs: Counts = field(default_factory=Counts)
    others: Counts = field(default_factory=Counts)

    @property
    def steps(self) -> Mapping[str, float]:
        """Seconds between the first sight of each step and that of the next; `accept` is what the caller waited."""
        stops = [("accept", 0.0), *((name, max(at, self.accepted)) for name, at in self.seen)]
        return {name: after - before for (name, before), (_, after) in pairwise(stops)}


def change(deployed: Deployed, ask: Callable[[], Answer]) -> Change:
    """Ask for a change once everything before it is done, and follow its job until its builder has ended, too.

    Raises:
        StepError: The job failed, or does not end.
    """
    deployed.server.rest()
    since = time.time()
    with deployed.server.counting() as counted:
        began = time.perf_counter()
        job_id = ask().json()["job_id"]
        accepted = time.perf_counter() - began
        seen, job = _followed(deployed, job_id, began)
    _require_complete(deployed, job, since)
    _wait_for_build(deployed, job_id, since)
    return Change(
        dataset_id=str(job["dataset_id"]),
        job_id=job_id,
        accepted=accepted,
        complete=seen[-1][1],
        seen=seen,
        invocations=_invocations(deployed, since),
        cogs=counted.cogs,
        others=counted.others,
    )


def _followed(deployed: Deployed, job_id: str, began: float) -> tuple[list[tuple[str, float]], Mapping[str, Any]]:
    """When each step was seen first, and the job as it was seen last: at its end, or when patience was."""
    seen: list[tuple[str, float]] = []
    while True:
        job = deployed.api.get(f"/jobs/{job_id}").json()
        taken = time.perf_counter() - began
        if not seen or seen[-1][0] != job["step"]:
            seen.append((job["step"], taken))
        if job["status"] not in {"pending", "running"} or taken > PATIENCE:
            return seen, job
        time.sleep(max(POLL_SECONDS, POLL_SHARE * taken))


def _require_complete(deployed: Deployed, job: Mapping[str, Any], since: float) -> None:
    """Tell how often it was tried, too: a build that no invocation has the time for fails after the last of them."""
    if job["status"] == "complete":
        return
    ended = f"{_invocations(deployed, since)} invocations of the builder, of {BUILD_SECONDS} s at most, have ended"
    if job["status"] in {"failed", "cancelled"}:
        raise StepError(f"its job {job['status']}: {job['error_code']} {job['error_message']} ({ended})")
    raise StepError(f"its job is at {job['step']} after {PATIENCE:.0f} s ({ended})")


def _wait_for_build(deployed: Deployed, job_id: str, since: float) -> Any:
    """The builder's line about the job: it comes when the invocation ends, which goes on drawing after publishing.

    Raises:
        StepError: There is none.
    """
    deadline = time.monotonic() + BUILD_SECONDS
    while time.monotonic() < deadline:
        for line in told(deployed, "builder", since, job_id):
            if "milliseconds" in line:
                return line
        time.sleep(POLL_SECONDS)
    raise StepError(
        f"function builder: expected a line that tells of job {job_id} within {BUILD_SECONDS} s; found none"
    )


def _invocations(deployed: Deployed, since: float) -> int:
    """Of the builder since a moment, without those that found the generation to be another's, or at its end."""
    return len(durations(deployed, "builder", since)) - len(told(deployed, "builder", since, "no claim on"))


def create(deployed: Deployed, sources: Sequence[str]) -> Change:
    """Weave a mosaic; where the sources are too many for a body, of a list that was sent before."""
    body = {"vrt_type": "mosaic", "resolution_strategy": "finest", "title": f"{len(sources)} tiles"}
    if len(sources) > INLINE:
        listed: Mapping[str, Any] = {"manifest_uri": uploaded(deployed, sources)}
    else:
        listed = {"source_dataset_ids": list(sources)}
    return change(deployed, lambda: deployed.api.post("/ingest/vrt/create", {**body, **listed}))


def add(deployed: Deployed, vrt_id: str, source_id: str) -> Change:
    """Add one source."""
    body = {"source_dataset_id": source_id}
    return change(deployed, lambda: deployed.api.post(f"/ingest/vrt/{vrt_id}/sources/", body))


def remove(deployed: Deployed, vrt_id: str, source_id: str) -> Change:
    """Remove one source."""
    return change(deployed, lambda: deployed.api.delete(f"/ingest/vrt/{vrt_id}/sources/{source_id}/"))


def product(deployed: Deployed, vrt_id: str) -> str:
    """The name of what a VRT is published as: `source.vrt`, or `source.gti.gpkg` of many sources."""
    dataset = deployed.api.get(f"/datasets/{vrt_id}").json()
    return str(dataset["raster"]["s3_uri"]).rpartition("/")[2]
