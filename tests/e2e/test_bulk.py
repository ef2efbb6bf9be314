"""Hundreds of objects at once on the deployed stack: by prefix, by name, twice, with bad ones among them."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from local.bench.bulk import cogs
from local.state import StackState
from tests.e2e.stack import Caller, Sources, caller

GOOD = 300


@pytest.fixture(scope="module")
def folder(stack: StackState) -> Iterator[Sources]:
    """Three hundred different COGs, and what is none among them."""
    sources = Sources(stack)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: sources.put(each[1], f"{each[0]:04d}.tif"), cogs(GOOD)))
    sources.put(b"no TIFF at all", "0100-text.TIF")
    sources.put(b"", "0200-empty.tiff")
    sources.put(b"anything", "0007.tif.msk")
    sources.put(b"a list", "readme.txt")
    yield sources
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sources.delete, uris_of(sources)))
    sources.clear()


@pytest.fixture
def alice(stack: StackState) -> Caller:
    return caller(stack)


def uris_of(sources: Sources) -> list[str]:
    return [f"s3://{sources.stack.source_bucket}/{sources.prefix}{number:04d}.tif" for number in range(GOOD)]


def registered(who: Caller, body: dict[str, Any]) -> Any:
    """Have a bulk registration accepted and worked off, and give its job."""
    accepted = who.post("/ingest/raster/register/bulk", body)
    assert (accepted.status, accepted.json["status"]) == (202, "accepted"), accepted.body
    job = who.wait(accepted.json["job_id"])
    assert (job["status"], job["progress"], job["step"]) == ("complete", 1.0, "complete"), job
    return job


def results_of(who: Caller, job: Any) -> list[dict[str, Any]]:
    """Every result, page by page."""
    found: list[dict[str, Any]] = []
    query = "?limit=170"
    for _ in count():
        page = who.get(f"/jobs/{job['id']}/registrations{query}").json
        found += page["results"]
        if page["next"] is None:
            return found
        query = page["next"]
    raise AssertionError("never")


def test_a_prefix_is_registered_once_however_often_it_is_asked_for(alice: Caller, folder: Sources) -> None:
    body = {"prefix": f"s3://{folder.stack.source_bucket}/{folder.prefix}"}
    first = registered(alice, body)
    counts = {"objects": GOOD + 2, "listed": True, "created": GOOD, "unchanged": 0, "refreshed": 0, "failed": 2}
    assert first["registrations"] == counts
    results = results_of(alice, first)
    assert [each["uri"] for each in results] == sorted(each["uri"] for each in results)
    failed = {each["uri"].rsplit("/", 1)[-1]: each["error_code"] for each in results if each["outcome"] == "failed"}
    assert failed == {"0100-text.TIF": "object_unreadable", "0200-empty.tiff": "object_unreadable"}
    made = [each["dataset_id"] for each in results if each["outcome"] == "created"]
    assert len(set(made)) == GOOD
    assert len({tuple(alice.get(f"/datasets/{each}").json["extent_bbox"]) for each in made[:5]}) == 5

    again = registered(alice, body)
    assert again["registrations"] == {**counts, "created": 0, "unchanged": GOOD}
    assert [each["dataset_id"] for each in results_of(alice, again) if each["dataset_id"]] == made


def test_named_objects_are_registered_in_their_order_and_bad_ones_stop_nothing(alice: Caller, folder: Sources) -> None:
    uris = [*reversed(uris_of(folder)[:120]), f"s3://{folder.stack.source_bucket}/{folder.prefix}missing.tif"]
    job = registered(alice, {"uris": uris, "visibility": "internal"})
    results = results_of(alice, job)
    assert [each["uri"] for each in results] == uris
    assert Counter(each["outcome"] for each in results) == {"created": 120, "failed": 1}
    assert (results[-1]["error_code"], job["findings"][0]["code"]) == ("object_missing", "object_missing")
    dataset = alice.get(f"/datasets/{results[0]['dataset_id']}").json
    assert (dataset["visibility"], dataset["title"]) == ("internal", "0119.tif")
    assert alice.get("/jobs/").json["jobs"][0]["id"] == job["id"]
    assert caller(folder.stack).get(f"/jobs/{job['id']}/registrations").status == 404


def test_what_names_no_object_or_lies_elsewhere_is_refused_before_anything_is_done(alice: Caller) -> None:
    twice = alice.post("/ingest/raster/register/bulk", {"uris": ["s3://b/1.tif", "b/2.tif", "s3://b/1.tif"]})
    assert twice.status == 422
    assert [(entry["loc"], entry["type"]) for entry in twice.json["detail"]] == [
        (["body", "uris", 1], "invalid_uri"),
        (["body", "uris", 2], "duplicate_uri"),
    ]
    assert alice.post("/ingest/raster/register/bulk", {"prefix": "s3://elsewhere/"}).status == 403
    assert alice.get("/jobs/").json["total"] == 0
