"""Requests made from the OpenAPI document, valid ones and broken ones: the stack's answers are those it tells of.

Ids are mostly those of things that are there, so that requests get past the first look-up. The document is held closed
here: a field of an answer that it does not describe is a finding. `RASTERLOOM_EXAMPLES` makes more requests of each
kind; they are the same in every run.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import (
    CoveragePhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.paths import ROOT
from local.samples import Group
from local.state import StackState
from tests.e2e.stack import PATIENCE, Caller, Sources, caller

type Paths = Callable[[Group], list[Path]]

THOROUGH: Final = os.environ.get("RASTERLOOM_EXAMPLES")
EXAMPLES: Final = int(THOROUGH or "5")
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
KEPT: Final = {GenerationMode.POSITIVE: 1 if THOROUGH else 3, GenerationMode.NEGATIVE: 1 if THOROUGH else 6}
"""Of the valid and the broken requests that are made systematically, one in so many is sent."""

KNOWN: Final[list[str]] = []
"""Ids of things that are there."""

COUNTED: Final[Counter[tuple[str, GenerationMode]]] = Counter()
"""Requests that were made systematically, by operation."""


def known_or_not() -> st.SearchStrategy[str]:
    """An id of something that is there, seven times of eight; looked up when it is needed."""
    positions = st.integers(0, 7)
    return positions.map(lambda position: KNOWN[position] if position < len(KNOWN) else str(uuid4()))


def closed(node: Any) -> Any:
    """The same document, whose objects have no field that it does not describe."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    fields = {key: closed(value) for key, value in node.items()}
    is_object = node.get("type") == "object" and "properties" in node
    return {"additionalProperties": False, **fields} if is_object else fields


def committed() -> Any:
    """The document in the repository."""
    return closed(json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8")))


def document(*, systematic: bool) -> schemathesis.BaseSchema:
    """The committed document, for requests made of its examples, at random, and one by one of its limits."""
    generation = GenerationConfig(deterministic=True, with_security_parameters=False)
    phases = PhasesConfig(coverage=CoveragePhaseConfig(enabled=systematic))
    projects = ProjectsConfig(default=ProjectConfig(generation=generation, phases=phases))
    return schemathesis.openapi.from_dict(committed(), config=SchemathesisConfig(seed=1, projects=projects))


def bounded(examples: int) -> settings:
    """The same requests in every run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


schemathesis.openapi.format("uuid", known_or_not())
everything = document(systematic=True)
samples_of_it = document(systematic=False)


@pytest.fixture(scope="module")
def people(stack: StackState) -> dict[str, Caller]:
    return {
        "uploader": caller(stack),
        "admin": caller(stack, permissions=("admin",)),
        "anonymous": Caller(stack, None),
    }


@pytest.fixture(scope="module")
def tiles(sources: Sources, paths: Paths) -> list[str]:
    return [sources.put(path, path.name) for path in paths(Group.DEM)]


@pytest.fixture
def known(people: dict[str, Caller], tiles: list[str]) -> None:
    """Two rasters, a VRT of them, its job and its generation; made again where an earlier test deleted them."""
    owner = people["uploader"]
    if len(KNOWN) > 2 and owner.get(f"/datasets/{KNOWN[2]}/vrt/status").status == 200:
        return
    rasters = [owner.register(uri) for uri in tiles]
    job = owner.wait(owner.create(rasters))
    generations = owner.get(f"/datasets/{job['dataset_id']}/vrt/generations/").json["generations"]
    KNOWN[:] = [*rasters[:2], job["dataset_id"], job["dataset_id"], job["dataset_id"], job["id"], generations[0]["id"]]


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


@pytest.mark.usefixtures("known")
@everything.parametrize()
@bounded(EXAMPLES)
def test_whoever_may_upload_gets_answers_that_the_document_tells_of(
    case: schemathesis.Case[Any], people: dict[str, Caller], session: requests.Session
) -> None:
    if is_sent(case):
        case.validate_response(answer(case, people["uploader"], session), checks=CHECKS)


@pytest.mark.usefixtures("known")
@samples_of_it.parametrize()
@bounded(EXAMPLES // 2)
def test_an_admin_gets_answers_that_the_document_tells_of(
    case: schemathesis.Case[Any], people: dict[str, Caller], session: requests.Session
) -> None:
    case.validate_response(answer(case, people["admin"], session), checks=CHECKS)


@pytest.mark.usefixtures("known")
@samples_of_it.parametrize()
@bounded(EXAMPLES // 2)
def test_nobody_is_let_in_without_a_token(
    case: schemathesis.Case[Any], people: dict[str, Caller], session: requests.Session
) -> None:
    response = answer(case, people["anonymous"], session)
    case.validate_response(response, checks=CHECKS)
    if is_guarded(case):
        assert response.status_code in {400, 401, 413}


def is_guarded(case: schemathesis.Case[Any]) -> bool:
    """Whether an operation asks for a token, whatever it is about."""
    security = case.operation.definition.raw.get("security", [{"bearer": []}])
    return bool(security) and {} not in security


def is_sent(case: schemathesis.Case[Any]) -> bool:
    """Whether this run sends a request: of those that are made systematically, only some."""
    if case.meta is None or case.meta.phase.name is not TestPhase.COVERAGE:
        return True
    mode = case.meta.generation.mode
    COUNTED[case.operation.label, mode] += 1
    return COUNTED[case.operation.label, mode] % KEPT[mode] == 0


def answer(case: schemathesis.Case[Any], asking: Caller, session: requests.Session) -> schemathesis.Response:
    """The stack's answer; where it throttles, which is the gateway's doing and not the API's, it is asked again."""
    headers = {} if asking.token is None else {"Authorization": f"Bearer {asking.token}"}
    deadline = time.monotonic() + PATIENCE
    while True:
        response = case.call(
            base_url=asking.stack.api_url, session=session, headers=headers, allow_redirects=False, timeout=PATIENCE
        )
        if response.status_code != 429 or time.monotonic() > deadline:
            return response
        time.sleep(random.uniform(0.1, 0.6))  # noqa: S311 - spreads load
