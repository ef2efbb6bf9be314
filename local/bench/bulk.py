"""Registers a prefix of many COGs in one job on a running stack, and watches it to its end.

The objects are one real COG of GDAL's, each with an origin of its own: its bytes are found in the file and replaced, so
that GDAL writes one file and not a hundred thousand. Nothing is asked of AWS but by the stack itself.
"""

import struct
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

from local import processes, state, tokens
from local.demo.client import Api
from local.environment import ACCESS_KEY, REGION, SECRET_KEY
from local.paths import Layout
from local.soak import memory

ORIGIN: Final = (399_960.0, 5_200_020.0)
"""Of the one real COG, in UTM 32N; the two doubles stand once each in its header."""
SIZE: Final = 64
METRES: Final = 10.0
PUTTERS: Final = 16
POLL_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 3_600.0
LOOK_SECONDS: Final = 0.5
"""Between two looks at the memory of the functions."""


def measured(stack: state.StackState, count: int) -> dict[str, Any]:
    """Put so many objects, and register them twice: new at first, then known."""
    prefix = f"bench/{uuid4()}/"
    put_seconds = put_all(stack, prefix, count)
    caller = tokens.Caller(f"bench-{uuid4()}", ("upload",))
    lifetime = 3 * int(LONGEST_SECONDS)
    api = Api(stack.api_url, tokens.mint(stack.issuer, caller, audience=stack.audience, lifetime=lifetime))
    uri = f"s3://{stack.source_bucket}/{prefix}"
    first, again = _watched(stack, api, uri), _watched(stack, api, uri)
    return {"objects": count, "put_seconds": round(put_seconds, 1), **first, "again": again}


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


def _watched(stack: state.StackState, api: Api, uri: str) -> dict[str, Any]:
    """Register a prefix, and watch the job and the processes until it has ended."""
    emulator = next(each for each in processes.recorded(Layout(stack.name).processes_file) if each.role == "emulator")
    with memory.Watch(emulator.pid, every=LOOK_SECONDS) as watch:
        began = time.monotonic()
        job_id = api.post("/ingest/raster/register/bulk", {"prefix": uri}).json()["job_id"]
        accepted = time.monotonic() - began
        job, listed = _ended(api, job_id, began)
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


def _ended(api: Api, job_id: str, began: float) -> tuple[Mapping[str, Any], float | None]:
    """The job at its end, and when everything was listed."""
    listed: float | None = None
    while time.monotonic() - began < LONGEST_SECONDS:
        job = api.get(f"/jobs/{job_id}").json()
        if listed is None and job["registrations"]["listed"]:
            listed = time.monotonic() - began
        if job["status"] in {"complete", "failed", "cancelled"}:
            return job, listed
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"job {job_id} has not ended within {LONGEST_SECONDS} s")
