"""The API about itself: OpenAPI, Swagger UI, what a request loads."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rasterloom.http import openapi
from tests.unit.http.api import FakeUseCases, ask

ROOT = Path(__file__).parents[3]
PACKAGED = ROOT / "shared/rasterloom/http/openapi.json"


def test_the_document_is_served_as_it_was_packaged(fakes: FakeUseCases) -> None:
    answered = ask(fakes, "GET", "/openapi.json", token=None)
    assert answered.body.decode() == PACKAGED.read_text("utf-8")
    etag = answered.headers["etag"]
    assert ask(fakes, "GET", "/openapi.json", headers={"If-None-Match": etag}).status == 304


@pytest.mark.parametrize(
    ("path", "references"),
    [
        ("/docs", {"openapi.json", "docs/swagger-ui.css", "docs/swagger-ui.js", "docs/start.js"}),
        ("/docs/", {"../openapi.json", "swagger-ui.css", "swagger-ui.js", "start.js"}),
    ],
)
def test_the_page_refers_only_to_this_deployment(fakes: FakeUseCases, path: str, references: set[str]) -> None:
    answered = ask(fakes, "GET", path, token=None)
    page = answered.body.decode()
    assert set(re.findall(r'(?:src|href|content)="([^"]+\.(?:js|css|json))"', page)) == references
    assert "//" not in page.replace("<!doctype", "")
    assert "<script>" not in page
    policy = answered.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("name", "kind", "holds"),
    [
        ("swagger-ui.js", "text/javascript", b"SwaggerUIBundle"),
        ("swagger-ui.css", "text/css", b".swagger-ui"),
    ],
)
def test_files_of_the_page_travel_compressed_and_under_a_megabyte(
    fakes: FakeUseCases, name: str, kind: str, holds: bytes
) -> None:
    answered = ask(fakes, "GET", f"/docs/{name}", token=None)
    assert answered.headers["content-encoding"] == "gzip"
    assert answered.headers["content-type"].startswith(kind)
    assert holds in gzip.decompress(answered.body)
    assert len(answered.body) * 4 / 3 < 1_000_000
    again = ask(fakes, "GET", f"/docs/{name}", token=None, headers={"If-None-Match": answered.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_the_page_starts_without_inline_script(fakes: FakeUseCases) -> None:
    answered = ask(fakes, "GET", "/docs/start.js", token=None)
    assert b"SwaggerUIBundle(" in answered.body
    assert answered.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("name", ["../app.py", "..%2Fapp.py", "swagger-ui.js.map", "swagger-ui-bundle.min.js", "%00"])
def test_no_other_file_is_served(fakes: FakeUseCases, name: str) -> None:
    assert ask(fakes, "GET", f"/docs/{name}", token=None).status == 404


def test_health_tells_the_version(fakes: FakeUseCases) -> None:
    answer = ask(fakes, "GET", "/healthz", token=None).json
    assert answer == {"status": "ok", "version": openapi.document()["info"]["version"]}


def test_nothing_is_loaded_that_a_route_does_not_need() -> None:
    script = """
import json, sys
from rasterloom.http.application import Application
from rasterloom.http.routes import ROUTES
import rasterloom.bootstrap
heavy = ("boto3", "botocore", "jwt", "obstore", "osgeo", "pydantic")
print(json.dumps([name for name in sys.modules if name in heavy or name.startswith("rasterloom.http.openapi")]))
"""
    shared = str(ROOT / "shared")
    ran = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": shared}, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == []
