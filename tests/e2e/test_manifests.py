"""VRTs of what a manifest on S3 lists, on the deployed stack."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import urllib3

from local.samples import Group
from local.state import StackState
from tests.e2e.stack import Answer, Caller, Sources, caller, creation
from tests.e2e.test_uploads import requested, sent

type Paths = Callable[[Group], list[Path]]


@pytest.fixture(scope="module")
def tiles(alice: Caller, sources: Sources, paths: Paths) -> list[str]:
    return [alice.register(sources.put(path, path.name)) for path in paths(Group.DEM)]


def lines(ids: list[str]) -> bytes:
    return "\n".join(json.dumps({"source_dataset_id": each}) for each in ids).encode()


def created(who: Caller, uri: str) -> Answer:
    body = creation([], manifest_uri=uri)
    del body["source_dataset_ids"]
    return who.post("/ingest/vrt/create", body)


def members(who: Caller, answer: Answer) -> list[str]:
    """Ids of the sources of the VRT that was accepted, once it is built."""
    assert answer.status == 202, answer.body
    job = who.wait(answer.json["job_id"])
    assert job["status"] == "complete", job
    listed = who.get(f"/datasets/{job['dataset_id']}/vrt-sources/").json["sources"]
    return [source["dataset_id"] for source in listed]


def places(answer: Answer) -> list[tuple[str, list[Any]]]:
    assert answer.status == 422, answer.body
    return [(entry["type"], entry["loc"]) for entry in answer.json["detail"]]


def test_a_mosaic_is_made_of_what_a_manifest_lists_in_its_order(
    alice: Caller, sources: Sources, tiles: list[str]
) -> None:
    backwards = tiles[::-1]
    assert members(alice, created(alice, sources.put(lines(backwards), "list.jsonl"))) == backwards


def test_a_manifest_may_be_a_gzipped_upload_of_the_callers_own_and_nobody_elses(
    stack: StackState, alice: Caller, tiles: list[str]
) -> None:
    content = gzip.compress(lines([each.upper() for each in tiles]))
    upload = requested(alice, len(content), "survey.jsonl.gz")
    sent(upload, content)
    told = alice.post(f"/ingest/upload/presigned/{upload['job_id']}/complete", {})
    assert (told.status, told.json["status"], told.json["dataset_id"]) == (200, "pending", None)
    assert members(alice, created(alice, upload["s3_uri"])) == tiles
    refused = created(caller(stack), upload["s3_uri"])
    assert (refused.status, refused.json["code"]) == (403, "forbidden")


def test_every_line_that_is_wrong_is_named(alice: Caller, sources: Sources, tiles: list[str]) -> None:
    text = lines(tiles) + f'\nnonsense\n"{tiles[0]}"\n'.encode()
    assert places(created(alice, sources.put(text, "wrong.jsonl"))) == [
        ("manifest_line", ["body", "manifest_uri", len(tiles) + 1]),
        ("duplicate_source", ["body", "manifest_uri", len(tiles) + 2]),
    ]


def test_a_source_that_is_unknown_is_named_by_its_line(alice: Caller, sources: Sources, tiles: list[str]) -> None:
    text = b"\n" + lines([*tiles, str(uuid4())])
    assert places(created(alice, sources.put(text, "unknown.jsonl"))) == [
        ("source_not_found", ["body", "manifest_uri", len(tiles) + 2])
    ]


def test_a_manifest_that_is_not_there_or_lies_elsewhere_is_told(alice: Caller, sources: Sources) -> None:
    missing = sources.put(b"", "empty.jsonl").replace("empty", "missing")
    assert places(created(alice, missing)) == [("object_missing", ["body", "manifest_uri"])]
    assert places(created(alice, missing.replace("missing", "empty"))) == [("source_count", ["body", "manifest_uri"])]
    assert created(alice, "s3://somebody-elses/list.jsonl").status == 403


def test_more_sources_than_one_build_can_weave_are_refused_before_any_is_looked_at(
    alice: Caller, sources: Sources
) -> None:
    (entry,) = created(alice, sources.put(lines([str(uuid4()) for _ in range(100_001)]), "most.jsonl")).json["detail"]
    assert (entry["loc"], entry["ctx"]) == (
        ["body", "manifest_uri"],
        {"expected": "2 to 100000", "actual": "more than 100000"},
    )


def test_more_sources_than_a_caller_waits_for_are_validated_by_the_job(alice: Caller, sources: Sources) -> None:
    unknown = [str(uuid4()) for _ in range(10_001)]
    answer = created(alice, sources.put(b"\n" + lines(unknown), "many.jsonl"))
    assert answer.status == 202, answer.body
    job = alice.wait(answer.json["job_id"])
    assert (job["status"], job["error_code"]) == ("failed", "source_not_found")
    assert [finding["source_id"] for finding in job["findings"]] == unknown[:20]
    assert [finding["loc"] for finding in job["findings"]] == [["body", "manifest_uri", line] for line in range(2, 22)]
    assert (job["findings_total"], job["findings_url"]) == (10_001, f"/jobs/{job['id']}/findings")
    found = alice.get(job["findings_url"])
    assert found.status == 307, found.body
    every = gzip.decompress(urllib3.request("GET", found.headers["location"], timeout=10.0).data).splitlines()
    assert json.loads(every[19]) == job["findings"][19]
    assert [json.loads(line)["source_id"] for line in every] == unknown
    assert caller(alice.stack, "bob").get(job["findings_url"]).status == 404
