"""A watched place: what is put there is registered, what changes there is told of, and VRTs look after themselves."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from string import ascii_letters
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from local import aws
from local.deploy import WATCHED_PREFIX, WATCHER
from local.paths import Layout
from local.samples import Group
from local.state import StackState
from tests.e2e.stack import PATIENCE, Caller, Sources, caller
from tests.support.cogs import make_cog

type Paths = Callable[[Group], list[Path]]


def eventually[T](look: Callable[[], T], until: Callable[[T], bool]) -> T:
    """What a look finds once it is as it should be."""
    deadline = time.monotonic() + PATIENCE
    while not until(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.3)
    return found


@pytest.fixture
def watched(stack: StackState) -> Iterator[Sources]:
    """A folder of our own in the watched place."""
    folder = Sources(stack, f"{WATCHED_PREFIX}{uuid4()}/")
    yield folder
    folder.clear()


@pytest.fixture
def watcher(stack: StackState) -> Caller:
    """Whoever owns what is registered there."""
    return caller(stack, WATCHER)


def registered(watcher: Caller, names: set[str]) -> dict[str, str]:
    """Ids of the datasets of these titles, once all are there."""

    def found() -> dict[str, str]:
        listed = watcher.get("/datasets/?record_type=raster_dataset&limit=200").json["datasets"]
        return {each["title"]: each["id"] for each in listed if each["title"] in names}

    return eventually(found, lambda titles: titles.keys() == names)


def test_what_is_put_changed_and_deleted_under_a_watched_prefix_reaches_the_vrts_that_use_it(
    watched: Sources, watcher: Caller, paths: Paths
) -> None:
    files = paths(Group.DEM)
    mark = uuid4().hex
    names = [f"{mark}-{number}.tif" for number in range(3)]
    for name, file in zip(names, files, strict=False):
        watched.put(file, name)
    watched.put(b"no raster at all", f"{mark}-text.tif")
    watched.put(files[0], f"{mark}.bin")
    ids = registered(watcher, set(names))
    members = [ids[name] for name in names]
    jobs = [watcher.create(members, auto_regenerate=auto) for auto in (True, False)]
    looks_after_itself, stays = (str(watcher.wait(job)["dataset_id"]) for job in jobs)

    def state(vrt_id: str) -> Any:
        return watcher.get(f"/datasets/{vrt_id}/vrt/status/").json

    assert [state(each)["stale"] for each in (looks_after_itself, stays)] == [False, False]

    watched.put(files[3], names[1])
    told = eventually(lambda: state(stays), lambda each: each["stale"])
    assert told["stale_since"] is not None
    assert [each["dataset_id"] for each in told["source_health"] if each["status"] == "stale"] == [members[1]]
    eventually(lambda: state(looks_after_itself), lambda each: each["active_generation"] or not each["stale"])
    eventually(lambda: state(looks_after_itself), lambda each: not each["stale"])
    built = watcher.get(f"/datasets/{looks_after_itself}/vrt/generations/").json
    assert [each["triggered_by"] for each in built["generations"]] == ["auto_regenerate", WATCHER]
    assert {each["status"] for each in state(looks_after_itself)["source_health"]} == {"healthy"}
    answered = watcher.get(f"/datasets/{stays}").json["raster"]
    assert (answered["stale"], answered["auto_regenerate"], answered["status"]) == (True, False, "ready")
    assert watcher.get(f"/datasets/{stays}/vrt/generations/").json["total"] == 1

    watched.delete(f"s3://{watched.stack.source_bucket}/{watched.prefix}{names[2]}")
    gone = eventually(
        lambda: watcher.get(f"/datasets/{members[2]}").json["raster"], lambda each: each["object_state"] == "missing"
    )
    assert gone["object_state_since"] is not None
    missing = [each["dataset_id"] for each in state(stays)["source_health"] if each["status"] == "missing"]
    assert missing == [members[2]]

    known = watcher.get(f"/datasets/{stays}").headers["etag"]
    switched = watcher.request(
        "PATCH", f"/datasets/{stays}/vrt/", {"auto_regenerate": True}, headers={"If-Match": known}
    )
    assert (switched.status, switched.json["raster"]["auto_regenerate"]) == (200, True)
    failed = eventually(lambda: watcher.get(f"/jobs/by-dataset/{stays}").json, lambda job: job["status"] == "failed")
    assert failed["error_code"] == "object_missing"
    assert watcher.get(f"/datasets/{stays}/vrt/generations/").json["total"] == 2


def test_a_vrt_whose_summary_is_too_long_for_its_item_is_told_of_its_sources_by_the_event_itself(
    watched: Sources, watcher: Caller, tmp_path: Path
) -> None:
    """The registrar reads such a summary from where it lies beside the VRT."""
    letters = np.random.default_rng(7).choice(list(ascii_letters), size=(150, 800))
    described = ["".join(row) for row in letters]
    mark = uuid4().hex
    names = [f"{mark}-{number}.tif" for number in range(2)]
    files = [
        make_cog(tmp_path / name, width=16, height=16, bands=150, origin=(x, 5_200_000.0), descriptions=described)
        for name, x in zip(names, (500_000.0, 500_160.0), strict=True)
    ]
    for name, file in zip(names, files, strict=True):
        watched.put(file, name)
    ids = registered(watcher, set(names))
    vrt_id = str(watcher.wait(watcher.create([ids[name] for name in names]))["dataset_id"])
    kept = aws.s3(watched.stack.endpoint_url).list_objects_v2(Bucket=watched.stack.bucket, Prefix=f"vrts/{vrt_id}/")
    assert any(each["Key"].endswith("/summary.json.z") for each in kept["Contents"])

    watched.put(files[0], names[1])
    told = eventually(lambda: watcher.get(f"/datasets/{vrt_id}/vrt/status/").json, lambda each: each["stale"])
    assert told["stale_since"] is not None
    log = Layout(watched.stack.name).log("emulator").read_text("utf-8", "replace")
    assert [line for line in log.splitlines() if ids[names[1]] in line and "marked by the reconciler" in line] == []
