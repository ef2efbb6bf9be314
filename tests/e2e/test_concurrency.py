"""Many callers at once: what is promised is kept, and nothing is promised twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from local.samples import Group
from tests.e2e.stack import Caller, Sources, creation

CALLERS = 40


@pytest.fixture(scope="module")
def tiles(alice: Caller, sources: Sources, paths: Callable[[Group], list[Path]]) -> list[str]:
    """Four registered DEM tiles."""
    return [alice.register(sources.put(path, path.name)) for path in paths(Group.DEM)]


def test_forty_identical_creates_are_one_job(alice: Caller, tiles: list[str]) -> None:
    """The same caller, key and body at once: one admission, forty times its answer."""
    key = {"Idempotency-Key": str(uuid4())}
    body = creation(tiles, title=f"Identical {uuid4()}")
    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(lambda _: alice.post("/ingest/vrt/create", body, headers=key), range(CALLERS)))
    assert Counter(answer.status for answer in answers) == {202: CALLERS}
    assert len({answer.json["job_id"] for answer in answers}) == 1
    assert alice.wait(answers[0].json["job_id"])["status"] == "complete"
    listed = alice.get("/datasets/?record_type=vrt_dataset&limit=100").json["datasets"]
    assert [dataset["title"] for dataset in listed].count(body["title"]) == 1


def test_forty_different_creates_are_forty_mosaics(alice: Caller, tiles: list[str]) -> None:
    run = uuid4()
    with ThreadPoolExecutor(CALLERS) as pool:
        jobs = list(pool.map(lambda number: alice.create(tiles, title=f"{run} {number}"), range(CALLERS)))
    ended = [alice.wait(job) for job in jobs]
    assert len(set(jobs)) == CALLERS
    assert Counter(job["status"] for job in ended) == {"complete": CALLERS}
    assert len({job["dataset_id"] for job in ended}) == CALLERS


def test_a_key_with_another_body_is_refused(alice: Caller, tiles: list[str]) -> None:
    key = {"idempotency-key": str(uuid4())}
    first = alice.post("/ingest/vrt/create", creation(tiles, title="One"), headers=key)
    other = alice.post("/ingest/vrt/create", creation(tiles, title="Other"), headers=key)
    again = alice.post("/ingest/vrt/create", creation(tiles, title="One"), headers=key)
    assert (first.status, other.status, again.status) == (202, 422, 202)
    assert other.json["code"] == "idempotency_key_reused"
    assert again.json["job_id"] == first.json["job_id"]


def test_twenty_callers_who_register_one_object_at_once_get_one_dataset(
    alice: Caller, sources: Sources, paths: Callable[[Group], list[Path]]
) -> None:
    uri = sources.put(paths(Group.DEM_COARSER)[0], "popular.tif")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: alice.post("/ingest/raster/register", {"uri": uri}), range(20)))
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 19}
    assert len({answer.json["id"] for answer in answers}) == 1
