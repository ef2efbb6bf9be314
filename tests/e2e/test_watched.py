"""A watched place: what is put there is registered, what changes there is told of, and VRTs look after themselves."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local.deploy import WATCHED_PREFIX, WATCHER
from local.samples import Group
from local.state import StackState
from tests.e2e.stack import PATIENCE, Caller, Sources, caller

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
