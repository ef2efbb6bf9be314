"""The others, over the same server: each at each N within the limit of time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from local.bench.parts.run import Figures, Plan, Run, often
from local.bench.running import PEERS_PYTHON, Outcome, Program, TooSlowError
from local.bench.server.nginx import serving
from local.terminal import say, step

SETTINGS: Final = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif",
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
    "VSI_CACHE": "YES",
    "GDAL_HTTP_MULTIPLEX": "YES",
}
"""With which GDAL, and what stands on it, asks for each source once."""

QUICK: Final = 5.0
"""Seconds under which a peer is run again, as often as is planned for so many tiles: one short run tells little."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One other way.

    Attributes:
        name: Its module in `local.bench.peers`.
        tuned: Whether it gets the settings above.
        apart: Whether it is run from the peers' own environment. That has no boto3: with it rasterio makes a session
            of boto3 whenever a thread opens a file, which takes more time than all the rest.
    """

    name: str
    tuned: bool = True
    apart: bool = False

    @property
    def program(self) -> Program:
        """How it is run."""
        settings = SETTINGS if self.tuned else {}
        module = f"peers.{self.name}"
        return Program(module, settings, PEERS_PYTHON) if self.apart else Program(module, settings)


PEERS: Final = (
    Peer("buildvrt_defaults", tuned=False),
    Peer("buildvrt_tuned"),
    Peer("raster_mosaic"),
    Peer("rasterio_threads", apart=True),
    Peer("cogeo_mosaic_threads", apart=True),
    Peer("rio_vrt_serial", apart=True),
    Peer("stac_vrt_items", apart=True),
)


def measure(plan: Plan) -> Figures:
    """Every peer at every N, smallest first."""
    with serving(plan.pause_ms, port=plan.port) as server:
        rows = [row for peer in PEERS for row in _rows(Run(server, plan), peer)]
    return {"pause_ms": plan.pause_ms, "limit_seconds": plan.limit, "rows": rows}


def _rows(run: Run, peer: Peer) -> list[Figures]:
    """One row for each N; where those before it tell that the limit would not do, the peer is left out."""
    rows: list[Figures] = []
    sizes = sorted(run.plan.sizes)
    say(f"  {peer.name} of {', '.join(f'{count:,}' for count in sizes)} tiles, each at most {run.plan.limit:g} s …")
    with step(peer.name):
        for count in sizes:
            reason = too_much(rows, count, run.plan.limit)
            rows.append(_left_out(peer, count, reason) if reason else _row(run, peer, count))
            say(f"    {count:,}: {rows[-1]['left_out'] or f'{min(rows[-1]["seconds"]):.3f} s'}")
    return rows


def too_much(before: Sequence[Figures], count: int, limit: float) -> str | None:
    """Why a peer cannot be expected to end in time, from what each further tile took between the last two N.

    Args:
        before: The peer's rows of smaller N, in order.
        count: The N in question.
        limit: Seconds.
    """
    if before and before[-1]["left_out"]:
        return str(before[-1]["left_out"])
    if len(before) < 2:  # noqa: PLR2004 - a slope needs two
        return None
    smaller, last = before[-2:]
    took = min(last["seconds"])
    each = (took - min(smaller["seconds"])) / (last["count"] - smaller["count"])
    if took + each * (count - last["count"]) <= limit:
        return None
    return f"{took:.1f} s at {last['count']:,}, so more than {limit:.0f} s"


def _row(run: Run, peer: Peer, count: int) -> Figures:
    try:
        outcomes = as_often_as_pays(lambda: run.once(peer.program, count), often(run.plan, count))
    except TooSlowError:
        return _left_out(peer, count, f"more than {run.plan.limit:.0f} s")
    told = outcomes[-1].told
    return {
        "peer": peer.name,
        "count": count,
        "left_out": None,
        "seconds": [outcome.told["seconds"] for outcome in outcomes],
        "requests": max(outcome.counts.requests for outcome in outcomes),
        "bytes": max(outcome.counts.sent for outcome in outcomes),
        "peak": max(outcome.told["peak"] for outcome in outcomes),
        "sha256": told.get("sha256"),
    }


def as_often_as_pays(once: Callable[[], Outcome], most: int) -> list[Outcome]:
    """Run something so many times if it is quick, and once otherwise."""
    first = once()
    return [first, *(once() for _ in range(1, most if first.told["seconds"] < QUICK else 1))]


def _left_out(peer: Peer, count: int, reason: str) -> Figures:
    return {"peer": peer.name, "count": count, "left_out": reason, "seconds": []}
