"""Every 422 of the deployed stack has the body that the published API's clients expect of one.

The published API describes it as `HTTPValidationError`: a `detail` that is a list of entries with `loc`, `msg` and
`type`. Its generated client, `geolens`, reads every refusal as its `ProblemDetail`. Both are asked here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from geolens.models import ProblemDetail

from local.samples import Group
from tests.e2e.stack import Answer, Caller, Sources, creation
from tests.support.published import HTTP_VALIDATION_ERROR

type Paths = Callable[[Group], list[Path]]
type Asked = Callable[[Caller, list[str], str], Answer]
"""What is asked for, by whom, of which two rasters and of which VRT of them."""

UNKNOWN: Final = "8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"


def create(caller: Caller, sources: list[str], **fields: Any) -> Answer:
    return caller.post("/ingest/vrt/create", creation(sources, **fields))


REFUSED: Final[dict[str, tuple[Asked, str, list[str | int]]]] = {
    "a field that is missing": (
        lambda caller, tiles, _: caller.post("/ingest/vrt/create", {"source_dataset_ids": tiles, "title": "A mosaic"}),
        "missing",
        ["body", "vrt_type"],
    ),
    "a field that is unknown": (
        lambda caller, tiles, _: create(caller, tiles, tilte="Jacksboro"),
        "extra_forbidden",
        ["body", "tilte"],
    ),
    "a body that is missing": (
        lambda caller, *_: caller.request("POST", "/ingest/vrt/create"),
        "missing",
        ["body"],
    ),
    "a body that is no object": (
        lambda caller, *_: caller.post("/ingest/vrt/create", b"[]"),
        "model_type",
        ["body"],
    ),
    "too few sources": (
        lambda caller, tiles, _: create(caller, tiles[:1]),
        "too_short",
        ["body", "source_dataset_ids"],
    ),
    "a source twice": (
        lambda caller, tiles, _: create(caller, [*tiles, tiles[0]]),
        "duplicate_source",
        ["body", "source_dataset_ids", 2],
    ),
    "a source that is unknown": (
        lambda caller, tiles, _: create(caller, [*tiles, UNKNOWN]),
        "source_not_found",
        ["body", "source_dataset_ids", 2],
    ),
    "more visible than a source": (
        lambda caller, tiles, _: create(caller, tiles, visibility="public"),
        "visibility_exceeds_source",
        ["body", "source_dataset_ids", 0],
    ),
    "an added source that is unknown": (
        lambda caller, _, vrt: caller.post(f"/ingest/vrt/{vrt}/sources/", {"source_dataset_id": UNKNOWN}),
        "source_not_found",
        ["body", "source_dataset_id"],
    ),
    "too few sources left": (
        lambda caller, tiles, vrt: caller.request("DELETE", f"/ingest/vrt/{vrt}/sources/{tiles[0]}/"),
        "too_few_sources",
        ["path", "source_dataset_id"],
    ),
    "an object that is not there": (
        lambda caller, *_: caller.post(
            "/ingest/raster/register", {"uri": f"s3://{caller.stack.source_bucket}/nowhere.tif"}
        ),
        "object_missing",
        ["body", "uri"],
    ),
    "a text that names no object": (
        lambda caller, *_: caller.post("/ingest/raster/register", {"uri": "https://example.com/x.tif"}),
        "invalid_uri",
        ["body", "uri"],
    ),
    "a path that has no id": (
        lambda caller, *_: caller.get("/datasets/jacksboro"),
        "uuid_parsing",
        ["path", "dataset_id"],
    ),
    "a number in the query that is out of range": (
        lambda caller, _, vrt: caller.get(f"/datasets/{vrt}/vrt/generations/?limit=101"),
        "less_than_equal",
        ["query", "limit"],
    ),
    "a word in the query that is none": (
        lambda caller, *_: caller.get("/jobs/?status=done"),
        "enum",
        ["query", "status"],
    ),
    "a header that is none": (
        lambda caller, tiles, _: caller.post(
            "/ingest/vrt/create", creation(tiles), headers={"Idempotency-Key": "with space"}
        ),
        "invalid_idempotency_key",
        ["header", "Idempotency-Key"],
    ),
    "a number that no pixel can hold": (
        lambda caller, _, vrt: caller.request("PATCH", f"/datasets/{vrt}/vrt/", {"nodata_override": 10**400}),
        "nodata_type",
        ["body", "nodata_override"],
    ),
    "an edit that changes nothing": (
        lambda caller, _, vrt: caller.request("PATCH", f"/datasets/{vrt}", {}),
        "nothing_to_change",
        ["body"],
    ),
}
"""What is asked for, and the type and the place of the first entry of the answer."""


@pytest.fixture(scope="module")
def tiles(alice: Caller, sources: Sources, paths: Paths) -> list[str]:
    return [alice.register(sources.put(path, path.name)) for path in paths(Group.DEM)[:2]]


@pytest.fixture(scope="module")
def vrt(alice: Caller, tiles: list[str]) -> str:
    return alice.built(tiles)


@pytest.mark.parametrize("name", REFUSED)
def test_a_422_is_an_http_validation_error(alice: Caller, tiles: list[str], vrt: str, name: str) -> None:
    ask, kind, loc = REFUSED[name]
    answer = ask(alice, tiles, vrt)
    assert answer.status == 422, answer.body
    jsonschema.Draft202012Validator(HTTP_VALIDATION_ERROR).validate(answer.json)
    first = answer.json["detail"][0]
    assert (first["type"], first["loc"]) == (kind, loc)


@pytest.mark.parametrize("name", REFUSED)
def test_the_published_client_reads_it_to_the_last_field(alice: Caller, tiles: list[str], vrt: str, name: str) -> None:
    ask, _, _ = REFUSED[name]
    problem = ProblemDetail.from_dict(ask(alice, tiles, vrt).json)
    assert (problem.type_, problem.title, problem.status) == ("about:blank", "Unprocessable Content", 422)
    assert type(problem.detail) is list
    assert set(problem.additional_properties) == {"code", "request_id", "findings_total"}
    assert problem["findings_total"] == len(problem.detail)
    for entry in problem.detail:
        assert type(entry) is dict
        assert all(type(part) in {str, int} for part in entry["loc"])
        assert type(entry["msg"]) is str
        assert type(entry["type"]) is str
        assert type(entry.get("ctx", {})) is dict


def test_a_body_of_another_kind_would_be_found(alice: Caller) -> None:
    held = jsonschema.Draft202012Validator(HTTP_VALIDATION_ERROR)
    assert not held.is_valid(alice.get(f"/datasets/{UNKNOWN}").json)
    assert not held.is_valid({"detail": [{"msg": "a text", "type": "missing"}]})
