"""Bad input: the documented status, a problem body that names the input, and nothing written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local import aws
from local.samples import Flaw, Group, Sample
from local.state import StackState
from tests.e2e.stack import Answer, Caller, Sources, caller, creation

type Paths = Callable[[Group], list[Path]]

UNKNOWN = "8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"


@pytest.fixture(scope="module")
def tiles(alice: Caller, sources: Sources, paths: Paths) -> list[str]:
    """Two registered DEM tiles."""
    return [alice.register(sources.put(path, path.name)) for path in paths(Group.DEM)[:2]]


@pytest.fixture(scope="module")
def flawed(samples: list[Sample]) -> dict[Flaw, Path]:
    return {sample.flaw: sample.path for sample in samples if sample.flaw is not None}


def require_problem(answer: Answer, status: int, code: str | None = None) -> Any:
    """Every refusal has the same shape."""
    problem = answer.json
    assert answer.status == status, problem
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(problem)
    assert problem["status"] == status
    assert code is None or problem["code"] == code, problem
    return problem


def entries(answer: Answer) -> list[tuple[str, Any]]:
    """Type and input of each entry of a 422's detail."""
    detail = require_problem(answer, 422)["detail"]
    assert all({"loc", "msg", "type"} <= set(entry) for entry in detail)
    return [(entry["type"], entry.get("input")) for entry in detail]


def owned(who: Caller) -> list[str]:
    """Ids of the newest datasets that are this caller's own: groups are told to owners only."""
    listed = who.get("/datasets/?limit=200").json["datasets"]
    return [dataset["id"] for dataset in listed if dataset["groups"] is not None]


@pytest.mark.parametrize("body", [b"{", b'{"a": 1,}', b"\xff\xfe"], ids=["cut", "comma", "not utf-8"])
def test_malformed_json_is_a_400_with_its_place(alice: Caller, body: bytes) -> None:
    problem = require_problem(alice.post("/ingest/vrt/create", body), 400)
    assert "line" in problem["detail"]
    assert "column" in problem["detail"]


def test_an_unknown_field_is_refused_and_named(alice: Caller, tiles: list[str]) -> None:
    answer = alice.post("/ingest/vrt/create", creation(tiles, resolution="finest"))
    (entry,) = require_problem(answer, 422)["detail"]
    assert entry["loc"] == ["body", "resolution"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source_dataset_ids", []),
        ("source_dataset_ids", [UNKNOWN]),
        ("source_dataset_ids", ["not-a-uuid", UNKNOWN]),
        ("vrt_type", "pyramid"),
        ("resolution_strategy", "highest"),
        ("title", ""),
        ("title", "   "),
        ("title", "x" * 501),
        ("summary", "x" * 5001),
        ("visibility", "everyone"),
    ],
)
def test_a_field_outside_its_limits_is_refused_and_named(
    alice: Caller, tiles: list[str], field: str, value: Any
) -> None:
    answer = alice.post("/ingest/vrt/create", creation(tiles) | {field: value})
    detail = require_problem(answer, 422)["detail"]
    assert {entry["loc"][1] for entry in detail} == {field}


def test_a_creation_without_any_list_of_sources_is_refused(alice: Caller, tiles: list[str]) -> None:
    answer = alice.post("/ingest/vrt/create", creation(tiles) | {"source_dataset_ids": None})
    assert [kind for kind, _ in entries(answer)] == ["one_list_of_sources"]


def test_every_duplicate_is_named_at_its_place(alice: Caller, tiles: list[str]) -> None:
    answer = alice.post("/ingest/vrt/create", creation([*tiles, tiles[0].upper(), tiles[1]]))
    assert entries(answer) == [("duplicate_source", tiles[0]), ("duplicate_source", tiles[1])]


def test_what_is_no_source_is_named_and_only_of_what_the_caller_may_read_it_is_told_what_it_is(
    stack: StackState, alice: Caller, tiles: list[str], sources: Sources, paths: Paths
) -> None:
    bob = caller(stack)
    hidden = bob.register(sources.put(paths(Group.DEM)[2], "hidden.tif"))
    vrt = alice.built(tiles)
    answer = alice.post("/ingest/vrt/create", creation([tiles[0], UNKNOWN, hidden, vrt]))
    assert entries(answer) == [("source_not_found", source) for source in (UNKNOWN, hidden, vrt)]
    texts = [entry["msg"].replace(entry["input"], "ID") for entry in answer.json["detail"]]
    assert texts == [*["No raster dataset ID that you may read"] * 2, "ID is a VRT; only rasters can be sources"]
    answer = bob.post("/ingest/vrt/create", creation([hidden, UNKNOWN, tiles[0], vrt]))
    texts = [entry["msg"].replace(entry["input"], "ID") for entry in answer.json["detail"]]
    assert texts == ["No raster dataset ID that you may read"] * 3
    asked = [(who, each) for who in (alice, bob) for each in (tiles[0], vrt)]
    paths_ = {tiles[0]: "vrt/status/", vrt: "dependents"}
    told = [require_problem(who.get(f"/datasets/{each}/{paths_[each]}"), 404)["detail"] for who, each in asked]
    assert told == [
        f"{tiles[0]} is a raster, not a VRT",
        f"{vrt} is a VRT: nothing is woven of VRTs",
        f"No dataset {tiles[0]}",
        f"No dataset {vrt}",
    ]


def test_a_source_without_crs_and_a_rotated_one_are_refused_together(
    alice: Caller, tiles: list[str], sources: Sources, flawed: dict[Flaw, Path]
) -> None:
    no_crs = alice.register(sources.put(flawed[Flaw.NO_CRS], "no-crs.tif"))
    rotated = alice.register(sources.put(flawed[Flaw.ROTATED], "rotated.tif"))
    found = entries(alice.post("/ingest/vrt/create", creation([tiles[0], no_crs, tiles[1], rotated])))
    assert {("crs_missing", no_crs), ("rotated_raster", rotated)} <= set(found)
    assert not {source for _, source in found} & set(tiles)


def test_a_refused_create_writes_nothing(stack: StackState, sources: Sources, paths: Paths) -> None:
    carol = caller(stack)
    one = carol.register(sources.put(paths(Group.DEM)[3], "carol.tif"))
    s3 = aws.s3(stack.endpoint_url)
    require_problem(carol.post("/ingest/vrt/create", creation([one, UNKNOWN])), 422)
    require_problem(carol.post("/ingest/vrt/create", creation([one, one])), 422)
    assert owned(carol) == [one]
    assert carol.get("/jobs/").json == {"jobs": [], "total": 0}
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=stack.bucket, Prefix="staging/").get("Contents", [])]
    assert not [key for key in keys if one in key or UNKNOWN in key]


def test_an_object_that_was_overwritten_or_deleted_after_registration_is_refused(
    alice: Caller, sources: Sources, paths: Paths
) -> None:
    files = paths(Group.DEM)
    uris = [sources.put(path, f"gone/{path.name}") for path in files[:3]]
    ids = [alice.register(uri) for uri in uris]
    sources.put(files[3], f"gone/{files[1].name}")
    sources.delete(uris[2])
    found = entries(alice.post("/ingest/vrt/create", creation(ids)))
    assert found == [("object_changed", ids[1]), ("object_missing", ids[2])]


@pytest.mark.parametrize(
    "flaw",
    [Flaw.NOT_A_TIFF, Flaw.EMPTY, Flaw.RENAMED_VRT, Flaw.TRUNCATED_HEADER, Flaw.TRUNCATED_PIXELS],
)
def test_an_object_that_is_no_whole_geotiff_is_not_registered(
    stack: StackState, sources: Sources, flawed: dict[Flaw, Path], flaw: Flaw
) -> None:
    dave = caller(stack)
    uri = sources.put(flawed[flaw], f"{flaw}.tif")
    assert entries(dave.post("/ingest/raster/register", {"uri": uri})) == [("object_unreadable", uri)]
    assert owned(dave) == []


def test_an_object_that_does_not_exist_is_not_registered(alice: Caller, stack: StackState) -> None:
    uri = f"s3://{stack.source_bucket}/nowhere/{uuid4()}.tif"
    assert entries(alice.post("/ingest/raster/register", {"uri": uri})) == [("object_missing", uri)]


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("s3://somebody-elses-bucket/x.tif", 403),
        ("https://example.com/x.tif", 422),
        ("s3://", 422),
        ("s3://[nowhere/x.tif", 422),
        ("/vsicurl/http://example.com/x.tif", 422),
        ("file:///etc/passwd", 422),
    ],
)
def test_what_is_not_an_allowed_object_is_not_registered(alice: Caller, uri: str, status: int) -> None:
    problem = require_problem(alice.post("/ingest/raster/register", {"uri": uri}), status)
    assert uri in str(problem["detail"])


def test_a_body_over_a_megabyte_is_a_413(alice: Caller, tiles: list[str]) -> None:
    require_problem(alice.post("/ingest/vrt/create", creation(tiles, summary="x" * 1_100_000)), 413)


@pytest.mark.parametrize("path", ["/jobs/{}", "/datasets/{}", "/datasets/{}/vrt-sources/", "/datasets/{}/vrt/status/"])
def test_what_does_not_exist_is_a_404_that_names_it(alice: Caller, path: str) -> None:
    problem = require_problem(alice.get(path.format(UNKNOWN)), 404)
    assert UNKNOWN in problem["detail"]


def test_what_belongs_to_somebody_else_looks_like_what_does_not_exist(
    stack: StackState, alice: Caller, tiles: list[str]
) -> None:
    job_id = alice.create(tiles)
    dataset_id = alice.wait(job_id)["dataset_id"]
    stranger = caller(stack)
    for path in (f"/jobs/{job_id}", f"/datasets/{dataset_id}", f"/datasets/{dataset_id}/download/vrt"):
        known, unknown = stranger.get(path), stranger.get(path.replace(job_id, UNKNOWN).replace(dataset_id, UNKNOWN))
        assert (known.status, unknown.status) == (404, 404)
        assert known.json["title"] == unknown.json["title"]
        assert known.json["code"] == unknown.json["code"]


@pytest.mark.parametrize("path", ["/nowhere", "/ingest", "/datasets/x/y/z", "/ingest/vrt/create/more"])
def test_an_unknown_route_is_a_problem_too(alice: Caller, path: str) -> None:
    require_problem(alice.get(path), 404)


def test_a_wrong_method_is_a_405_that_names_the_right_ones(alice: Caller) -> None:
    answer = alice.request("DELETE", "/ingest/vrt/create")
    require_problem(answer, 405)
    assert "POST" in answer.headers["allow"]
