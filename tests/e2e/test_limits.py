"""The limits of every field, parameter, body and header, walked over HTTP on the deployed stack."""

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import jsonschema
import pytest

from local.samples import Group
from local.state import StackState
from rasterloom.http.routes import ROUTES
from rasterloom.http.routing import Route
from tests.e2e.estate import everyone
from tests.e2e.limits import (
    BASES,
    FIELDS,
    IDS_OF_EVERY_KIND,
    INTEGERS,
    NO_IDS,
    NO_INTEGERS,
    TEXTS,
    UNKNOWN,
    Refusal,
    many_ids,
)
from tests.e2e.stack import Answer, Caller, Sources, caller, creation
from tests.e2e.test_bad_input import require_problem
from tests.support.published import HTTP_VALIDATION_ERROR

ROUTE_OF: Final[Mapping[str, Route]] = {route.operation_id: route for route in ROUTES}
PLAIN: Final = {"format": "footprints"}
"""Parameters of paths that are no ids."""
MEGABYTE: Final = 1 << 20

Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def places(alice: Caller, sources: Sources, paths: Callable[[Group], list[Path]]) -> dict[str, str]:
    """A raster, and a VRT that nobody changes here; a bulk registration."""
    ids = [alice.register(sources.put(path, path.name), title=path.name) for path in paths(Group.DEM)[:2]]
    bulk = alice.post("/ingest/raster/register/bulk", BASES["register_rasters"]).json["job_id"]
    return {"raster": ids[0], "vrt": alice.built(ids), "bulk": bulk}


@pytest.fixture
def ask(alice: Caller, places: dict[str, str]) -> Ask:
    """Asks for an operation: of the VRT where it is read, of the raster where it is edited, else of none at all."""

    def asked(operation: str, body: Any = None, query: str = "", **options: Any) -> Answer:
        route = ROUTE_OF[operation]
        reads = route.method == "GET"
        dataset = places["vrt"] if reads else places["raster"] if "dataset" in operation else UNKNOWN
        places_in_path = {name: PLAIN.get(name, UNKNOWN) for name in route.parameters} | {"dataset_id": dataset}
        if operation == "list_registrations":
            places_in_path["job_id"] = places["bulk"]
        path = route.path.format(**places_in_path)
        return alice.request(route.method, path + (query and f"?{query}"), body, **options)

    return asked


def require_refused(answer: Answer, source: str, name: str, refusal: Refusal) -> str:
    """What is wrong with an answer to a value, if anything; a field that is taken may still come to another refusal."""
    if refusal is None:
        is_taken = answer.status < 500 and answer.status != 400 and answer.json.get("code") != "invalid_fields"
        return "" if is_taken or answer.json.get("code") == "title_mismatch" else "refused"
    kind, *deeper = refusal if isinstance(refusal, tuple) else (refusal,)
    detail = require_problem(answer, 422)["detail"]
    found = [(entry["loc"], entry["type"]) for entry in detail]
    if kind == "any":
        return "" if found and all(loc[:2] == [source, name] for loc, _ in found) else f"{found}"
    return "" if found == [([source, name, *deeper], kind)] else f"{found}"


@pytest.mark.parametrize(("operation", "field"), FIELDS)
def test_a_field_takes_what_the_table_says(ask: Ask, operation: str, field: str) -> None:
    lines = FIELDS[operation, field]
    answers = everyone(lambda line: ask(operation, {**BASES[operation], field: line[0]}), lines)
    wrong = {
        repr(value)[:80]: (found, answer.status, answer.body[:300])
        for (value, refusal), answer in zip(lines, answers, strict=True)
        if (found := require_refused(answer, "body", field, refusal))
    }
    assert wrong == {}


def test_every_field_of_every_body_is_in_the_table(stack: StackState) -> None:
    bodies = {route.operation_id: route.body for route in ROUTES if route.body}
    assert BASES.keys() == bodies.keys()
    schemas = Caller(stack, None).get("/openapi.json").json["components"]["schemas"]
    fields = {(operation, name) for operation, body in bodies.items() for name in schemas[body]["properties"]}
    assert set(FIELDS) == fields


@pytest.mark.parametrize("operation", BASES)
def test_a_field_that_is_not_known_a_missing_one_and_a_body_that_is_no_object_are_refused(
    ask: Ask, operation: str
) -> None:
    unknown = require_problem(ask(operation, {**BASES[operation], "Title ": 1}), 422)["detail"]
    assert [(entry["loc"], entry["type"]) for entry in unknown] == [(["body", "Title "], "extra_forbidden")]
    for document in (b"null", b"[]", b'"x"', b"7", b"true"):
        (entry,) = require_problem(ask(operation, document), 422)["detail"]
        assert (entry["loc"], entry["type"]) == (["body"], "model_type"), document
    if not ROUTE_OF[operation].is_body_optional:
        (entry,) = require_problem(ask(operation), 422, "invalid_fields")["detail"]
        assert (entry["loc"], entry["type"]) == (["body"], "missing")


def test_sources_come_as_a_list_or_as_a_manifest_and_not_as_both(ask: Ask) -> None:
    both = {**BASES["create_vrt"], "manifest_uri": "s3://rasterloom-sources/list.jsonl"}
    neither = {**BASES["create_vrt"], "source_dataset_ids": None}
    for body in (both, neither):
        (entry,) = require_problem(ask("create_vrt", body), 422, "invalid_fields")["detail"]
        assert (entry["loc"], entry["type"]) == (["body"], "one_list_of_sources")


@pytest.mark.parametrize(("operation", "name"), INTEGERS)
def test_a_whole_number_in_the_query_takes_what_the_table_says(ask: Ask, operation: str, name: str) -> None:
    least, greatest = INTEGERS[operation, name]
    lines: list[tuple[str, Refusal]] = [
        *((str(value), None) for value in (least, greatest)),
        (f"+{greatest}", None),
        (f"00{least}", None),
        (str(least - 1), "greater_than_equal"),
        ("-1000", "greater_than_equal"),
        (str(greatest + 1), "less_than_equal"),
        *((text, "int_parsing") for text in NO_INTEGERS),
    ]
    answers = everyone(lambda line: ask(operation, query=urlencode({name: line[0]})), lines)
    for (text, refusal), answer in zip(lines, answers, strict=True):
        if refusal is None:
            assert answer.status == 200, (text, answer.body)
        else:
            assert require_refused(answer, "query", name, refusal) == "", text


@pytest.mark.parametrize(("operation", "name"), TEXTS)
def test_a_query_parameter_takes_what_the_table_says(ask: Ask, operation: str, name: str) -> None:
    lines = TEXTS[operation, name]
    answers = everyone(lambda line: ask(operation, query=urlencode({name: line[0]})), lines)
    for (text, refusal), answer in zip(lines, answers, strict=True):
        assert require_refused(answer, "query", name, refusal) == "", (text, answer.body[:300])


def test_every_query_parameter_is_in_the_table() -> None:
    declared = {
        (route.operation_id, each["name"]) for route in ROUTES for part in route.query for each in part.describe()
    }
    assert set(INTEGERS) | set(TEXTS) == declared


READS: Final = [route.operation_id for route in ROUTES if route.method == "GET" and "{asset}" not in route.path]


@pytest.mark.parametrize("operation", READS)
def test_query_parameters_that_are_not_known_are_ignored(ask: Ask, operation: str) -> None:
    plain, more = (ask(operation, query=query) for query in ("", "nonsense=1&LIMIT=0&limit%00=x&=&&a[]=1&%zz"))
    assert plain.status == more.status
    assert plain.status in {200, 307, 404}


def test_of_a_parameter_that_is_repeated_the_last_counts_and_skip_outranks_its_old_name(ask: Ask) -> None:
    assert ask("list_datasets", query="limit=0&limit=1").status == 200
    assert ask("list_datasets", query="limit=1&limit=0").status == 422
    assert ask("list_vrt_generations", query="skip=1").json == {"generations": [], "total": 1}
    assert ask("list_vrt_generations", query="offset=1").json["generations"] == []
    assert len(ask("list_vrt_generations", query="offset=1&skip=0").json["generations"]) == 1


BY_ID: Final = [route for route in ROUTES if any(name.endswith("_id") for name in route.parameters)]


@pytest.mark.parametrize("route", BY_ID, ids=lambda route: route.operation_id)
def test_an_id_in_a_path_is_taken_in_any_case_and_version_and_answered_in_lower_case(
    alice: Caller, route: Route
) -> None:
    body = BASES.get(route.operation_id)

    def asked(text: str) -> Answer:
        places = {name: PLAIN.get(name, quote(text, safe="")) for name in route.parameters}
        return alice.request(route.method, route.path.format(**places), body)

    taken = list(IDS_OF_EVERY_KIND.values())
    for text, answer in zip(taken, everyone(asked, taken), strict=True):
        problem = require_problem(answer, 404, "not_found")
        assert text.lower() in problem["detail"]
    refused = [text for text in NO_IDS if text]
    for text, answer in zip(refused, everyone(asked, refused), strict=True):
        entries = require_problem(answer, 422, "invalid_fields")["detail"]
        assert {(entry["loc"][0], entry["type"]) for entry in entries} == {("path", "uuid_parsing")}, text


def test_a_dataset_and_its_job_are_found_under_their_ids_in_upper_case(alice: Caller, places: dict[str, str]) -> None:
    vrt = places["vrt"]
    assert alice.get(f"/datasets/{vrt.upper()}").json["id"] == vrt
    job = alice.get(f"/jobs/by-dataset/{vrt.upper()}").json
    assert job["dataset_id"] == vrt
    assert alice.get(f"/jobs/{job['id'].upper()}").json == job
    (entry,) = alice.post("/jobs/status/", {"job_ids": [job["id"].upper()]}).json["jobs"]
    assert (entry["id"], entry["dataset_id"]) == (job["id"], vrt)
    assert [each["id"] for each in alice.get(f"/jobs/?dataset_id={vrt.upper()}").json["jobs"]] == [job["id"]]
    assert alice.post("/ingest/vrt/create", creation([places["raster"], vrt.upper()])).json["detail"][0]["input"] == vrt


def test_ten_thousand_unknown_sources_are_refused_at_once_with_a_thousand_of_them_listed(alice: Caller) -> None:
    ids = many_ids(10_000)
    body = creation([each.upper() for each in ids])
    started = time.monotonic()
    answer = alice.post("/ingest/vrt/create", body)
    seconds = time.monotonic() - started
    problem = require_problem(answer, 422, "incompatible_sources")
    assert problem["findings_total"] == 10_000
    assert [(each["loc"][2], each["input"], each["type"]) for each in problem["detail"]] == [
        (index, each, "source_not_found") for index, each in enumerate(ids[:1000])
    ]
    assert len(answer.body) < MEGABYTE
    assert seconds < 25, "the handler's own deadline"
    print(f"10,000 unknown ids: {seconds:.1f} s, {len(answer.body)} bytes")  # noqa: T201 - a figure for -rP


def padded(size: int, filler: bytes = b" ") -> bytes:
    """A body of create that is valid but for its size, of so many bytes."""
    document = json.dumps(BASES["create_vrt"]).encode()
    return document + filler * (size - len(document))


def test_a_body_of_a_megabyte_is_read_and_one_byte_more_is_our_own_413(stack: StackState, alice: Caller) -> None:
    read = alice.post("/ingest/vrt/create", padded(MEGABYTE))
    assert require_problem(read, 422)["code"] == "incompatible_sources"
    for size in (MEGABYTE + 1, 2 * MEGABYTE):
        require_problem(alice.post("/ingest/vrt/create", padded(size)), 413, "body_too_large")
    require_problem(alice.post("/ingest/vrt/create", b"\xff" * (MEGABYTE + 1)), 413, "body_too_large")
    require_problem(Caller(stack, None).post("/ingest/vrt/create", padded(MEGABYTE + 1)), 413, "body_too_large")


MALFORMED: Final[Mapping[str, tuple[bytes, str]]] = {
    "cut": (b"{", "line 1 column 2"),
    "second line": (b'{\n "title": x}', "line 2 column 11"),
    "trailing comma": (b'{"title": "x",}', "line 1 column 1"),
    "two documents": (b"{} {}", "line 1 column 4"),
    "UTF-16": ('{"title": "x"}'.encode("utf-16"), ""),
    "single quotes": (b"{'title': 'x'}", "line 1 column 2"),
    "not a number": (b'{"title": NaN}', "NaN"),
    "infinity": (b'{"title": -Infinity}', "Infinity"),
    "a number of 5,000 digits": (b'{"title": ' + b"1" * 5000 + b"}", ""),
    "nested 100,000 deep": (b"[" * 100_000, ""),
    "a form": (b"title=x&summary=y", "line 1 column 1"),
    "only spaces": (b"   ", "line 1 column 4"),
    "control character in a text": (b'{"title": "a\nb"}', "line 1 column 13"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_json_is_a_400_that_says_where(alice: Caller, name: str) -> None:
    document, place = MALFORMED[name]
    problem = require_problem(alice.post("/ingest/vrt/create", document), 400, "malformed_json")
    assert place in problem["detail"]


def test_malformed_json_is_refused_before_anybody_is_asked_who_they_are(stack: StackState) -> None:
    require_problem(Caller(stack, None).post("/ingest/vrt/create", b"{"), 400)
    require_problem(Caller(stack, None).post("/ingest/vrt/create", b"{}"), 401)
    require_problem(caller(stack, permissions=()).post("/ingest/vrt/create", b"{}"), 403)


def test_a_key_that_stands_twice_in_an_object_is_refused_and_not_guessed(alice: Caller) -> None:
    text = json.dumps(BASES["create_vrt"])
    for document in (text[:-1] + ', "title": "Other"}', text[:-1] + ', "groups": [{"a": 1, "a": 1}]}'):
        problem = require_problem(alice.post("/ingest/vrt/create", document.encode()), 400, "malformed_json")
        assert "twice" in problem["detail"]


def test_a_number_beyond_all_floats_is_refused_as_any_other_wrong_type(alice: Caller) -> None:
    document = json.dumps({**BASES["create_vrt"], "title": 0}).replace('"title": 0', '"title": -1e999')
    (entry,) = require_problem(alice.post("/ingest/vrt/create", document.encode()), 422)["detail"]
    assert (entry["loc"], entry["type"]) == (["body", "title"], "string_type")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/problem+json", "x", ""]
)
def test_json_is_read_whatever_its_content_type_says(alice: Caller, kind: str) -> None:
    answer = alice.post("/ingest/vrt/create", BASES["create_vrt"], headers={"Content-Type": kind})
    assert require_problem(answer, 422)["code"] == "incompatible_sources"


KEYS: Final[Mapping[str, bool]] = {
    "k": True,
    "k" * 255: True,
    "k" * 256: False,
    "~!@#": True,
    "two words": False,
    "tab\tbed": False,
    "schlüssel": False,
}


@pytest.mark.parametrize("header", ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY"])
@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{len(key)} {key[:9]!a}")
def test_an_idempotency_key_is_1_to_255_visible_ascii_characters(alice: Caller, header: str, key: str) -> None:
    sent = {header: key.encode("utf-8").decode("latin-1")}
    problem = require_problem(alice.post("/ingest/vrt/create", BASES["create_vrt"], headers=sent), 422)
    assert problem["code"] == ("incompatible_sources" if KEYS[key] else "invalid_fields")
    if not KEYS[key]:
        assert [entry["loc"] for entry in problem["detail"]] == [["header", "Idempotency-Key"]]


def test_every_422_is_the_published_validation_error(ask: Ask, alice: Caller, places: dict[str, str]) -> None:
    """Of fields, of sources, of a place, of the query, of a header."""
    refusals = [
        ask("create_vrt", {}),
        ask("create_vrt", BASES["create_vrt"]),
        ask("create_vrt", creation([UNKNOWN, UNKNOWN])),
        ask("register_raster", {"uri": "ftp://x"}),
        ask("register_raster", BASES["register_raster"]),
        ask("list_datasets", query="limit=0"),
        ask("create_vrt", BASES["create_vrt"], headers={"Idempotency-Key": "k" * 256}),
        alice.request("DELETE", f"/ingest/vrt/{places['vrt']}/sources/{UNKNOWN}/"),
        alice.post(f"/ingest/vrt/{places['vrt']}/sources/", {"source_dataset_id": UNKNOWN}),
        alice.get("/datasets/x"),
    ]
    for answer in refusals:
        problem = require_problem(answer, HTTPStatus.UNPROCESSABLE_ENTITY)
        jsonschema.validate(problem, HTTP_VALIDATION_ERROR)
        assert len(problem["detail"]) == problem["findings_total"] > 0
