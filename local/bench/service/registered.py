"""The tiles as datasets of the stack, registered once for as long as the stack lives."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from local.bench.results import FOLDER
from local.bench.service.deployed import Deployed
from local.bench.tiles import BUCKET, prefix, uris
from local.terminal import StepError, step

AT_ONCE: Final = 10_000
"""Objects of one job: as many as share a prefix, and as many names as a body has room for."""
POLL_SECONDS: Final = 0.5
PATIENCE: Final = 900.0


def registered(deployed: Deployed, count: int) -> list[str]:
    """Ids of the first tiles, in order; S3 answers without a pause while they are registered."""
    file = _kept(deployed)
    ids: list[str] = json.loads(file.read_text()) if file.exists() else []
    if len(ids) < count:
        deployed.server.pause(0)
        with step(f"registering tiles {len(ids):,} to {count:,}"):
            for stretch in stretches(len(ids), count):
                ids += _register(deployed, stretch)
                file.write_text(json.dumps(ids))
    return ids[:count]


def stretches(first: int, end: int) -> Iterator[range]:
    """The numbers of tiles that one job each registers: none holds tiles of two prefixes."""
    while first < end:
        last = min(end, (first // AT_ONCE + 1) * AT_ONCE)
        yield range(first, last)
        first = last


def asked(stretch: range) -> Mapping[str, Any]:
    """The body that asks for a stretch: by prefix if it is all that has it, for then side files cost nothing."""
    if len(stretch) == AT_ONCE:
        return {"prefix": f"s3://{BUCKET}/{prefix(stretch.start)}"}
    return {"uris": uris(stretch.stop)[stretch.start :]}


def _kept(deployed: Deployed) -> Path:
    """A file for this emulator alone: with it, all that was registered is gone."""
    return FOLDER / f"registered-{deployed.stack.name}-{deployed.stack.pid}-{deployed.stack.table}.json"


def _register(deployed: Deployed, stretch: range) -> Sequence[str]:
    """Ids of these tiles, in order, by one bulk registration.

    Raises:
        StepError: One of them was not registered, or they take too long.
    """
    job = f"/jobs/{deployed.api.post('/ingest/raster/register/bulk', dict(asked(stretch))).json()['job_id']}"
    deadline = time.monotonic() + PATIENCE
    while (status := deployed.api.get(job).json()["status"]) in {"pending", "running"}:
        if time.monotonic() > deadline:
            raise StepError(f"{job}: expected its end within {PATIENCE:.0f} s; it is {status}")
        time.sleep(POLL_SECONDS)
    ids = {result["uri"]: result["dataset_id"] for result in _results(deployed, job)}
    wanted = uris(stretch.stop)[stretch.start :]
    missing = [uri for uri in wanted if not ids.get(uri)]
    if missing:
        raise StepError(f"{job} is {status}; {len(missing)} objects are not registered, the first is {missing[0]}")
    return [ids[uri] for uri in wanted]


def _results(deployed: Deployed, job: str) -> Iterator[dict[str, str]]:
    following: str | None = "?limit=1000"
    while following is not None:
        page = deployed.api.get(f"{job}/registrations{following}").json()
        yield from page["results"]
        following = page["next"]
