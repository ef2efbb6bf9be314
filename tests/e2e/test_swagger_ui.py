"""Swagger UI of the deployed stack in a real browser: what it shows, what it may ask for, and that it works.

The browser is the headless Chromium that `make browser` and `make test` install below `.local/`.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from local.paths import LOCAL
from local.state import StackState
from tests.e2e.stack import Caller

HOME = LOCAL / "browser"
CHROMIUM = HOME / "chromium" / "chromium"
SCREENSHOT = LOCAL / "swagger-ui.png"
TOO_MANY = 429
PATIENCE_MS = 60_000
"""How long the page may take for anything; the stack's first answer is a cold start."""


@dataclass
class Opened:
    """A page of Swagger UI, and what it did."""

    page: Page
    requests: list[str] = field(default_factory=list)
    """URLs that were asked for."""
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the console, and exceptions that nothing caught."""

    def operation(self, operation_id: str) -> Locator:
        """An operation's block."""
        return self.page.locator(f"[id$='-{operation_id}'].opblock")

    def authorize(self, token: str) -> None:
        """Enter a bearer token as a person does."""
        self.page.locator(".auth-wrapper .authorize").first.click()
        dialog = self.page.locator(".modal-ux")
        dialog.locator("input").fill(token)
        dialog.get_by_role("button", name="Apply credentials").click()
        expect(dialog.get_by_text("Authorized", exact=True)).to_be_visible()
        dialog.get_by_role("button", name="Close").click()

    def execute(self, operation_id: str, body: object = None) -> Locator:
        """Open an operation, fill in its body, send it, and give the block that shows the answer."""
        block = self.operation(operation_id)
        block.locator(".opblock-summary-control").click()
        if body is not None:
            block.locator("textarea.body-param__text").fill(json.dumps(body))
        block.get_by_role("button", name="Execute").click()
        answer = block.locator(".live-responses-table .response")
        expect(answer).to_be_visible()
        return answer


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"there is no browser at {CHROMIUM}: install it with make browser")
    environment: dict[str, str | float | bool] = {
        "PATH": os.environ["PATH"],
        "HOME": str(HOME),
        "LD_LIBRARY_PATH": str(HOME / "chromium" / "al2023" / "lib"),
        "FONTCONFIG_FILE": str(HOME / "fonts.conf"),
    }
    with sync_playwright() as playwright:
        # It opens only this project's own page, so it needs no sandbox, which a container often cannot give.
        launched = playwright.chromium.launch(executable_path=CHROMIUM, env=environment, chromium_sandbox=False)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def operations(alice: Caller) -> dict[str, tuple[str, str]]:
    """Method and summary of every operation in the document that the stack serves."""
    served = alice.get("/openapi.json").json
    return {
        operation["operationId"]: (method.upper(), operation["summary"])
        for methods in served["paths"].values()
        for method, operation in methods.items()
    }


@pytest.fixture
def opened(browser: Browser, stack: StackState, operations: dict[str, tuple[str, str]]) -> Iterator[Opened]:
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    shown = Opened(page)
    page.on("request", lambda request: shown.requests.append(request.url))
    page.on("console", lambda message: shown.complaints.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: shown.complaints.append(str(error)))
    page.route("**/*", patiently)
    page.goto(f"{stack.api_url}/docs")
    expect(page.locator(".opblock")).to_have_count(len(operations))
    yield shown
    page.close()
    assert shown.complaints == []
    assert {origin(url) for url in shown.requests if not url.startswith("data:")} == {origin(stack.api_url)}


def patiently(route: Route) -> None:
    """Wait where the stack throttles, because other tests keep it busy, as every client of these tests does."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    answer = route.fetch(max_redirects=0)
    while answer.status == TOO_MANY and time.monotonic() < deadline:
        time.sleep(0.3)
        answer = route.fetch(max_redirects=0)
    route.fulfill(response=answer)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def test_every_operation_is_listed_and_nothing_comes_from_elsewhere(
    opened: Opened, stack: StackState, operations: dict[str, tuple[str, str]]
) -> None:
    for operation_id, (method, summary) in operations.items():
        block = opened.operation(operation_id)
        expect(block.locator(".opblock-summary-description")).to_have_text(summary)
        expect(block.locator(".opblock-summary-method")).to_have_text(method)
    assert opened.page.title() == "Rasterloom API"
    asked = {url.removeprefix(stack.api_url) for url in opened.requests if not url.startswith("data:")}
    assert asked == {"/docs", "/docs/swagger-ui.css", "/docs/swagger-ui.js", "/docs/start.js", "/openapi.json"}


def test_the_slash_form_of_the_page_works_as_well(opened: Opened, stack: StackState) -> None:
    opened.page.goto(f"{stack.api_url}/docs/")
    expect(opened.operation("list_datasets")).to_be_visible()


def test_a_read_and_a_body_are_tried_out_with_a_development_token(
    opened: Opened, alice: Caller, stack: StackState
) -> None:
    assert alice.token is not None
    opened.authorize(alice.token)

    job_id = str(uuid4())
    answer = opened.execute("read_job_statuses", {"job_ids": [job_id]})
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    (job,) = shown_in(answer)["jobs"]
    assert (job["id"], job["status"]) == (job_id, "not_found")

    with opened.page.expect_request(lambda request: "/datasets/" in request.url) as asked:
        answer = opened.execute("list_datasets")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    assert shown_in(answer).keys() == {"datasets", "total"}
    assert asked.value.url == f"{stack.api_url}/datasets/?skip=0&limit=50"
    assert asked.value.headers["authorization"] == f"Bearer {alice.token}"
    answer.scroll_into_view_if_needed()
    opened.page.screenshot(path=SCREENSHOT)


def test_examples_of_a_body_are_offered(opened: Opened) -> None:
    block = opened.operation("create_vrt")
    block.locator(".opblock-summary-control").click()
    offered = json.loads(block.locator("textarea.body-param__text").input_value())
    assert offered["vrt_type"] == "mosaic"
    block.locator(".examples-select select").first.select_option(label="A band stack for a group")
    expect(block.locator("textarea.body-param__text")).to_have_value(re.compile('"band_stack"'))


def test_without_a_token_the_refusal_is_shown(opened: Opened) -> None:
    answer = opened.execute("list_datasets")
    expect(answer.locator(".response-col_status")).to_contain_text("401")
    assert shown_in(answer)["code"] == "unauthenticated"
    # The console tells of every answer that is no success.
    assert len(opened.complaints) == 1
    assert "401" in opened.complaints.pop()


def shown_in(answer: Locator) -> Any:
    """The body that an answer shows."""
    return json.loads(answer.locator(".response-col_description .microlight").first.inner_text())
