"""A stack whose S3 is the benchmark's server, and a caller of its API."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from local import state, tokens
from local.bench.results import FOLDER
from local.bench.running import PYTHON
from local.bench.server.nginx import Server, serving, url
from local.bench.tiles import BUCKET
from local.demo.client import Api
from local.paths import ROOT, Layout
from local.terminal import StepError, run, step

BUILD_SECONDS: Final = 300
"""Of one invocation of the builder, as on AWS: a build of many sources is not cut short after 30 s."""
PARAMETERS: Final = (
    f"BuilderTimeout={BUILD_SECONDS} BuildsVisibilityTimeout={BUILD_SECONDS} DueSent={2 * BUILD_SECONDS}"
)
CALLER: Final = tokens.Caller("benchmark", ("upload",))
FUNCTIONS: Final = "8"
"""Execution environments at once; they share the machine's cores."""
LIFETIME: Final = 6 * 3600
"""Seconds that the caller's token is good for."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A running stack behind a running server."""

    stack: state.StackState
    server: Server
    api: Api
    token: str
    """Of the caller that `api` is."""


@contextmanager
def deployed(name: str, port: int) -> Iterator[Deployed]:
    """Bring a stack up to date, and run the server before its S3 while the block runs; the stack stays.

    Args:
        name: The stack's.
        port: The server's.

    Raises:
        StepError: The stack cannot be started, or the server.
    """
    settings = {
        "RASTERLOOM_S3_ENDPOINT": url(port),
        "RASTERLOOM_SOURCE_BUCKETS": BUCKET,
        "RASTERLOOM_PARAMETERS": PARAMETERS,
        "CONCURRENCY": FUNCTIONS,
    }
    with step(f"stack {name}, whose S3 is {url(port)}"):
        stack = started(name, settings)
    token = tokens.mint(stack.issuer, CALLER, audience=stack.audience, lifetime=LIFETIME)
    with serving(0, urlsplit(stack.endpoint_url).port, port) as server:
        yield Deployed(stack, server, Api(stack.api_url, token), token)


def started(name: str, settings: Mapping[str, str]) -> state.StackState:
    """A stack that is up to date and has these settings; it is made anew if it had others.

    Args:
        name: The stack's.
        settings: As `make up` takes them from the environment.

    Raises:
        StepError: It cannot be started.
    """
    argv: list[str | Path] = [PYTHON, "-m", "local.stack", "up", "--name", name, "--port", "0"]
    run("local.stack up", argv, FOLDER / "stack.log", {**os.environ, **settings}, ROOT)
    layout = Layout(name)
    stack = state.read(layout)
    if stack is None:
        raise StepError(f"stack {name}: expected its description in {layout.state_file}; found none")
    return stack
