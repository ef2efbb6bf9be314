"""What each method sends."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from rasterloom_client import Client, ConfigurationError
from tests.unit.client.scripted import ACCEPTED, FIRST, JOB, SECOND, TOKEN, URL, VRT, Script, answer, client, options

WOVEN = {"source_dataset_ids": [FIRST, SECOND], "vrt_type": "mosaic", "resolution_strategy": "finest"}
GENERATION = "57a0ad4a-0e74-4f6d-9436-7e21ff9bff46"

SENT: dict[str, tuple[Callable[[Client], Any], str, str, Any]] = {
    "register": (
        lambda it: it.register("s3://b/k.tif", title="T", summary=None, groups=["a"]),
        "POST",
        "/ingest/raster/register",
        {"uri": "s3://b/k.tif", "title": "T", "groups": ["a"]},
    ),
    "register many": (
        lambda it: it.register_bulk(["s3://b/1", "s3://b/2"], visibility="internal", groups=None),
        "POST",
        "/ingest/raster/register/bulk",
        {"uris": ["s3://b/1", "s3://b/2"], "visibility": "internal"},
    ),
    "register a prefix": (
        lambda it: it.register_bulk(prefix="s3://b/in/"),
        "POST",
        "/ingest/raster/register/bulk",
        {"prefix": "s3://b/in/"},
    ),
    "create": (
        lambda it: it.create([FIRST, SECOND], "T", visibility="public"),
        "POST",
        "/ingest/vrt/create",
        {**WOVEN, "title": "T", "visibility": "public"},
    ),
    "create from a manifest": (
        lambda it: it.create([], "T", manifest_uri="s3://b/m.json", vrt_type="band_stack"),
        "POST",
        "/ingest/vrt/create",
        {
            "title": "T",
            "vrt_type": "band_stack",
            "resolution_strategy": "finest",
            "manifest_uri": "s3://b/m.json",
        },
    ),
    "validate": (lambda it: it.validate([FIRST, SECOND]), "POST", "/ingest/vrt/validate", WOVEN),
    "add": (
        lambda it: it.add_source(VRT, FIRST),
        "POST",
        f"/ingest/vrt/{VRT}/sources/",
        {"source_dataset_id": FIRST},
    ),
    "remove": (lambda it: it.remove_source(VRT, FIRST), "DELETE", f"/ingest/vrt/{VRT}/sources/{FIRST}/", None),
    "replace": (
        lambda it: it.replace_sources(VRT, [SECOND, FIRST]),
        "PUT",
        f"/ingest/vrt/{VRT}/sources/",
        {"source_dataset_ids": [SECOND, FIRST]},
    ),
    "regenerate": (lambda it: it.regenerate(VRT), "POST", f"/datasets/{VRT}/vrt/regenerate/", None),
    "rollback": (
        lambda it: it.rollback(VRT, GENERATION),
        "POST",
        f"/datasets/{VRT}/vrt/rollback/{GENERATION}",
        None,
    ),
    "options": (
        lambda it: it.change_options(VRT, resampling="cubic", nodata_override=None),
        "PATCH",
        f"/datasets/{VRT}/vrt/",
        {"resampling": "cubic", "nodata_override": None},
    ),
    "auto_regenerate": (
        lambda it: it.auto_regenerate(VRT, wanted=False),
        "PATCH",
        f"/datasets/{VRT}/vrt/",
        {"auto_regenerate": False},
    ),
    "status, probed": (lambda it: it.status(VRT, probe=True), "GET", f"/datasets/{VRT}/vrt/status/?probe=true", None),
    "status": (lambda it: it.status(VRT), "GET", f"/datasets/{VRT}/vrt/status/", None),
    "dataset": (lambda it: it.dataset(VRT), "GET", f"/datasets/{VRT}", None),
    "datasets": (
        lambda it: it.datasets("vrt_dataset", limit=5),
        "GET",
        "/datasets/?record_type=vrt_dataset&skip=0&limit=5",
        None,
    ),
    "delete": (lambda it: it.delete(VRT), "DELETE", f"/datasets/{VRT}", None),
    "generations": (
        lambda it: it.generations(VRT, skip=2),
        "GET",
        f"/datasets/{VRT}/vrt/generations/?skip=2&limit=20",
        None,
    ),
    "job": (lambda it: it.job(JOB), "GET", f"/jobs/{JOB}", None),
    "jobs": (lambda it: it.jobs(status="failed"), "GET", "/jobs/?status=failed&skip=0&limit=20", None),
    "retry": (lambda it: it.retry(JOB), "POST", f"/jobs/{JOB}/retry", None),
    "cancel": (lambda it: it.cancel(JOB), "POST", f"/jobs/{JOB}/cancel", None),
}
"""Name -> call, method, path below the base URL, body."""


@pytest.mark.parametrize("name", SENT)
def test_a_method_sends_what_the_contract_says(name: str) -> None:
    call, method, path, body = SENT[name]
    caller, script = client(httpx.Response(204) if name == "delete" else answer(ACCEPTED))
    call(caller)
    assert (script.last.method, str(script.last.url), script.body) == (method, URL + path, body)
    assert script.last.headers["authorization"] == f"Bearer {TOKEN}"
    assert (script.keys[0] is None) == (method == "GET")


@pytest.mark.parametrize(
    "change",
    [
        lambda it, etag: it.add_source(VRT, FIRST, if_match=etag),
        lambda it, etag: it.remove_source(VRT, FIRST, if_match=etag),
        lambda it, etag: it.replace_sources(VRT, [FIRST, SECOND], if_match=etag),
        lambda it, etag: it.regenerate(VRT, if_match=etag),
        lambda it, etag: it.rollback(VRT, GENERATION, if_match=etag),
        lambda it, etag: it.change_options(VRT, if_match=etag, resampling="mode"),
        lambda it, etag: it.auto_regenerate(VRT, wanted=True, if_match=etag),
    ],
)
def test_a_change_may_be_bound_to_the_version_that_was_seen(change: Callable[[Client, str | None], Any]) -> None:
    caller, script = client(answer({"status": "ready"}, ETag='"v1"'))
    _, etag = caller.versioned_status(VRT)
    change(caller, etag)
    assert script.last.headers["if-match"] == '"v1"'
    change(caller, None)
    assert "if-match" not in script.last.headers


def test_sources_are_read_to_the_last_page_and_only_from_this_vrt() -> None:
    pages = [
        answer({"sources": [{"position": 0}], "next": "?limit=1&cursor=abc"}),
        answer({"sources": [{"position": 1}], "next": "https://elsewhere.test/steal?cursor=def"}),
        answer({"sources": [{"position": 2}], "next": None}),
    ]
    caller, script = client(*pages)
    assert [source["position"] for source in caller.sources(VRT)] == [0, 1, 2]
    base = f"{URL}/datasets/{VRT}/vrt-sources/"
    assert [str(request.url) for request in script.requests] == [
        base,
        f"{base}?limit=1&cursor=abc",
        f"{base}?cursor=def",
    ]


@pytest.mark.parametrize("wrong", ["", "../admin", f"{VRT}/../x", "1234"])
def test_nothing_but_a_uuid_comes_into_a_path(wrong: str) -> None:
    caller, script = client(answer({}))
    with pytest.raises(ValueError, match="expected an id, a UUID"):
        caller.dataset(wrong)
    with pytest.raises(ValueError, match="expected an id"):
        caller.create([FIRST, wrong], "T")
    assert script.requests == []


def test_ids_may_be_uuids_or_text_in_any_case() -> None:
    caller, script = client(answer({}))
    caller.dataset(UUID(VRT))
    caller.dataset(VRT.upper())
    assert {request.url.path for request in script.requests} == {f"/api/datasets/{VRT}"}


@pytest.mark.parametrize(
    "url",
    ["", "host/api", "ftp://host/api", "https://", "https://u:p@host/api", "https://host/api?x=1", "https://h:x/"],
)
def test_what_cannot_be_the_apis_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigurationError, match="URL"):
        Client(url, TOKEN)


@pytest.mark.parametrize("token", ["", "  ", "a b", "a\nb", "töken", "a\x00b"])
def test_what_cannot_be_a_token_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Client(URL, token)
    assert not token.strip() or token not in str(caught.value)


def test_white_space_around_a_token_and_a_slash_behind_the_address_do_no_harm() -> None:
    script = Script([answer({})])
    with Client(f" {URL}/ ", f" {TOKEN}\n", options(script)) as caller:
        caller.dataset(VRT)
        assert caller.base_url == URL
    assert str(script.last.url) == f"{URL}/datasets/{VRT}"
    assert script.last.headers["authorization"] == f"Bearer {TOKEN}"
