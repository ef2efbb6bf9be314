"""The tiles as datasets of the stack, registered once for as long as the stack lives."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from local.bench.results import FOLDER
from local.bench.service.deployed import Deployed
from local.bench.tiles import uris
from local.terminal import step

AT_ONCE: Final = 6
"""Registrations that are asked for at once; the stack has somewhat more functions than that."""


def registered(deployed: Deployed, count: int) -> list[str]:
    """Ids of the first tiles, in order; S3 answers without a pause while they are registered."""
    file = _kept(deployed)
    ids: list[str] = json.loads(file.read_text()) if file.exists() else []
    if len(ids) < count:
        deployed.server.pause(0)
        with step(f"registering tiles {len(ids):,} to {count:,}"):
            ids += _register(deployed, uris(count)[len(ids) :])
        file.write_text(json.dumps(ids))
    return ids[:count]


def _kept(deployed: Deployed) -> Path:
    """A file for this emulator alone: with it, all that was registered is gone."""
    return FOLDER / f"registered-{deployed.stack.name}-{deployed.stack.pid}-{deployed.stack.table}.json"


def _register(deployed: Deployed, wanted: list[str]) -> Iterator[str]:
    def one(uri: str) -> str:
        return str(deployed.api.post("/ingest/raster/register", {"uri": uri}).json()["id"])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(one, wanted)
