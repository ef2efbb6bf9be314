"""The permission matrix, walked over HTTP on the deployed stack."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.samples import Group
from local.state import StackState
from rasterloom.http.routes import ROUTES
from tests.e2e.estate import Estate, everyone, is_change, turns
from tests.e2e.permissions import CALLERS, Cell, cells, reading
from tests.e2e.stack import Answer, Caller, Sources
from tests.e2e.test_bad_input import require_problem

CELLS = tuple(cells())
OPERATIONS = tuple(dict.fromkeys(cell.operation for cell in CELLS))
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Those that API Gateway hands on."""

UNSTABLE = frozenset({"list_datasets", "clean_up_stale_jobs", "docs"})
"""What other callers do shows in these answers, and a page's links depend on its address: only the status is alike."""

UNKNOWN = "8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"
PATHS = tuple(dict.fromkeys(route.path for route in ROUTES))


@pytest.fixture(scope="module")
def estate(stack: StackState, sources: Sources, paths: Callable[[Group], list[Path]]) -> Estate:
    return Estate(stack, sources, paths(Group.DEM))


def told(answer: Answer) -> Any:
    """The body as far as it is the same twice."""
    if not answer.body or not answer.headers["content-type"].endswith("json"):
        return answer.body
    body = answer.json
    return body | {"request_id": None} if isinstance(body, dict) else body


def require_refusal(answer: Answer) -> None:
    """A refusal is a problem, and a 401 says how to sign in."""
    require_problem(answer, answer.status)
    assert answer.headers.get("www-authenticate", "").startswith("Bearer") is (answer.status == 401)


def settled(estate: Estate, cell: Cell) -> Answer:
    """The answer to a cell that changes nothing, which is the same for both ways of writing its path."""
    answer, twin = estate.ask(cell), estate.ask(cell, turned=True)
    if answer.status >= 400:
        require_refusal(answer)
    assert answer.status == twin.status, cell
    assert told(answer) == told(twin) or cell.operation in UNSTABLE, cell
    return answer


def changed(estate: Estate, turn: list[Cell]) -> list[Answer]:
    """The answers to changes of one dataset, each made when the one before has come to its end."""
    answers = []
    for cell in turn:
        answer = estate.ask(cell)
        answers.append(answer)
        if cell.operation == "create_vrt" and answer.status == 202:
            cancelled = estate.callers[cell.caller].post(f"/jobs/{answer.json['job_id']}/cancel", None)
            assert cancelled.status in {200, 409}, (cell, cancelled.body)
        elif answer.status == 202:
            job = estate.callers[cell.caller].wait(answer.json["job_id"])
            assert job["status"] == "complete", (cell, job)
    return answers


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_caller_is_answered_as_the_table_says(estate: Estate, operation: str) -> None:
    asked = [cell for cell in CELLS if cell.operation == operation]
    harmless = [cell for cell in asked if not is_change(cell)]
    found = dict(zip(harmless, everyone(lambda cell: settled(estate, cell), harmless), strict=True))
    changes = list(turns([cell for cell in asked if is_change(cell)]))
    for turn, answers in zip(changes, everyone(lambda turn: changed(estate, turn), changes), strict=True):
        found |= dict(zip(turn, answers, strict=True))
    wrong = [(cell, answer.status, answer.body[:200]) for cell, answer in found.items() if answer.status != cell.status]
    assert wrong == []
    assert len(found) == len(asked)


def test_every_route_is_in_the_table_and_nothing_else() -> None:
    assert set(OPERATIONS) == {route.operation_id for route in ROUTES}


def test_every_visibility_and_every_caller_is_asked_for_each_operation() -> None:
    for operation in OPERATIONS:
        rows = {(cell.visibility, cell.caller) for cell in CELLS if cell.operation == operation}
        of = {visibility for visibility, _ in rows}
        assert of in ({"-"}, {"private", "restricted", "internal", "public"}), operation
        assert rows == {(visibility, caller) for visibility in of for caller in CALLERS}, operation


def test_a_listing_has_what_its_caller_may_read_and_nothing_else(estate: Estate) -> None:
    ours = {dataset_id: name for name, dataset_id in estate.vrts.items()}

    def listed(who: Caller) -> set[str]:
        newest = who.get("/datasets/?record_type=vrt_dataset&limit=200").json["datasets"]
        return {ours[each["id"]] for each in newest if each["id"] in ours}

    expected = {caller: kinds for caller, kinds in reading().items() if caller not in {"anonymous", "forged"}}
    assert {caller: listed(estate.callers[caller]) for caller in expected} == expected


def test_what_went_wrong_who_asked_for_it_and_where_it_lies_is_for_who_may_change_it(estate: Estate) -> None:
    generations, dataset = f"/datasets/{estate.failed_vrt}/vrt/generations/", f"/datasets/{estate.rasters['one']}"
    latest = f"/jobs/by-dataset/{estate.failed_vrt}"
    for caller in ("stranger", "member", "owner-", "owner", "admin"):
        who, may_know = estate.callers[caller], caller in {"owner-", "owner", "admin"}
        first = who.get(generations).json["generations"][-1]
        assert (first["status"], first["source_count"]) == ("failed", 3), caller
        assert [first[name] is not None for name in ("error_message", "triggered_by")] == [may_know] * 2, caller
        assert (who.get(latest).json is not None) is may_know, caller
        raster = who.get(dataset).json
        assert [value is not None for value in (raster["groups"], raster["raster"]["s3_uri"])] == [may_know] * 2, caller


def test_a_dry_run_tells_nobody_of_a_source_that_they_may_not_read(estate: Estate) -> None:
    for caller, kinds in reading().items():
        for visibility in estate.vrts if kinds else ():
            answer = estate.ask(Cell("validate_vrt", visibility, caller, 200)).json
            codes = {finding["code"] for finding in answer["findings"]}
            assert ("source_not_found" in codes) is (visibility not in kinds), (caller, visibility)


def test_jobs_of_others_are_not_found_in_a_batch_and_not_listed(estate: Estate) -> None:
    (job,) = {job for visibility, job in estate.jobs.items() if visibility == "public"}
    for caller in ("stranger", "member", "owner-", "owner", "admin"):
        who, may_know = estate.callers[caller], caller in {"owner-", "owner", "admin"}
        (entry,) = who.post("/jobs/status/", {"job_ids": [job]}).json["jobs"]
        assert entry["status"] == ("complete" if may_know else "not_found"), caller
        listed = who.get(f"/jobs/?dataset_id={estate.vrts['public']}").json["jobs"]
        assert (job in {each["id"] for each in listed}) is caller.startswith("owner"), caller


def methods_of(path: str) -> set[str]:
    return {route.method for route in ROUTES if route.path == path}


@pytest.mark.parametrize("path", PATHS)
def test_every_other_method_of_a_path_is_a_405_that_names_those_it_has(stack: StackState, path: str) -> None:
    nobody, declared = Caller(stack, None), methods_of(path)
    allowed = declared | {"OPTIONS"} | ({"HEAD"} if "GET" in declared else set())
    places = dict.fromkeys(re.findall(r"\{(\w+)\}", path), UNKNOWN)
    refused = [method for method in METHODS if method not in allowed]
    asked = [(method, each) for method in refused for each in both_ways(path.format(**places))]
    for (method, each), answer in zip(asked, everyone(lambda ask: nobody.request(*ask), asked), strict=True):
        assert answer.status == 405, (method, each, answer.body)
        assert set(answer.headers["allow"].split(", ")) == allowed, (method, each)
        if method == "HEAD":
            assert answer.body == b""
        else:
            require_problem(answer, 405, "method_not_allowed")
    assert nobody.request("OPTIONS", path.format(**places)).status == 204


def both_ways(path: str) -> tuple[str, str]:
    bare = path.rstrip("/")
    return bare, f"{bare}/"


READS = [cell for cell in CELLS if (cell.caller, cell.status) == ("owner", 200) and cell.visibility in {"-", "public"}]


def test_head_answers_as_get_does_without_the_body(estate: Estate) -> None:
    routes = {route.operation_id: route for route in ROUTES if route.method == "GET"}
    asked = [cell for cell in READS if cell.operation in routes]
    assert len(asked) >= 14
    for cell in asked:
        path = routes[cell.operation].path.format(**estate.places(cell))
        full, head = (estate.owner.request(method, path) for method in ("GET", "HEAD"))
        assert (head.status, head.body) == (full.status, b""), cell
        assert head.headers.get("content-type") == full.headers["content-type"], cell


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/nowhere",
        "/datasets/x/y/z",
        "/ingest",
        "/ingest/vrt",
        "/ingest/vrt/create/more",
        "/jobs/status/more",
        f"/datasets/{UNKNOWN}/vrt/x",
        "/Datasets/",
        "/%2e%2e/healthz",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_route_is_a_404_for_everybody(stack: StackState, path: str, method: str) -> None:
    require_problem(Caller(stack, None).request(method, path), 404, "unknown_route")
