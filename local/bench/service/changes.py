"""One change of a VRT as its caller sees it: asked for, accepted, worked on, complete; and as the functions tell it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from local.bench.server.nginx import Counts
from local.bench.service.builds import built, invocations
from local.bench.service.deployed import BUILD_SECONDS, Deployed
from local.bench.service.lines import told
from local.bench.service.lists import uploaded
from local.bench.service.waterfall import Milliseconds, Waterfall, waterfall
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
        waterfall: Where that time went.
        invocations: Of the builder that did, or tried, the work.
        cogs: What S3 was asked about the tiles.
        others: What S3 was asked about everything else.
    """

    dataset_id: str
    job_id: str
    accepted: float
    complete: float
    waterfall: Waterfall
    invocations: int
    cogs: Counts
    others: Counts


def change(deployed: Deployed, ask: Callable[[], Answer]) -> Change:
    """Ask for a change once everything before it is done, and follow its job until its builder has ended, too.

    Raises:
        StepError: The job failed, or does not end.
    """
    deployed.server.rest()
    with deployed.server.counting() as counted:
        since, began = time.time(), time.perf_counter()
        job_id = ask().json()["job_id"]
        accepted = time.perf_counter() - began
        job, complete = _followed(deployed, job_id, began)
    _require_complete(deployed, job, since)
    build, tried = built(deployed, job_id, since)
    started = datetime.fromisoformat(job["started_at"]).timestamp() - since
    return Change(
        dataset_id=str(job["dataset_id"]),
        job_id=job_id,
        accepted=accepted,
        complete=complete,
        waterfall=waterfall(_asked(deployed, since), build, accepted=accepted, started=started, complete=complete),
        invocations=tried,
        cogs=counted.cogs,
        others=counted.others,
    )


def _followed(deployed: Deployed, job_id: str, began: float) -> tuple[Mapping[str, Any], float]:
    """The job as it was seen last, at its end or when patience was, and the seconds until then."""
    while True:
        job = deployed.api.get(f"/jobs/{job_id}").json()
        taken = time.perf_counter() - began
        if job["status"] not in {"pending", "running"} or taken > PATIENCE:
            return job, taken
        time.sleep(max(POLL_SECONDS, POLL_SHARE * taken))


def _require_complete(deployed: Deployed, job: Mapping[str, Any], since: float) -> None:
    """Tell how often it was tried, too: a build that no invocation has the time for fails after the last of them."""
    if job["status"] == "complete":
        return
    ended = f"{invocations(deployed, since)} invocations of the builder, of {BUILD_SECONDS} s at most, have ended"
    if job["status"] in {"failed", "cancelled"}:
        raise StepError(f"its job {job['status']}: {job['error_code']} {job['error_message']} ({ended})")
    raise StepError(f"its job is at {job['step']} after {PATIENCE:.0f} s ({ended})")


def _asked(deployed: Deployed, since: float) -> Milliseconds:
    """What the API tells of the request.

    Raises:
        StepError: Nothing.
    """
    for line in reversed(told(deployed, "api", since, "asked for")):
        return dict(line["milliseconds"])
    raise StepError("function api: expected a line that tells of the request; found none")


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
