"""`python -m local.bench.bulk`: register a prefix of many COGs in one job on a running stack, and watch it to its end.

The objects are one real COG of GDAL's, each with an origin of its own: its bytes are found in the file and replaced, so
that a hundred thousand different files take seconds. Nothing is asked of AWS but by the stack itself.
"""

import argparse
import json
import struct
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import obstore
from obstore.store import S3Store
from osgeo import gdal, osr
from rich.console import Console

from local import processes, state, tokens
from local.bench import results
from local.environment import ACCESS_KEY, REGION, SECRET_KEY
from local.paths import Layout
from local.soak import memory
from local.terminal import StepError, fail
from rasterloom_client import Client

ORIGIN: Final = (399_960.0, 5_200_020.0)
"""Of the one real COG, in UTM 32N; the two doubles stand once each in its header."""
SIZE: Final = 64
METRES: Final = 10.0
PUTTERS: Final = 16
POLL_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 3_600.0
LOOK_SECONDS: Final = 0.5
"""Between two looks at the memory of the functions."""


def main() -> int:
    """Run it, print its figures, and keep them as JSON; the exit code is 1 if anything was not registered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", default="bulk", help="a stack of one's own: memory and rates are measured")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--twice", action="store_true", help="register everything once more, when nothing is new")
    arguments = parser.parse_args()
    stack = state.read(Layout(arguments.stack))
    if stack is None:
        return fail(StepError(f"no stack {arguments.stack} is running: `make up STACK={arguments.stack}` starts it"))
    figures = measured(stack, arguments.count, twice=arguments.twice)
    Console().print_json(json.dumps(figures))
    results.save("bulk", figures, {"gdal": gdal.__version__, "obstore": obstore.__version__})
    return 0 if figures["registrations"]["created"] == arguments.count else 1


def measured(stack: state.StackState, count: int, *, twice: bool) -> dict[str, Any]:
    """Put the objects, register them, and tell what that took."""
    prefix = f"bench/{uuid4()}/"
    put_seconds = put_all(stack, prefix, count)
    caller = tokens.Caller(f"bench-{uuid4()}", ("upload",))
    client = Client(stack.api_url, tokens.mint(stack.issuer, caller, audience=stack.audience))
    uri = f"s3://{stack.source_bucket}/{prefix}"
    first = _watched(stack, client, uri)
    again = {"again": _watched(stack, client, uri)} if twice else {}
    return {"objects": count, "put_seconds": round(put_seconds, 1), **first, **again}


def put_all(stack: state.StackState, prefix: str, count: int) -> float:
    """Put so many different COGs below a prefix; answer how long that took."""
    began = time.monotonic()
    store = S3Store(
        stack.source_bucket,
        config={
            "endpoint": stack.endpoint_url,
            "region": REGION,
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
            "virtual_hosted_style_request": False,
        },
        client_options={"allow_http": True},
    )
    with ThreadPoolExecutor(PUTTERS) as pool:
        for _ in pool.map(lambda each: obstore.put(store, f"{prefix}{each[0]:06d}.tif", each[1]), cogs(count)):
            pass
    return time.monotonic() - began


def cogs(count: int) -> Iterator[tuple[int, bytes]]:
    """Different COGs by their number: tiles of one grid, a hundred in a row."""
    template = one_cog()
    places = [template.index(struct.pack("<d", value)) for value in ORIGIN]
    for number in range(count):
        body = bytearray(template)
        row, column = divmod(number, 100)
        for place, value in zip(
            places, (ORIGIN[0] + column * SIZE * METRES, ORIGIN[1] - row * SIZE * METRES), strict=True
        ):
            struct.pack_into("<d", body, place, value)
        yield number, bytes(body)


def one_cog() -> bytes:
    """A COG of GDAL's own."""
    gdal.UseExceptions()
    dataset = gdal.GetDriverByName("MEM").Create("", SIZE, SIZE, 1, gdal.GDT_UInt16)
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32632)
    dataset.SetSpatialRef(reference)
    dataset.SetGeoTransform((ORIGIN[0], METRES, 0.0, ORIGIN[1], 0.0, -METRES))
    dataset.GetRasterBand(1).SetNoDataValue(0)
    dataset.GetRasterBand(1).Fill(7)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "one.tif")
        gdal.GetDriverByName("COG").CreateCopy(str(path), dataset, options=["COMPRESS=DEFLATE"])
        return path.read_bytes()


def _watched(stack: state.StackState, client: Client, uri: str) -> dict[str, Any]:
    """Register a prefix, and watch the job and the processes until it has ended."""
    emulator = next(each for each in processes.recorded(Layout(stack.name).processes_file) if each.role == "emulator")
    with memory.Watch(emulator.pid, every=LOOK_SECONDS) as watch:
        began = time.monotonic()
        job_id = client.register_bulk(prefix=uri)["job_id"]
        accepted = time.monotonic() - began
        job, listed = _ended(client, job_id, began)
        took = time.monotonic() - began
    counts = job["registrations"]
    peaks = {role: round(most) for role, (_, _, most) in watch.growth().items()}
    return {
        "status": job["status"],
        "registrations": counts,
        "accepted_seconds": round(accepted, 3),
        "listed_seconds": None if listed is None else round(listed, 1),
        "seconds": round(took, 1),
        "objects_per_second": round(counts["objects"] / took, 1),
        "peak_resident_megabytes": peaks,
    }


def _ended(client: Client, job_id: str, began: float) -> tuple[Mapping[str, Any], float | None]:
    """The job at its end, and when everything was listed."""
    listed: float | None = None
    while time.monotonic() - began < LONGEST_SECONDS:
        job: Mapping[str, Any] = client.job(job_id)
        if listed is None and job["registrations"]["listed"]:
            listed = time.monotonic() - began
        if job["status"] in {"complete", "failed", "cancelled"}:
            return job, listed
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"job {job_id} has not ended within {LONGEST_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
