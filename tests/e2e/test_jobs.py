"""Jobs over HTTP: found, tried again, cancelled, cleaned up after; and one winner where an end meets a cancellation."""

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.samples import Group
from local.state import StackState
from tests.e2e.stack import Caller, Sources, caller
from tests.e2e.test_main_job import download, registered
from tests.e2e.test_recovery import builds_paused

type Paths = Callable[[Group], list[Path]]

UNKNOWN = "8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"


@pytest.fixture(scope="module")
def tiles(alice: Caller, sources: Sources, paths: Paths) -> list[str]:
    """Three registered tiles."""
    return registered(alice, sources, paths(Group.TILES)[:3])[0]


def state_of(who: Caller, vrt: str) -> tuple[str, Any]:
    """Status and active generation of a VRT."""
    answer = who.get(f"/datasets/{vrt}/vrt/status/").json
    return answer["status"], answer["active_generation"]


def generations(who: Caller, vrt: str) -> list[tuple[str, str | None]]:
    """Status and error of every generation, newest first."""
    listed = who.get(f"/datasets/{vrt}/vrt/generations/?limit=100").json["generations"]
    return [(each["status"], each["error_message"]) for each in listed]


def test_a_failed_creation_is_tried_again_once_its_source_is_back(
    stack: StackState, alice: Caller, sources: Sources, paths: Paths
) -> None:
    files = paths(Group.DEM)
    uris = [sources.put(path, f"retry/{path.name}") for path in files]
    ids = [alice.register(uri) for uri in uris]
    with builds_paused(stack):
        job_id = alice.create(ids)
        sources.delete(uris[1])
    job = alice.wait(job_id)
    assert (job["status"], job["error_code"], job["can_retry"]) == ("failed", "object_missing", True)

    refused = alice.post(f"/jobs/{job_id}/retry", None)
    assert refused.status == 422
    assert [(each["loc"], each["source_id"]) for each in refused.json["detail"] if each["severity"] == "error"] == [
        (["path", "job_id"], ids[1])
    ]
    sources.put(files[1], f"retry/{files[1].name}")
    key = {"Idempotency-Key": f"retry-{job_id}"}
    accepted, replayed = (alice.post(f"/jobs/{job_id}/retry/", None, headers=key) for _ in range(2))
    assert (accepted.status, accepted.json) == (202, replayed.json)
    again = alice.wait(accepted.json["job_id"])
    assert (again["status"], again["dataset_id"], again["can_retry"]) == ("complete", job["dataset_id"], False)
    assert download(alice, job["dataset_id"]).startswith(b"<VRTDataset ")
    assert [status for status, _ in generations(alice, job["dataset_id"])] == ["completed", "failed"]

    codes = {
        name: alice.post(f"/jobs/{each}/retry", None) for name, each in {"done": again["id"], "old": job_id}.items()
    }
    assert {name: (answer.status, answer.json["code"]) for name, answer in codes.items()} == {
        "done": (409, "job_not_retryable"),
        "old": (409, "base_changed"),
    }


def test_a_cancelled_job_frees_its_vrt_and_what_is_published_keeps_serving(
    stack: StackState, alice: Caller, tiles: list[str]
) -> None:
    vrt = alice.built(tiles[:2])
    before = download(alice, vrt)
    with builds_paused(stack):
        first = alice.create(tiles[:2])
        change = alice.post(f"/ingest/vrt/{vrt}/sources/", {"source_dataset_id": tiles[2]}).json["job_id"]
        run = alice.get(f"/datasets/{vrt}/vrt/generations/").json["generations"][0]["id"]
        answers = [alice.post(f"/jobs/{change}/cancel", None) for _ in range(2)]
        assert [answer.status for answer in answers] == [200, 200]
        assert [answer.json for answer in answers] == [
            {"id": change, "status": "cancelled", "run_id": run, "already": already} for already in (False, True)
        ]
        assert state_of(alice, vrt) == ("ready", None)
        assert alice.post(f"/jobs/{first}/cancel/", None).status == 200
        following = alice.post(f"/datasets/{vrt}/vrt/regenerate/", None)
        assert following.status == 202, "the next change is admitted at once"
    assert alice.wait(following.json["job_id"])["status"] == "complete"
    cancelled = alice.get(f"/jobs/{change}").json
    assert (cancelled["status"], cancelled["error_code"], cancelled["can_retry"]) == ("cancelled", "cancelled", False)
    assert download(alice, vrt) == before
    assert [status for status, _ in generations(alice, vrt)] == ["completed", "failed", "completed"]
    never_built = alice.get(f"/jobs/{first}").json
    assert state_of(alice, never_built["dataset_id"]) == ("failed", None)
    done = alice.post(f"/jobs/{following.json['job_id']}/cancel", None)
    assert (done.status, done.json["code"]) == (409, "job_ended")


def test_of_a_cancellation_and_an_end_one_wins_and_everything_tells_of_the_same(
    alice: Caller, tiles: list[str]
) -> None:
    vrt = alice.built(tiles)
    seen: list[tuple[str, str]] = []
    for _ in range(10):
        job_id = alice.post(f"/datasets/{vrt}/vrt/regenerate/", None).json["job_id"]
        time.sleep(random.uniform(0.0, 0.8))  # noqa: S311 - spreads the cancellations over a build
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda _, job=job_id: alice.post(f"/jobs/{job}/cancel", None), range(3)))
        job = alice.wait(job_id)
        assert len({answer.status for answer in answers}) == 1, "no cancellation disagrees with another"
        assert answers[0].status == (200 if job["status"] == "cancelled" else 409), (answers, job)
        if job["status"] == "cancelled":
            assert Counter(answer.json["already"] for answer in answers) == {False: 1, True: 2}
        assert state_of(alice, vrt) == ("ready", None)
        seen.insert(0, (job["status"], {"cancelled": "failed", "complete": "completed"}[job["status"]]))
    assert [status for status, _ in generations(alice, vrt)] == [*(status for _, status in seen), "completed"]
    assert len(alice.get(f"/datasets/{vrt}/vrt-sources/").json["sources"]) == len(tiles)


def test_jobs_are_found_by_dataset_by_status_and_in_batches(stack: StackState, sources: Sources, paths: Paths) -> None:
    carol, admin = caller(stack), caller(stack, permissions=("admin",))
    stranger = caller(stack)
    ids = [carol.register(sources.put(path, path.name), visibility="public") for path in paths(Group.TILES)[3:5]]
    first = carol.create(ids, visibility="public")
    vrt = carol.wait(first)["dataset_id"]
    second = carol.post(f"/datasets/{vrt}/vrt/regenerate/", None).json["job_id"]
    assert carol.get(f"/jobs/by-dataset/{vrt.upper()}").json["id"] == second
    carol.wait(second)
    assert admin.get(f"/jobs/by-dataset/{vrt}").json["id"] == second
    for who, dataset in ((stranger, vrt), (carol, ids[0])):
        answer = who.get(f"/jobs/by-dataset/{dataset}/")
        assert (answer.status, answer.body) == (200, b"null")
    assert carol.get(f"/jobs/by-dataset/{UNKNOWN}").status == 404

    listed = carol.get("/jobs/").json
    assert (listed["total"], [job["id"] for job in listed["jobs"]]) == (2, [second, first])
    assert [job["id"] for job in carol.get(f"/jobs?dataset_id={vrt}&status=complete&skip=1").json["jobs"]] == [first]
    assert carol.get("/jobs/?status=failed").json == {"jobs": [], "total": 0}
    assert stranger.get("/jobs/").json == {"jobs": [], "total": 0}

    body = {"job_ids": [UNKNOWN, first.upper(), second, first]}
    told = [who.post("/jobs/status/", body).json["jobs"] for who in (carol, stranger)]
    assert [[(each["id"], each["status"]) for each in jobs] for jobs in told] == [
        [(UNKNOWN, "not_found"), (first, "complete"), (second, "complete")],
        [(each, "not_found") for each in (UNKNOWN, first, second)],
    ]


def test_jobs_of_others_are_neither_tried_again_nor_cancelled(
    stack: StackState, alice: Caller, tiles: list[str]
) -> None:
    job_id = alice.create(tiles[:2])
    for action in ("retry", "cancel"):
        assert caller(stack).post(f"/jobs/{job_id}/{action}", None).status == 404
        assert caller(stack, permissions=()).post(f"/jobs/{job_id}/{action}", None).status == 403
    alice.wait(job_id)


def test_an_admin_cleans_up_and_nobody_else(stack: StackState, alice: Caller) -> None:
    assert alice.post("/jobs/cleanup/stale/", None).status == 403
    answer = caller(stack, permissions=("admin",)).post("/jobs/cleanup/stale", None)
    assert answer.status == 200, answer.body
    assert {"pending_failed", "running_failed", "total_cleaned", "total_affected", "resent"} <= answer.json.keys()
    assert all(isinstance(count, int) for count in answer.json.values())
