"""Changing and deleting datasets over HTTP: who may, what holds a raster, and that nothing of the deleted is left."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.samples import Group
from local.state import StackState
from tests.e2e.stack import Answer, Caller, Sources, caller, creation
from tests.e2e.test_main_job import registered

type Paths = Callable[[Group], list[Path]]


@pytest.fixture
def tiles(alice: Caller, sources: Sources, paths: Paths) -> Iterator[list[str]]:
    """Four registered tiles, deleted at the end with every VRT of theirs."""
    ids, _ = registered(alice, sources, paths(Group.TILES)[:4])
    yield ids
    for dataset_id in ids:
        used = alice.get(f"/datasets/{dataset_id}/dependents")
        for vrt in used.json["dependents"] if used.status == 200 else []:
            assert alice.request("DELETE", f"/datasets/{vrt['vrt_dataset_id']}").status == 204
        assert alice.request("DELETE", f"/datasets/{dataset_id}").status in {204, 404}
        assert alice.get(f"/datasets/{dataset_id}").status == 404


def patch(who: Caller, dataset_id: str, body: Any) -> Answer:
    return who.request("PATCH", f"/datasets/{dataset_id}", body)


def delete(who: Caller, dataset_id: str, body: Any = None) -> Answer:
    return who.request("DELETE", f"/datasets/{dataset_id}", body)


def ids_of(who: Caller) -> set[str]:
    return {each["id"] for each in who.get("/datasets/?limit=200").json["datasets"]}


def test_an_edit_answers_the_dataset_and_the_listings_follow(
    stack: StackState, alice: Caller, tiles: list[str]
) -> None:
    surveyor, stranger = caller(stack, groups=("survey",)), caller(stack)
    plain = patch(alice, tiles[0].upper(), {"title": "Grünes Tal", "summary": "Two\nlines"})
    assert (plain.status, plain.json["title"], plain.json["summary"]) == (200, "Grünes Tal", "Two\nlines")
    assert plain.json["updated_at"] > plain.json["created_at"]
    assert alice.get(f"/datasets/{tiles[0]}").json == plain.json
    assert patch(alice, f"{tiles[0]}/", {"summary": None}).json["summary"] is None

    assert surveyor.get(f"/datasets/{tiles[0]}").status == 404
    shared = patch(alice, tiles[0], {"visibility": "restricted", "groups": ["survey"]}).json
    assert [group["name"] for group in shared["groups"]] == ["survey"]
    assert tiles[0] in ids_of(surveyor)
    assert tiles[0] not in ids_of(stranger)
    assert patch(surveyor, tiles[0], {"title": "Mine"}).status == 403
    assert patch(stranger, tiles[0], {"title": "Mine"}).status == 404
    assert patch(alice, tiles[0], {"visibility": "private"}).status == 200
    assert tiles[0] not in ids_of(surveyor)
    assert tiles[0] in ids_of(alice)
    assert patch(alice, tiles[0], {}).status == 422


def test_visibility_of_a_vrt_and_its_sources_hold_each_other(alice: Caller, tiles: list[str]) -> None:
    vrt = alice.built(tiles[:3], title="Held")
    wider = patch(alice, vrt, {"visibility": "internal"})
    assert (wider.status, wider.json["code"], wider.json["findings_total"]) == (422, "incompatible_sources", 3)
    assert {(entry["type"], tuple(entry["loc"])) for entry in wider.json["detail"]} == {
        ("visibility_exceeds_source", ("body", "visibility"))
    }
    for tile in tiles[:3]:
        assert patch(alice, tile, {"visibility": "internal"}).status == 200
    assert patch(alice, vrt, {"visibility": "internal"}).json["visibility"] == "internal"
    narrower = patch(alice, tiles[1], {"visibility": "private"})
    assert (narrower.status, narrower.json["code"]) == (409, "dataset_in_use")
    assert narrower.json["detail"]["dependent_vrts"] == [{"vrt_dataset_id": vrt, "vrt_dataset_title": "Held"}]
    assert narrower.json["detail"]["hidden"] == 0
    assert alice.get(f"/datasets/{tiles[1]}").json["visibility"] == "internal"
    assert patch(alice, vrt, {"visibility": "private"}).status == 200
    assert patch(alice, tiles[1], {"visibility": "private"}).status == 200


def test_a_raster_is_held_by_its_vrts_and_goes_when_they_are_gone(
    stack: StackState, alice: Caller, tiles: list[str]
) -> None:
    bob = caller(stack)
    for tile in tiles[:2]:
        assert patch(alice, tile, {"visibility": "internal"}).status == 200
    theirs, ours = bob.built(tiles[:2], title="Theirs"), alice.built(tiles, title="Ours")

    used = delete(alice, tiles[0])
    assert (used.status, used.json["code"], used.headers["content-type"]) == (
        409,
        "dataset_in_use",
        "application/problem+json",
    )
    named = [{"vrt_dataset_id": ours, "vrt_dataset_title": "Ours"}]
    assert (used.json["detail"]["dependent_vrts"], used.json["detail"]["hidden"]) == (named, 1)
    assert alice.get(f"/datasets/{tiles[0]}/dependents/").json == {"dependents": named, "hidden": 1}
    assert [each["vrt_dataset_title"] for each in bob.get(f"/datasets/{tiles[0]}/dependents").json["dependents"]] == [
        "Theirs"
    ]
    assert alice.get(f"/datasets/{ours}/dependents").status == 404
    assert delete(bob, tiles[0]).status == 403
    assert delete(bob, ours).status == 404

    removed = alice.request("DELETE", f"/ingest/vrt/{ours}/sources/{tiles[3]}/")
    assert alice.wait(removed.json["job_id"])["status"] == "complete"
    assert delete(alice, tiles[3]).status == 204
    wrong = delete(alice, ours, {"confirm_title": "ours"})
    assert (wrong.status, wrong.json["code"]) == (400, "title_mismatch")
    assert delete(alice, ours, {"confirm_title": "Ours"}).status == 204
    for path in (f"/datasets/{ours}", f"/datasets/{ours}/vrt-sources/", f"/datasets/{ours}/vrt/status/"):
        assert alice.get(path).status == 404
    assert ours not in ids_of(alice)
    assert delete(alice, ours).status == 404
    assert alice.get(f"/datasets/{tiles[0]}/dependents").json == {"dependents": [], "hidden": 1}
    assert delete(bob, theirs).status == 204
    for tile in tiles[:3]:
        assert delete(alice, tile).status == 204


def test_a_deleted_objects_dataset_can_be_made_anew(alice: Caller, sources: Sources, paths: Paths) -> None:
    uri = sources.put(paths(Group.TILES)[0], "again.tif")
    first = alice.register(uri)
    assert alice.register(uri) == first
    assert delete(alice, first).status == 204
    second = alice.register(uri)
    assert second != first
    assert alice.request("DELETE", f"/datasets/{second}?confirm_title=again.tif").status == 204


def test_of_a_delete_and_a_create_at_once_one_is_refused_or_fails(
    alice: Caller, sources: Sources, paths: Paths
) -> None:
    files = paths(Group.TILES)[:2]
    for turn in range(6):
        ids = [alice.register(sources.put(file, f"race-{turn}-{file.name}")) for file in files]
        with ThreadPoolExecutor(2) as pool:
            made = pool.submit(alice.post, "/ingest/vrt/create", creation(ids))
            gone = pool.submit(delete, alice, ids[0])
        created, deleted = made.result(), gone.result()
        assert deleted.status in {204, 409}, deleted.body
        job = alice.wait(created.json["job_id"]) if created.status == 202 else None
        if deleted.status == 204:
            assert job is None or (job["status"], job["error_code"]) == ("failed", "object_missing"), job
            assert job is not None or created.json["detail"][0]["type"] == "source_not_found"
        else:
            assert deleted.json["code"] == "dataset_in_use"
            assert job is not None
            assert job["status"] == "complete", job
        if job is not None:
            assert delete(alice, job["dataset_id"]).status == 204
        for dataset_id in ids[deleted.status == 204 :]:
            assert delete(alice, dataset_id).status == 204
